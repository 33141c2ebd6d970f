"""The race in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.proof.race import Race
from tests.proof.verdict import Verdict


def as_data(race: Race, found: Verdict) -> dict[str, Any]:
    return {
        "calls": found.calls,
        "days": found.days,
        "outcomes": dict(found.outcomes),
        "refusals": dict(found.refusals),
        "kills": dict(race.kills),
        "edits": race.tally.total("edits"),
        "violations": found.violations,
        "faults": list(found.faults),
    }


def table(race: Race, found: Verdict) -> str:
    seconds = race.plan.seconds
    lines = [
        f"{len(race.servers)} engines, {seconds / 60:g} minutes for {found.days:.1f} days, seed {race.plan.seed}",
        f"calls                               {found.calls:>8}   {found.calls / seconds:.0f} a second",
        *_rows("outcome", found.outcomes),
        *_rows("killed", race.kills),
        f"edits of rules and do-not-call      {race.tally.total('edits'):>8}",
        f"conversations written up            {race.tally.total('written_up'):>8}",
        f"calls of the dead settled           {race.tally.total('recovered'):>8}",
        f"times a database was lost           {race.tally.total('database_lost'):>8}",
        *_rows("refused", found.refusals),
        *_rows("violations", found.violations),
    ]
    for check, finding in found.audit.items():
        lines += [f"    {check}: {call} {why}" for call, why in finding.examples[:5]]
    lines.append(
        f"It fell short: {'; '.join(found.faults)}." if found.faults else "No rule was broken, nothing is left."
    )
    return "\n".join(lines)


def _rows(kind: str, counts: Mapping[str, int]) -> list[str]:
    return [f"{kind + ': ' + what.replace('_', ' '):<36}{count:>8}" for what, count in counts.items()]
