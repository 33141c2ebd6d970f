"""Detectors, and how each is asked for: as variables of the call that the PBX's dialplan reads.

A new detector is an entry in campaigns.rules.detection (what may be set), one here, and a subroutine `detect-NAME` in
the dialplan that sets VERDICT (human, machine, unsure) and CAUSE. The dialplan measures the time itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from dialer.rules.amd import OnMachine

Variables = tuple[tuple[str, str], ...]

# In the order in which Asterisk's application AMD() takes them.
ASTERISK_ORDER = (
    "initial_silence_ms",
    "greeting_ms",
    "after_greeting_ms",
    "longest_ms",
    "shortest_word_ms",
    "between_words_ms",
    "most_words",
    "silence_threshold",
    "longest_word_ms",
)


class Detector(Protocol):
    """`name` is what campaigns and attempts call it."""

    name: str

    def variables(self, parameters: Mapping[str, int]) -> Variables:
        """What its subroutine needs to know, from parameters that were checked; nothing: no detection at all."""


class Off:
    """Whoever answers is taken for a person at once."""

    name = "off"

    def variables(self, parameters: Mapping[str, int]) -> Variables:
        return ()


class AsteriskAmd:
    """Asterisk's own application AMD(): lengths of sound and silence in the first seconds."""

    name = "asterisk"

    def variables(self, parameters: Mapping[str, int]) -> Variables:
        """One variable with dashes: AMI splits variables at commas."""
        asked = "-".join(str(parameters[name]) for name in ASTERISK_ORDER)
        return (("DETECTOR", self.name), ("DETECT", asked))


DETECTORS: Mapping[str, Detector] = {each.name: each for each in (Off(), AsteriskAmd())}


def variables_of(detector: str, parameters: Mapping[str, int], on_machine: OnMachine, message: str) -> Variables:
    """All that a call's detection needs; empty without detection: such a call takes the shortest way."""
    asked = DETECTORS[detector].variables(parameters)
    if not asked:
        return ()
    answer = (("ON_MACHINE", on_machine.value), ("QUIET", str(parameters["quiet_ms"])))
    return (*asked, *answer, *([("MACHINE_MESSAGE", message)] if message else []))
