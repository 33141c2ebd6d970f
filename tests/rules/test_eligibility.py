"""May this person be called now, and if not, why, by which rule and until when: every reason, the one that binds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules import windows
from campaigns.rules.cadence import Step
from campaigns.rules.caps import REFUSAL, Calls, Cap, Gap, Period
from campaigns.rules.eligibility import (
    CHECKS,
    FOREVER,
    MOMENT,
    PRECEDENCE,
    Allow,
    Candidate,
    Moment,
    PhoneFacts,
    Reason,
    Refuse,
    next_allowed,
    place_of,
    reasons,
    verdict,
)
from campaigns.rules.policy import Policy
from campaigns.rules.windows import Hours, every_day
from tests.rules import making
from tests.rules.making import DAY, MINUTE, local, touch, utc

NOW = utc(2026, 3, 2, 12)  # a Monday
HOUR = timedelta(hours=1)
OPEN = every_day("campaign.hours", time(9), time(20))
NIGHT = every_day("campaign.hours", time(1), time(2))
ALWAYS = every_day("campaign.hours", time(0), time(23, 59))
DAILY = Cap("daily", "attempts", "contact", "all", DAY, 3)
OFFICE_HOURS = (((540, 1020),),) * 5 + ((), ())


def phone(number: int = 1, **fields) -> PhoneFacts:
    return PhoneFacts(number, **{"zones": ("UTC",), **fields})


def candidate(*phones: PhoneFacts, **fields) -> Candidate:
    known = {"contact_id": 1, "campaign_id": 1, "line_of_business_id": None, "attempts": 0, **fields}
    return Candidate(phones=phones or (phone(),), **known)


def policy(*caps: Cap, hours: Hours = OPEN, **fields) -> Policy:
    return Policy((hours,), caps, **fields)


def decide(who: Candidate, by: Policy, now=NOW):
    return verdict(who, Moment(by, now))


@st.composite
def situations(draw, phones=1):
    """A lead, a policy and a moment: of each rule some."""
    now = draw(making.moments)
    soon = st.none() | st.integers(1, 4 * 86_400).map(lambda seconds: now + timedelta(seconds=seconds))
    status = st.sampled_from(("", "", "", "vacant", "powered_off"))
    suppressed = st.sampled_from((None, None, None, FOREVER)) | soon
    labels = st.sampled_from(("mobile", "office"))
    facts = st.builds(
        PhoneFacts,
        st.integers(1, 2),
        making.zone_names,
        status,
        soon,
        suppressed,
        st.sampled_from(("", "US", "CN")),
        labels,
    )
    rules = Policy(
        hours=tuple(draw(st.lists(making.hours(now), min_size=1, max_size=2))),
        caps=tuple(draw(st.lists(making.caps, max_size=2))),
        gaps=tuple(draw(st.lists(making.gaps, max_size=2))),
        cadence=draw(st.sampled_from(((), (Step("office", 1, OFFICE_HOURS),), (Step("mobile", 2),)))),
        spread=draw(st.booleans()),
        consent=draw(st.just(()) | making.some_bases),
        excluded_products=draw(st.just(()) | making.some_products),
    )
    who = Candidate(
        contact_id=1,
        campaign_id=1,
        line_of_business_id=draw(st.sampled_from((None, 1))),
        phones=tuple(draw(st.lists(facts, min_size=phones, max_size=phones))),
        attempts=draw(st.integers(0, 7)),
        touches=tuple(draw(making.touches(now))),
        callback=draw(st.booleans()),
        callback_expires_at=draw(soon),
        grants=tuple(draw(making.grants(now))),
        products=draw(making.some_products),
    )
    return who, rules, now


@settings(max_examples=100)
@given(situations(), st.floats(0, 1))
def test_whoever_is_refused_is_refused_until_the_moment_named_and_allowed_then_or_never(situation, part):
    who, rules, now = situation
    refused = decide(who, rules, now)
    if not isinstance(refused, Refuse) or refused.until is None:
        return

    assert refused.until > now
    for before in (now + part * (refused.until - 2 * MOMENT - now), refused.until - 2 * MOMENT):
        assert before < now or isinstance(decide(who, rules, before), Refuse)
    then = decide(who, rules, refused.until)
    assert isinstance(then, Allow) or then.until is None


@settings(max_examples=100)
@given(situations(phones=2), st.floats(0, 1))
def test_a_lead_with_several_phones_is_refused_until_the_first_of_them_frees(situation, part):
    who, rules, now = situation
    refused = decide(who, rules, now)
    if not isinstance(refused, Refuse) or refused.until is None:
        return

    before = now + part * max(refused.until - 2 * MOMENT - now, timedelta(0))
    assert isinstance(decide(who, rules, before), Refuse)


@settings(max_examples=100)
@given(situations(phones=2), st.integers(0, 3 * 86_400))
def test_what_is_refused_for_good_is_never_allowed_later(situation, seconds):
    who, rules, now = situation
    refused = decide(who, rules, now)

    if isinstance(refused, Refuse) and refused.until is None:
        assert isinstance(decide(who, rules, now + timedelta(seconds=seconds)), Refuse)


@settings(max_examples=100)
@given(situations(phones=2))
def test_who_is_allowed_has_a_phone_without_any_reason_and_who_is_refused_has_none(situation):
    who, rules, now = situation
    found, moment = decide(who, rules, now), Moment(rules, now)
    of_lead = [r for r in reasons(who, moment) if r.phone is None]

    free = [p.number for p in who.phones if not reasons(_only(who, p), moment)]

    if isinstance(found, Allow):
        assert found.phone in free
    else:
        assert of_lead or not free
        assert found.reason in {r.reason for r in reasons(who, moment)}


def _only(who: Candidate, one: PhoneFacts) -> Candidate:
    return replace(who, phones=(one,))


@settings(max_examples=100)
@given(situations())
def test_reasons_are_listed_in_order_of_precedence_and_can_be_written_down(situation):
    who, rules, now = situation

    found = reasons(who, Moment(rules, now))

    assert [r.reason for r in found] == sorted((r.reason for r in found), key=PRECEDENCE.__getitem__)
    assert all(json.loads(json.dumps(r.inputs)) == r.inputs for r in found)


@settings(max_examples=200)
@given(situations())
def test_what_was_found_out_for_one_lead_of_a_batch_is_true_for_the_next(situation):
    who, rules, now = situation
    moment = Moment(rules, now)

    assert [verdict(who, moment) for _ in range(2)] == [decide(who, rules, now)] * 2


@settings(max_examples=40)
@given(situations(phones=2), st.integers(1, 120))
def test_the_next_moment_at_which_it_may_be_called_is_the_first(situation, minutes):
    who, rules, now = situation
    now = now.replace(second=0)
    end = now + minutes * MINUTE

    found = next_allowed(who, rules, now, end)

    if isinstance(found, Refuse):
        until = end if found.until else now + MINUTE  # what never ends has its own property above
    else:
        until = found[0]
        assert decide(who, rules, until) == Allow(found[1])
    earlier = (now + n * MINUTE for n in range(minutes))
    assert not any(isinstance(decide(who, rules, at), Allow) for at in earlier if at < until)


# Each rule for itself


def refusals(check, who, rules, at):
    one = who.phones[0]
    return list(check(who, one, place_of(who, one), Moment(rules, at)))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.strip("_"))
@settings(max_examples=60)
@given(situations(), st.floats(0, 1))
def test_a_rule_refuses_at_every_moment_until_the_one_it_names_and_not_then(check, situation, part):
    who, rules, now = situation
    found = refusals(check, who, rules, now)
    if not found:
        return

    untils = [refusal.until for refusal in found]
    end = now + 3 * DAY if None in untils else max(untils)
    for before in (now + part * (end - 2 * MOMENT - now), end - 2 * MOMENT):
        assert before < now or refusals(check, who, rules, before)
    # Of several hours one may open as another closes: windows are looked at one by one in test_windows.
    assert None in untils or check.__name__ == "_hours" or not refusals(check, who, rules, end)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.strip("_"))
@settings(max_examples=250)
@given(situations(), st.sampled_from(making.ZONES))
def test_a_rule_never_allows_in_more_zones_what_it_refuses_in_one_of_them(check, situation, name):
    who, rules, now = situation
    one = who.phones[0]
    wider = replace(who, phones=(replace(one, zones=(*one.zones, name)),))

    assert not refusals(check, who, rules, now) or refusals(check, wider, rules, now)


@settings(max_examples=60)
@given(situations(), st.sampled_from(("Nowhere/Atlantis", "", "../UTC")))
def test_a_zone_that_does_not_exist_changes_nothing_and_alone_is_no_zone(situation, name):
    who, rules, now = situation
    one = who.phones[0]
    with_it, only_it = (replace(who, phones=(replace(one, zones=zones),)) for zones in ((*one.zones, name), (name,)))

    assert decide(with_it, rules, now) == decide(who, rules, now)
    assert isinstance(decide(only_it, rules, now), Refuse)
    assert Reason.UNKNOWN_ZONE in {refusal.reason for refusal in reasons(only_it, Moment(rules, now))}


@settings(max_examples=60)
@given(situations())
def test_one_touch_more_and_one_try_more_never_allow_what_was_refused(situation):
    who, rules, now = situation
    latest = touch(now, level=1, outcome="no_answer")
    called = replace(who, touches=(*who.touches, latest), attempts=who.attempts + 1)

    for check in CHECKS:
        assert not refusals(check, who, rules, now) or refusals(check, called, rules, now)


@pytest.mark.parametrize(
    ("window", "freed"),
    [
        (Period.DAY, local("Asia/Kathmandu", 2028, 3, 1, 9)),
        (Period.WEEK, local("Asia/Kathmandu", 2028, 3, 6, 9)),
        (Period.MONTH, local("Asia/Kathmandu", 2028, 3, 1, 9)),
        (2 * DAY, local("Asia/Kathmandu", 2028, 3, 2, 10) + MOMENT),
    ],
)
def test_a_leap_day_is_a_day_where_clocks_are_three_quarters_of_an_hour_apart(window, freed):
    now = local("Asia/Kathmandu", 2028, 2, 29, 10)
    cap = Cap("cap", "attempts", "contact", "all", window, 1)
    who = candidate(phone(zones=("Asia/Kathmandu",)), touches=(touch(now),))

    refused = decide(who, policy(cap), now)

    assert refused.until == freed


def test_whoever_nothing_holds_against_is_called():
    assert decide(candidate(), policy()) == Allow(1)


def test_without_a_known_zone_nobody_is_called():
    lost = candidate(phone(zones=("Nowhere/Atlantis",)))

    assert decide(lost, policy()) == Refuse(Reason.UNKNOWN_ZONE, None, phone=1)


def test_the_zone_of_the_record_comes_first_then_its_region_then_the_number():
    six_utc, at = phone(zones=("UTC",)), utc(2026, 3, 2, 6)

    assert isinstance(decide(candidate(six_utc), policy(), at), Refuse)
    assert decide(candidate(six_utc, contact_zone="Asia/Shanghai"), policy(), at) == Allow(1)
    assert decide(candidate(six_utc, contact_region="CN-GD"), policy(), at) == Allow(1)


def test_somebody_in_a_state_with_two_zones_is_called_when_it_is_lawful_in_both():
    floridian = candidate(phone(zones=("America/New_York",), country="US"), contact_region="US-FL")

    refused = decide(floridian, policy(), utc(2026, 3, 2, 14, 30))

    assert refused.until == utc(2026, 3, 2, 15)
    assert refused.inputs == {"zones": ["America/New_York", "America/Chicago"]}


def test_every_reason_is_listed_and_the_one_that_holds_longest_binds():
    spent = tuple(touch(NOW - n * HOUR, outcome="busy") for n in (1, 2, 3))
    rules = policy(DAILY, hours=NIGHT, gaps=(Gap("busy", "busy", "phone", "all", 2 * HOUR),), spread=True)
    vacant = phone(status="vacant", status_expires_at=NOW + HOUR)

    listed = reasons(candidate(vacant, touches=spent), Moment(rules, NOW))
    bound = decide(candidate(vacant, touches=spent), rules)

    assert [(r.reason, r.rule) for r in listed] == [
        (Reason.VACANT, ""),
        (Reason.OUTSIDE_HOURS, "campaign.hours"),
        (Reason.CAP_REACHED, "daily"),
        (Reason.TOO_SOON, "busy"),
    ]
    assert (bound.reason, bound.rule, bound.until) == (Reason.CAP_REACHED, "daily", utc(2026, 3, 4, 1))
    assert bound.inputs == {"n": 3, "limit": 3}


def test_reasons_of_several_sources_of_hours_are_listed_in_order_too():
    blackout = Hours("closed.US", ALWAYS.week, closed=frozenset({NOW.date()}))

    listed = reasons(candidate(), Moment(Policy((NIGHT, blackout)), NOW))

    assert [(r.reason, r.rule) for r in listed] == [
        (Reason.BLACKOUT, "closed.US"),
        (Reason.OUTSIDE_HOURS, "campaign.hours"),
    ]


def test_what_is_for_good_binds_before_what_holds_long():
    rules = policy(DAILY, gaps=(Gap("never", REFUSAL, "contact", "all", None),))
    history = (touch(NOW - HOUR, outcome=REFUSAL), touch(NOW), touch(NOW))

    bound = decide(candidate(touches=history), rules)

    assert (bound.reason, bound.until, bound.rule) == (Reason.TOO_SOON, None, "never")
    assert bound.inputs == {"after": REFUSAL, "at": (NOW - HOUR).isoformat()}


def test_of_two_that_hold_equally_long_the_first_in_precedence_binds():
    both = candidate(phone(status="vacant", status_expires_at=NOW + HOUR, suppressed_until=NOW + HOUR))

    assert decide(both, policy()).reason == Reason.VACANT


def test_a_cap_that_frees_at_night_says_the_next_calling_hour():
    spent = candidate(touches=(touch(NOW - DAY + 10 * HOUR),))  # frees at 22:00

    bound = decide(spent, policy(Cap("one", "attempts", "contact", "all", DAY, 1)))

    assert (bound.reason, bound.until) == (Reason.CAP_REACHED, utc(2026, 3, 3, 9))


def test_a_cap_of_the_month_frees_in_the_first_calling_hour_of_the_next_one():
    monthly = Cap("monthly", "attempts", "contact", "all", Period.MONTH, 1)
    spent = candidate(contact_zone="Asia/Shanghai", touches=(touch(NOW),))

    assert decide(spent, policy(monthly), NOW + MINUTE).until == utc(2026, 4, 1, 1)


def test_a_limit_of_nothing_is_never():
    assert decide(candidate(), policy(Cap("none", "attempts", "contact", "all", DAY, 0))).until is None


def test_a_callback_is_called_though_its_attempts_are_used_and_this_part_of_the_day_was_tried():
    used = {"attempts": 6, "touches": (touch(NOW),)}
    rules = policy(Cap("unasked", "attempts", "contact", "all", DAY, 1, Calls.UNASKED), spread=True)

    assert decide(candidate(**used), rules).reason == Reason.ATTEMPTS_USED
    assert decide(candidate(**used, callback=True), rules) == Allow(1)


def test_a_callback_still_has_hours_and_do_not_call_and_ends():
    assert decide(candidate(callback=True), policy(hours=NIGHT)).reason == Reason.OUTSIDE_HOURS
    assert decide(candidate(phone(suppressed_until=FOREVER), callback=True), policy()).until is None
    late = candidate(callback=True, callback_expires_at=NOW)
    assert decide(late, policy()) == Refuse(Reason.CALLBACK_EXPIRED, None)
    assert decide(late, policy(), NOW - MINUTE) == Allow(1)


def test_somebody_without_a_phone_is_finished_before_anything_else():
    nobody = Candidate(1, 1, None, (), 9)

    assert decide(nobody, policy()) == Refuse(Reason.NO_PHONE, None)
    assert [r.reason for r in reasons(nobody, Moment(policy(), NOW))] == [Reason.NO_PHONE, Reason.ATTEMPTS_USED]


def test_do_not_call_says_until_when_or_never():
    for until, said in ((NOW + 2 * DAY, NOW + 2 * DAY), (FOREVER, None)):
        refused = decide(candidate(phone(suppressed_until=until)), policy())
        assert (refused.reason, refused.until) == (Reason.DO_NOT_CALL, said)
    assert decide(candidate(phone(suppressed_until=NOW)), policy()) == Allow(1)


def test_a_learned_status_ages():
    vacant = candidate(phone(status="vacant", status_expires_at=NOW + HOUR))

    assert decide(vacant, policy()).until == NOW + HOUR
    assert decide(vacant, policy(), NOW + HOUR) == Allow(1)
    assert decide(candidate(phone(status="risk_number")), policy()).until is None


def test_phones_are_tried_in_turn_and_one_that_may_be_called_is_enough():
    dead, home = phone(1, suppressed_until=FOREVER), phone(2)

    assert decide(candidate(dead, home), policy()) == Allow(2)
    assert decide(candidate(phone(1), home, attempts=1), policy()) == Allow(2)
    assert decide(candidate(phone(1), home, attempts=2), policy()) == Allow(1)


def test_when_no_phone_may_be_called_the_one_that_frees_first_says_when():
    soon, late = NOW + HOUR, NOW + 5 * HOUR
    both = candidate(phone(1, suppressed_until=late), phone(2, suppressed_until=soon))

    assert (decide(both, policy()).until, decide(both, policy()).phone) == (soon, 2)


def test_the_office_is_called_in_office_hours_and_the_mobile_whenever_it_is_lawful():
    rules = policy(cadence=(Step("office", 1, OFFICE_HOURS), Step("mobile", 1)))
    evening, office = utc(2026, 3, 6, 18), phone(1, label="office")

    refused = decide(candidate(office), rules, evening)

    assert (refused.reason, refused.rule) == (Reason.OUTSIDE_HOURS, "cadence.office")
    assert refused.until == utc(2026, 3, 9, 9)
    assert decide(candidate(office, phone(2, label="mobile")), rules, evening) == Allow(2)


def test_an_office_whose_hours_are_never_lawful_is_refused_for_good():
    rules = policy(hours=every_day("campaign.hours", time(18), time(20)), cadence=(Step("office", 1, OFFICE_HOURS),))

    assert decide(candidate(phone(label="office")), rules).reason == Reason.NO_COMMON_HOUR


def test_a_cap_of_the_office_phone_frees_in_its_own_hours():
    rules = policy(Cap("one", "attempts", "contact", "all", DAY, 1), cadence=(Step("office", 1, OFFICE_HOURS),))
    spent = candidate(phone(label="office"), touches=(touch(utc(2026, 3, 5, 18)),))

    assert decide(spent, rules, utc(2026, 3, 6, 10)).until == utc(2026, 3, 9, 9)


def test_attempts_nobody_answered_are_spread_over_the_day():
    tried = candidate(touches=(touch(NOW - HOUR),))

    assert decide(tried, policy(spread=True), NOW - MINUTE).until == NOW
    assert decide(tried, policy(spread=True), NOW) == Allow(1)
    assert decide(tried, policy(), NOW - MINUTE) == Allow(1)


def test_zones_without_a_common_hour_are_told_apart_from_hours_that_come_later():
    apart = candidate(phone(zones=("Asia/Shanghai", "America/New_York")))
    short = policy(hours=every_day("campaign.hours", time(10), time(12)))

    assert (decide(apart, short).reason, decide(apart, short).until) == (Reason.NO_COMMON_HOUR, None)
    assert decide(candidate(), policy(hours=NIGHT)).until == utc(2026, 3, 3, 1)


def test_before_its_first_day_a_campaign_waits_and_after_its_last_it_is_over():
    june = Hours("campaign.hours", OPEN.week, first_day=date(2026, 6, 1), last_day=date(2026, 6, 1))

    early, late = (decide(candidate(), policy(hours=june), at) for at in (NOW, utc(2026, 6, 2, 12)))

    assert (early.reason, early.until) == (Reason.NOT_BEGUN, utc(2026, 6, 1, 9))
    assert (late.reason, late.until, late.rule) == (Reason.OVER, None, "campaign.hours")


@pytest.mark.parametrize("other", [OPEN, every_day("profile.hours", time(8), time(19))])
def test_after_the_last_calling_hour_of_its_last_day_a_campaign_is_over(other):
    last = Hours("campaign.hours", OPEN.week, last_day=date(2026, 3, 2))

    over = decide(candidate(), Policy((last, other)), utc(2026, 3, 2, 20))

    assert (over.reason, over.until, over.rule) == (Reason.OVER, None, "campaign.hours")


def test_blackout_days_and_holidays_name_themselves():
    blackout = Hours("campaign.hours", OPEN.week, closed=frozenset({NOW.date()}))
    festive = Hours("campaign.hours", OPEN.week, holiday=())
    german = candidate(phone(zones=("Europe/Berlin",), country="DE"))

    assert decide(candidate(), policy(hours=blackout)).reason == Reason.BLACKOUT
    assert decide(german, policy(hours=festive), utc(2026, 12, 25, 12)).until == utc(2026, 12, 27, 8)
    assert decide(german, policy(hours=festive), utc(2026, 12, 25, 12)).reason == Reason.HOLIDAY


def test_the_next_moment_is_found_beyond_several_refusals():
    one = Cap("one", "attempts", "contact", "all", DAY, 1)
    spent = candidate(phone(suppressed_until=NOW + 30 * HOUR), touches=(touch(NOW),))

    assert next_allowed(spent, policy(one), NOW, NOW + 7 * DAY) == (utc(2026, 3, 3, 18), 1)
    assert next_allowed(spent, policy(one), NOW, NOW + DAY).reason == Reason.DO_NOT_CALL
    assert next_allowed(candidate(), policy(), NOW, NOW) == (NOW, 1)


def test_every_reason_has_its_place_and_every_closed_hour_its_reason():
    assert list(PRECEDENCE) == list(Reason)
    assert {str(why) for why in windows.Closed} <= set(map(str, Reason))
    assert len(CHECKS) == len(set(CHECKS))


def test_what_the_hours_came_to_in_one_minute_is_not_taken_for_the_next():
    policy = Policy((Hours("h", ((),) * 2 + (((600, 1200),),) + ((),) * 4),))
    phone = PhoneFacts(1, ("Etc/UTC",))
    who = Candidate(contact_id=1, campaign_id=1, line_of_business_id=None, phones=(phone,), attempts=0)
    opens = utc(2026, 11, 25, 10)

    before, after = opens - timedelta(microseconds=1), opens
    assert verdict(who, Moment(policy, before)) == Refuse(
        Reason.OUTSIDE_HOURS, opens, "h", {"zones": ["Etc/UTC"]}, phone=1
    )
    assert verdict(who, Moment(policy, after)) == Allow(1)
    assert not replace(policy, spread=True).shut
