"""The demo's data: made by the product's own means, the same at every run, with nobody real in it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from campaigns.models import AuditEntry, Campaign, ContactList, Disposition, Lead, Reject, Suppression, User
from campaigns.rules import numbers
from dialer import seed, seed_list
from dialer.models import Agent, PbxServer, Trunk
from tests import build

FICTION = ("55501", "2079460", "19900", "3023125")


@pytest.fixture(autouse=True)
def _uploads_in(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def test_every_number_is_kept_for_fiction_and_dialable() -> None:
    rows = list(csv.DictReader(io.StringIO(seed_list.csv_text())))
    found = [numbers.check(row[column], "US") for row in rows for column in ("mobile", "home_phone") if row[column]]
    good = [number for number in found if isinstance(number, numbers.Number)]

    assert len(good) >= 500
    assert all(any(mark in str(number.phone) for mark in FICTION) for number in good)
    assert len(found) - len(good) == 4


def test_the_list_is_the_same_at_every_run() -> None:
    assert seed_list.csv_text() == seed_list.csv_text()


@pytest.mark.django_db
def test_seeding_twice_changes_nothing() -> None:
    first = seed.seed(start=True)
    before = [model.objects.count() for model in (User, Agent, Lead, Disposition, Suppression, AuditEntry, ContactList)]

    second = seed.seed(start=True)

    assert (first.new, second.new) == (True, False)
    assert first.leads == second.leads == 500
    after = [model.objects.count() for model in (User, Agent, Lead, Disposition, Suppression, AuditEntry, ContactList)]
    assert after == before


@pytest.mark.django_db
def test_the_demo_is_ready_to_dial() -> None:
    out = io.StringIO()

    call_command("seed_demo", "--start", stdout=out)

    campaign = Campaign.objects.get()
    assert (campaign.status, campaign.dial_mode, campaign.wrap_up_seconds) == ("running", "progressive", 20)
    contact_list = ContactList.objects.get()
    assert (contact_list.rows_good, contact_list.rows_duplicate, contact_list.rows_rejected) == (500, 2, 6)
    assert set(Reject.objects.values_list("reason", flat=True)) == {
        "malformed",
        "ruined_by_spreadsheet",
        "missing",
        "wrong_line_type",
        "duplicate",
        "too_many_cells",
    }
    assert [d.position for d in Disposition.objects.all()] == list(range(1, 10))
    assert Suppression.objects.count() == 3
    assert campaign.agents.filter(phone_kind="sip").count() == 5
    assert campaign.agents.get(phone_kind="webrtc").user.username == "you"
    ada = User.objects.get(username="ada")
    assert ada.is_superuser
    assert ada.check_password("fairdial")
    assert User.objects.filter(is_staff=True).count() == 1
    attributes = Lead.objects.select_related("contact")[0].contact.attributes
    assert set(attributes) == {"social", "account", "transaction"}
    assert "fairdial" in out.getvalue()


@pytest.mark.django_db
def test_a_seed_cut_short_is_completed(monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(_list_id: int) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(seed.importing, "run", killed)
        with pytest.raises(KeyboardInterrupt):
            seed.seed(people=20)

    assert seed.seed(people=20).leads == 20


@pytest.mark.django_db
def test_a_pbx_and_its_trunk_are_made_and_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTERISK_AMI_SECRET", "s3cret")
    out = io.StringIO()

    call_command("configure_pbx", ami_port=5039, pjsip_file="/x/dynamic.conf", trunk_host="127.0.0.1", stdout=out)
    call_command("configure_pbx", "--trunk-host=127.0.0.2", "--trunk-port=5070", "--caller-id=12025550100", stdout=out)

    server, trunk = PbxServer.objects.get(), Trunk.objects.get()
    assert (server.name, server.ami_port, server.ami_secret) == ("main", 5039, "s3cret")
    assert server.pjsip_file == "/x/dynamic.conf"
    assert (trunk.server, trunk.host, trunk.port) == (server, "127.0.0.2", 5070)
    assert (trunk.codecs, trunk.caller_ids) == (["ulaw", "alaw"], ["12025550100"])
    assert "s3cret" not in out.getvalue()


@pytest.mark.django_db
def test_a_pbx_without_its_secret_or_with_a_bad_port_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ASTERISK_AMI_SECRET", raising=False)
    with pytest.raises(CommandError, match="ASTERISK_AMI_SECRET is not set"):
        call_command("configure_pbx")

    monkeypatch.setenv("ASTERISK_AMI_SECRET", "s3cret")
    with pytest.raises(CommandError, match="no port"):
        call_command("configure_pbx", "--ami-port=-1")
    with pytest.raises(CommandError, match="name"):
        call_command("configure_pbx", "--trunk=two words", "--trunk-host=127.0.0.1")
    assert not PbxServer.objects.exists()


@pytest.mark.django_db
def test_a_database_that_serves_somebody_is_not_seeded() -> None:
    build.campaign(name="Real people")

    with pytest.raises(CommandError, match="other campaigns than the demo's"):
        call_command("seed_demo")

    assert not User.objects.filter(username="mia").exists()


@pytest.mark.django_db
def test_where_nobody_can_log_in_set_up_makes_an_administrator_and_tells_the_password_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTERISK_AMI_SECRET", "s3cret")
    first, second = tmp_path / "first.json", tmp_path / "second.json"

    call_command("set_up", report=str(first), stdout=io.StringIO())
    call_command("set_up", report=str(second), stdout=io.StringIO())

    name, password = json.loads(first.read_text())["first_log_in"]
    assert authenticate(username=name, password=password).role == User.Role.ADMINISTRATOR
    assert json.loads(second.read_text())["first_log_in"] is None
    assert first.stat().st_mode & 0o077 == 0
