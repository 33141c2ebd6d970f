"""Who may use the interface: sessions and tokens, by role; forgery, expiry, and how often."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import tokens
from campaigns.models import ApiToken, AuditEntry, Suppression
from tests import build
from tests.campaigns.api.asking import code, get, post, program
from tests.campaigns.screens.browsing import client_of, page

pytestmark = pytest.mark.django_db
ENTRY = {"number": "+8613800138000", "reason": "asked"}


def test_a_token_may_what_its_user_may_and_its_use_is_remembered():
    client = program("supervisor")

    assert get(client, "campaigns").json() == {"campaigns": []}
    assert code(get(client, "lists")) == (403, "role")
    assert ApiToken.objects.get().last_used_at is not None


def test_the_secret_is_kept_nowhere():
    _token, secret = tokens.make(user=(user := build.user("manager")), name="x", days=None, may_change=False, by=user)

    stored = json.dumps(list(ApiToken.objects.values()) + list(AuditEntry.objects.values()), default=str)

    assert secret not in stored and secret[-4:] in stored


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"expires_at": timezone.now() - timedelta(seconds=1)},
        {"key_hash": "other"},
    ],
)
def test_a_token_that_does_not_hold_is_refused(change: dict):
    client = program()
    ApiToken.objects.update(**change)

    assert code(get(client, "campaigns")) == (401, "token")


def test_a_token_of_a_user_who_was_switched_off_is_refused():
    user = build.user("manager")
    client = program(user=user)
    type(user).objects.filter(pk=user.pk).update(is_active=False)

    assert code(get(client, "campaigns")) == (401, "token")


def test_a_token_that_may_read_only_changes_nothing():
    client = program(may_change=False)

    assert code(post(client, "do-not-call-add", ENTRY)) == (403, "read_only")
    assert post(client, "do-not-call-check", {"number": "+8613800138000"}).json()["listed"] is False
    assert not Suppression.objects.exists()


def test_a_session_that_changes_something_must_show_the_forgery_token():
    client = Client(enforce_csrf_checks=True)
    client.force_login(build.user("manager"))

    assert code(post(client, "do-not-call-add", ENTRY)) == (403, "forgery")
    assert not Suppression.objects.exists()
    client.get(reverse("campaigns"))
    shown = {"HTTP_X_CSRFTOKEN": client.cookies["fairdial_csrf"].value}
    assert post(client, "do-not-call-add", ENTRY, **shown).status_code == 201


def test_a_stranger_and_an_agent_are_kept_out():
    assert code(get(Client(), "campaigns")) == (401, "not_logged_in")
    assert code(get(client_of("agent"), "campaigns")) == (403, "role")
    assert code(get(program("agent"), "campaigns")) == (403, "role")


def test_whoever_asks_too_often_is_told_when_to_ask_again(settings):
    settings.API_REQUESTS_PER_MINUTE = 2
    one, other = program(), program()

    asked = [get(one, "campaigns") for _ in range(3)]

    # The minute may end in between: at most one of the three then falls into the next one.
    assert [response.status_code for response in asked][:2] == [200, 200]
    if asked[2].status_code == 429:
        assert 0 < int(asked[2]["Retry-After"]) <= 60
        assert code(asked[2]) == (429, "too_many")
    assert get(other, "campaigns").status_code == 200


def test_while_redis_is_away_nobody_is_slowed_down(settings):
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }

    assert get(program(), "campaigns").status_code == 200


# The page of tokens


def test_a_token_is_shown_once_and_can_be_taken_back():
    manager = client_of("manager")

    made = manager.post(reverse("tokens"), {"name": "warehouse", "days": "90", "may_change": "on"}).content.decode()
    secret = made.split('readonly value="')[1].split('"')[0]
    token = ApiToken.objects.get()
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    assert (token.name, token.may_change) == ("warehouse", True)
    assert secret not in page(manager, "tokens")
    assert get(client, "campaigns").status_code == 200
    manager.post(reverse("token-revoke", args=[token.pk]))
    assert code(get(client, "campaigns")) == (401, "token")
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == ["token.made", "token.revoked"]


def test_only_administrators_see_the_tokens_of_others():
    program("manager")
    token = ApiToken.objects.get()

    address = reverse("token-revoke", args=[token.pk])
    seen = [address in page(client_of(role), "tokens") for role in ("manager", "administrator")]

    assert seen == [False, True]
    assert client_of("supervisor").post(reverse("token-revoke", args=[token.pk])).status_code == 404
    assert client_of("agent").get(reverse("tokens")).status_code == 403
