"""The screens of campaigns, lists and do-not-call, as a browser sees them."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import AuditEntry, Campaign, ContactList, Lead, Reject, Suppression, User
from tests import build
from tests.campaigns.browsing import HTMX, client_of, page

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def manager() -> Client:
    return client_of("manager")


@pytest.fixture
def supervisor() -> Client:
    return client_of("supervisor")


# Who sees what


def test_each_role_starts_where_its_work_is():
    starts = {role: client_of(role).get("/")["Location"] for role in User.Role.values}

    assert starts == {
        "agent": reverse("desk"),
        "supervisor": reverse("wall"),
        "manager": reverse("campaigns"),
        "administrator": reverse("campaigns"),
    }


def test_a_stranger_is_sent_to_the_login_page_and_back():
    response = Client().get(reverse("lists"))

    assert response["Location"] == f"{reverse('login')}?next={reverse('lists')}"


def test_a_fragment_sends_the_whole_browser_to_the_login_page():
    campaign = build.campaign()

    response = Client().get(reverse("campaign-head", args=[campaign.pk]), **HTMX)

    assert response["HX-Redirect"] == reverse("login")


@pytest.mark.parametrize(
    ("role", "name", "status"),
    [
        ("agent", "campaigns", 403),
        ("agent", "lists", 403),
        ("agent", "suppressions", 403),
        ("supervisor", "campaigns", 200),
        ("supervisor", "suppressions", 200),
        ("supervisor", "lists", 403),
        ("supervisor", "campaign-create", 403),
        ("manager", "lists", 200),
        ("manager", "campaign-create", 200),
        ("administrator", "campaign-create", 200),
    ],
)
def test_a_page_is_shown_to_the_roles_it_is_for(role: str, name: str, status: int):
    assert client_of(role).get(reverse(name)).status_code == status


def test_a_refused_page_says_why_in_words():
    response = client_of("agent").get(reverse("campaigns"))

    assert "Your role (Agent) does not include this page." in response.content.decode()


def test_the_rail_shows_only_what_the_role_may_see(supervisor: Client):
    html = page(supervisor, "campaigns")

    assert f'href="{reverse("wall")}"' in html
    assert f'href="{reverse("lists")}"' not in html


def test_a_supervisor_sees_the_settings_and_cannot_save_them(supervisor: Client):
    campaign = build.campaign(ring_seconds=25)

    assert "settings-form" not in page(supervisor, "campaign", campaign.pk)
    assert supervisor.post(reverse("campaign-settings", args=[campaign.pk]), {"ring_seconds": 40}).status_code == 403


def test_a_superuser_counts_as_an_administrator():
    client = client_of("agent", is_superuser=True, is_staff=True)

    assert client.get(reverse("campaign-create")).status_code == 200


# The session


def test_a_wrong_password_is_answered_in_words():
    response = Client().post(reverse("login"), {"username": "nobody", "password": "nothing"})

    assert "User name and password do not match." in response.content.decode()


def test_the_language_is_remembered_for_the_next_browser():
    user = build.user("manager")
    client = Client()
    client.force_login(user)

    client.post(reverse("set_language"), {"language": "zh-hans", "next": reverse("campaigns")})

    user.refresh_from_db()
    assert user.language == "zh-hans"
    assert "外呼项目" in page(client, "campaigns")


def test_a_new_browser_speaks_the_users_language():
    user = build.user("manager", language="zh-hans")
    user.set_password("a quiet password")
    user.save()
    client = Client()

    client.post(reverse("login"), {"username": user.username, "password": "a quiet password"})

    assert "外呼项目" in page(client, "campaigns")


def test_the_theme_is_remembered_and_leads_back_only_to_our_own_pages():
    user = build.user("manager")
    client = Client()
    client.force_login(user)

    response = client.post(reverse("theme"), {"theme": "dark", "next": "https://elsewhere.example/"})

    user.refresh_from_db()
    assert (user.theme, response["Location"]) == ("dark", "/")


def test_times_are_shown_in_the_readers_zone():
    client = client_of("manager", time_zone="Asia/Shanghai")
    ContactList.objects.create(name="July", state="ready")
    ContactList.objects.update(created_at=timezone.now().replace(month=7, day=1, hour=12, minute=0))

    assert "07-01 20:00" in page(client, "lists")


# Campaigns


def test_an_empty_campaign_list_offers_the_one_button_that_helps(manager: Client):
    html = page(manager, "campaigns")

    assert "No campaigns yet." in html
    assert html.count(f'href="{reverse("campaign-create")}"') == 1


def test_the_campaign_list_needs_the_same_few_queries_for_many_campaigns(
    manager: Client, django_assert_max_num_queries
):
    for _ in range(20):
        build.lead(build.campaign())

    with django_assert_max_num_queries(9):
        html = page(manager, "campaigns")

    assert html.count("<tr data-href") == 20


def test_a_created_campaign_is_a_draft(manager: Client):
    response = manager.post(reverse("campaign-create"), {"name": "Autumn", "kind": "telemarketing"}, follow=True)

    assert Campaign.objects.get().status == "draft"
    assert "“Autumn” is a draft now" in response.content.decode()


def test_a_second_campaign_of_the_same_name_is_refused_next_to_the_field(manager: Client):
    build.campaign(name="Autumn")

    response = manager.post(reverse("campaign-create"), {"name": "Autumn", "kind": "telemarketing"})

    assert response.status_code == 422
    assert "There is already a campaign with this name." in response.content.decode()


def test_a_campaign_without_leads_is_not_started_and_says_why(supervisor: Client):
    campaign = build.campaign(status="draft")

    response = supervisor.post(reverse("campaign-act", args=[campaign.pk, "start"]), **HTMX)

    campaign.refresh_from_db()
    assert campaign.status == "draft"
    assert response["HX-Reswap"] == "none"
    assert "This campaign has nobody to call." in response.content.decode()


def test_a_started_campaign_answers_with_its_new_state_and_the_pause_button(supervisor: Client):
    campaign = build.campaign(status="draft")
    build.lead(campaign)

    html = supervisor.post(reverse("campaign-act", args=[campaign.pk, "start"]), **HTMX).content.decode()

    assert "state--running" in html
    assert reverse("campaign-act", args=[campaign.pk, "pause"]) in html


def test_a_pausing_campaign_is_paused_only_when_every_engine_has_seen_it(supervisor: Client):
    campaign = build.campaign(version=4)
    pool = campaign.pools.create(server=build.server(), seen_version=4, decided_at=timezone.now())

    before = supervisor.post(reverse("campaign-act", args=[campaign.pk, "pause"]), **HTMX).content.decode()
    campaign.pools.filter(pk=pool.pk).update(seen_version=5)
    after = page(supervisor, "campaign-head", campaign.pk)

    assert "pausing…" in before
    assert "state--paused" in after


def test_a_running_campaign_says_what_limits_it(supervisor: Client):
    campaign, server = build.campaign(), build.server()
    build.lease(server)
    campaign.pools.create(server=server, seen_version=1, limited_by="agents", decided_at=timezone.now())

    assert "limited by ready agents" in page(supervisor, "campaign-head", campaign.pk)


def test_a_server_that_nobody_drives_is_said_to_be_gone(supervisor: Client):
    campaign = build.campaign()
    campaign.pools.create(server=build.server(), seen_version=1, limited_by="agents", decided_at=timezone.now())

    assert "limited by the PBX, which does not answer" in page(supervisor, "campaign-head", campaign.pk)


def test_the_buttons_are_sent_only_when_the_state_is_another(supervisor: Client):
    campaign = build.campaign()

    same = page(supervisor, "campaign-head", campaign.pk, shown="running")
    changed = page(supervisor, "campaign-head", campaign.pk, shown="paused")

    assert ("campaign-actions" in same, "campaign-actions" in changed) == (False, True)


def test_stopping_wants_the_name_typed(supervisor: Client):
    campaign = build.campaign(name="Autumn")
    url = reverse("campaign-act", args=[campaign.pk, "stop"])

    supervisor.post(url, {"name": "Spring"})
    campaign.refresh_from_db()
    unchanged = campaign.status
    supervisor.post(url, {"name": "Autumn"})
    campaign.refresh_from_db()

    assert (unchanged, campaign.status) == ("running", "stopped")


def test_pacing_is_saved_and_says_what_it_does(supervisor: Client):
    campaign = build.campaign()
    url = reverse("campaign-pacing", args=[campaign.pk])

    html = supervisor.post(url, {"dial_mode": "ratio", "ratio": "1.5"}, **HTMX).content.decode()

    campaign.refresh_from_db()
    assert (campaign.dial_mode, float(campaign.ratio)) == ("ratio", 1.5)
    assert "With 4 ready agents, 6 calls ring at the same time." in html


def test_a_ratio_out_of_bounds_is_refused_next_to_the_field(supervisor: Client):
    campaign = build.campaign()
    url = reverse("campaign-pacing", args=[campaign.pk])

    html = supervisor.post(url, {"dial_mode": "ratio", "ratio": "11"}, **HTMX).content.decode()

    campaign.refresh_from_db()
    assert float(campaign.ratio) == 1
    assert "At most 10." in html


def test_the_sentence_follows_what_is_typed_before_it_is_saved(supervisor: Client):
    campaign = build.campaign()

    words = page(supervisor, "campaign-pacing-words", campaign.pk, dial_mode="ratio", ratio="2")

    assert "8 calls ring at the same time" in words


@pytest.mark.parametrize("typed", ["", "x", "NaN", "sNaN", "Infinity", "-Infinity", "1e999999999", "-3"])
def test_the_sentence_survives_whatever_is_typed(supervisor: Client, typed: str):
    campaign = build.campaign()

    page(supervisor, "campaign-pacing-words", campaign.pk, dial_mode="ratio", ratio=typed)


def test_saved_settings_hold_and_are_confirmed(manager: Client):
    campaign = build.campaign()
    limits = {"ring_seconds": 30, "max_wait_seconds": 2, "wrap_up_seconds": 20}

    response = manager.post(reverse("campaign-settings", args=[campaign.pk]), limits, **HTMX)

    campaign.refresh_from_db()
    assert (campaign.ring_seconds, campaign.wrap_up_seconds) == (30, 20)
    assert "Settings saved" in response.content.decode()


# Leads


def test_leads_are_counted_by_the_reason_that_still_holds(manager: Client):
    campaign = build.campaign()
    tomorrow = timezone.now() + timedelta(days=1)
    build.lead(campaign, reason="frequency_cap_reached")
    build.lead(campaign, reason="outside_calling_hours", due_at=tomorrow)
    build.lead(campaign, reason="conversation", callback=True, due_at=tomorrow)
    build.lead(campaign, reason="vacant", state=Lead.State.FINISHED)

    html = page(manager, "campaign-counts", campaign.pk)

    wanted = ("every rule is checked", "outside calling hours", "callback promised", "vacant number")
    assert [words for words in wanted if words not in html] == []
    assert "called as often as allowed" not in html
    assert "4 in all" in html


def test_leads_are_paged_by_where_the_last_page_ended(manager: Client):
    campaign = build.campaign()
    for _ in range(101):
        build.lead(campaign)

    first = page(manager, "leads", campaign.pk)
    last_shown = Lead.objects.order_by("contact_id")[99].contact_id
    second = page(manager, "leads", campaign.pk, after=last_shown)

    assert f"after={last_shown}" in first
    assert (first.count("Ada Example"), second.count("Ada Example")) == (100, 1)


def test_a_filter_shows_only_its_leads(manager: Client):
    campaign = build.campaign()
    build.lead(campaign, build.contact(name="Wang Fang"), reason="vacant", state=Lead.State.FINISHED)
    build.lead(campaign, build.contact(name="Li Wei"))

    html = page(manager, "leads", campaign.pk, state="finished", why="vacant")

    assert "Wang Fang" in html
    assert "Li Wei" not in html


# Lists


def upload(client: Client, name: str, content: bytes, query: str = ""):
    data = {"file": SimpleUploadedFile(name, content), "name": "", "default_country": "CN"}
    return client.post(reverse("list-upload") + query, data, follow=True)


def test_an_uploaded_file_becomes_a_list_that_is_being_read(manager: Client):
    html = upload(manager, "autumn.csv", b"name,phone\nAda,+12025550100\n").content.decode()

    assert ContactList.objects.get().name == "autumn"
    assert "Rows so far" in html


def test_a_list_uploaded_from_a_campaign_is_attached_to_it(manager: Client):
    campaign = build.campaign(status="draft")

    upload(manager, "autumn.csv", b"name,phone\nAda,+12025550100\n", f"?campaign={campaign.pk}")

    assert list(campaign.lists.values_list("name", flat=True)) == ["autumn"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("empty.csv", b"", "The file is empty."),
        ("list.pdf", b"%PDF", "Only CSV"),
    ],
)
def test_a_file_that_is_no_list_is_refused_next_to_the_field(manager: Client, name: str, content: bytes, sentence: str):
    response = upload(manager, name, content)

    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not ContactList.objects.exists()


def test_a_file_above_the_limit_is_refused(manager: Client, settings):
    settings.UPLOAD_MAX_BYTES = 10

    assert "The file is larger than 10" in upload(manager, "a.csv", b"phone\n+12025550100\n").content.decode()


def test_the_page_reloads_itself_once_the_list_is_read(manager: Client):
    reading = ContactList.objects.create(name="a", state="importing")
    read = ContactList.objects.create(name="b", state="ready")

    first, second = (manager.get(reverse("list-progress", args=[each.pk])) for each in (reading, read))

    assert ("HX-Refresh" in first.headers, "HX-Refresh" in second.headers) == (False, True)


def test_a_read_list_accounts_for_every_row(manager: Client):
    done = ContactList.objects.create(
        name="Autumn", state="ready", rows_total=5120, rows_good=4800, rows_duplicate=120, rows_rejected=200
    )
    Reject.objects.create(list=done, row_no=7, reason="ruined_by_spreadsheet", column="手机号", value="1.38E+10")

    html = page(manager, "list", done.pk)

    assert "5,120 rows = 4,800 good + 120 duplicate + 200 rejected." in html
    assert "rounded by a spreadsheet" in html
    assert "1.38E+10" in html


def test_a_failed_list_says_what_was_wrong_and_how_to_go_on(manager: Client):
    failed = ContactList.objects.create(name="a", state="failed", error="The file has no rows. Export it again.")

    html = page(manager, "list", failed.pk)

    assert "The file has no rows. Export it again." in html
    assert reverse("list-upload") in html


def test_downloaded_rejects_run_nothing_in_a_spreadsheet(manager: Client):
    done = ContactList.objects.create(name="Autumn", state="ready")
    dangerous = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
    for row_no, cell in enumerate(dangerous, start=2):
        row = {"=name": cell, "phone": "12"}
        Reject.objects.create(list=done, row_no=row_no, reason="malformed", column="=phone", value=cell, row=row)

    response = manager.get(reverse("list-rejects", args=[done.pk]))
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline="")))

    assert rows[0] == ["row", "reason", "column", "value", "'=name", "phone"]
    assert [row[3] for row in rows[1:]] == [f"'{cell}" for cell in dangerous]
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


# Do not call


def test_an_empty_do_not_call_list_says_so(supervisor: Client):
    assert "Nobody has asked not to be called yet." in page(supervisor, "suppressions")


def test_a_number_is_put_on_do_not_call_with_its_reason(supervisor: Client):
    campaign = build.campaign()
    wanted = {"number": "+1 202 555 0142", "reason": "asked by letter", "scope": f"campaign:{campaign.pk}"}

    response = supervisor.post(reverse("suppressions"), wanted, follow=True)

    entry = Suppression.objects.get()
    assert (entry.phone, entry.campaign, entry.reason) == (12025550142, campaign, "asked by letter")
    assert "+12025550142 will not be called any more." in response.content.decode()


def test_what_is_no_number_is_refused_next_to_the_field(supervisor: Client):
    response = supervisor.post(reverse("suppressions"), {"number": "12", "reason": "x", "scope": ""})

    assert response.status_code == 422
    assert "This is not a phone number." in response.content.decode()


def test_a_number_comes_off_do_not_call_only_with_a_reason_for_the_trail(manager: Client):
    entry = Suppression.objects.create(phone=12025550142)
    url = reverse("suppression-remove", args=[entry.pk])

    manager.post(url, {"reason": " "})
    kept = Suppression.objects.count()
    manager.post(url, {"reason": "listed by mistake"})

    assert (kept, Suppression.objects.count()) == (1, 0)
    assert AuditEntry.objects.get(action="suppression.removed").data["reason"] == "listed by mistake"


def test_a_supervisor_may_add_to_do_not_call_but_not_remove(supervisor: Client):
    entry = Suppression.objects.create(phone=12025550142)

    assert supervisor.post(reverse("suppression-remove", args=[entry.pk]), {"reason": "x"}).status_code == 403


def test_numbers_are_found_by_their_last_digits(supervisor: Client):
    Suppression.objects.create(phone=12025550142)
    Suppression.objects.create(phone=12025550199)

    html = supervisor.post(reverse("suppressions"), {"q": "0142"}).content.decode()

    assert "+12025550142" in html
    assert "+12025550199" not in html


# Every page


def test_no_page_runs_a_script_or_a_style_of_its_own(manager: Client):
    """A strict content security policy must stay possible."""
    campaign = build.campaign()
    pages = [page(manager, name) for name in ("campaigns", "campaign-create", "lists", "list-upload", "suppressions")]
    pages += [page(manager, name, campaign.pk) for name in ("campaign", "leads")]

    forbidden = ("<script>", " onclick=", " style=", "hx-on", "javascript:")
    assert [word for html in pages for word in forbidden if word in html] == []


def test_without_a_database_a_page_says_so_and_what_to_do(monkeypatch: pytest.MonkeyPatch):
    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.contrib.sessions.backends.db.SessionStore.load", away)
    browser = Client(raise_request_exception=False)
    browser.cookies["fairdial_session"] = "0123456789abcdef"

    page = browser.get(reverse("campaigns"))
    api = browser.get(reverse("campaigns"), headers={"Accept": "application/json"})

    assert (page.status_code, api.status_code) == (503, 503)
    assert "conversations under way go on" in page.content.decode()
    assert api.json() == {"error": "The database does not answer"}
