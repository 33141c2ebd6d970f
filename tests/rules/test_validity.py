"""What beats what among the words of sources, whatever the order in which they come in."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules.eligibility import Reason
from campaigns.rules.validity import AGAINST, AGES, Ageing, Code, Evidence, Kind, State, resolve

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
AGES_OF_THE_PRODUCT = Ageing()


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def said(code: str, kind: str, hours: float, source: str = "", until: float | None = None, times: int = 1) -> Evidence:
    """A word of `kind`, so many hours after noon."""
    return Evidence(Code(code), Kind(kind), at(hours), source, None if until is None else at(until), times)


VACANT_IN_FEED = said("vacant", "feed", 0)
RISK_IN_FEED = said("risk_number", "feed", 0, "bureau")

TABLE = [
    # Within a source class the newer word beats the older.
    ("a newer word of the same feed", [VACANT_IN_FEED, said("suspended", "feed", 1)], 2, "suspended"),
    ("the number works, says the same feed", [VACANT_IN_FEED, said("in_service", "feed", 1)], 2, ""),
    ("another feed, newer", [said("vacant", "feed", 0, "a"), said("in_service", "feed", 1, "b")], 2, ""),
    ("another feed, older", [said("vacant", "feed", 1, "a"), said("in_service", "feed", 0, "b")], 2, "vacant"),
    # Between classes a better one beats what was said before; a worse one does not.
    ("a lookup after a feed", [VACANT_IN_FEED, said("in_service", "lookup", 1)], 2, ""),
    ("a feed after a lookup", [said("vacant", "lookup", 0), said("in_service", "feed", 1)], 2, "vacant"),
    ("a list after a feed", [VACANT_IN_FEED, said("in_service", "list", 1)], 2, "vacant"),
    ("our own call after a lookup", [said("suspended", "lookup", 0), said("vacant", "own_call", 1)], 2, "vacant"),
    (
        "a feed cannot take back our own call",
        [said("vacant", "own_call", 0), said("in_service", "feed", 1)],
        2,
        "vacant",
    ),
    # Whoever answers is there.
    ("an answer after vacant", [VACANT_IN_FEED, said("answered", "own_call", 1)], 2, ""),
    ("an answer after suspended", [said("suspended", "lookup", 0), said("answered", "own_call", 1)], 2, ""),
    ("an answer after powered off", [said("powered_off", "feed", 0), said("answered", "own_call", 1)], 2, ""),
    ("an answer before vacant", [said("answered", "own_call", -1), VACANT_IN_FEED], 2, "vacant"),
    (
        "an answer, then out of reach once",
        [VACANT_IN_FEED, said("answered", "own_call", 1), said("unreachable", "own_call", 2)],
        3,
        "",
    ),
    # What an answer does not tell.
    ("an answer by a risk number", [RISK_IN_FEED, said("answered", "own_call", 1)], 2, "risk_number"),
    (
        "an answer of a data-only SIM",
        [said("wrong_line_type", "feed", 0), said("answered", "own_call", 1)],
        2,
        "wrong_line_type",
    ),
    (
        "an answer by somebody else",
        [said("wrong_number", "disposition", 0), said("answered", "own_call", 1)],
        2,
        "wrong_number",
    ),
    (
        "the agent knew them later",
        [said("wrong_number", "disposition", 0), said("answered", "disposition", 1)],
        2,
        "",
    ),
    (
        "another feed does not clear a risk",
        [RISK_IN_FEED, said("in_service", "feed", 1, "carrier")],
        2,
        "risk_number",
    ),
    ("its own feed clears a risk", [RISK_IN_FEED, said("in_service", "feed", 1, "bureau")], 2, ""),
    # Out of reach says little.
    ("out of reach once", [said("unreachable", "own_call", 0)], 1, ""),
    ("out of reach twice in a row", [said("unreachable", "own_call", 0, times=2)], 1, "unreachable"),
    ("out of reach, says a feed", [said("unreachable", "feed", 0)], 1, "unreachable"),
    (
        "out of reach does not overrule vacant",
        [said("vacant", "feed", 0), said("unreachable", "lookup", 1)],
        23,
        "vacant",
    ),
    # A supervisor beats all, until it ends.
    ("a supervisor says it works", [RISK_IN_FEED, said("in_service", "supervisor", 1, until=9)], 2, ""),
    (
        "a newer feed against a supervisor",
        [said("in_service", "supervisor", 0, until=9), said("vacant", "feed", 1)],
        2,
        "vacant at end",
    ),
    (
        "a supervisor says it is vacant",
        [said("vacant", "supervisor", 0, until=9), said("answered", "own_call", 1)],
        2,
        "vacant",
    ),
    (
        "a supervisor's word has ended",
        [RISK_IN_FEED, said("in_service", "supervisor", 1, until=3)],
        4,
        "risk_number",
    ),
    (
        "a supervisor takes it back",
        [said("vacant", "supervisor", 0, until=9), said("in_service", "supervisor", 1, until=1)],
        2,
        "",
    ),
    # Words age, and what they overruled does not come back.
    ("vacant is believed for 24 hours", [VACANT_IN_FEED], 23.9, "vacant"),
    ("and then no longer", [VACANT_IN_FEED], 24, ""),
    ("powered off for 12", [said("powered_off", "feed", 0)], 12, ""),
    ("suspended for 72", [said("suspended", "feed", 0)], 71.9, "suspended"),
    ("as long as the feed says", [said("vacant", "feed", 0, until=100)], 99, "vacant"),
    (
        "an overruled word stays overruled",
        [said("vacant", "feed", 0, until=500), said("powered_off", "lookup", 1)],
        14,
        "",
    ),
    # Of several that hold, the one that holds longest.
    ("the longest of several", [said("risk_number", "feed", 0), said("vacant", "lookup", 1)], 2, "risk_number"),
]


@pytest.mark.parametrize(("words", "hours", "code"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_beats_what(words: list[Evidence], hours: float, code: str):
    ending = code.endswith(" at end")
    found = resolve(words, at(hours), AGES_OF_THE_PRODUCT)

    assert found.code == ("" if ending else code)
    if ending:
        assert found.source == "supervisor"
        assert resolve(words, at(10), AGES_OF_THE_PRODUCT).code == code.removesuffix(" at end")


def test_a_state_says_what_it_rests_on_and_until_when():
    word = said("vacant", "own_call", 0, times=3)

    assert resolve([word], at(1), AGES_OF_THE_PRODUCT) == State("vacant", "own_call", at(0), at(24), word)


def test_what_is_believed_for_good_never_ends():
    for_good = Ageing({**AGES, Code.RISK_NUMBER: None})

    found = resolve([RISK_IN_FEED], at(100_000), for_good)

    assert (found.code, found.expires_at) == ("risk_number", None)


def test_managers_may_change_how_long_a_word_is_believed():
    a_week = Ageing({**AGES, Code.VACANT: timedelta(days=7)})

    assert resolve([VACANT_IN_FEED], at(100), a_week).expires_at == at(168)


def test_every_word_against_a_number_is_a_reason_not_to_call():
    assert {code.value for code in AGAINST} <= {reason.value for reason in Reason}


hours = st.integers(-96, 96)
evidence = st.builds(
    said,
    st.sampled_from([code.value for code in Code]),
    st.sampled_from([kind.value for kind in Kind]),
    hours,
    st.sampled_from(["", "a", "b"]),
    st.none() | st.integers(-48, 240),
    st.integers(1, 3),
)
unruled = evidence.filter(lambda e: e.kind != Kind.SUPERVISOR)


@given(st.lists(evidence, max_size=8), hours, st.randoms(use_true_random=False))
def test_the_order_in_which_words_come_in_does_not_matter(words: list[Evidence], now: int, chance: random.Random):
    shuffled = list(words)
    chance.shuffle(shuffled)

    one, other = (resolve(each, at(now), AGES_OF_THE_PRODUCT) for each in (words, shuffled))

    assert replace(one, because=None) == replace(other, because=None)


@given(st.lists(unruled, max_size=8), hours, st.integers(0, 400))
def test_without_news_a_state_only_ends(words: list[Evidence], now: int, later: int):
    before = resolve(words, at(now), AGES_OF_THE_PRODUCT)
    after = resolve(words, at(now + later), AGES_OF_THE_PRODUCT)

    if before.expires_at is None or before.expires_at > at(now + later):
        assert after == before
    else:
        assert after == State()


@given(st.lists(evidence, min_size=1, max_size=8), hours)
def test_a_state_holds_at_the_moment_it_is_found_and_rests_on_what_was_said(words: list[Evidence], now: int):
    found = resolve(words, at(now), AGES_OF_THE_PRODUCT)

    assert found.expires_at is None or found.expires_at > at(now)
    assert found.because is None or found.because in words
