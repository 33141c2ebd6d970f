"""How many of the calls judged machine were persons, for a campaign, each carrier and each list.

The truth of a call is the result of the agent who took it as part of the sample: a machine, or what only a person can
have come to. Another result without contact (silence, fax) says neither; it, a call without a result and one that no
agent took count among the others, of which nothing is known.
Counted are the verdicts of the settings in force, at most 30 days of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from campaigns.models import Campaign, ContactList
from campaigns.partitions import first_id
from dialer.models import Trunk
from dialer.rules.amd import Estimate, false_positives

LONGEST = timedelta(days=30)
# Ids were made by another clock than the database's.
CLOCKS_DIFFER = timedelta(minutes=1)
COUNT = """
SELECT a.trunk_id, l.list_id, count(*), count(*) FILTER (WHERE d.of_machine OR d.category <> 'no_contact'),
       count(*) FILTER (WHERE NOT d.of_machine AND d.category <> 'no_contact')
FROM dialer_attempt a
LEFT JOIN campaigns_lead l ON l.id = a.lead_id
LEFT JOIN dialer_attemptresult r ON r.attempt_id = a.id AND a.sampled
LEFT JOIN campaigns_disposition d ON d.id = r.disposition_id
WHERE a.campaign_id = %(campaign)s AND a.verdict = 'machine' AND a.id >= %(first)s AND a.reserved_at >= %(since)s
GROUP BY 1, 2
"""

Cell = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """An estimate and whose it is: `of` is campaign, trunk or list; `name` is empty for the campaign."""

    of: str
    name: str
    found: Estimate

    @property
    def unheard(self) -> int:
        """Persons who were taken for machines and heard no agent, to the nearest one."""
        return round(self.found.count)


def since(campaign: Campaign, now: datetime) -> datetime:
    """From when on verdicts are those of the settings in force."""
    oldest = now - LONGEST
    return max(campaign.detector_set_at, oldest) if campaign.detector_set_at else oldest


def count(campaign: Campaign, now: datetime) -> list[Cell]:
    """(trunk, list, judged machine, truth known, of these persons), one row for each trunk and list."""
    start = since(campaign, now)
    asked: dict[str, Any] = {"campaign": campaign.pk, "since": start, "first": first_id(start - CLOCKS_DIFFER)}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, asked)
        return cursor.fetchall()


def parts(cells: Iterable[Cell]) -> list[Part]:
    """The campaign's estimate, then those of carriers and of lists by name. Empty where nothing was judged machine."""
    cells = list(cells)
    if not cells:
        return []
    trunks = dict(Trunk.objects.filter(pk__in={cell[0] for cell in cells}).values_list("pk", "name"))
    lists = dict(ContactList.objects.filter(pk__in={cell[1] for cell in cells}).values_list("pk", "name"))
    return [
        Part("campaign", "", _estimate(cells)),
        *_by("trunk", [(trunks.get(trunk, ""), cell) for cell in cells for trunk in [cell[0]]]),
        *_by("list", [(lists.get(each, ""), cell) for cell in cells for each in [cell[1]]]),
    ]


def _by(of: str, named: list[tuple[str, Cell]]) -> list[Part]:
    ordered = sorted(named, key=lambda pair: pair[0])
    return [
        Part(of, name, _estimate([cell for _, cell in of_name]))
        for name, of_name in groupby(ordered, key=lambda pair: pair[0])
    ]


def _estimate(cells: Iterable[Cell]) -> Estimate:
    machines, sampled, people = (sum(column) for column in zip(*[cell[2:] for cell in cells], strict=True))
    return false_positives(machines, sampled, people)
