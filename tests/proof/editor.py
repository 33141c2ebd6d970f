"""A manager who cannot leave the rules alone: caps, hours, attempts and closed days change, do-not-call grows."""

from __future__ import annotations

import time
from datetime import timedelta

from campaigns import rulebook, services
from campaigns.models import Campaign, ClosedDay, FrequencyCap, LineOfBusiness, Phone
from tests.proof.people import CADENCES, WEEKS
from tests.proof.process import Place

PAUSE = 0.4  # seconds between edits


class Editor:
    def __init__(self, place: Place) -> None:
        self.place, self.rng = place, place.rng()
        self.campaigns = list(Campaign.objects.values_list("pk", flat=True))
        self.lines = list(LineOfBusiness.objects.all())
        self.phones = list(Phone.objects.values_list("pk", flat=True))
        self.own: list[int] = []
        self.next = 0.0

    def turn(self) -> None:
        if time.monotonic() < self.next:
            time.sleep(0.02)
            return
        edits = (self._cap, self._less, self._hours, self._attempts, self._closed, *[self._suppress] * 3)
        self.rng.choice(edits)()
        self.place.add("edits")
        self.next = time.monotonic() + PAUSE

    def come_back(self) -> None:
        """Whether the last edit came through does not matter: the next one is another."""

    def _campaign(self) -> Campaign:
        return Campaign.objects.get(pk=self.rng.choice(self.campaigns))

    def _cap(self) -> None:
        owner = self.rng.choice((None, self.rng.choice(self.lines), self._campaign()))
        window = self.rng.choice(("rolling", "day", "week", "month"))
        made = rulebook.add_cap(
            owner=owner,
            by=None,
            counts=self.rng.choice(("attempts", "answered", "conversations")),
            per=self.rng.choice(("phone", "contact")),
            scope=self.rng.choice(("campaign", "line_of_business", "all")),
            window=window,
            window_hours=self.rng.randint(4, 100),
            limit=self.rng.randint(1, 4) * {"rolling": 1, "day": 1, "week": 3, "month": 8}[window],
            calls=self.rng.choice(("all", "unasked", "callbacks")),
        )
        self.own.append(made.pk)

    def _less(self) -> None:
        """Only the newest few of our own stay, or nobody could be called in the end."""
        for pk in self.own[:-4]:
            rule = FrequencyCap.objects.filter(pk=pk).first()
            if rule:
                rulebook.end_rule(rule=rule, by=None)
        self.own = self.own[-4:]

    def _hours(self) -> None:
        rulebook.set_hours(
            campaign=self._campaign(),
            week=self.rng.choice(WEEKS),
            calls_on_holidays=self.rng.random() < 0.5,
            starts_on=None,
            ends_on=None,
            by=None,
        )

    def _attempts(self) -> None:
        """Another order of phones, with other hours of theirs; spread or not. How many there are stays as it is."""
        campaign = self._campaign()
        rulebook.set_attempts(
            campaign=campaign,
            max_attempts=min(campaign.max_attempts, 20),
            cadence=self.rng.choice(CADENCES),
            spread=self.rng.random() < 0.5,
            by=None,
        )

    def _closed(self) -> None:
        """A day off for one campaign; the one before is open again."""
        for closed in ClosedDay.objects.all():
            rulebook.open_day(closed=closed, by=None)
        day = (self.place.clock() + timedelta(days=self.rng.randint(0, 2))).date()
        country = self.rng.choice(("", "US", "DE"))
        rulebook.close_day(campaign=self._campaign(), country=country, day=day, name="", by=None)

    def _suppress(self) -> None:
        whose = self.rng.choice(({}, {"campaign": self._campaign()}, {"line_of_business": self.rng.choice(self.lines)}))
        days = self.rng.choice((None, 1, 3))
        services.suppress(
            number=f"+{self.rng.choice(self.phones)}",
            reason="asked",
            by=None,
            expires_at=None if days is None else self.place.clock() + timedelta(days=days),
            **whose,
        )
