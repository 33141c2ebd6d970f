"""What is known of numbers, in words and tables for the catalogue of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from campaigns.rules.validity import AGES, IN_A_ROW, OVERRULES, TRUST, UNREACHABLE_TIMES, Code, Kind

SOURCES: Mapping[Kind, str] = {
    Kind.LIST: "A status column of an imported list.",
    Kind.FEED: "An uploaded file of numbers and their states.",
    Kind.LOOKUP: "A provider that was asked.",
    Kind.OWN_CALL: "How our own call ended, or that somebody talked in it.",
    Kind.DISPOSITION: "What the agent recorded: a person was there, or it is somebody else's number.",
    Kind.SUPERVISOR: "Beats all others until it ends, and counts for nothing afterwards.",
}

Words = Callable[[timedelta], str]


def sentence(wait: Words) -> str:
    """How words come to a state."""
    return (
        "Sources say a word about a number at a time; all is kept, and comes to one state. A newer word takes the "
        "place of older ones of the same source; and of the words of other sources in the last column, if its own "
        "source is trusted as much. A person who answered our call is believed whatever the source was. What was taken "
        "the place of does not come back. Of all that still hold, the one that holds longest is the state. Managers "
        f"may change how long words are believed. `{Code.UNREACHABLE}` of our own calls counts from the "
        f"{UNREACHABLE_TIMES}nd time in a row, no more than {wait(IN_A_ROW)} apart."
    )


def ages(wait: Words) -> list[tuple[str, str, str]]:
    """(word, how long it is believed, what it takes the place of)."""
    return [(f"`{code}`", _age(AGES[code], wait), _listed(OVERRULES[code])) for code in Code]


def sources() -> list[tuple[str, str, str]]:
    """(source, trust, meaning), the least trusted first."""
    return [(f"`{kind}`", str(TRUST[kind]), meaning) for kind, meaning in SOURCES.items()]


def _age(age: timedelta | None, wait: Words) -> str:
    return "good" if age is None else wait(age)


def _listed(codes: tuple[Code, ...]) -> str:
    return ", ".join(f"`{code}`" for code in codes)
