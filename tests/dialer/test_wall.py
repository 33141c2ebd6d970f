"""The wall: its figures reconcile with the rows behind them, it says why, and it lives without Redis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, Lead
from campaigns.partitions import first_id
from dialer.models import Attempt, AttemptResult, LiveCall, PbxServer, Pool
from dialer.rules import kpi
from dialer.wall import board, selectors, shared
from dialer.wall.attention import attention
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> None:
    shared._own.clear()
    cache.clear()


def midnight() -> datetime:
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


def attempt(lead: Lead, on: PbxServer, **fields: Any) -> Attempt:
    """A call that ended just now."""
    began = fields.pop("began", timezone.now() - timedelta(seconds=1))
    n = Attempt.objects.count() + 1
    row = {
        "id": UUID(int=first_id(began).int | (7 << 76) | (2 << 62) | n),
        "server_id": on.pk, "trunk_id": 1, "campaign": lead.campaign, "lead": lead, "contact_id": lead.contact_id,
        "phone": 12025550100, "caller_id": "", "outcome": "no_answer", "tech_cause": "", "hangup_by": "",
        "reserved_at": began, "placed_at": began, "ended_at": began + timedelta(seconds=30),
    }  # fmt: skip
    return Attempt.objects.create(**{**row, **fields})


def live(lead: Lead, on: PbxServer, state: str, **fields: Any) -> LiveCall:
    now = timezone.now()
    trunk = on.trunks.first() or build.trunk(on)
    phone = lead.contact.contactphone_set.first().phone_id
    made = {"reserved_at": now, "placed_at": now, **fields}
    n = LiveCall.objects.count() + 1
    return LiveCall.objects.create(
        id=UUID(int=first_id(now).int | (7 << 76) | (2 << 62) | n), server=on, trunk=trunk, campaign=lead.campaign,
        lead=lead, contact=lead.contact, phone=phone, state=state, **made,
    )  # fmt: skip


def watcher(role: str = "supervisor") -> Client:
    client = Client()
    client.force_login(build.user(role))
    return client


def test_only_those_who_supervise_see_the_wall():
    campaign = build.campaign()
    for path in ("/wall/", "/wall/board/", f"/campaigns/{campaign.pk}/live/"):
        assert Client().get(path).status_code == 302
        assert watcher("agent").get(path).status_code == 403
        for role in ("supervisor", "manager", "administrator"):
            assert watcher(role).get(path).status_code == 200


def test_todays_counts_are_the_rows_of_today_live_calls_included():
    campaign, server = build.campaign(), build.server()
    leads = [build.lead(campaign) for _ in range(4)]
    now = timezone.now()
    answered = {"answered_at": now, "outcome": "conversation"}
    attempt(leads[0], server)
    attempt(leads[0], server, **answered, bridged_at=now + timedelta(milliseconds=8))
    attempt(leads[1], server, **answered, bridged_at=now + timedelta(milliseconds=2500))
    attempt(leads[1], server, answered_at=now, outcome="abandoned")
    attempt(leads[2], server, answered_at=now, outcome="hung_up", ended_at=now + timedelta(seconds=1))
    attempt(leads[2], server, began=midnight() - timedelta(hours=3), answered_at=midnight())
    live(leads[3], server, "talking", answered_at=now, bridged_at=now + timedelta(milliseconds=20))

    today = board.read_today(midnight())[campaign.pk]

    assert (today.attempts, today.answered, today.connected, today.abandoned) == (6, 5, 3, 2)
    assert today.customers == 4
    assert (today.p50_ms, today.p99_ms) == (20, 2500)
    assert today.abandon_rate == pytest.approx(2 / 5)


def test_the_boards_percentiles_and_abandons_are_those_of_the_formulas():
    campaign, server = build.campaign(), build.server()
    now = timezone.now()
    waits = [3, 5, 9, 14, 2100]
    rows = [
        attempt(build.lead(campaign), server, answered_at=now, bridged_at=now + timedelta(milliseconds=wait))
        for wait in waits
    ]

    today = board.read_today(midnight())[campaign.pk]

    times = [kpi.answer_to_agent_ms(r.answered_at, r.bridged_at) for r in rows]
    assert today.p50_ms == pytest.approx(kpi.percentile(times, 0.5))
    assert today.p99_ms == pytest.approx(kpi.percentile(times, 0.99))
    assert today.abandoned == sum(kpi.is_abandoned(r.answered_at, r.bridged_at, r.ended_at) for r in rows)


def test_results_are_counted_by_category_and_silence_has_its_own():
    campaign, server = build.campaign(), build.server()
    sale = build.disposition(campaign=campaign)
    for given in (sale, sale, None):
        row = attempt(build.lead(campaign), server)
        AttemptResult.objects.create(attempt_id=row.pk, campaign=campaign, disposition=given, at=timezone.now())

    assert board.read_today(midnight())[campaign.pk].dispositions == {"success": 2, "": 1}


def test_a_campaign_shows_its_agents_its_calls_and_who_waits():
    campaign, server = build.campaign(), build.server()
    for state in ("ready", "ready", "paused"):
        build.shift(campaign, server, state=state)
    build.shift(campaign, server, state="off")
    waiting_since = timezone.now() - timedelta(seconds=1)
    live(build.lead(campaign), server, "ringing")
    live(build.lead(campaign), server, "waiting", waiting_at=waiting_since)

    [row] = selectors.wall(midnight()).campaigns

    assert {part.code: part.count for part in row.agents} == {"ready": 2, "paused": 1}
    assert {part.code: part.count for part in row.calls} == {"ringing": 1, "waiting": 1}
    assert row.campaign.waiting == [waiting_since]
    assert row.in_flight == 2


def test_an_agent_whom_two_campaigns_share_is_at_both_between_calls_and_at_one_in_a_call_and_is_one_person():
    one, other, server = build.campaign(name="A"), build.campaign(name="B"), build.server()
    build.shift(one, server, also=[other])
    build.shift(one, server, also=[other], state="paused", reason="lunch")
    build.shift(other, server, also=[one], state="talking", call_id=UUID(int=1))
    build.shift(one, server)

    wall = selectors.wall(midnight())

    at_one, at_other = wall.campaigns
    assert {part.code: part.count for part in at_one.agents} == {"ready": 2, "paused": 1}
    assert {part.code: part.count for part in at_other.agents} == {"ready": 1, "talking": 1, "paused": 1}
    assert (at_one.campaign.shared, at_other.campaign.shared) == (2, 2)
    assert (at_one.utilisation, at_other.utilisation) == (0, pytest.approx(1 / 3))
    assert len(wall.agents) == 4
    assert sorted(row.campaigns for row in wall.agents) == ["A", "A, B", "A, B", "B"]


def test_a_draft_that_somebody_serves_is_on_the_wall_and_a_finished_campaign_is_not():
    running, draft = build.campaign(name="A"), build.campaign(name="B", status="draft")
    build.shift(running, build.server(), also=[draft, build.campaign(name="C", status="finished")])

    wall = selectors.wall(midnight())

    assert [row.campaign.name for row in wall.campaigns] == ["A", "B"]
    assert "1 of them shared" in watcher().get("/wall/board/").content.decode()


def driven(**fields: Any) -> PbxServer:
    return build.server(lease_until=timezone.now() + timedelta(minutes=1), owner="engine@host", **fields)


def test_the_state_sentence_says_what_limits_the_campaign():
    campaign, server = build.campaign(), driven()
    Pool.objects.create(
        campaign=campaign, server=server, seen_version=1, limited_by="agents", decided_at=timezone.now()
    )

    def limits() -> str:
        return selectors.wall(midnight()).campaigns[0].limits

    assert limits() == "ready agents"
    PbxServer.objects.update(problem="The PBX refused the log-in.")
    shared.forget("live")
    assert limits() == "the PBX, which does not answer"
    PbxServer.objects.update(lease_until=None, problem="")
    shared.forget("live")
    assert limits() == "no PBX that is driven: start an engine worker"


def test_a_paused_campaign_is_pausing_until_every_driven_pool_has_seen_it():
    campaign = build.campaign(status=Campaign.Status.PAUSED, version=5)
    late = Pool.objects.create(campaign=campaign, server=driven(), seen_version=4)
    Pool.objects.create(campaign=campaign, server=driven(), seen_version=5)

    assert selectors.wall(midnight()).campaigns[0].state == "pausing"
    Pool.objects.filter(pk=late.pk).update(seen_version=5)
    shared.forget("live")
    assert selectors.wall(midnight()).campaigns[0].state == "paused"


def test_every_limit_the_engine_can_name_has_words():
    from dialer.rules.pacing import LimitedBy
    from dialer.wall.words import LIMITS

    assert {limit.value for limit in LimitedBy} <= set(LIMITS)


def test_agents_who_need_a_look_come_first():
    order = [
        attention("claimed", 9),
        attention("wrap_up", 40, over_wrap_up=True),
        attention("paused", 20 * 60),
        attention("talking", 700),
        attention("ready", 400),
        attention("wrap_up", 5),
        attention("talking", 5),
        attention("ready", 5),
        attention("paused", 5),
    ]

    assert [found.rank for found in order] == sorted(found.rank for found in order)
    assert [found.trouble for found in order[:3]] == [True, True, False]


def test_the_board_is_read_once_for_all_viewers(django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(shared, "AT_LEAST_S", 60.0)
    monkeypatch.setattr(shared, "AT_MOST_S", 60.0)
    build.campaign()
    selectors.wall(midnight())

    with django_assert_num_queries(0):
        selectors.wall(midnight())


def test_the_wall_works_while_redis_is_down(settings, monkeypatch):
    campaign = build.campaign()
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1/0"}
    }
    monkeypatch.setattr(shared, "_redis_fails_until", 0.0)

    answer = watcher().get("/wall/")

    assert answer.status_code == 200
    assert campaign.name in answer.content.decode()
    monkeypatch.setattr(shared, "_redis_fails_until", 0.0)


def test_pause_and_resume_are_seen_at_once_and_ratios_are_checked():
    campaign = build.campaign()
    build.lead(campaign)
    client = watcher()
    client.get("/wall/board/")

    paused = client.post(f"/wall/campaigns/{campaign.pk}/pause/")
    campaign.refresh_from_db()
    assert (campaign.status, paused.status_code) == ("paused", 200)
    assert "Resume" in paused.content.decode()
    client.post(f"/wall/campaigns/{campaign.pk}/resume/")
    client.post(f"/wall/campaigns/{campaign.pk}/ratio/", {"ratio": "2.5"})
    campaign.refresh_from_db()
    assert (campaign.status, campaign.dial_mode, float(campaign.ratio)) == ("running", "ratio", 2.5)
    for wrong in ("", "many", "0.5", "11"):
        assert client.post(f"/wall/campaigns/{campaign.pk}/ratio/", {"ratio": wrong}).status_code == 409


def test_an_agent_cannot_pause_a_campaign():
    campaign = build.campaign()

    assert watcher("agent").post(f"/wall/campaigns/{campaign.pk}/pause/").status_code == 403
    campaign.refresh_from_db()
    assert campaign.status == "running"


def test_tv_mode_has_no_controls():
    build.campaign()

    html = watcher().get("/wall/?tv=1").content.decode()

    assert "wall-page tv" in html
    assert "wall-pause" not in html
    assert 'name="ratio"' not in html


def test_a_draft_campaigns_page_embeds_its_figures_too():
    campaign = build.campaign(status=Campaign.Status.DRAFT)

    answer = watcher("manager").get(f"/campaigns/{campaign.pk}/live/")

    assert answer.status_code == 200
    assert "draft" in answer.content.decode()


def test_nothing_is_divided_by_nothing():
    assert kpi.abandon_rate(0, 0) is None
    assert kpi.percentile([], 0.5) is None
    assert kpi.percentile([4, 1, 3, 2], 0.5) == 2
    assert kpi.percentile([7], 0.99) == 7


def test_a_person_who_hangs_up_before_the_threshold_was_not_abandoned():
    answered = datetime(2026, 1, 1, tzinfo=UTC)
    soon, late = answered + timedelta(seconds=1), answered + timedelta(seconds=3)

    assert not kpi.is_abandoned(None, None, late)
    assert not kpi.is_abandoned(answered, None, None)
    assert not kpi.is_abandoned(answered, None, soon)
    assert kpi.is_abandoned(answered, None, soon, dropped=True)
    assert kpi.is_abandoned(answered, None, late)
    assert kpi.is_abandoned(answered, late, late)
    assert not kpi.is_abandoned(answered, soon, late)
