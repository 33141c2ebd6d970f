"""The demo's figures, read from the database: the live line and the closing report.

Plain SQL over attempts, written apart from the product's own KPI code, so that the two can be held against each other.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

FIGURES = """
SELECT count(*) FILTER (WHERE placed_at IS NOT NULL),
       count(*) FILTER (WHERE answered_at IS NOT NULL),
       count(*) FILTER (WHERE bridged_at IS NOT NULL),
       count(*) FILTER (WHERE outcome = 'abandoned'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM bridged_at - answered_at) * 1000)
           FILTER (WHERE bridged_at IS NOT NULL),
       percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM bridged_at - answered_at) * 1000)
           FILTER (WHERE bridged_at IS NOT NULL)
FROM (SELECT reserved_at, placed_at, answered_at, bridged_at, outcome FROM dialer_attempt
      UNION ALL SELECT reserved_at, placed_at, answered_at, bridged_at, '' FROM dialer_livecall) calls
WHERE reserved_at >= %s
"""
DISPOSITIONS = """
SELECT coalesce(d.label, '(none in time)'), count(*) FROM dialer_attemptresult r
LEFT JOIN campaigns_disposition d ON d.id = r.disposition_id WHERE r.at >= %s GROUP BY 1 ORDER BY 2 DESC, 1
"""
NOW = """
SELECT (SELECT count(*) FROM dialer_livecall), (SELECT count(*) FROM dialer_livecall WHERE state = 'talking'),
       (SELECT string_agg(n || ' ' || replace(state, '_', '-'), ', ' ORDER BY state)
        FROM (SELECT state, count(*) AS n FROM dialer_shift WHERE state <> 'off' GROUP BY state) s)
"""


@dataclass(frozen=True)
class Figures:
    """What came of the calls since the demo began; times in milliseconds, None without a conversation."""

    placed: int
    answered: int
    connected: int
    abandoned: int
    to_agent_p50: float | None
    to_agent_p99: float | None
    dispositions: tuple[tuple[str, int], ...]
    live: int
    talking: int
    agents: str


def figures(database_url: str, began: float) -> Figures:
    """The figures since `began` (seconds since 1970)."""
    since = datetime.fromtimestamp(began, UTC)
    with psycopg.connect(database_url) as connection:
        counts = connection.execute(FIGURES, [since]).fetchone()
        said = connection.execute(DISPOSITIONS, [since]).fetchall()
        live, talking, agents = connection.execute(NOW).fetchone() or (0, 0, "")
    assert counts  # an aggregate without GROUP BY always gives a row
    placed, answered, connected, abandoned, p50, p99 = counts
    return Figures(
        placed, answered, connected, abandoned, p50, p99, tuple(said), live, talking, agents or "nobody signed in"
    )


def show(database_url: str, began: float, *, live: bool) -> None:
    """One line of what is going on; on a terminal it replaces the one before."""
    f = figures(database_url, began)
    line = f"{f.placed} placed · {f.answered} answered · {f.connected} connected · {f.abandoned} abandoned · {f.agents}"
    end = "\r" if live and sys.stdout.isatty() else "\n"
    print(f"\033[K{line}" if end == "\r" else line, end=end, flush=True)


def report(f: Figures, audit: dict[str, int]) -> str:
    """The closing report."""
    said = "\n".join(f"    {label:<28}{n:>6}" for label, n in f.dispositions) or "    none"
    violations = sum(audit.values())
    return f"""
What came of it
  placed                          {f.placed:>6}
  answered                        {f.answered:>6}   {_share(f.answered, f.placed)} of placed
  connected to an agent           {f.connected:>6}   {_share(f.connected, f.answered)} of answered
  abandoned                       {f.abandoned:>6}   {_share(f.abandoned, f.answered)} of answered
  answer to agent, p50            {_ms(f.to_agent_p50)}
  answer to agent, p99            {_ms(f.to_agent_p99)}
  dispositions
{said}
  rule violations                 {violations:>6}   {_broken(audit)}
"""


def fell_short(f: Figures, audit: dict[str, int]) -> list[str]:
    """What a good run must have and this one has not."""
    missing = [
        ("no call was placed", f.placed),
        ("no call was answered", f.answered),
        ("no caller reached an agent", f.connected),
        ("no call was written up", sum(n for label, n in f.dispositions if not label.startswith("("))),
    ]
    broken = [f"{n} × {rule} broken" for rule, n in audit.items() if n]
    return [words for words, count in missing if not count] + broken


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f} %" if whole else "     –"


def _ms(value: float | None) -> str:
    return f"{value:>6.0f} ms" if value is not None else "     –"


def _broken(audit: dict[str, int]) -> str:
    return "checked: " + ", ".join(rule.replace("_", " ") for rule in audit)
