"""Who has agreed to be called, by whom, since when; and which products keep somebody from a campaign."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.rules.consent import Basis, Grant, agrees_from, excluding, read_grants
from campaigns.rules.eligibility import Allow, Reason, Refuse
from tests.rules import making
from tests.rules.making import DAY, utc
from tests.rules.test_eligibility import NOW, candidate, decide, phone, policy

LAST_YEAR = NOW - 300 * DAY
EXPLICIT = Grant(None, "explicit", LAST_YEAR)
ASKS = policy(consent=("explicit", "contract"))


def refused(*grants: Grant, by=ASKS, **fields) -> Refuse:
    found = decide(candidate(grants=grants, **fields), by)
    assert isinstance(found, Refuse)
    return found


def test_a_campaign_that_asks_for_no_consent_calls_who_never_said_anything():
    assert decide(candidate(), policy()) == Allow(1)


def test_without_consent_nobody_is_called_and_the_rule_is_named():
    assert refused() == Refuse(Reason.NO_CONSENT, None, "consent", phone=1)


def test_any_one_of_the_bases_asked_for_will_do_and_no_other():
    assert decide(candidate(grants=(EXPLICIT,)), ASKS) == Allow(1)
    assert decide(candidate(grants=(Grant(None, "contract", LAST_YEAR),)), ASKS) == Allow(1)
    assert refused(Grant(None, "legitimate_interest", LAST_YEAR)).reason == Reason.NO_CONSENT


@pytest.mark.parametrize(
    ("purpose", "without", "line", "allowed"),
    [
        (None, (), None, True),
        (None, (), 1, True),
        (None, (1,), 1, False),
        (None, (2,), 1, True),
        (None, (1,), None, True),
        (1, (), 1, True),
        (1, (), 2, False),
        (1, (), None, False),
    ],
)
def test_consent_is_for_the_purpose_it_was_given_for(purpose, without, line, allowed):
    grant = Grant(purpose, "explicit", LAST_YEAR, without=frozenset(without))

    found = decide(candidate(grants=(grant,), line_of_business_id=line), ASKS)

    assert isinstance(found, Allow) == allowed


def test_consent_holds_from_the_instant_it_was_given_to_just_before_it_expires():
    grant = Grant(None, "explicit", NOW, NOW + DAY)
    who = candidate(grants=(grant,))

    assert decide(who, ASKS, NOW) == Allow(1)
    assert isinstance(decide(who, ASKS, NOW + DAY - timedelta(microseconds=1)), Refuse) is False
    assert decide(who, ASKS, NOW + DAY).until is None


def test_consent_that_expires_one_day_does_not_set_a_time_today():
    expired, valid = Grant(None, "explicit", LAST_YEAR, NOW), Grant(1, "contract", LAST_YEAR, NOW + DAY)

    assert refused(expired, line_of_business_id=1).until is None
    assert decide(candidate(grants=(expired, valid), line_of_business_id=1), ASKS) == Allow(1)


def test_who_agreed_a_moment_after_a_decision_was_begun_is_looked_at_again_then():
    assert refused(Grant(None, "explicit", NOW + DAY)).until == NOW + DAY


def test_a_product_held_keeps_its_holder_from_the_campaign_for_as_long_as_they_hold_it():
    by = policy(excluded_products=("CASH PLAN", "GOLD CARD"))

    found = decide(candidate(products=("BASIC", "GOLD CARD", "CASH PLAN")), by)

    assert found == Refuse(
        Reason.EXCLUDING_PRODUCT, None, "products", {"products": ["CASH PLAN", "GOLD CARD"]}, phone=1
    )
    assert decide(candidate(products=("BASIC",)), by) == Allow(1)


def test_a_dead_number_and_do_not_call_are_told_before_consent_and_consent_before_products():
    by = policy(consent=("explicit",), excluded_products=("GOLD CARD",))
    held = {"products": ("GOLD CARD",)}

    assert decide(candidate(phone(status="vacant"), **held), by).reason == Reason.VACANT
    assert decide(candidate(phone(suppressed_until=utc(9999, 1, 1)), **held), by).reason == Reason.NO_CONSENT
    assert decide(candidate(**held), by).reason == Reason.NO_CONSENT
    assert decide(candidate(grants=(EXPLICIT,), **held), by).reason == Reason.EXCLUDING_PRODUCT


def test_a_promised_callback_asks_for_consent_too():
    assert refused(callback=True).reason == Reason.NO_CONSENT


@settings(max_examples=200)
@given(making.grants(NOW), making.some_bases, st.sampled_from((None, 1, 2)))
def test_more_grants_and_more_bases_never_take_consent_away(grants, bases, line):
    since = agrees_from(grants, bases, line, NOW)
    more = agrees_from([*grants, EXPLICIT], [*bases, *Basis], line, NOW)

    assert more is not None
    assert since is None or more <= since
    assert agrees_from([], bases, line, NOW) is None
    assert agrees_from(grants, (), line, NOW) is None


@settings(max_examples=200)
@given(making.grants(NOW), making.some_bases, st.sampled_from((None, 1, 2)), st.integers(0, 30 * 86_400))
def test_without_a_grant_to_come_whoever_does_not_agree_now_does_not_agree_later(grants, bases, line, seconds):
    if agrees_from(grants, bases, line, NOW) is None:
        assert agrees_from(grants, bases, line, NOW + timedelta(seconds=seconds)) is None


@given(making.some_products, making.some_products)
def test_products_that_exclude_are_those_held_and_excluded_in_order(held, excluded):
    assert excluding(held, excluded) == sorted(p for p in held if p in excluded)


def test_grants_are_read_as_they_are_kept():
    kept = [[None, "explicit", "2026-03-01T00:00:00.5+00:00", None, [2]], [1, "contract", "2026-03-01T08:00:00+08:00"]]
    kept[1] += ["2027-03-01T00:00:00+00:00", []]

    assert read_grants(json.loads(json.dumps(kept))) == (
        Grant(None, "explicit", utc(2026, 3, 1, 0, 0, 0, 500_000), None, frozenset({2})),
        Grant(1, "contract", utc(2026, 3, 1), utc(2027, 3, 1)),
    )
