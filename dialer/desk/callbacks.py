"""When to call back: the times an agent is offered, all on the customer's own clock and within the campaign's hours.

What comes back from the browser is read on that clock too, unless it carries an offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from campaigns import promises, words
from campaigns.models import Campaign
from campaigns.rules import windows
from campaigns.rules.places import Place
from campaigns.rules.windows import Hours

LONGEST = timedelta(days=365)


class BadCallback(ValueError):
    """Not a time a customer can be called back at; the message says why."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One button: the words on it, and the local time it stands for."""

    words: str
    at: datetime

    @property
    def value(self) -> str:
        return self.at.astimezone(UTC).isoformat(timespec="seconds")


def offers(now: datetime, zone: tzinfo, hours: Sequence[Hours], where: Place) -> list[Offer]:
    """At most four times that are lawful where the customer is, soonest first."""
    local = now.astimezone(zone)
    today = local.replace(minute=0, second=0, microsecond=0)
    tomorrow = today + timedelta(days=1)
    found = [
        Offer(_("In 1 hour"), _next_quarter(local + timedelta(hours=1))),
        Offer(_("This evening"), today.replace(hour=18)),
        Offer(_("Tomorrow morning"), tomorrow.replace(hour=10)),
        Offer(_("Tomorrow, same time"), _next_quarter(local + timedelta(days=1))),
    ]
    return [offer for offer in found if offer.at > local and windows.is_open(hours, where, offer.at.astimezone(UTC))]


def _next_quarter(moment: datetime) -> datetime:
    """Rounded up to a quarter of an hour, as people say times."""
    short = moment.replace(minute=moment.minute // 15 * 15, second=0, microsecond=0)
    return short if short == moment.replace(second=0, microsecond=0) else short + timedelta(minutes=15)


def read(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    """What the form sent, in UTC; None when it sent nothing. Raises BadCallback."""
    if not text.strip():
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise BadCallback(_("“%(text)s” is not a date and time.") % {"text": text}) from error
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    if moment <= now:
        raise BadCallback(_("The callback is in the past: choose a later time."))
    if moment > now + LONGEST:
        raise BadCallback(_("The callback is more than a year away: choose an earlier time."))
    return moment


def refuse_unlawful(campaign: Campaign, contact_id: int, moment: datetime, zone: tzinfo) -> None:
    """Raises BadCallback for a time at which this person may not be called, with the first one that is lawful."""
    found = promises.not_then(campaign=campaign, contact_id=contact_id, at=moment)
    if found is None:
        return
    why = words.of(words.LEAD_REASONS, found.reason)
    if found.instead is None:
        raise BadCallback(_("No callback can be promised: %(why)s.") % {"why": why})
    instead = date_format(found.instead.astimezone(zone), "D j M H:i")
    raise BadCallback(
        _("No call is allowed then: %(why)s. The first time that is allowed is %(instead)s, on their clock.")
        % {"why": why, "instead": instead}
    )


def midnight(now: datetime, zone: tzinfo) -> datetime:
    """The start of today in this zone."""
    return datetime.combine(now.astimezone(zone).date(), time.min, tzinfo=zone)
