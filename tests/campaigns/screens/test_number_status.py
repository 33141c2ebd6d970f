"""The screens of what is known of numbers: feeds, ages, lookups, and a number's page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.feeds import importing
from campaigns.lookups import budget
from campaigns.models import ContactList, ContactPhone, ListEntry, LookupRun, Phone, StatusAge, StatusFeed, Suppression
from campaigns.rules.validity import AGES
from tests import build
from tests.campaigns.screens.browsing import HTMX, client_of, page
from tests.campaigns.validity.words import HOUR, heard, record, status

pytestmark = pytest.mark.django_db

STATES = "手机号,状态\n13800138000,空号\n13800138001,=1+1\n".encode()


def upload(client: Client, content: bytes = STATES, **more: str) -> Any:
    data = {"file": SimpleUploadedFile("states.csv", content), "source": "carrier", "default_country": "CN", **more}
    return client.post(reverse("status-upload"), data, follow=True)


def listed(*phones: Phone) -> ContactList:
    made = ContactList.objects.create(name="July", state="ready")
    for row_no, phone in enumerate(phones, start=2):
        ListEntry.objects.create(list=made, contact=build.contact(phone), row_no=row_no)
    return made


def number_url(phone: Phone, name: str = "number") -> str:
    return reverse(name, args=[ContactPhone.objects.get(phone=phone).pk])


def local(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize("name", ["status-feeds", "status-upload", "lookups"])
def test_number_status_is_the_managers(name: str, supervisor: Client, manager: Client):
    assert (supervisor.get(reverse(name)).status_code, manager.get(reverse(name)).status_code) == (403, 200)


def test_an_uploaded_feed_is_applied_and_accounts_for_every_row(manager: Client):
    waiting = upload(manager).content.decode()
    feed = StatusFeed.objects.get()
    importing.run(feed.pk)

    html = page(manager, "status-feed", feed.pk)

    assert "waits to be read" in waiting
    assert "2 rows = 1 applied + 0 unchanged + 0 outdated + 1 rejected." in html
    assert "a state that is not known" in html
    assert "carrier" in page(manager, "status-feeds")


def test_the_page_reloads_itself_once_the_feed_is_applied(manager: Client):
    upload(manager)
    feed = StatusFeed.objects.get()
    url = reverse("status-progress", args=[feed.pk])

    before = manager.get(url)
    importing.run(feed.pk)

    assert ("HX-Refresh" in before.headers, "HX-Refresh" in manager.get(url).headers) == (False, True)


def test_downloaded_rejects_run_nothing_in_a_spreadsheet(manager: Client):
    upload(manager)
    importing.run(StatusFeed.objects.get().pk)

    response = manager.get(reverse("status-rejects", args=[StatusFeed.objects.get().pk]))

    text = b"".join(response.streaming_content).decode("utf-8-sig")
    assert text.splitlines() == ["row,reason,手机号,状态", "3,a state that is not known,13800138001,'=1+1"]


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"source": " "}, "This field is required."),
        ({"observed_at": "2099-01-01T00:00"}, "observed in the future"),
        ({"expires_at": "2020-01-01T00:00"}, "Choose an end in the future"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_with_what_to_do(manager: Client, more: dict[str, str], sentence: str):
    response = upload(manager, **more)

    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_times_of_the_form_are_the_readers(settings: Any):
    client = client_of("manager", time_zone="Asia/Shanghai")

    upload(client, observed_at="2026-11-01T08:00")

    assert StatusFeed.objects.get().observed_at.isoformat() == "2026-11-01T00:00:00+00:00"


def ages(**hours: str) -> dict[str, str]:
    now = {code.value: "" if age is None else str(int(age / HOUR)) for code, age in AGES.items()}
    return {**now, **hours}


def test_a_manager_says_how_long_a_state_is_believed_and_reads_it_back(manager: Client):
    assert "Left alone for 24 hours, then tried again." in page(manager, "status-feeds")

    manager.post(reverse("status-ages"), ages(vacant="48", risk_number=""))

    html = page(manager, "status-feeds")
    assert "Left alone for 2 days, then tried again." in html
    assert "Not called any more, until its source takes it back." in html
    assert set(StatusAge.objects.values_list("code", "hours")) == {("vacant", 48), ("risk_number", None)}


def test_an_age_of_no_time_is_refused_next_to_the_field(manager: Client):
    response = manager.post(reverse("status-ages"), ages(vacant="0"))

    assert response.status_code == 422
    assert 'id="id_vacant_error"' in response.content.decode()


def test_what_a_lookup_would_cost_is_shown_before_it_begins(manager: Client, settings: Any):
    settings.LOOKUP_FILE_COST = Decimal("0.5")
    found = listed(*(build.phone() for _ in range(3)))
    assert "Say first what lookups may cost" in page(manager, "list-lookup", found.pk)
    manager.post(reverse("lookup-budgets"), {"day": "1", "month": ""})

    html = page(manager, "list-lookup", found.pk)
    fragment = manager.get(reverse("list-lookup", args=[found.pk]), {"provider": "file"}, **HTMX).content.decode()

    assert "3 numbers, 0.5 each: 1.5 at most." in html
    assert "pays for 2 of them; it stops there." in fragment
    assert "<html" not in fragment


def test_a_lookup_begins_is_seen_and_can_be_stopped(manager: Client):
    found = listed(build.phone())

    manager.post(reverse("list-lookup", args=[found.pk]), {"provider": "file", "campaign": ""})
    run = LookupRun.objects.get()
    html = page(manager, "lookups")
    manager.post(reverse("lookup-stop", args=[run.pk]))

    run.refresh_from_db()
    assert "0 / 1" in html
    assert "waiting to begin" in html
    assert run.state == LookupRun.State.STOPPED
    assert "every 2s" not in page(manager, "lookups")


def test_budgets_show_what_is_left_of_them(manager: Client):
    campaign = build.campaign(name="Autumn")
    manager.post(reverse("lookup-budgets"), {"day": "10", "month": "100.5"})
    assert 'value="10"' in page(manager, "lookups")
    manager.post(reverse("lookup-budgets"), {"campaign": campaign.pk, "amount": "7"})
    budget.take(Decimal("2.5"), campaign.pk, timezone.now())

    html = page(manager, "lookups")

    assert [text in html for text in ("7.5 of 10 left", "98 of 100.5 left", "4.5 of 7 left")] == [True] * 3
    assert manager.post(reverse("lookup-budgets"), {"day": "-1", "month": ""}).status_code == 422
    assert manager.post(reverse("lookup-budgets"), {"campaign": "", "amount": "1"}).status_code == 422


def test_a_numbers_page_says_what_is_held_against_it_why_and_until_when(supervisor: Client):
    phone = build.phone()
    build.contact(phone, name="Ada Example", customer_id="C77")
    record(heard(phone, "suspended", ago=9), heard(phone, "vacant", "lookup", ago=2, source="hlr", detail="SIP 404"))
    Suppression.objects.create(phone=phone.pk, reason="asked by letter")

    html = supervisor.get(number_url(phone)).content.decode()

    assert "vacant, says lookup “hlr”" in html
    assert [word in html for word in ("decides", "overruled", "SIP 404", "asked by letter", "C77")] == [True] * 5
    assert str(phone.pk) not in number_url(phone)


def test_a_supervisor_overrules_with_a_reason_and_an_end_and_takes_it_back(supervisor: Client):
    phone = build.phone()
    build.contact(phone)
    record(heard(phone, "risk_number"))
    until = local(timezone.now() + 5 * HOUR)

    refused = supervisor.post(
        number_url(phone, "number-override"), {"code": "in_service", "until": until, "reason": " "}
    )
    supervisor.post(
        number_url(phone, "number-override"), {"code": "in_service", "until": until, "reason": "they rang us"}
    )
    cleared, html = status(phone), supervisor.get(number_url(phone)).content.decode()
    supervisor.post(number_url(phone, "number-withdraw"))

    assert refused.status_code == 422
    assert (cleared, status(phone)) == ("", "risk_number")
    assert "so says a supervisor" in html
    assert "they rang us" in html


def test_an_override_that_ends_in_the_past_is_refused_in_words(supervisor: Client):
    phone = build.phone()
    build.contact(phone)
    said = {"code": "vacant", "until": "2020-01-01T00:00", "reason": "x"}

    response = supervisor.post(number_url(phone, "number-override"), said)

    assert response.status_code == 422
    assert "Choose an end in the future, within a year." in response.content.decode()


def test_agents_see_no_numbers_page():
    phone = build.phone()
    build.contact(phone)

    assert client_of("agent").get(number_url(phone)).status_code == 403


def test_a_number_that_nobody_has_is_found_with_what_is_known_of_it(supervisor: Client):
    phone = build.phone(12025550142)
    record(heard(phone, "vacant"))

    html = supervisor.post(reverse("people"), {"who": "+1 202 555 0142", "country": ""}).content.decode()

    assert "Nobody in any list" in html
    assert "Not called until" in html


def test_a_shared_number_and_a_persons_phones_lead_to_the_numbers_page(supervisor: Client):
    phone = build.phone(12025550143)
    ada = build.contact(phone)
    build.contact(phone)
    first = ContactPhone.objects.filter(phone=phone).order_by("pk")[0]

    shared = supervisor.post(reverse("people"), {"who": "+1 202 555 0143", "country": ""}).content.decode()

    assert reverse("number", args=[first.pk]) in shared
    assert reverse("number", args=[first.pk]) in page(supervisor, "person", ada.pk)


def test_what_keeps_a_number_has_aged_on_every_page_at_once(supervisor: Client):
    phone = build.phone()
    ada = build.contact(phone)
    record(heard(phone, "vacant", ago=30))

    assert "Nothing is held against this number." in supervisor.get(number_url(phone)).content.decode()
    assert "Nothing known against it" in page(supervisor, "person", ada.pk)


def test_the_pages_are_told_in_chinese():
    client = client_of("manager", language="zh-hans")
    client.post(reverse("set_language"), {"language": "zh-hans", "next": "/"})
    phone = build.phone()
    build.contact(phone)
    record(heard(phone, "vacant"))

    html = page(client, "status-feeds") + client.get(number_url(phone)).content.decode() + page(client, "lookups")

    assert [word in html for word in ("空号", "号码状态", "号码查询")] == [True] * 3


def test_no_page_runs_a_script_or_a_style_of_its_own(manager: Client):
    phone = build.phone()
    found = listed(phone)
    record(heard(phone, "vacant"))
    upload(manager)
    pages = [page(manager, name) for name in ("status-feeds", "status-upload", "lookups")]
    pages += [page(manager, "status-feed", StatusFeed.objects.get().pk), page(manager, "list-lookup", found.pk)]
    pages.append(manager.get(number_url(phone)).content.decode())

    forbidden = ("<script>", " onclick=", " style=", "hx-on", "javascript:")
    assert [word for html in pages for word in forbidden if word in html] == []
