"""From a file of numbers and their states to evidence: every row is accounted for, and none is counted twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns import tasks, words
from campaigns.feeds import importing, rows, uploading
from campaigns.feeds.rows import parse_time
from campaigns.feeds.uploading import BadFeed
from campaigns.models import Lead, Phone, PhoneEvidence, StatusFeed, StatusReject, User
from campaigns.rules import numbers
from campaigns.rules.places import zone
from campaigns.validity import recording
from tests import build

pytestmark = pytest.mark.django_db
State = StatusFeed.State
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _uploads_in(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "uploads"


def upload(content: str | bytes, *, source: str = "carrier", by: User | None = None, **more: Any) -> StatusFeed:
    data = content.encode() if isinstance(content, str) else content
    given = {"default_country": "CN", "observed_at": None, "expires_at": None, "read_later": False, **more}
    return uploading.upload_feed(source=source, file=ContentFile(data, name="states.csv"), by=by, **given)


def applied(content: str | bytes, **more: Any) -> StatusFeed:
    feed = upload(content, **more)
    importing.run(feed.pk)
    feed.refresh_from_db()
    return feed


def books(feed: StatusFeed) -> tuple[int, int, int, int]:
    return (feed.rows_applied, feed.rows_unchanged, feed.rows_outdated, feed.rows_rejected)


def reject_reasons(feed: StatusFeed) -> list[tuple[int, str, str]]:
    return list(feed.rejects.values_list("row_no", "reason", "value"))


def states() -> dict[int, str]:
    return dict(Phone.objects.values_list("number", "status"))


CHINESE = "手机号,号码状态\n13800138000,空号\n13800138001,停机\n13800138002,关机\n13800138003,风险\n13800138004,正常\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_states_in_chinese_are_read_in_any_encoding_a_bank_sends(encoding: str):
    feed = applied(CHINESE.encode(encoding))

    assert (feed.error, books(feed)) == ("", (5, 0, 0, 0))
    assert states() == {
        8613800138000: "vacant",
        8613800138001: "suspended",
        8613800138002: "powered_off",
        8613800138003: "risk_number",
        8613800138004: "",
    }


def test_what_is_known_of_a_number_is_there_before_a_list_names_it():
    applied("number,status\n+12125550123,vacant\n".replace("number", "phone"))

    phone = Phone.objects.get()
    assert (phone.country, phone.line_type, phone.zones) == ("US", "fixed_or_mobile", ["America/New_York"])


def test_every_row_is_accounted_for():
    build.phone(8613800138000)
    applied("phone,status\n13800138001,停机\n", observed_at=timezone.now() - HOUR)

    feed = applied(
        "phone,status\n"
        "13800138000,空号\n"
        "13800138001,停机\n"  # said before
        "13800138002,未知\n"  # nobody knows
        "13800138000,关机\n"  # another row of this file said so before
        "123,空号\n"
        "1.38E+10,空号\n"
        "13800138003,maybe\n"
        "13800138004,\n"
        "13800138005,空号,,x\n"
    )

    assert books(feed) == (1, 2, 1, 5)
    assert feed.rows_total == 9
    assert reject_reasons(feed) == [
        (6, "malformed", "123"),
        (7, "ruined_by_spreadsheet", "1.38E+10"),
        (8, "unknown_state", "maybe"),
        (9, "no_state", ""),
        (10, "too_many_cells", "x"),
    ]
    assert states()[8613800138000] == "vacant"


def test_times_of_a_row_take_the_place_of_the_forms():
    by = build.user("manager", time_zone="Asia/Shanghai")
    seen = timezone.now().astimezone(zone("Asia/Shanghai")) - 5 * HOUR
    text = f"phone,status,检测时间,有效期\n13800138000,空号,{seen:%Y/%m/%d %H:%M:%S},2099-01-01\n13800138001,空号,,\n"
    observed, until = timezone.now() - 9 * HOUR, timezone.now() + 9 * HOUR

    feed = applied(text, by=by, observed_at=observed, expires_at=until)

    assert books(feed) == (2, 0, 0, 0)
    own, forms = Phone.objects.order_by("number")
    assert own.status_observed_at == seen.replace(microsecond=0)
    assert own.status_expires_at == datetime(2098, 12, 31, 16, tzinfo=UTC)
    assert (forms.status_observed_at, forms.status_expires_at) == (observed, until)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("2099-01-01,", "observed_in_future"),
        ("yesterday,", "bad_time"),
        ("2026-10-01,2026-09-01", "ends_before_observed"),
        ("1999-01-01,", "bad_time"),
    ],
)
def test_times_that_cannot_be_reject_their_row(cells: str, reason: str):
    feed = applied(f"phone,status,observed at,expires at\n13800138000,空号,{cells}\n")

    assert [why for _, why, _ in reject_reasons(feed)] == [reason]
    assert words.FEED_REASONS[reason]


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-01T09:00:00+08:00", datetime(2026, 11, 1, 1, tzinfo=UTC)),
        ("2026-11-01 09:00", datetime(2026, 11, 1, 1, tzinfo=UTC)),
        ("2026/11/1 9:00", datetime(2026, 11, 1, 1, tzinfo=UTC)),
        ("20261101", datetime(2026, 10, 31, 16, tzinfo=UTC)),
        ("20261101090000", datetime(2026, 11, 1, 1, tzinfo=UTC)),
        ("9.11.2026", None),
        ("45678", None),
    ],
)
def test_times_are_read_as_exports_write_them(text: str, instant: datetime | None):
    china = zone("Asia/Shanghai")
    assert china is not None

    assert parse_time(text, china) == instant


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("phone,name\n13800138000,Ada\n", "known as a state"),
        ("name,status\nAda,vacant\n", "known as a phone number"),
        (b"", "empty (0 bytes)"),
        (b"PK\x03\x04", "file"),
    ],
)
def test_a_file_that_is_no_feed_is_refused_whole_with_what_to_do(content: str | bytes, sentence: str):
    feed = applied(content)

    assert feed.state == State.FAILED
    assert sentence in feed.error
    assert not PhoneEvidence.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": " "},
        {"observed_at": datetime(2099, 1, 1, tzinfo=UTC)},
        {"expires_at": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_a_feed_without_a_source_or_with_times_that_cannot_be_is_refused(wrong: dict[str, Any]):
    with pytest.raises(BadFeed):
        upload(CHINESE, **wrong)


def test_a_run_that_was_killed_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "BATCH", 2)
    feed, real = upload(CHINESE), recording.record
    calls: list[int] = []

    def killed(heard: Any, now: Any) -> Any:
        calls.append(len(heard))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(heard, now)

    monkeypatch.setattr(recording, "record", killed)
    with pytest.raises(KeyboardInterrupt):
        importing.run(feed.pk)
    halfway = StatusFeed.objects.get()
    assert (halfway.row_done, books(halfway)) == (3, (2, 0, 0, 0))

    tasks.apply_feed(feed.pk)

    feed.refresh_from_db()
    assert (feed.state, books(feed), calls) == (State.READY, (5, 0, 0, 0), [2, 2, 2, 1])
    assert PhoneEvidence.objects.filter(times=1).count() == 5


def test_a_feed_is_applied_once():
    feed = applied(CHINESE)

    assert importing.run(feed.pk) is False
    again = applied(CHINESE, observed_at=feed.observed_at)

    assert books(again) == (0, 5, 0, 0)
    assert PhoneEvidence.objects.count() == 5


def test_leads_of_cleared_numbers_are_due_again():
    phone, later = build.phone(8613800138004), timezone.now() + 50 * HOUR
    applied("phone,status\n13800138004,停机\n", observed_at=timezone.now() - HOUR)
    lead = build.lead(build.campaign(), build.contact(phone), due_at=later, reason="suspended", decided_at=later)

    applied(CHINESE)

    assert Lead.objects.get(pk=lead.pk).due_at < later


def test_feeds_without_a_worker_are_found_again(monkeypatch: pytest.MonkeyPatch):
    feed = upload(CHINESE)
    StatusFeed.objects.update(created_at=timezone.now() - HOUR)
    sent: list[int] = []
    monkeypatch.setattr(tasks.apply_feed, "delay", sent.append)

    tasks.resume_feeds()

    assert sent == [feed.pk]


def test_the_command_reports_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "states.csv"
    path.write_text(CHINESE + "13800138005,maybe\n", encoding="utf-8")

    call_command("import_status", str(path), "--source", "carrier", "--json")

    report = json.loads(capsys.readouterr().out)
    wanted = {"rows": 6, "applied": 5, "unchanged": 0, "outdated": 0, "rejected": 1, "reasons": {"unknown_state": 1}}
    assert {key: report[key] for key in wanted} == wanted
    assert report["source"] == "carrier"


def test_the_command_says_what_is_wrong(tmp_path: Path):
    path = tmp_path / "states.csv"
    path.write_text("phone,name\n13800138000,Ada\n", encoding="utf-8")

    with pytest.raises(CommandError, match="known as a state"):
        call_command("import_status", str(path), "--source", "carrier")
    with pytest.raises(CommandError, match="can't be read"):
        call_command("import_status", str(tmp_path / "gone.csv"), "--source", "carrier")
    path.write_text("phone,status\n13800138000,maybe\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        call_command("import_status", str(path), "--source", "carrier")
    assert ended.value.code == 2


def test_every_reason_has_words():
    assert {*rows.Reason, *numbers.Reason} <= set(words.FEED_REASONS)


cell = st.sampled_from(
    ["13800138000", "+1 212 555 0123", "空号", "vacant", "正常", "", "x", "2026-11-01", "\U0001f600", "0"]
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(st.lists(cell, min_size=1, max_size=4), min_size=1, max_size=12))
def test_no_row_is_lost_or_counted_twice_whatever_is_in_it(table: list[list[str]]):
    lines = [",".join(cells) for cells in table]
    if not any(line.replace(",", "") for line in lines):
        return

    feed = applied("phone,status,时间\n" + "\n".join(lines) + "\n")

    assert feed.state == State.READY
    assert sum(books(feed)) == feed.rows_total
    assert StatusReject.objects.filter(feed=feed).count() == feed.rows_rejected
