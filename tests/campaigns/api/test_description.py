"""The description of the interface tells all of it, and every refusal has one shape."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from campaigns.api import api
from tests.campaigns.api.asking import get, post, program

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
REFUSAL = {"$ref": "#/components/schemas/Refusal"}


def operations() -> list[tuple[str, str, dict]]:
    paths = api.get_openapi_schema()["paths"]
    return [(path, method, found) for path, of_path in paths.items() for method, found in of_path.items()]


def test_every_operation_says_what_it_does_what_it_answers_and_how_it_refuses():
    for path, method, operation in operations():
        where = f"{method} {path}"
        assert operation.get("description"), where
        assert operation.get("tags"), where
        assert operation["security"] == [{"Token": []}, {"Session": []}], where
        refusals = {status: told for status, told in operation["responses"].items() if int(status) >= 400}
        assert {400, 401, 403, 404, 409, 429} <= {int(status) for status in refusals}, where
        assert all(told["content"]["application/json"]["schema"] == REFUSAL for told in refusals.values()), where
        assert any(int(status) < 300 for status in operation["responses"]), where


def test_every_operation_is_in_the_description_for_people():
    text = Path("docs/api.md").read_text()

    named = {f"{method.upper()} {path.replace('{pk}', '<id>')}" for path, method, _told in operations()}
    missing = [name for name in named if f"`{name}" not in text]

    assert missing == []


def test_no_address_has_a_place_for_a_number_or_a_name():
    for path, method, operation in operations():
        names = {parameter["name"] for parameter in operation.get("parameters", [])}
        assert not names & {"number", "phone", "text", "name", "customer_id"}, f"{method} {path}"


def test_the_description_is_served_with_everything_it_needs_from_here():
    described = Client().get(reverse("api:openapi-json")).json()
    page = Client().get(reverse("api:openapi-view")).content.decode()

    assert described["info"]["title"] == "Fairdial"
    assert "/static/ninja/swagger-ui-bundle.js" in page
    assert "http://" not in page and "https://" not in page


def test_whatever_is_sent_to_any_operation_a_refusal_is_json_with_a_code_and_a_sentence():
    client = program("manager")
    names = [n for n in get_resolver().reverse_dict if isinstance(n, str)]
    assert names

    for path, method, _told in operations():
        address = path.replace("{pk}", "987654321")
        for kind, body in (("application/json", "{"), ("application/json", '{"odd": 1}'), ("text/plain", "x")):
            answer = getattr(client, method)(address, *([body] if method != "get" else []), content_type=kind)
            if answer.status_code >= 400:
                told = answer.json()["error"]
                assert set(told) == {"code", "sentence"}, (method, address)
                assert told["sentence"].endswith("."), (method, address, told)
            assert answer.status_code < 500, (method, address)
            assert answer["Cache-Control"] == "no-store"


def test_odd_parameters_are_refused_by_name():
    client = program()

    asked = [
        get(client, "leads", 1, after="x"),
        get(client, "lists", before="0"),
        get(client, "forecast", 1, agents="-1"),
        post(client, "do-not-call-add", {"number": "+8613800138000"}),
        post(client, "do-not-call-add", {"number": "+8613800138000", "reason": "x", "until": "tomorrow"}),
        post(client, "do-not-call-add", {"number": "+8613800138000", "reason": "x", "untill": None}),
    ]

    codes = [(response.status_code, response.json()["error"]["code"]) for response in asked]
    assert codes == [(400, name) for name in ("after", "before", "agents", "reason", "until", "untill")]


def test_addresses_where_nothing_is_say_so_in_json():
    for address in ("/api/v1/", "/api/v1/nothing", "/api/nothing", "/api/v1/lists/x"):
        assert program().get(address).json()["error"]["code"] == "not_found"


def test_an_id_beyond_all_ids_is_not_there():
    client = program()

    assert [get(client, name, 10**30).status_code for name in ("campaign", "list", "person", "lead-why")] == [404] * 4


def test_old_addresses_answer_as_the_new_ones_do():
    client = program()

    for path in ("leads/9/why", "people/9/decisions", "campaigns/9/waterfall"):
        old, new = (client.get(f"/api/{of}{path}") for of in ("", "v1/"))
        assert (old.status_code, old.json()) == (404, new.json())
