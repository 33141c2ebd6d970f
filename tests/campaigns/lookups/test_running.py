"""A lookup from the list to the evidence: what it asks, what it costs, and what becomes of it whatever happens."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns import tasks
from campaigns.lookups import Answer, Later, Lost, Provider, Refused, budget, providers, running, wanted
from campaigns.lookups.files import FileProvider
from campaigns.lookups.http import HttpProvider
from campaigns.models import ContactList, ListEntry, LookupBatch, LookupRun, LookupSpend, Phone, PhoneEvidence
from campaigns.rules.validity import Code
from tests import build
from tests.campaigns.validity.words import HOUR, heard, record
from tests.fakes import lookups as fake
from tests.fakes.lookups import serving

pytestmark = pytest.mark.django_db


@dataclass
class Scripted:
    """Answers from a script: a list of answers, or what it raises; the last line goes on."""

    script: list[Any]
    name: str = "scripted"
    batch_size: int = 2
    cost: Decimal = Decimal(1)
    resumes: bool = False
    asked: list[list[int]] = field(default_factory=list)

    def look_up(self, numbers: list[int], key: UUID) -> list[Answer]:
        self.asked.append(list(numbers))
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(line, type) and issubclass(line, BaseException):
            raise line("as the script says")
        return [Answer(number, line) for number in numbers]


def listed(*phones: Phone) -> ContactList:
    made = ContactList.objects.create(name="July", state="ready")
    for row_no, phone in enumerate(phones, start=2):
        ListEntry.objects.create(list=made, contact=build.contact(phone), row_no=row_no)
    return made


def five() -> list[Phone]:
    return [build.phone() for _ in range(5)]


@pytest.fixture(autouse=True)
def _a_budget() -> None:
    budget.set_budget(period="day", amount=Decimal(100), by=None)


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch):
    def set_up(*script: Any, **more: Any) -> Scripted:
        made = Scripted(list(script), **more)
        monkeypatch.setattr(running, "providers", lambda: {made.name: made})
        return made

    return set_up


def looked_up(contact_list: ContactList, name: str = "scripted", **more: Any) -> LookupRun:
    made = running.start(contact_list=contact_list, provider=name, by=None, later=False, **more)
    while running.run(made.pk):
        pass
    made.refresh_from_db()
    return made


def figures(made: LookupRun) -> tuple[str, int, int, Decimal]:
    return (made.state, made.numbers_asked, made.numbers_answered, made.cost)


def spent() -> Decimal:
    return sum(LookupSpend.objects.values_list("spent", flat=True), Decimal(0))


def test_the_numbers_of_a_list_are_asked_about_in_batches_and_answers_become_evidence(setup: Any):
    phones = five()
    provider = setup(Code.VACANT)

    made = looked_up(listed(*phones))

    assert figures(made) == ("ready", 5, 5, Decimal(5))
    assert provider.asked == [[p.pk for p in phones[:2]], [p.pk for p in phones[2:4]], [phones[4].pk]]
    assert set(Phone.objects.values_list("status", "status_source")) == {("vacant", "lookup")}
    evidence = PhoneEvidence.objects.first()
    assert evidence
    assert (evidence.kind, evidence.source, evidence.origin) == ("lookup", "scripted", made.pk)
    assert spent() == Decimal(5)


def test_only_numbers_whose_state_is_unknown_or_aged_are_asked_about(setup: Any):
    unknown, vacant, aged, fresh, risk = five()
    record(heard(vacant, "vacant"), heard(aged, "vacant", ago=30), heard(fresh, "in_service", ago=50))
    Phone.objects.filter(pk=risk.pk).update(status="risk_number")
    setup(Code.IN_SERVICE)
    found = listed(unknown, vacant, aged, fresh, risk)

    assert wanted.estimate(found.pk, running.providers()["scripted"], timezone.now()).cost == Decimal(2)
    made = looked_up(found)

    assert made.numbers_wanted == made.numbers_asked == 2
    assert wanted.estimate(found.pk, running.providers()["scripted"], timezone.now()).numbers == 0


def test_no_request_goes_out_that_the_budget_does_not_pay(setup: Any):
    budget.set_budget(period="day", amount=Decimal("4.5"), by=None)
    provider = setup(Code.VACANT)

    made = looked_up(listed(*five()))

    assert figures(made) == ("stopped", 4, 4, Decimal(4))
    assert made.error == "The budget for lookups is used up."
    assert len(provider.asked) == 2
    assert spent() == Decimal(4)


def test_a_campaigns_own_budget_holds_too(setup: Any):
    campaign = build.campaign()
    budget.set_budget(period="campaign", amount=Decimal(2), by=None, campaign=campaign)
    setup(Code.VACANT)

    assert looked_up(listed(*five()), campaign=campaign).numbers_asked == 2


def test_without_a_budget_nothing_is_asked(setup: Any):
    budget.set_budget(period="day", amount=None, by=None)
    provider = setup(Code.VACANT)

    made = looked_up(listed(*five()))

    assert (made.state, provider.asked) == ("stopped", [])


def test_a_refused_request_costs_nothing_and_its_numbers_can_be_asked_about_again(setup: Any):
    phones = five()
    setup(Code.VACANT, Refused)

    made = looked_up(listed(*phones))

    assert figures(made) == ("failed", 2, 2, Decimal(2))
    assert (made.error, made.after) == ("as the script says", phones[2].pk - 1)
    assert spent() == Decimal(2)


def test_a_lost_request_is_paid_and_the_others_go_on(setup: Any):
    setup(Lost, Code.VACANT)

    made = looked_up(listed(*five()))

    assert figures(made) == ("ready", 5, 3, Decimal(5))
    assert spent() == Decimal(5)
    assert sorted(LookupBatch.objects.values_list("state", flat=True)) == ["answered", "answered", "lost"]


def test_after_three_lost_requests_no_more_money_is_spent(setup: Any):
    provider = setup(Lost)

    made = looked_up(listed(*[build.phone() for _ in range(10)]))

    assert (made.state, len(provider.asked), spent()) == ("failed", 3, Decimal(6))


class Killed(BaseException):
    """As a process ends that is killed."""


def test_a_killed_run_pays_for_no_number_twice(setup: Any):
    provider = setup(Code.VACANT, Killed, Code.VACANT)
    made = running.start(contact_list=listed(*five()), provider="scripted", by=None, later=False)
    with pytest.raises(Killed):
        running.run(made.pk)

    tasks.look_up(made.pk)

    made.refresh_from_db()
    assert figures(made) == ("ready", 5, 3, Decimal(5))
    asked = [number for batch in provider.asked for number in batch]
    assert asked == sorted(set(asked))
    assert spent() == Decimal(5)


def test_answers_that_come_later_are_looked_for(setup: Any):
    provider = setup(Later, resumes=True, batch_size=10)

    made = looked_up(listed(*five()))
    assert (made.state, made.numbers_asked) == ("answers", 5)
    provider.script = [Code.SUSPENDED]
    tasks.look_up(made.pk)

    made.refresh_from_db()
    assert figures(made) == ("ready", 5, 5, Decimal(5))
    assert set(Phone.objects.values_list("status", flat=True)) == {"suspended"}


def test_a_stopped_lookup_asks_nothing_more(setup: Any):
    provider = setup(Code.VACANT)
    made = running.start(contact_list=listed(*five()), provider="scripted", by=None, later=False)

    assert running.stop(run=made, by=None) is True
    running.run(made.pk)

    assert (made.state, provider.asked) == ("stopped", [])
    assert running.stop(run=made, by=None) is False


def test_a_long_lookup_gives_the_worker_back(setup: Any):
    provider = setup(Code.VACANT)
    made = running.start(contact_list=listed(*five()), provider="scripted", by=None, later=False)

    assert running.run(made.pk, seconds=-1) is True

    assert len(provider.asked) == 1


def test_lookups_that_nobody_works_on_are_found(setup: Any, monkeypatch: pytest.MonkeyPatch):
    setup(Code.VACANT)
    made = running.start(contact_list=listed(*five()), provider="scripted", by=None, later=False)
    LookupRun.objects.update(created_at=timezone.now() - HOUR)
    sent: list[int] = []
    monkeypatch.setattr(tasks.look_up, "delay", sent.append)

    tasks.resume_lookups()

    assert sent == [made.pk]


def test_an_unknown_provider_is_refused(setup: Any):
    setup(Code.VACANT)

    with pytest.raises(running.UnknownProvider):
        running.start(contact_list=listed(), provider="nobody", by=None)


def test_files_carry_the_question_and_the_answer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    first, second, stranger = build.phone(8613800138000), build.phone(8613800138001), build.phone(8613800138009)
    provider = FileProvider(folder=tmp_path / "lookups")
    monkeypatch.setattr(running, "providers", lambda: {"file": provider})

    made = looked_up(listed(first, second), "file")
    request = next(provider.folder.glob("*.request.csv"))
    assert request.read_text() == "phone\n+8613800138000\n+8613800138001\n"
    answer = request.with_name(request.name.replace("request", "answer"))
    answer.write_text("nothing\n", encoding="utf-8")
    tasks.look_up(made.pk)
    made.refresh_from_db()
    assert (made.state, "has a header" in made.error or "None of the columns" in made.error) == ("answers", True)
    answer.write_text("phone,状态\n+8613800138000,停机\n+8613800138009,空号\n+8613800138001,?\n", encoding="utf-8")
    tasks.look_up(made.pk)

    made.refresh_from_db()
    stranger.refresh_from_db()
    assert figures(made) == ("ready", 2, 1, Decimal(0))
    assert (made.error, stranger.status) == ("", "")
    assert Phone.objects.get(pk=first.pk).status == "suspended"


def test_the_command_asks_a_real_server_and_reports(settings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    phones = [build.phone() for _ in range(3)]
    found = listed(*phones)
    with serving(fake.fails(500), fake.States({f"+{phones[0].pk}": "空号"}, else_="正常")) as server:
        settings.LOOKUP_URL, settings.LOOKUP_COST, settings.LOOKUP_BATCH = server.url, Decimal("0.5"), 2
        settings.LOOKUP_PER_SECOND = 1000.0
        providers._http.cache_clear()
        http: Provider = providers.providers()["lookup"]
        assert isinstance(http, HttpProvider)
        http.sleep = lambda _: None
        call_command("look_up", str(found.pk), "--estimate", "--json")
        call_command("look_up", str(found.pk), "--json")
        providers._http.cache_clear()

    estimate, report = map(json.loads, capsys.readouterr().out.splitlines())
    assert (estimate["numbers"], estimate["estimate"]) == (3, "1.5")
    assert (report["state"], report["asked"], report["answered"], report["cost"]) == ("ready", 3, 3, "1.5000")
    assert list(Phone.objects.order_by("pk").values_list("status", flat=True)) == ["vacant", "", ""]


def test_the_command_says_what_is_wrong(settings: Any):
    with pytest.raises(CommandError, match="no list 0"):
        call_command("look_up", "0")
    with pytest.raises(CommandError, match="no campaign"):
        call_command("look_up", str(listed().pk), "--campaign", "Nobody's")


def test_files_are_always_a_provider_and_http_where_there_is_an_address(settings: Any):
    settings.LOOKUP_URL = ""
    assert list(providers.providers()) == ["file"]
    settings.LOOKUP_URL = "https://lookups.example/v1"
    assert list(providers.providers()) == ["lookup", "file"]


def test_what_was_known_before_a_lookup_and_ended_later_wakes_its_leads(setup: Any):
    phone = build.phone()
    record(heard(phone, "suspended", ago=30, expires_at=timezone.now() + timedelta(microseconds=1)))
    setup(Code.IN_SERVICE)

    assert looked_up(listed(phone)).numbers_answered == 1
