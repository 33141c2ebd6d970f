"""Calling hours in words: weekdays of the same hours together, public holidays, first and last day, days without calls.

All of it is on the clock of where the person lives.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.rules.windows import WHOLE_DAY, Hours, Span
from campaigns.sentences.parts import clauses, day_words, days_words, listed, place_name, spans_words

Week = Sequence[Sequence[Span]]

ON_NO: tuple[str | Promise, ...] = (
    gettext_lazy("Mondays"),
    gettext_lazy("Tuesdays"),
    gettext_lazy("Wednesdays"),
    gettext_lazy("Thursdays"),
    gettext_lazy("Fridays"),
    gettext_lazy("Saturdays"),
    gettext_lazy("Sundays"),
)
ALWAYS: Week = (WHOLE_DAY,) * 7


def hours_sentence(hours: Hours) -> str:
    """Monday to Friday 09:00–20:00; not on Saturdays and Sundays; not on public holidays where they live."""
    return _where(hours, clauses(_clauses(hours)))


def hours_clauses(hours: Hours) -> list[str]:
    """The same, clause by clause, each true by itself: to see which of them changed."""
    return [_where(hours, clause) for clause in _clauses(hours)]


def _clauses(hours: Hours) -> list[str]:
    plain = _plain(hours.week)
    said = [] if plain == ALWAYS and (hours.closed or hours.first_day or hours.last_day) else [week_sentence(plain)]
    return said + [clause for clause in (_holiday(hours), dates_sentence(hours), closed_sentence(hours)) if clause]


def _where(hours: Hours, sentence: str) -> str:
    if not hours.regions:
        return sentence
    places = listed([place_name(code) for code in sorted(hours.regions)])
    return _("%(places)s (people who are or may be there): %(rule)s") % {"places": places, "rule": sentence}


def week_sentence(week: Week) -> str:
    """Monday to Friday 09:00–12:00 and 13:30–20:00; Saturday 10:00–18:00; not on Sundays."""
    plain = _plain(week)
    if plain == ALWAYS:
        return _("at any hour")
    if not any(plain):
        return _("never")
    if len(set(plain)) == 1:
        return _("every day %(times)s") % {"times": spans_words(plain[0])}
    said = [
        _("%(days)s %(times)s") % {"days": _runs(days, WEEKDAYS), "times": spans_words(spans)}
        for spans, days in _same(plain)
        if spans
    ]
    off = [day for day, spans in enumerate(plain) if not spans]
    if off:
        said.append(_("not on %(days)s") % {"days": listed([str(ON_NO[day]) for day in off])})
    return clauses(said)


def dates_sentence(hours: Hours) -> str:
    """From the first to the last day; empty when there is neither."""
    if hours.first_day and hours.last_day:
        days = {"first": day_words(hours.first_day), "last": day_words(hours.last_day)}
        return _("from %(first)s to %(last)s") % days
    if hours.first_day:
        return _("from %(first)s on") % {"first": day_words(hours.first_day)}
    return _("until %(last)s") % {"last": day_words(hours.last_day)} if hours.last_day else ""


def closed_sentence(hours: Hours) -> str:
    """The days without calls; empty when there are none."""
    return _("no calls on %(days)s") % {"days": days_words(hours.closed)} if hours.closed else ""


def _holiday(hours: Hours) -> str:
    if hours.holiday is None:
        return ""
    if not hours.holiday:
        return _("not on public holidays where they live")
    return _("on public holidays where they live %(times)s") % {"times": spans_words(hours.holiday)}


def _plain(week: Week) -> tuple[tuple[Span, ...], ...]:
    return tuple(tuple((start, end) for start, end in sorted(spans)) for spans in week)


def _same(week: tuple[tuple[Span, ...], ...]) -> list[tuple[tuple[Span, ...], list[int]]]:
    """The different hours, each with its weekdays, in the order of the week."""
    found: dict[tuple[Span, ...], list[int]] = {}
    for day, spans in enumerate(week):
        found.setdefault(spans, []).append(day)
    return list(found.items())


def _runs(days: list[int], names: dict[int, str]) -> str:
    """Monday to Thursday and Saturday: three days or more in a row are a run."""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    said: list[str] = []
    for run in runs:
        if len(run) > 2:
            said.append(_("%(first)s to %(last)s") % {"first": names[run[0]], "last": names[run[-1]]})
        else:
            said += [str(names[day]) for day in run]
    return listed(said)
