"""What an effect looks like on the wire: the headers of one or more AMI actions.

AMI has no quoting. A line break inside a value starts a new header, an empty line a new action, and a line longer than
Asterisk's buffer is cut and its rest read as a line of its own: each could make the PBX do something nobody decided.
So values that cannot be sent as one short line are refused, never cleaned. The channel's id is our own id, so that
every later event and action names it; and nothing here is ever sent twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from dialer.rules.facts import CallAgent, Connect, Effect, HangUp, Originate

Headers = dict[str, str | list[str]]

CUSTOMER_CONTEXT = "customer"
AGENT_CONTEXT = "agent"
LONGEST_LINE = 1000  # bytes; Asterisk reads lines into a buffer of 1024
_BREAKS_THE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_VARIABLE_NAME = re.compile(r"_{0,2}[A-Za-z][A-Za-z0-9_]{0,78}\Z")
_SPLITS_A_VARIABLE = re.compile(r'[,"\\]')


class UnsafeValue(ValueError):
    """A value that must not reach the wire; the sentence names the header, never the value."""


def checked(headers: Headers) -> Headers:
    """The same headers, or UnsafeValue if one of them could be read as anything but one header line."""
    for name, value in headers.items():
        for line in [value] if isinstance(value, str) else value:
            _check_line(name, line)
    return headers


def _check_line(name: str, value: str) -> None:
    if _BREAKS_THE_LINE.search(value) or _BREAKS_THE_LINE.search(name) or ":" in name:
        raise UnsafeValue(f"The AMI header {name!r} holds a control character or line break and was not sent.")
    if len(f"{name}: {value}".encode()) > LONGEST_LINE:
        raise UnsafeValue(f"The AMI header {name!r} is longer than {LONGEST_LINE} bytes and was not sent.")


def actions_for(effect: Effect) -> list[Headers]:
    """The actions of an effect in the order they must be written; the last one's answer is the effect's answer.

    Raises UnsafeValue before anything is written.
    """
    match effect:
        case Originate():
            return [checked(_originate(effect))]
        case CallAgent():
            return [checked(_call_agent(effect))]
        case Connect():
            return [checked(action) for action in _connect(effect)]
        case HangUp():
            return [checked({"Action": "Hangup", "Channel": str(effect.id), "Cause": str(effect.cause)})]


def reload(module: str) -> Headers:
    return checked({"Action": "Reload", "Module": module})


def _originate(effect: Originate) -> Headers:
    variables = [("MAX_WAIT", str(effect.max_wait_seconds)), *effect.variables]
    headers = _leg(str(effect.id), effect.dial_string, CUSTOMER_CONTEXT, effect.ring_seconds)
    if effect.caller_id:
        headers["CallerID"] = effect.caller_id
    headers["Variable"] = _assignments(variables)
    return headers


def _call_agent(effect: CallAgent) -> Headers:
    return _leg(str(effect.id), effect.dial_string, AGENT_CONTEXT, effect.ring_seconds)


def _leg(channel_id: str, dial_string: str, context: str, ring_seconds: int) -> Headers:
    return {
        "Action": "Originate",
        "ActionID": channel_id,
        "ChannelId": channel_id,
        "Channel": dial_string,
        "Context": context,
        "Exten": "s",
        "Priority": "1",
        "Timeout": str(ring_seconds * 1000),
        "Async": "true",
    }


def _connect(effect: Connect) -> list[Headers]:
    """MET first: after the talk the dialplan must find it set, and BRIDGEPEER is empty by then."""
    call = str(effect.call_id)
    return [
        {"Action": "Setvar", "Channel": call, "Variable": "MET", "Value": "1"},
        {"Action": "Bridge", "Channel1": call, "Channel2": str(effect.shift_id)},
    ]


def _assignments(variables: Iterable[tuple[str, str]]) -> list[str]:
    """``name=value`` lines. Asterisk splits each line at commas, so these could assign a variable we did not name."""
    return [_assignment(name, value) for name, value in variables]


def _assignment(name: str, value: str) -> str:
    if not _VARIABLE_NAME.match(name) or _SPLITS_A_VARIABLE.search(value):
        raise UnsafeValue("A channel variable has an unsafe name, or a comma, quote or backslash in its value.")
    return f"{name}={value}"
