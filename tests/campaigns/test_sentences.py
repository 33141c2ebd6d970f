"""Rules in words: what a manager chose is what the sentence says, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest
from django.utils import translation

from campaigns import policies, rulebook, sentences
from campaigns.models import ComplianceProfile, LineOfBusiness
from campaigns.rules import caps
from campaigns.rules.cadence import Step
from campaigns.rules.caps import Calls, Cap, Gap, Period
from campaigns.rules.policy import Policy
from campaigns.rules.profiles import OUTCOMES, PERS, SCOPES
from campaigns.rules.retries import DEFAULTS, Retry
from campaigns.rules.windows import WHOLE_DAY, Hours
from campaigns.sentences.trying import OFFICE_HOURS
from tests import build

LANGUAGES = ("en", "zh-hans")
CAP = Cap("cap-1", "answered", "contact", "all", timedelta(days=30), 3)
GAP = Gap("gap-1", "busy", "phone", "all", timedelta(minutes=15))
WORKDAY = ((540, 720), (810, 1200))
WEEK = (WORKDAY,) * 5 + (((600, 1080),), ())
WINDOWS = (timedelta(hours=24), timedelta(days=30), timedelta(minutes=90), *Period)


def in_chinese(sentence: str) -> bool:
    return not re.search(r"[A-Za-z]", sentence)


def is_whole(sentence: str) -> bool:
    return bool(sentence) and "%(" not in sentence and "None" not in sentence


# Caps


@pytest.mark.parametrize(
    ("cap", "sentence"),
    [
        (CAP, "At most 3 answered calls per person in any 30 days, over all campaigns"),
        (replace(CAP, limit=1), "At most 1 answered call per person in any 30 days, over all campaigns"),
        (
            replace(CAP, counts="attempts", per="phone", window=Period.DAY),
            "At most 3 attempts per phone number on one day where they live, over all campaigns",
        ),
        (
            replace(CAP, window=timedelta(hours=24), scope="line_of_business", calls=Calls.UNASKED),
            "At most 3 answered calls per person in any 24 hours, over all Cards campaigns; "
            "callbacks they asked for do not count",
        ),
        (
            replace(CAP, window=Period.MONTH, scope="campaign", calls=Calls.CALLBACKS),
            "At most 3 answered calls per person in one calendar month where they live, within the same campaign; "
            "only callbacks count",
        ),
    ],
)
def test_a_cap_reads_back_what_was_chosen(cap: Cap, sentence: str):
    assert sentences.cap_sentence(cap, line="Cards") == sentence


def test_a_cap_reads_well_in_chinese():
    with translation.override("zh-hans"):
        assert sentences.cap_sentence(CAP) == "全部项目合计，每位客户任意 30 天内最多接听 3 次"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cap_there_can_be_has_a_sentence_of_its_own(language: str):
    found = {}
    with translation.override(language):
        for counts, per, scope, window, calls in product(caps.LEVELS, PERS, SCOPES, WINDOWS, Calls):
            cap = Cap("cap-1", counts, per, scope, window, 3, calls)
            found[counts, per, scope, window, calls] = sentences.cap_sentence(cap, line=None)

    assert len(set(found.values())) == len(found) == 3 * 2 * 3 * 6 * 3
    assert all(map(is_whole, found.values()))
    assert language == "en" or all(map(in_chinese, found.values()))


# Gaps


@pytest.mark.parametrize(
    ("gap", "sentence"),
    [
        (GAP, "After busy, the number is left alone for 15 minutes"),
        (
            Gap("gap-1", "refusal", "contact", "campaign", None),
            "After a refusal, this person is never called again by this campaign",
        ),
        (
            replace(GAP, after="no_answer", wait=timedelta(hours=2), calls=Calls.UNASKED),
            "After no answer, the number is left alone for 2 hours, unless they asked for a callback",
        ),
        (
            replace(GAP, per="contact", scope="line_of_business"),
            "After busy, all Cards campaigns leave the person alone for 15 minutes",
        ),
    ],
)
def test_a_gap_reads_back_what_was_chosen(gap: Gap, sentence: str):
    assert sentences.gap_sentence(gap, line="Cards") == sentence


def test_on_a_page_of_everyone_no_campaign_is_this_one():
    gap = Gap("gap-1", "refusal", "contact", "campaign", None)

    sentence = sentences.gap_sentence(gap, here=False)

    assert sentence == "After a refusal, this person is never called again by the same campaign"


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize("line", [None, "", "卡"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_gap_there_can_be_has_a_sentence_of_its_own(language: str, line: str | None, here: bool):
    found = {}
    with translation.override(language):
        for after, per, scope, wait, calls in product(OUTCOMES, PERS, SCOPES, (timedelta(hours=2), None), Calls):
            gap = Gap("gap-1", after, per, scope, wait, calls)
            found[after, per, scope, wait, calls] = sentences.gap_sentence(gap, line=line, here=here)

    assert len(set(found.values())) == len(found) == len(OUTCOMES) * 2 * 3 * 2 * 3
    assert all(map(is_whole, found.values()))
    assert language == "en" or all(map(in_chinese, found.values()))


# Hours


@pytest.mark.parametrize(
    ("hours", "sentence"),
    [
        (
            Hours("x", WEEK, holiday=()),
            "Monday to Friday 09:00–12:00 and 13:30–20:00; Saturday 10:00–18:00; not on Sundays; "
            "not on public holidays where they live",
        ),
        (Hours("x", (((540, 1200),),) * 7), "every day 09:00–20:00"),
        (Hours("x", (WHOLE_DAY,) * 7), "at any hour"),
        (Hours("x", ((),) * 7), "never"),
        (Hours("x", (((480, 1440),), (), ((480, 1440),), (), (), (), ())), None),
        (
            Hours("x", (WHOLE_DAY,) * 7, closed=frozenset({date(2026, 12, 25), date(2026, 12, 24)})),
            "no calls on Dec. 24, 2026 and Dec. 25, 2026",
        ),
        (
            Hours("x", (((480, 1200),),) * 7, regions=frozenset({"US-FL"})),
            "US-FL (people who are or may be there): every day 08:00–20:00",
        ),
        (
            Hours("x", (((480, 1200),),) * 7, first_day=date(2026, 10, 1)),
            "every day 08:00–20:00; from Oct. 1, 2026 on",
        ),
    ],
)
def test_hours_are_read_back_with_like_days_together(hours: Hours, sentence: str | None):
    expected = sentence or (
        "Monday and Wednesday 08:00–24:00; not on Tuesdays, Thursdays, Fridays, Saturdays and Sundays"
    )

    assert sentences.hours_sentence(hours) == expected


def test_hours_read_well_in_chinese():
    with translation.override("zh-hans"):
        sentence = sentences.hours_sentence(Hours("x", WEEK, holiday=(), closed=frozenset({date(2026, 10, 1)})))

    assert sentence == (
        "星期一至星期五 09:00–12:00和13:30–20:00；星期六 10:00–18:00；星期日不拨打；"
        "客户所在地公共假日不拨打；2026年10月1日不拨打"
    )


# Trying


def test_the_order_of_phones_is_read_back_in_turn():
    steps = (Step("mobile", 2), Step("home", 1), Step("office", 1, OFFICE_HOURS))

    assert sentences.cadence_sentence(steps) == (
        "Mobile twice, then home once, then office once in office hours; then from the start again"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_that_says_how_a_lead_is_tried_has_a_sentence(language: str):
    labels = ("mobile", "home", "office", "other", "")
    with translation.override(language):
        found = [sentences.retry_sentence(outcome, retry) for outcome, retry in DEFAULTS.items()]
        found += [sentences.retry_sentence("busy", Retry(timedelta(minutes=1), 1))]
        found += [sentences.step_sentence(Step(label, 1, week)) for label in labels for week in (None, WEEK)]
        found += [sentences.cadence_sentence([Step(label, 3, week)]) for label in labels for week in (None, WEEK)]
        found += [sentences.cadence_sentence(()), sentences.spread_sentence(), sentences.spread_sentence(spread=False)]
        found += [sentences.callbacks_sentence(timedelta(minutes=m), timedelta(hours=48)) for m in (0, 15)]
        found += [
            sentences.disposition_sentence("无", wait, n) for wait in (None, timedelta(hours=3)) for n in (None, 2)
        ]
        found += [sentences.attempts_sentence(6), sentences.ring_sentence(15)]

    assert all(map(is_whole, found))
    assert language == "en" or all(map(in_chinese, found))


# The rule a decision names


def test_every_rule_of_a_policy_is_found_by_its_name():
    policy = Policy(
        hours=(
            Hours("campaign.hours", WEEK),
            Hours("closed.CN", (WHOLE_DAY,) * 7, closed=frozenset({date(2026, 10, 1)})),
        ),
        caps=(CAP,),
        gaps=(GAP,),
        cadence=(Step("office", 1, OFFICE_HOURS),),
        spread=True,
    )

    found = {name: sentences.sentence_of(policy, name) for name in ("cap-1", "gap-1", "cadence.office", "spread")}

    assert found["cap-1"].startswith("At most 3 answered calls")
    assert found["gap-1"].startswith("After busy")
    assert (
        found["cadence.office"]
        == "Office only at these times where they live: Monday to Friday 09:00–17:00; not on Saturdays and Sundays"
    )
    assert found["spread"].startswith("Attempts nobody answered are spread")
    assert sentences.sentence_of(policy, "campaign.hours").startswith("Monday to Friday")
    assert sentences.sentence_of(policy, "closed.CN") == "No calls on Oct. 1, 2026"
    assert sentences.sentence_of(policy, "no such rule") == ""


@pytest.mark.django_db
def test_a_rule_says_who_gave_it():
    rulebook.install()
    campaign = build.campaign()
    line = LineOfBusiness.objects.create(name="Cards")
    fields = {"limit": 3, "window_hours": 24}
    own, lines, all_of_us = (rulebook.add_cap(owner=o, by=None, **fields) for o in (campaign, line, None))

    sources = [sentences.source_of(f"cap-{row.pk}") for row in (own, lines, all_of_us)]

    assert sources == ["this campaign", "line of business Cards", "everyone"]
    assert sentences.source_of("cn_marketing.cap-1") == "China: marketing calls"
    assert sentences.source_of("closed.CN") == "days without calls: China"
    assert {sentences.source_of(name) for name in ("campaign.hours", "cadence.office", "spread")} == {"this campaign"}
    assert sentences.source_of("cap-99999") == "a rule that is gone"
    with translation.override("zh-hans"):
        assert sentences.source_of("cn_marketing.cap-1").startswith("中国")


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_of_every_shipped_profile_has_a_sentence_and_a_source(language: str):
    rulebook.install()
    campaign = build.campaign()
    campaign.profiles.set(ComplianceProfile.objects.all())
    policy = policies.resolve(campaign)
    names = [rule.name for rule in (*policy.hours, *policy.caps, *policy.gaps)]

    with translation.override(language):
        assert all(is_whole(sentences.sentence_of(policy, name)) for name in names)
        assert all(sentences.source_of(name) for name in names)
