"""What managers and supervisors do: each act leaves a trail, each refusal says a sentence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone, translation

from campaigns import events, services
from campaigns.models import (
    AuditEntry,
    Campaign,
    CampaignList,
    Contact,
    ContactList,
    Lead,
    LineOfBusiness,
    ListEntry,
    Suppression,
    User,
)

Commit = Callable[..., AbstractContextManager[Any]]
pytestmark = pytest.mark.django_db


@pytest.fixture
def sam() -> User:
    return User.objects.create(username="sam", role=User.Role.SUPERVISOR)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    said: list[tuple[str, int]] = []
    monkeypatch.setattr(events, "changed", lambda kind, id: said.append((kind, id)))
    return said


def campaign_with_lead(**fields: Any) -> Campaign:
    campaign = Campaign.objects.create(name="Cards", **fields)
    contact = Contact.objects.create(customer_id="C1")
    Lead.objects.create(campaign=campaign, contact=contact, due_at=datetime(2026, 1, 1, tzinfo=UTC))
    return campaign


def ready_list(*customers: str) -> ContactList:
    created = ContactList.objects.create(name="A list", state=ContactList.State.READY)
    for row_no, customer in enumerate(customers, start=2):
        contact, _new = Contact.objects.get_or_create(customer_id=customer)
        ListEntry.objects.create(list=created, contact=contact, row_no=row_no)
    return created


def trail() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_start_lets_it_dial_and_tells_after_the_commit(
    sam: User, heard: list[tuple[str, int]], django_capture_on_commit_callbacks: Commit
) -> None:
    campaign = campaign_with_lead()

    with django_capture_on_commit_callbacks(execute=True):
        assert services.start(campaign=campaign, by=sam) is True
        assert heard == []

    assert (campaign.status, campaign.version) == ("running", 2)
    assert campaign.status_changed_at is not None
    assert heard == [("campaign", campaign.pk)]
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.object_id) == (sam, "campaign.started", str(campaign.pk))


@pytest.mark.parametrize(
    ("act", "status", "becomes"),
    [
        (services.start, "draft", "running"),
        (services.start, "paused", "running"),
        (services.start, "finished", "running"),
        (services.start, "running", None),
        (services.pause, "running", "paused"),
        (services.pause, "paused", None),
        (services.pause, "draft", None),
        (services.stop, "running", "stopped"),
        (services.stop, "paused", "stopped"),
        (services.stop, "draft", None),
        (services.stop, "stopped", None),
    ],
)
def test_only_these_moves_happen(act: Any, status: str, becomes: str | None, sam: User) -> None:
    campaign = campaign_with_lead(status=status)

    moved = act(campaign=campaign, by=sam)

    assert moved is (becomes is not None)
    assert campaign.status == (becomes or status)
    assert campaign.version == (2 if becomes else 1)
    assert len(trail()) == (1 if becomes else 0)


def test_the_second_to_pause_learns_that_someone_got_there_first(sam: User) -> None:
    campaign = campaign_with_lead(status="running")
    stale = Campaign.objects.get(pk=campaign.pk)

    assert services.pause(campaign=campaign, by=sam) is True
    assert services.pause(campaign=stale, by=sam) is False

    assert stale.status == "paused"
    assert trail() == ["campaign.paused"]


def test_a_stopped_campaign_is_stopped_for_good(sam: User) -> None:
    campaign = campaign_with_lead(status="stopped")

    with pytest.raises(services.StoppedForGood, match="stopped for good"):
        services.start(campaign=campaign, by=sam)


def test_a_campaign_without_leads_does_not_start(sam: User) -> None:
    campaign = Campaign.objects.create(name="Cards")

    with pytest.raises(services.NoLeads, match="nobody to call"):
        services.start(campaign=campaign, by=sam)


def test_a_campaign_whose_list_is_being_read_does_not_start_yet(sam: User) -> None:
    campaign = Campaign.objects.create(name="Cards")
    reading = ContactList.objects.create(name="A list", state=ContactList.State.IMPORTING)
    services.attach_list(campaign=campaign, list=reading, by=sam)

    with pytest.raises(services.ListNotRead, match="still being read"):
        services.start(campaign=campaign, by=sam)


def test_a_campaign_whose_leads_are_all_finished_does_not_start(sam: User) -> None:
    campaign = campaign_with_lead()
    Lead.objects.update(state=Lead.State.FINISHED, reason="talked")

    with pytest.raises(services.AllCalled, match="finished"):
        services.start(campaign=campaign, by=sam)


def test_every_refusal_is_one_kind_of_refusal() -> None:
    kinds = [services.NoLeads, services.ListNotRead, services.AllCalled, services.StoppedForGood]
    kinds += [services.NameTaken, services.BadPacing, services.BadFile, services.NotANumber]

    assert all(issubclass(kind, services.Refused) for kind in kinds)


def test_pacing_is_set_once(sam: User) -> None:
    campaign = campaign_with_lead()

    assert services.set_pacing(campaign=campaign, dial_mode="ratio", ratio=Decimal("1.5"), by=sam) is True
    assert services.set_pacing(campaign=campaign, dial_mode="ratio", ratio=Decimal("1.5"), by=sam) is False

    assert (campaign.dial_mode, campaign.ratio, campaign.version) == ("ratio", Decimal("1.5"), 2)
    assert AuditEntry.objects.get().data == {"dial_mode": "ratio", "ratio": "1.5"}


@pytest.mark.parametrize(
    ("mode", "ratio"),
    [("ratio", "0.9"), ("ratio", "10.01"), ("ratio", "NaN"), ("ratio", "Infinity"), ("guessing", "2")],
)
def test_pacing_out_of_bounds_is_refused(mode: str, ratio: str, sam: User) -> None:
    with pytest.raises(services.BadPacing):
        services.set_pacing(campaign=campaign_with_lead(), dial_mode=mode, ratio=Decimal(ratio), by=sam)


def test_the_part_of_shared_agents_is_set_once(sam: User) -> None:
    campaign = campaign_with_lead()

    assert services.set_agent_share(campaign=campaign, agent_priority=7, agent_weight=3, by=sam) is True
    assert services.set_agent_share(campaign=campaign, agent_priority=7, agent_weight=3, by=sam) is False

    assert (campaign.agent_priority, campaign.agent_weight, campaign.version) == (7, 3, 2)
    assert AuditEntry.objects.get().data == {"agent_priority": "7", "agent_weight": "3"}


def test_settings_that_change_nothing_leave_no_trail(sam: User) -> None:
    campaign = Campaign.objects.get(pk=campaign_with_lead().pk)
    same = {
        "ring_seconds": 25,
        "max_wait_seconds": 2,
        "wrap_up_seconds": 30,
    }

    assert services.change_settings(campaign=campaign, by=sam, **same) is False
    assert services.change_settings(campaign=campaign, by=sam, **{**same, "wrap_up_seconds": 40}) is True

    assert AuditEntry.objects.get().data == {"wrap_up_seconds": "40"}
    assert campaign.wrap_up_seconds == 40


def test_a_campaign_has_its_name_alone(sam: User) -> None:
    created = services.create_campaign(name="Cards", by=sam)

    with pytest.raises(services.NameTaken, match="Cards"), transaction.atomic():
        services.create_campaign(name="Cards", by=sam)
    assert created.status == "draft"
    assert trail() == ["campaign.created"]


def test_a_contact_is_a_lead_once_however_many_lists_name_it(sam: User) -> None:
    campaign = Campaign.objects.create(name="Cards")
    one, other = ready_list("C1", "C2"), ready_list("C2", "C3")

    assert services.attach_list(campaign=campaign, list=one, by=sam) is True
    assert services.attach_list(campaign=campaign, list=one, by=sam) is False
    assert services.attach_list(campaign=campaign, list=other, by=sam) is True
    assert services.add_leads(campaign=campaign, list=other) == 0

    leads = Lead.objects.filter(campaign=campaign).order_by("contact__customer_id")
    assert [(lead.contact.customer_id, lead.list_id) for lead in leads] == [
        ("C1", one.pk),
        ("C2", one.pk),
        ("C3", other.pk),
    ]
    assert [entry.data["leads"] for entry in AuditEntry.objects.order_by("id")] == [2, 1]


def test_a_list_still_being_read_gives_its_leads_later(sam: User) -> None:
    campaign = Campaign.objects.create(name="Cards")
    unread = ready_list("C1")
    ContactList.objects.update(state=ContactList.State.IMPORTING)

    services.attach_list(campaign=campaign, list=unread, by=sam)

    assert CampaignList.objects.filter(campaign=campaign).exists()
    assert not Lead.objects.exists()


@pytest.mark.parametrize(("status", "processes"), [("paused", 2), ("running", 1)])
def test_an_import_leaves_a_core_to_campaigns_that_are_dialled(settings: Any, status: str, processes: int) -> None:
    settings.IMPORT_PROCESSES = 2
    Campaign.objects.create(name="Cards", status=status)

    assert services.import_processes() == processes


def test_an_upload_is_kept_and_read_by_a_worker(
    sam: User,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    settings.MEDIA_ROOT = tmp_path
    sent: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(services.current_app, "send_task", lambda name, args, **_: sent.append((name, args)))
    campaign = Campaign.objects.create(name="Cards")
    file = ContentFile(b"phone\n13800138000\n", name="名单.csv")

    with django_capture_on_commit_callbacks(execute=True):
        uploaded = services.upload_list(name="", file=file, default_country="CN", by=sam, campaign=campaign)
        assert sent == []

    version = uploaded.versions.get()
    assert sent == [("campaigns.tasks.import_version", [version.pk])] * settings.IMPORT_PROCESSES
    assert (uploaded.name, uploaded.original_name, uploaded.state) == ("名单.csv", "名单.csv", "waiting")
    assert list(uploaded.campaigns.all()) == [campaign]
    assert trail() == ["list.uploaded", "campaign.list_attached"]


def test_an_upload_survives_an_absent_broker(
    sam: User,
    settings: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Commit,
) -> None:
    def absent(*_: Any, **__: Any) -> None:
        raise ConnectionError

    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(services.current_app, "send_task", absent)

    with django_capture_on_commit_callbacks(execute=True):
        uploaded = services.upload_list(name="L", file=ContentFile(b"x", name="x.csv"), default_country="CN", by=sam)

    assert ContactList.objects.get().pk == uploaded.pk


def test_a_file_too_large_or_of_no_country_is_refused(sam: User, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 10
    small, large = ContentFile(b"1" * 10, name="s.csv"), ContentFile(b"1" * 11, name="l.csv")

    with pytest.raises(services.BadFile, match="larger than"):
        services.upload_list(name="L", file=large, default_country="CN", by=sam)
    with pytest.raises(services.BadFile, match="no country"):
        services.upload_list(name="L", file=small, default_country="China", by=sam)
    assert not ContactList.objects.exists()


def test_do_not_call_is_scoped_and_entered_once(sam: User) -> None:
    cards = LineOfBusiness.objects.create(name="Cards")
    number = "+86 138 0013 8000"

    everywhere = services.suppress(number=number, reason="asked", by=sam)
    again = services.suppress(number="008613800138000", reason="asked again", by=sam)
    in_line = services.suppress(number=number, reason="asked", by=sam, line_of_business=cards)

    assert (everywhere.phone, everywhere.pk) == (8613800138000, again.pk)
    assert in_line.pk != everywhere.pk
    assert Suppression.objects.get(pk=everywhere.pk).reason == "asked"
    assert trail() == ["suppression.added"] * 2


def test_an_entry_is_lengthened_but_never_shortened(sam: User) -> None:
    soon, later = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)

    def until(expires_at: datetime | None) -> datetime | None:
        return services.suppress(number="+8613800138000", reason="asked", by=sam, expires_at=expires_at).expires_at

    assert until(soon) == soon
    assert until(later) == later
    assert until(soon) == later
    assert until(None) is None
    assert until(later) is None


def test_what_is_no_number_can_not_be_suppressed(sam: User) -> None:
    with pytest.raises(services.NotANumber, match="country code"):
        services.suppress(number="138 0013 8000", reason="asked", by=sam)
    with translation.override("en"), pytest.raises(services.Refused, match="not a phone number"):
        services.suppress(number="call me", reason="asked", by=sam)


def test_an_entry_is_taken_off_once_and_the_trail_says_why(sam: User) -> None:
    entry = services.suppress(number="+8613800138000", reason="asked", by=sam)
    copy = Suppression.objects.get(pk=entry.pk)

    assert services.unsuppress(suppression=entry, reason="asked back", by=sam) is True
    assert services.unsuppress(suppression=copy, reason="asked back", by=sam) is False

    last = AuditEntry.objects.order_by("id").last()
    assert last is not None
    assert (last.action, last.object_id, last.data) == ("suppression.removed", str(copy.pk), {"reason": "asked back"})


def test_the_trail_names_nobody_and_no_number(sam: User) -> None:
    services.suppress(number="+8613800138000", reason="asked", by=sam)

    assert "13800138000" not in str(list(AuditEntry.objects.values()))


@pytest.mark.django_db
def test_an_entry_that_had_expired_holds_anew_from_when_it_is_made_again():
    last_week = timezone.now() - timedelta(days=7)
    entry = services.suppress(number="+8613800138000", reason="asked", by=None, expires_at=last_week)
    Suppression.objects.filter(pk=entry.pk).update(created_at=last_week)

    again = services.suppress(number="+8613800138000", reason="asked again", by=None)

    assert again.expires_at is None
    assert list(Suppression.objects.filter(ended_at=None)) == [again]
    assert again.created_at > last_week + timedelta(days=6)
