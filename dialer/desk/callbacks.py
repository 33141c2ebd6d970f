"""When to call back: the times an agent is offered, all on the customer's own clock and within the campaign's hours.

What comes back from the browser is read on that clock too, unless it carries an offset. Pure, but for the words.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from django.utils.translation import gettext as _

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


def offers(now: datetime, zone: tzinfo, hours: Hours) -> list[Offer]:
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
    return [offer for offer in found if offer.at > local and hours.contains(offer.at.time())]


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


def midnight(now: datetime, zone: tzinfo) -> datetime:
    """The start of today in this zone."""
    return datetime.combine(now.astimezone(zone).date(), time.min, tzinfo=zone)
