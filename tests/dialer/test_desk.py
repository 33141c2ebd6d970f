"""The desk over HTTP: what an agent sees in each state, what they may do, and how it is refused in words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from campaigns import rulebook
from campaigns.models import Campaign, Contact, Lead, Phone
from campaigns.rules import windows
from campaigns.rules.places import Place
from dialer import calls, matching, shifts
from dialer.desk import callbacks, selectors
from dialer.models import Agent, AttemptResult, LiveCall, Shift
from dialer.rules import facts as f
from tests import build

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}
HONG_KONG = ZoneInfo("Asia/Hong_Kong")


def at(seconds: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def browser(agent: Agent) -> Client:
    client = Client(headers=JSON)
    client.force_login(agent.user)
    return client


def signed_in(campaign: Campaign, state: str = "ready") -> tuple[Client, Shift]:
    shift = build.shift(campaign, build.server(), state=state)
    return browser(shift.agent), shift


def talking(campaign: Campaign) -> tuple[Client, Shift, UUID]:
    """An agent in a conversation with Ada Example."""
    client, shift = signed_in(campaign)
    build.lead(
        campaign, build.contact(build.phone(zones=["Asia/Hong_Kong"]), attributes={"account": {"card_age": "6 years"}})
    )
    return client, shift, bridge(campaign, shift)


def answered(campaign: Campaign, shift: Shift) -> UUID:
    """A new lead of this campaign is called, answers and is bridged to this agent."""
    build.lead(campaign)
    return bridge(campaign, shift)


def bridge(campaign: Campaign, shift: Shift) -> UUID:
    [placed] = calls.reserve(lease=build.lease(shift.server), campaign=campaign, line=build.line(shift.server), want=1)
    calls.hear([f.Answered(placed.id, at()), f.Waiting(placed.id, at())], timezone.now())
    matching.match(shift.server_id)
    calls.hear([f.Bridged(placed.id, at(), shift.pk)], timezone.now())
    return placed.id


def wrapping_up(campaign: Campaign) -> tuple[Client, Shift, UUID]:
    client, shift, call = talking(campaign)
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())
    return client, shift, call


def test_the_desk_is_for_agents_with_a_phone():
    assert Client().get("/desk/").status_code == 302
    supervisor = Client()
    supervisor.force_login(build.user("supervisor"))
    assert supervisor.get("/desk/").status_code == 403
    phoneless = Client()
    phoneless.force_login(build.user("agent"))
    answer = phoneless.get("/desk/")
    assert answer.status_code == 403
    assert "Ask an administrator" in answer.content.decode()


def test_signed_out_the_state_lists_the_campaigns_to_sign_in_to():
    campaign = build.campaign()
    build.campaign()
    agent = build.agent(campaign)

    state = browser(agent).get("/desk/state/").json()

    assert (state["state"], state["call"]) == ("off", None)
    assert state["campaigns"] == [{"id": campaign.pk, "name": campaign.name, "status": "running"}]


def test_signing_in_opens_a_shift_and_twice_is_refused_in_words():
    campaign = build.campaign()
    build.server()
    client = browser(build.agent(campaign))

    first = client.post("/desk/sign-in/", {"campaign": campaign.pk})
    second = client.post("/desk/sign-in/", {"campaign": campaign.pk})

    assert (first.status_code, first.json()["state"]) == (200, "signing_in")
    assert second.status_code == 409
    assert "signed in already" in second.json()["error"]


def test_with_one_campaign_none_need_be_named_and_anothers_is_refused():
    mine, other = build.campaign(), build.campaign()
    build.server()
    client = browser(build.agent(mine))

    assert client.post("/desk/sign-in/", {"campaign": other.pk}).status_code == 422
    assert client.post("/desk/sign-in/").json()["campaign"]["id"] == mine.pk


def test_several_campaigns_are_signed_in_to_at_once_each_of_them_the_agents_own():
    first, second, third, foreign = (build.campaign(name=name) for name in ("A", "B", "C", "D"))
    build.server()
    agent = build.agent(first, second, third)
    client = browser(agent)

    assert client.post("/desk/sign-in/").status_code == 422
    assert client.post("/desk/sign-in/", {"campaign": [first.pk, foreign.pk]}).status_code == 422
    state = client.post("/desk/sign-in/", {"campaign": [third.pk, first.pk, first.pk]}).json()

    assert [campaign["name"] for campaign in state["campaigns"]] == ["A", "C"]
    assert set(agent.shifts.get().campaigns.all()) == {first, third}


def test_sign_in_proposes_the_campaigns_that_run_or_all_when_none_does():
    running, paused = build.campaign(), build.campaign(status="paused")
    client = browser(build.agent(running, paused))

    def ticked() -> set[str]:
        html = client.get("/desk/card/", headers={"Accept": "text/html"}).content.decode()
        return set(re.findall(r'name="campaign" value="(\d+)" checked', html))

    assert ticked() == {str(running.pk)}
    Campaign.objects.update(status="draft")
    assert ticked() == {str(running.pk), str(paused.pk)}


def test_with_one_campaign_nothing_is_asked_twice():
    client = browser(build.agent(build.campaign()))

    html = client.get("/desk/card/", headers={"Accept": "text/html"}).content.decode()

    assert 'type="checkbox"' not in html


def test_without_a_pbx_nobody_signs_in():
    answer = browser(build.agent(build.campaign())).post("/desk/sign-in/")

    assert answer.status_code == 503
    assert answer.json()["error"]


def test_ready_and_pause_with_a_reason():
    client, _shift = signed_in(build.campaign(), state="paused")

    assert client.post("/desk/ready/").json()["state"] == "ready"
    paused = client.post("/desk/pause/", {"reason": "lunch"}).json()
    assert (paused["state"], paused["reason"]) == ("paused", "lunch")
    assert client.post("/desk/pause/", {"reason": "bored"}).status_code == 422


def test_who_is_signed_out_can_do_nothing_but_sign_in():
    client = browser(build.agent(build.campaign()))

    for path in ("ready", "pause", "hang-up", "disposition", "sign-out"):
        answer = client.post(f"/desk/{path}/")
        assert (answer.status_code, answer.json()["error"]) == (409, "You are signed out. Sign in first.")


def test_the_state_of_a_conversation_names_the_call_the_customer_and_the_results():
    campaign = build.campaign()
    sale = build.disposition(campaign=campaign)
    client, _shift, call = talking(campaign)

    state = client.get("/desk/state/").json()

    assert state["state"] == "talking"
    assert (state["call"]["id"], state["call"]["name"], state["call"]["state"]) == (str(call), "Ada Example", "talking")
    [result] = state["dispositions"]
    assert (result["id"], result["code"], result["position"]) == (sale.pk, "sale", 1)


def test_the_screen_of_a_conversation_shows_who_it_is_in_few_queries(django_assert_max_num_queries):
    campaign = build.campaign(script="Hello, is this {name}?")
    build.disposition(campaign=campaign)
    client, _shift, call = talking(campaign)

    with django_assert_max_num_queries(7):
        html = client.get("/desk/card/", headers={"Accept": "text/html"}).content.decode()

    assert "Hello, is this Ada Example?" in html
    assert "6 years" in html
    assert "Asia/Hong_Kong" in html
    assert f'data-call="{call}"' in html


def test_the_screen_of_a_call_is_its_campaigns_whichever_of_them_was_first():
    first = build.campaign(name="Cards", script="About your card, {name}.")
    second = build.campaign(name="Loans", script="About your loan, {name}.", product="A loan")
    build.disposition("card_sold", campaign=first)
    build.disposition("loan_sold", campaign=second)
    server = build.server()
    shift = build.shift(first, server, also=[second])
    client = browser(shift.agent)
    answered(second, shift)

    html = client.get("/desk/card/", headers={"Accept": "text/html"}).content.decode()
    state = client.get("/desk/state/").json()

    assert "Loans" in html and "About your loan, Ada Example." in html
    assert "Cards" not in html
    assert state["campaign"]["name"] == "Loans"
    assert [row["code"] for row in state["dispositions"]] == ["loan_sold"]


def test_an_agent_who_is_ready_sees_whose_calls_come_and_when_one_of_them_is_paused():
    first, second = build.campaign(name="Cards"), build.campaign(name="Loans")
    shift = build.shift(first, build.server(), also=[second])
    client = browser(shift.agent)

    html = client.get("/desk/card/", headers={"Accept": "text/html"}).content.decode()
    seen = html.split('data-seen="')[1].split('"')[0]
    assert "Cards" in html and "Loans" in html
    assert client.get("/desk/card/", {"seen": seen}).status_code == 204

    Campaign.objects.filter(pk=second.pk).update(status="paused", version=2)
    assert client.get("/desk/card/", {"seen": seen}).status_code == 200


def test_a_page_that_shows_the_present_is_told_nothing_new(django_assert_max_num_queries):
    client, shift = signed_in(build.campaign())
    client.get("/desk/card/")
    html = client.get("/desk/card/", headers={"Accept": "text/html"}).content.decode()
    seen = html.split('data-seen="')[1].split('"')[0]

    with django_assert_max_num_queries(3):
        assert client.get("/desk/card/", {"seen": seen}).status_code == 204
    shifts.pause(shift_id=shift.pk, reason="lunch")
    assert client.get("/desk/card/", {"seen": seen}).status_code == 200


def test_ending_a_call_asks_the_engine_and_there_must_be_one():
    client, _shift, call = talking(build.campaign())

    assert client.post("/desk/hang-up/").status_code == 200
    assert LiveCall.objects.get(pk=call).hangup_by == "agent"
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())
    assert client.post("/desk/hang-up/").status_code == 409


def test_a_result_in_wrap_up_is_recorded_and_the_agent_is_ready_again():
    campaign = build.campaign()
    build.disposition(campaign=campaign)
    client, shift, call = wrapping_up(campaign)
    assert client.get("/desk/state/").json()["wrap_up_until"]

    answer = client.post("/desk/disposition/", {"call": call, "disposition": "sale", "note": " Sends the form. "})

    assert (answer.status_code, answer.json()["state"]) == (200, "ready")
    result = AttemptResult.objects.get(pk=call)
    assert (result.disposition.code, result.note, result.by) == ("sale", "Sends the form.", shift.agent.user)


def test_a_result_cannot_be_recorded_while_the_call_is_on_or_of_another_call_or_twice():
    campaign = build.campaign()
    build.disposition(campaign=campaign)
    client, _shift, call = talking(campaign)

    early = client.post("/desk/disposition/", {"disposition": "sale"})
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())
    other = client.post("/desk/disposition/", {"call": "0" * 8, "disposition": "sale"})
    unknown = client.post("/desk/disposition/", {"call": call, "disposition": "no-such"})
    assert client.post("/desk/disposition/", {"call": call, "disposition": "sale"}).status_code == 200
    twice = client.post("/desk/disposition/", {"call": call, "disposition": "sale"})

    assert (early.status_code, other.status_code, unknown.status_code, twice.status_code) == (409, 409, 422, 409)
    assert AttemptResult.objects.count() == 1


def test_a_callback_needs_a_time_on_the_customers_own_clock():
    campaign = build.campaign()
    build.disposition("later", "callback", campaign=campaign)
    client, _shift, call = wrapping_up(campaign)
    local = (timezone.now().astimezone(HONG_KONG) + timedelta(days=1)).replace(
        hour=10, minute=30, second=0, microsecond=0
    )
    form = {"call": call, "disposition": "later"}

    assert client.post("/desk/disposition/", form).status_code == 422
    assert client.post("/desk/disposition/", {**form, "callback_at": "2001-01-01T10:00"}).status_code == 422
    sent = client.post("/desk/disposition/", {**form, "callback_at": local.replace(tzinfo=None).isoformat()})

    assert sent.status_code == 200
    assert AttemptResult.objects.get(pk=call).callback_at == local


def test_a_callback_the_agent_wants_to_make_is_theirs_until_it_is_anyones():
    campaign = build.campaign(callback_fallback_minutes=20, callback_expires_hours=4)
    build.disposition("later", "callback", campaign=campaign)
    client, shift, call = wrapping_up(campaign)
    at = timezone.now().replace(microsecond=0) + timedelta(days=1)

    form = {"call": call, "disposition": "later", "callback_at": at.isoformat(), "callback_personal": "1"}
    assert client.post("/desk/disposition/", form).status_code == 200

    lead = Lead.objects.get(campaign=campaign)
    assert (lead.callback, lead.callback_by_id, lead.due_at) == (True, shift.agent.user_id, at)
    assert lead.callback_open_at == at + timedelta(minutes=20)
    assert lead.callback_expires_at == at + timedelta(hours=4)


def test_a_callback_at_an_unlawful_hour_is_refused_with_the_first_lawful_one():
    campaign = build.campaign()
    build.disposition("later", "callback", campaign=campaign)
    client, _shift, call = wrapping_up(campaign)
    ten_to_seven = [[[600, 1140]]] * 7
    rulebook.set_hours(
        campaign=campaign, week=ten_to_seven, calls_on_holidays=True, starts_on=None, ends_on=None, by=None
    )
    night = (timezone.now().astimezone(HONG_KONG) + timedelta(days=1)).replace(hour=22, minute=0)

    sent = client.post(
        "/desk/disposition/", {"call": call, "disposition": "later", "callback_at": night.isoformat(timespec="minutes")}
    )

    assert sent.status_code == 422
    assert "10:00" in sent.content.decode()
    assert not AttemptResult.objects.exists()


def test_where_the_customer_is_is_what_the_rules_say_it_is():
    campaign = build.campaign()
    _client, shift, _call = wrapping_up(campaign)
    Contact.objects.update(region="US-CA")
    Phone.objects.update(country="HK")

    shift.refresh_from_db()
    call = selectors.call_of(shift)

    assert selectors.place_of(call) == Place(("America/Los_Angeles",), "US", "US-CA")
    assert str(selectors.zone_of(call)) == "America/Los_Angeles"


def test_a_pause_asked_for_in_a_call_comes_after_it():
    campaign = build.campaign()
    build.disposition(campaign=campaign)
    client, _shift, call = talking(campaign)

    assert client.post("/desk/pause/", {"reason": "lunch"}).json()["then"] == "pause"
    calls.hear([f.HungUp(call, at(5), 16)], timezone.now())
    after = client.post("/desk/disposition/", {"call": call, "disposition": "sale"}).json()

    assert (after["state"], after["reason"]) == ("paused", "lunch")


def test_a_refusal_to_a_browser_is_the_desk_as_it_is_with_the_sentence_on_top():
    client, _shift = signed_in(build.campaign())

    answer = client.post("/desk/hang-up/", headers={"Accept": "text/html", "HX-Request": "true"})

    html = answer.content.decode()
    assert answer.status_code == 409
    assert "There is no call to end." in html
    assert 'id="desk"' in html


def test_the_phones_secret_goes_to_its_own_agent_only_and_into_no_cache_or_page():
    campaign = build.campaign()
    agent = build.agent(campaign)
    client = browser(agent)

    answer = client.get("/desk/phone/")

    mine = answer.json()
    assert (mine["username"], mine["password"]) == (f"agent-{agent.pk}", agent.sip_secret)
    assert "no-store" in answer["Cache-Control"]
    assert mine["ws_url"].startswith("ws://testserver")
    assert agent.sip_secret not in client.get("/desk/", headers={"Accept": "text/html"}).content.decode()
    assert browser(build.agent(campaign, phone_kind="sip")).get("/desk/phone/").status_code == 404


def test_the_history_and_the_day_come_from_what_was_recorded():
    campaign = build.campaign()
    build.disposition(campaign=campaign)
    client, shift, call = wrapping_up(campaign)
    client.post("/desk/disposition/", {"call": call, "disposition": "sale", "note": "Liked it."})
    from dialer.desk import selectors

    day = selectors.day_of(shift.agent_id, timezone.now() - timedelta(hours=1), timezone.now())
    history = selectors.history_of(LiveCall.objects.count() or _contact_of(call), before=UUID(int=0))

    assert (day.conversations, day.successes) == (1, 1)
    assert (history[0].disposition, history[0].note) == ("Sale", "Liked it.")


def _contact_of(call: UUID) -> int:
    from dialer.models import Attempt

    return Attempt.objects.get(pk=call).contact_id


def test_a_campaigns_own_result_takes_the_key_from_everyones():
    from dialer.desk import selectors

    campaign = build.campaign()
    build.disposition("no", "refusal", position=1)
    build.disposition("yes", "success", position=1, campaign=campaign)

    keys = {row.code: row.key for row in selectors.dispositions_of(campaign.pk)}

    assert keys == {"yes": 1, "no": ""}


def test_only_lawful_callback_times_are_offered():
    now = datetime(2026, 3, 2, 11, 30, tzinfo=UTC)  # 19:30 in Hong Kong
    nine_to_eight = windows.every_day("campaign.hours", time(9), time(20))

    offered = callbacks.offers(now, HONG_KONG, [nine_to_eight], Place(("Asia/Hong_Kong",)))

    assert [offer.at.strftime("%d %H:%M") for offer in offered] == ["03 10:00", "03 19:30"]
