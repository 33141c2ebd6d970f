"""How a lead is tried, in words: attempts, the order of its phones, callbacks, and what follows an outcome."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.rules.cadence import Step
from campaigns.rules.retries import Retry
from campaigns.sentences.called import after_words
from campaigns.sentences.hours import week_sentence
from campaigns.sentences.parts import first_upper, length

OFFICE_HOURS = (((540, 1020),),) * 5 + ((), ())

LABELS: dict[str, str | Promise] = {
    "mobile": gettext_lazy("mobile"),
    "home": gettext_lazy("home"),
    "office": gettext_lazy("office"),
    "other": gettext_lazy("other phone"),
    "": gettext_lazy("phone without a kind"),
}


def label_words(label: str) -> str:
    return str(LABELS.get(label, label))


def attempts_sentence(max_attempts: int) -> str:
    return ngettext("At most %(n)s attempt per lead", "At most %(n)s attempts per lead", max_attempts) % {
        "n": max_attempts
    }


def cadence_sentence(steps: Sequence[Step]) -> str:
    """Mobile twice, then home once, then office once in office hours; then from the start again."""
    if not steps:
        return _("The phones of a person take turns")
    said = _step(steps[0])
    for step in steps[1:]:
        said = _("%(earlier)s, then %(next)s") % {"earlier": said, "next": _step(step)}
    return first_upper(_("%(steps)s; then from the start again") % {"steps": said})


def step_sentence(step: Step) -> str:
    """When a phone of this kind may be called, beyond the calling hours."""
    said = {"phone": label_words(step.label)}
    if step.week is None:
        return first_upper(_("%(phone)s: whenever calls are allowed") % said)
    return first_upper(
        _("%(phone)s only at these times where they live: %(times)s") % {**said, "times": week_sentence(step.week)}
    )


def spread_sentence(spread: bool = True) -> str:
    if not spread:
        return _("Attempts may follow each other on the same part of a day")
    return _("Attempts nobody answered are spread: at most one each morning, afternoon and evening where they live")


def callbacks_sentence(fallback: timedelta, expires: timedelta) -> str:
    """A callback one agent promised may be made by any agent after 15 minutes, and expires after 48 hours."""
    said = {"fallback": length(fallback), "expires": length(expires)}
    at_once = _("A callback that one agent promised may be made by any agent at once, and expires after %(expires)s")
    later = _(
        "A callback that one agent promised may be made by any agent after %(fallback)s, and expires after %(expires)s"
    )
    return (later if fallback else at_once) % said


def retry_sentence(outcome: str, retry: Retry) -> str:
    """After busy, due again in 15 minutes, 4 times at most."""
    said = {"what": after_words(outcome), "time": length(retry.wait), "n": retry.limit}
    if not retry.limit:
        return _("After %(what)s, the lead is finished") % said
    if not retry.wait:
        return (
            ngettext(
                "After %(what)s, due again at once, %(n)s time at most",
                "After %(what)s, due again at once, %(n)s times at most",
                retry.limit,
            )
            % said
        )
    return (
        ngettext(
            "After %(what)s, due again in %(time)s, %(n)s time at most",
            "After %(what)s, due again in %(time)s, %(n)s times at most",
            retry.limit,
        )
        % said
    )


def disposition_sentence(label: str, wait: timedelta | None, limit: int | None) -> str:
    """After “No time now”, due again in 3 hours."""
    if wait is None:
        return _("After “%(label)s”, the lead is finished") % {"label": label}
    said = {"label": label, "time": length(wait), "n": limit}
    if limit is None:
        return _("After “%(label)s”, due again in %(time)s, as long as it has attempts left") % said
    return (
        ngettext(
            "After “%(label)s”, due again in %(time)s, %(n)s time at most",
            "After “%(label)s”, due again in %(time)s, %(n)s times at most",
            limit,
        )
        % said
    )


def ring_sentence(seconds: int) -> str:
    return ngettext(
        "Every call rings for at least %(n)s second", "Every call rings for at least %(n)s seconds", seconds
    ) % {"n": seconds}


def _step(step: Step) -> str:
    said = {"phone": label_words(step.label), "times": _times(step.times)}
    if step.week is None:
        return _("%(phone)s %(times)s") % said
    if step.week == OFFICE_HOURS:
        return _("%(phone)s %(times)s in office hours") % said
    return _("%(phone)s %(times)s (%(hours)s)") % {**said, "hours": week_sentence(step.week)}


def _times(times: int) -> str:
    if times == 1:
        return _("once")
    return _("twice") if times == 2 else ngettext("%(n)s time", "%(n)s times", times) % {"n": times}
