"""What a campaign may say about answering machines: which detector listens, and what happens to a machine.

A detector's parameters are its own; here are their bounds and what they are unless a campaign says otherwise. Those of
Asterisk's AMD() are its documented defaults (amd.conf).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Detector(StrEnum):
    OFF = "off"
    ASTERISK = "asterisk"


class Action(StrEnum):
    HANG_UP = "hang_up"
    MESSAGE = "message"
    AGENT = "agent"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole number with its bounds; milliseconds where the name ends in _ms."""

    name: str
    default: int
    least: int
    most: int


PARAMETERS = (
    Parameter("initial_silence_ms", 2500, 500, 10_000),
    Parameter("greeting_ms", 1500, 300, 10_000),
    Parameter("after_greeting_ms", 800, 200, 5_000),
    Parameter("longest_ms", 5000, 1_000, 15_000),
    Parameter("shortest_word_ms", 100, 20, 1_000),
    Parameter("between_words_ms", 50, 10, 1_000),
    Parameter("most_words", 3, 1, 20),
    Parameter("silence_threshold", 256, 1, 32_767),
    Parameter("longest_word_ms", 5000, 500, 15_000),
    # How long it must be quiet before the message is left: the beep is over, and the machine records.
    Parameter("quiet_ms", 1500, 300, 10_000),
)
DEFAULTS: Mapping[str, int] = MappingProxyType({each.name: each.default for each in PARAMETERS})

# A sound of the PBX: no extension, nothing that the dialplan would read as more than one name.
MESSAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_/-]{0,79}")


@dataclass(frozen=True, slots=True)
class Detection:
    """A campaign's settings. Percents are of 100; `limit_percent` 0 never switches detection off."""

    detector: Detector = Detector.OFF
    action: Action = Action.HANG_UP
    message: str = ""
    sample_percent: float = 3.0
    limit_percent: float = 10.0
    least_sample: int = 30
    parameters: Mapping[str, int] = field(default_factory=lambda: DEFAULTS)


def parameters_of(own: Mapping[str, object]) -> dict[str, int]:
    """All parameters: a campaign's own where they are numbers within bounds, else the defaults."""
    return {p.name: _within(p, own.get(p.name)) for p in PARAMETERS}


def _within(parameter: Parameter, value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and parameter.least <= value <= parameter.most:
        return value
    return parameter.default
