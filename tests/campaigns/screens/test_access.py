"""Who sees which screens, the session, and what every page has."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.models import ContactList, User
from tests import build
from tests.campaigns.screens.browsing import HTMX, client_of, page

pytestmark = pytest.mark.django_db


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
