"""Frequency caps and minimum gaps in words.

`line` is the name of the campaign's line of business: None where it is not known which, empty where it has none.
`here`: the reader looks at one campaign, which is then "this campaign".
"""

from __future__ import annotations

from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.rules.caps import REFUSAL, Calls, Cap, Gap, Period
from campaigns.sentences.parts import length

# What follows "after"; every outcome a gap may be set for.
AFTER: dict[str, str | Promise] = {
    "no_answer": gettext_lazy("no answer"),
    "busy": gettext_lazy("busy"),
    "rejected": gettext_lazy("a rejected call"),
    "unreachable": gettext_lazy("an unreachable phone"),
    "invalid_number": gettext_lazy("a number that does not exist"),
    "congestion": gettext_lazy("a congested network"),
    "failed": gettext_lazy("a failure on our side"),
    "unknown": gettext_lazy("a call that was lost from sight"),
    "abandoned": gettext_lazy("an abandoned call"),
    "hung_up": gettext_lazy("a hang-up before an agent"),
    "machine": gettext_lazy("an answering machine"),
    "machine_message": gettext_lazy("a message left on an answering machine"),
    "cancelled": gettext_lazy("a call we cancelled"),
    "released": gettext_lazy("a call that was never placed"),
    "conversation": gettext_lazy("a conversation"),
    REFUSAL: gettext_lazy("a refusal"),
}


def after_words(outcome: str) -> str:
    return str(AFTER.get(outcome, outcome.replace("_", " ")))


def cap_sentence(cap: Cap, *, line: str | None = None) -> str:
    """At most 3 answered calls per person in any 30 days, over all campaigns."""
    said = {"calls": _counted(cap), "window": _window(cap.window), "scope": _scope(cap.scope, line)}
    if cap.per == "phone":
        sentence = _("At most %(calls)s per phone number %(window)s, %(scope)s") % said
    else:
        sentence = _("At most %(calls)s per person %(window)s, %(scope)s") % said
    if cap.calls == Calls.UNASKED:
        return _("%(rule)s; callbacks they asked for do not count") % {"rule": sentence}
    if cap.calls == Calls.CALLBACKS:
        return _("%(rule)s; only callbacks count") % {"rule": sentence}
    return sentence


def gap_sentence(gap: Gap, *, line: str | None = None, here: bool = True) -> str:
    """After busy, the number is left alone for 15 minutes."""
    if gap.scope == "campaign" and not here:
        sentence = _by_each_campaign(gap)
    else:
        sentence = _never_again(gap, line) if gap.wait is None else _left_alone(gap, gap.wait, line)
    if gap.calls == Calls.UNASKED:
        return _("%(rule)s, unless they asked for a callback") % {"rule": sentence}
    if gap.calls == Calls.CALLBACKS:
        return _("%(rule)s; this holds for callbacks only") % {"rule": sentence}
    return sentence


def _counted(cap: Cap) -> str:
    said = {"n": cap.limit}
    if cap.counts == "answered":
        return ngettext("%(n)s answered call", "%(n)s answered calls", cap.limit) % said
    if cap.counts == "conversations":
        return ngettext("%(n)s conversation", "%(n)s conversations", cap.limit) % said
    return ngettext("%(n)s attempt", "%(n)s attempts", cap.limit) % said


def _window(window: timedelta | Period) -> str:
    if window == Period.DAY:
        return _("on one day where they live")
    if window == Period.WEEK:
        return _("in one calendar week where they live")
    if window == Period.MONTH:
        return _("in one calendar month where they live")
    assert isinstance(window, timedelta)
    return _("in any %(time)s") % {"time": length(window)}


def _scope(scope: str, line: str | None) -> str:
    if scope == "campaign":
        return _("within the same campaign")
    if scope == "line_of_business":
        if line is None:
            return _("over all campaigns of the same line of business")
        if not line:
            return _("over all campaigns without a line of business")
        return _("over all %(line)s campaigns") % {"line": line}
    return _("over all campaigns")


def _by_each_campaign(gap: Gap) -> str:
    if gap.wait is None:
        said = {"what": after_words(gap.after)}
        if gap.per == "phone":
            return _("After %(what)s, this number is never called again by the same campaign") % said
        return _("After %(what)s, this person is never called again by the same campaign") % said
    said = {"what": after_words(gap.after), "time": length(gap.wait)}
    if gap.per == "phone":
        return _("After %(what)s, the same campaign leaves the number alone for %(time)s") % said
    return _("After %(what)s, the same campaign leaves the person alone for %(time)s") % said


def _never_again(gap: Gap, line: str | None) -> str:
    said = {"what": after_words(gap.after), "line": line}
    if gap.scope == "campaign":
        if gap.per == "phone":
            return _("After %(what)s, this number is never called again by this campaign") % said
        return _("After %(what)s, this person is never called again by this campaign") % said
    if gap.scope == "line_of_business" and line:
        if gap.per == "phone":
            return _("After %(what)s, this number is never called again by %(line)s campaigns") % said
        return _("After %(what)s, this person is never called again by %(line)s campaigns") % said
    if gap.scope == "line_of_business":
        if gap.per == "phone":
            return _("After %(what)s, this number is never called again by campaigns of the same line") % said
        return _("After %(what)s, this person is never called again by campaigns of the same line") % said
    if gap.per == "phone":
        return _("After %(what)s, this number is never called again") % said
    return _("After %(what)s, this person is never called again") % said


def _left_alone(gap: Gap, wait: timedelta, line: str | None) -> str:
    said = {"what": after_words(gap.after), "time": length(wait), "line": line}
    if gap.scope == "campaign":
        if gap.per == "phone":
            return _("After %(what)s, this campaign leaves the number alone for %(time)s") % said
        return _("After %(what)s, this campaign leaves the person alone for %(time)s") % said
    if gap.scope == "line_of_business" and line:
        if gap.per == "phone":
            return _("After %(what)s, all %(line)s campaigns leave the number alone for %(time)s") % said
        return _("After %(what)s, all %(line)s campaigns leave the person alone for %(time)s") % said
    if gap.scope == "line_of_business":
        if gap.per == "phone":
            return _("After %(what)s, campaigns of the same line leave the number alone for %(time)s") % said
        return _("After %(what)s, campaigns of the same line leave the person alone for %(time)s") % said
    if gap.per == "phone":
        return _("After %(what)s, the number is left alone for %(time)s") % said
    return _("After %(what)s, the person is left alone for %(time)s") % said
