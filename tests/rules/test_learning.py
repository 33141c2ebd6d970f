"""What our own calls and our agents teach about a number."""

from __future__ import annotations

import pytest

from campaigns.rules import learning
from dialer.rules.outcomes import Outcome, unanswered


def taught(cause: int, sip: str) -> str | None:
    """By a call that ended with these causes, unanswered."""
    outcome = unanswered(cause, sip, ended_by_us=False)
    return learning.of_call(outcome.value, cause, sip, talked=False)


@pytest.mark.parametrize(
    ("cause", "sip", "code"),
    [
        (1, "404", "vacant"),
        (1, "", "vacant"),
        (22, "410", "vacant"),
        (28, "484", "vacant"),
        (0, "604", "vacant"),
        (20, "480", "unreachable"),
        (20, "", "unreachable"),
        (27, "502", "unreachable"),
        (31, "480", "unreachable"),
        (3, "", None),
        (2, "", None),
        (17, "486", None),
        (19, "480", None),
        (21, "603", None),
        (34, "503", None),
        (16, "", None),
        (0, "", None),
    ],
)
def test_causes_teach_what_they_can_know_of_the_number(cause: int, sip: str, code: str | None):
    assert taught(cause, sip) == code


def test_a_conversation_teaches_once_nobody_is_left_to_say_what_it_came_to():
    assert learning.of_call("conversation", 16, "", talked=True) == "answered"
    assert learning.of_call("conversation", 16, "", talked=False) is None


def test_every_other_outcome_teaches_nothing():
    teaching = (Outcome.CONVERSATION, Outcome.INVALID_NUMBER, Outcome.UNREACHABLE)

    assert {learning.of_call(o.value, 16, "", talked=False) for o in Outcome if o not in teaching} == {None}


@pytest.mark.parametrize(
    ("category", "code"),
    [("invalid_number", "wrong_number"), ("success", "answered"), ("refusal", "answered"), ("no_contact", None)],
)
def test_an_agents_word_teaches_who_was_there(category: str, code: str | None):
    assert learning.of_disposition(category) == code


def test_causes_are_kept_as_the_network_named_them():
    assert [
        learning.detail(1, "404"),
        learning.detail(20, ""),
        learning.detail(None, "480"),
        learning.detail(0, ""),
    ] == [
        "Q.850 1, SIP 404",
        "Q.850 20",
        "SIP 480",
        "",
    ]
