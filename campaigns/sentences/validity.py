"""Sentences about numbers: what keeps one from being called, who says so, and how long a word is believed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import words
from campaigns.rules.validity import AGAINST, Code, State
from campaigns.sentences.parts import length


def source_words(kind: str, source: str) -> str:
    """Status feed “carrier”."""
    word = words.of(words.KINDS, kind)
    return _("%(kind)s “%(name)s”") % {"kind": word, "name": source} if source else word


def state_sentence(state: State) -> str:
    """The state of a number, who says so and until when."""
    if state.because is None:
        return _("Nothing is held against this number.")
    said = {
        "what": words.of(words.CODES, state.because.code),
        "who": source_words(state.because.kind, state.because.source),
        "at": moment(state.because.observed_at),
    }
    if not state.code:
        return _("Nothing is held against this number until %(until)s: so says a supervisor (%(at)s).") % {
            **said,
            "until": moment(state.expires_at),
        }
    if state.expires_at is None:
        return _("Not called: %(what)s, says %(who)s (%(at)s). It holds for good.") % said
    return _("Not called until %(until)s: %(what)s, says %(who)s (%(at)s).") % {
        **said,
        "until": moment(state.expires_at),
    }


def age_sentence(code: Code, age: timedelta | None) -> str:
    """What a word of this code does to a number, and for how long."""
    said = {"time": "" if age is None else length(age)}
    if code not in AGAINST:
        return (_("Not looked up again for %(time)s.") if age else _("Never looked up again.")) % said
    if age is None:
        return _("Not called any more, until its source takes it back.")
    return _("Left alone for %(time)s, then tried again.") % said


def moment(at: datetime | None) -> str:
    """A moment on the reader's clock."""
    return "" if at is None else date_format(timezone.localtime(at), "m-d H:i")
