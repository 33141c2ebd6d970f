"""Effects as AMI headers, and everything that must never reach the wire."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.pbx.actions import UnsafeValue, actions_for, checked, reload
from dialer.rules.facts import CallAgent, Connect, HangUp, Originate
from tests.fakes.ids import new_call_id, new_shift_id

CALL, SHIFT = new_call_id(), new_shift_id()
ORIGINATE = Originate(CALL, "PJSIP/12125550123@carrier", "Shop <12125550199>", 25, 2, (("AMD", "1"),))


def test_a_call_is_placed_under_its_own_id_and_lands_in_the_customer_context() -> None:
    actions = actions_for(ORIGINATE)

    assert actions == [
        {
            "Action": "Originate",
            "ActionID": str(CALL),
            "ChannelId": str(CALL),
            "Channel": "PJSIP/12125550123@carrier",
            "Context": "customer",
            "Exten": "s",
            "Priority": "1",
            "Timeout": "25000",
            "Async": "true",
            "CallerID": "Shop <12125550199>",
            "Variable": ["MAX_WAIT=2", "AMD=1"],
        }
    ]


def test_an_agents_phone_is_called_into_the_agent_context() -> None:
    effect = CallAgent(SHIFT, "PJSIP/agent1", 10)

    (action,) = actions_for(effect)

    assert (action["ChannelId"], action["Context"], action["Timeout"]) == (str(SHIFT), "agent", "10000")
    assert "Variable" not in action


def test_connecting_marks_the_call_as_met_before_it_bridges() -> None:
    actions = actions_for(Connect(CALL, SHIFT))

    assert actions == [
        {"Action": "Setvar", "Channel": str(CALL), "Variable": "MET", "Value": "1"},
        {"Action": "Bridge", "Channel1": str(CALL), "Channel2": str(SHIFT)},
    ]


def test_hanging_up_names_the_channel_by_our_id_and_says_why() -> None:
    actions = actions_for(HangUp(SHIFT, cause=21))

    assert actions == [{"Action": "Hangup", "Channel": str(SHIFT), "Cause": "21"}]


def test_a_call_without_a_caller_id_leaves_the_header_out() -> None:
    (action,) = actions_for(replace(ORIGINATE, caller_id=""))

    assert "CallerID" not in action


BREAKS = ["\r\n", "\n", "\r", "\0", "\t", "\x0b", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]


@pytest.mark.parametrize("broken", BREAKS)
@pytest.mark.parametrize("field", ["dial_string", "caller_id", "variables"])
def test_a_value_that_could_end_its_line_is_refused(field: str, broken: str) -> None:
    value = f"PJSIP/1@c{broken}Application: System"
    effect = replace(ORIGINATE, **{field: (("AMD", value),) if field == "variables" else value})

    with pytest.raises(UnsafeValue) as refused:
        actions_for(effect)

    assert "System" not in str(refused.value)


def test_a_line_that_asterisk_would_cut_in_two_is_refused() -> None:
    effect = replace(ORIGINATE, caller_id="é" * 500)

    with pytest.raises(UnsafeValue, match="longer than 1000 bytes"):
        actions_for(effect)


@pytest.mark.parametrize("value", ["2,MET=1", 'a"b', "a\\b"])
def test_a_variable_whose_value_asterisk_would_split_is_refused(value: str) -> None:
    effect = replace(ORIGINATE, variables=(("AMD", value),))

    with pytest.raises(UnsafeValue):
        actions_for(effect)


@pytest.mark.parametrize("name", ["", "SHELL(reboot)", "A=B", "A B", "1A", "___A", "A\n", "é"])
def test_a_variable_is_named_by_a_plain_word(name: str) -> None:
    effect = replace(ORIGINATE, variables=((name, "1"),))

    with pytest.raises(UnsafeValue):
        actions_for(effect)


def test_a_module_to_reload_is_checked_like_any_value() -> None:
    with pytest.raises(UnsafeValue):
        reload("res_pjsip.so\nAction: Hangup")

    assert reload("res_pjsip.so") == {"Action": "Reload", "Module": "res_pjsip.so"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=20), st.text(max_size=20))
def test_whatever_is_accepted_stays_one_line_each(name: str, value: str) -> None:
    try:
        headers = checked({name: value})
    except UnsafeValue:
        return

    assert f"{name}: {headers[name]}".splitlines() in ([f"{name}: {value}"], [])
