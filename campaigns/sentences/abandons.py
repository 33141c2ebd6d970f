"""Abandon budgets in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.rules.abandons import AbandonLimit, Of, Scope, Start, Unit, Window

OF: dict[Of, str | Promise] = {
    Of.LIVE: gettext_lazy("calls answered by a person"),
    Of.ANSWERED: gettext_lazy("answered calls"),
    Of.CONNECTED: gettext_lazy("calls passed to an agent or abandoned"),
}
START: dict[Start, str | Promise] = {
    Start.ANSWER: gettext_lazy("the answer"),
    Start.GREETING: gettext_lazy("the end of the person's greeting"),
    Start.DETECTION: gettext_lazy("the moment a person was told from a machine"),
}
SCOPE: dict[Scope, str | Promise] = {
    Scope.CAMPAIGN: gettext_lazy("of this campaign"),
    Scope.LINE_OF_BUSINESS: gettext_lazy("of its line of business"),
    Scope.ALL: gettext_lazy("of all campaigns"),
}


def abandon_sentence(rule: AbandonLimit) -> str:
    """At most 3 % of calls answered by a person of this campaign find no agent within 2 s of the answer, on one day."""
    said = {
        "share": percent(rule.limit),
        "calls": OF[rule.of],
        "whose": SCOPE[rule.scope],
        "seconds": f"{rule.threshold.total_seconds():g}",
        "start": START[rule.start],
        "window": window_words(rule.window),
    }
    sentence = (
        _("At most %(share)s of %(calls)s %(whose)s may find no agent within %(seconds)s s of %(start)s, %(window)s")
        % said
    )
    if rule.false_machines:
        return sentence
    return _("%(rule)s; people taken for machines do not count") % {"rule": sentence}


def window_words(window: Window) -> str:
    """In any 24 hours."""
    said = {"n": window.length}
    match window.unit:
        case Unit.HOURS:
            return ngettext("in any %(n)s hour", "in any %(n)s hours", window.length) % said
        case Unit.DAY:
            return _("on one calendar day")
        case Unit.MONTH:
            return _("in one calendar month")
        case Unit.CAMPAIGN:
            return _("over the whole campaign")
        case Unit.DAYS:
            return (
                ngettext("in each successive %(n)s day of it", "in each successive %(n)s days of it", window.length)
                % said
            )


def percent(share: float) -> str:
    """3 % for 0.03."""
    return f"{round(100 * share, 3):g} %"
