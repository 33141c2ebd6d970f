"""The caps and gaps of a policy as SQL, for a sweep: the same counting as in rules.caps, for thousands at once.

A sweep works on temporary tables of its connection: `sweep_lead` has the leads looked at, `sweep_phone` their phones
with what is known of each, `sweep_place` what the hours say for each distinct place, `sweep_turn` in which order
phones come, `sweep_refused` what was decided. `decide` is the one statement that depends on the policy.

An obstacle is a column that says until when it holds ('infinity': for good; NULL: it does not), in the order of
rules.eligibility.PRECEDENCE: status, do-not-call, consent, products, hours, caps, gaps. The one that holds
longest binds, of equals the first. What cannot be decided exactly here is `unsure`, and its lead is left to the tick.
`far` is what holds longer than hours are worked out: its next calling hour is still to be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from campaigns import decisions, ledger
from campaigns.rules import caps
from campaigns.rules.caps import CONVERSATION, LEVELS, REFUSAL, Calls, Cap, Gap
from campaigns.rules.consent import CONSENT_RULE, PRODUCTS_RULE
from campaigns.rules.eligibility import MOMENT, Reason
from campaigns.rules.policy import Policy

TABLES = """
CREATE TEMP TABLE IF NOT EXISTS sweep_lead (
    id bigint, place tid, contact_id bigint, attempts int, due_at timestamptz,
    decided_at timestamptz, decided_times int, reason text, rule text, policy_id bigint, inputs jsonb,
    refused_phone bigint
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS sweep_phone (
    lead_id bigint, contact_id bigint, attempts int, phone bigint, line int, labels text[], label text, zone text,
    region text, zones text[], country text, status text, status_until timestamptz, suppressed_until timestamptz,
    consents jsonb, products text[]
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS sweep_place (
    label text, zone text, region text, zones text[], country text, shut_until timestamptz, shut_reason text,
    shut_rule text, shut_inputs jsonb, opens timestamptz[], closes timestamptz[],
    day_first timestamptz, day_last timestamptz, day_ends timestamptz,
    week_first timestamptz, week_last timestamptz, week_ends timestamptz,
    month_first timestamptz, month_last timestamptz, month_ends timestamptz
) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS sweep_turn (labels text[], attempts int, turns int[]) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE IF NOT EXISTS sweep_refused (
    id bigint, until timestamptz, reason text, rule text, inputs jsonb, phone bigint, far boolean,
    label text, zone text, region text, zones text[], country text
) ON COMMIT DELETE ROWS;
"""
FIXED = ("status_until", "suppressed_until", "unasked_until", "product_until", "shut_until")
WHOSE = {"contact": "t.contact_id = p.contact_id", "phone": "t.phone = p.phone"}
DECIDE = """
INSERT INTO sweep_refused
WITH counted AS (
    SELECT p.lead_id, p.contact_id, p.phone, p.attempts, p.status, cardinality(p.labels) AS phones,
           label, zone, region, zones, country,
           coalesce(array_position(turn.turns, p.line), 0) AS turn,
           shut_until, shut_reason, shut_rule, shut_inputs, opens, closes, day_first, day_ends, week_first, week_ends,
           month_first, month_ends, {counted}
           CASE WHEN p.status <> '' AND coalesce(p.status_until, 'infinity') > %(now)s
                THEN coalesce(p.status_until, 'infinity') END AS status_until,
           CASE WHEN p.suppressed_until > %(now)s THEN p.suppressed_until END AS suppressed_until,
           {asked} AS unasked_until,
           CASE WHEN p.products && {excluded} THEN timestamptz 'infinity' END AS product_until, p.products
    FROM sweep_phone p
    JOIN sweep_place w USING (label, zone, region, zones, country)
    LEFT JOIN sweep_turn turn ON turn.labels = p.labels AND turn.attempts = p.attempts {touches}
    OFFSET 0
), held AS (
    SELECT *, {obstacles} FROM counted p OFFSET 0
), latest AS (
    SELECT *, greatest({names}) AS latest FROM held OFFSET 0
), phones AS (
    SELECT *, CASE {which} END AS binding, {unsure} AS unsure, {inputs} AS inputs,
           CASE WHEN isfinite(latest) AND cardinality(closes) > 0 THEN opens[width_bucket(latest, closes) + 1] END
           AS opens_again
    FROM latest p OFFSET 0
), bound AS (
    SELECT lead_id, phone, turn, phones, label, zone, region, zones, country, inputs,
           CASE binding WHEN 0 THEN status WHEN {shut} THEN shut_reason ELSE (%(reasons)s::text[])[binding + 1] END
           AS reason,
           CASE binding WHEN {shut} THEN shut_rule ELSE (%(rules)s::text[])[binding + 1] END AS rule,
           greatest(latest, opens_again) AS until, isfinite(latest) AND opens_again IS NULL AS far,
           latest IS NULL OR unsure AS free
    FROM phones OFFSET 0
), first AS (
    SELECT DISTINCT ON (lead_id) *, bool_or(free) OVER (PARTITION BY lead_id) AS left_to_tick
    -- What is far is later than all that is not; among several far ones only a closer look could tell the first.
    FROM bound ORDER BY lead_id, CASE WHEN far THEN greatest(until, %(horizon)s) ELSE until END, turn
)
SELECT lead_id, nullif(until, 'infinity'), reason, rule, inputs, phone, far, label, zone, region, zones, country
FROM first WHERE NOT left_to_tick AND NOT (far AND phones > 1)
"""
# Their attempts are used up, whatever else holds; but somebody without a phone has none to use.
USED_UP = """
INSERT INTO sweep_refused (id, until, reason, rule, inputs, phone)
SELECT l.id, NULL, 'attempts_used', '', jsonb_build_object('attempts', l.attempts), NULL FROM sweep_lead l
WHERE l.attempts >= %(most)s
  AND EXISTS (SELECT 1 FROM campaigns_contactphone c WHERE c.contact_id = l.contact_id)
"""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One cap or gap: what is counted of whose touches, and which expressions say until when it holds."""

    per: str
    counted: tuple[str, ...]
    until: str
    unsure: str
    inputs: str
    reason: Reason
    rule: str


def decide(policy: Policy, campaign_id: int, line_of_business_id: int | None) -> tuple[str, list[str], list[str]]:
    """The statement for this policy, with the reasons and the rules that it names by their numbers."""
    found = list(_obstacles(policy, campaign_id, line_of_business_id))
    names = [*FIXED, *(f"until_{n}" for n in range(len(found)))]
    excluded = _texts(policy.excluded_products)
    statement = DECIDE.format(
        counted="".join(f"{name}, " for name in _outputs(found)),
        touches="".join(_touches(found)),
        obstacles=", ".join(f"{o.until} AS until_{n}" for n, o in enumerate(found)) or "1",
        names=", ".join(names),
        unsure=" OR ".join(o.unsure for o in found if o.unsure) or "false",
        which=" ".join(f"WHEN {name} = latest THEN {n}" for n, name in enumerate(names)),
        shut=FIXED.index("shut_until"),
        inputs=_inputs(names, found, excluded),
        asked=_no_consent(policy.consent, line_of_business_id),
        excluded=excluded,
    )
    reasons = ["", Reason.DO_NOT_CALL, Reason.NO_CONSENT, Reason.EXCLUDING_PRODUCT, "", *(o.reason for o in found)]
    rules = ["", "", CONSENT_RULE, PRODUCTS_RULE, "", *(o.rule for o in found)]
    return statement, [str(reason) for reason in reasons], rules


def _no_consent(bases: Sequence[str], line: int | None) -> str:
    """Until when nobody has agreed (rules.consent.agrees_from); NULL where they have."""
    if not bases:
        return "NULL::timestamptz"
    own = f"g->>0 = '{line}'" if line else "false"
    taken_back = f"g->4 @> '{line}'" if line else "false"
    return f"""(
        SELECT CASE WHEN count(*) FILTER (WHERE given <= %(now)s) > 0 THEN NULL
                    ELSE coalesce(min(given), 'infinity') END
        FROM jsonb_array_elements(p.consents) g, LATERAL (
            SELECT (g->>2)::timestamptz AS given, coalesce((g->>3)::timestamptz, 'infinity') AS expires
        ) at
        WHERE g->>1 = ANY({_texts(bases)}) AND ({own} OR (g->>0 IS NULL AND NOT {taken_back}))
          AND expires > greatest(%(now)s, given))"""


def _inputs(names: Sequence[str], found: Sequence[Obstacle], excluded: str) -> str:
    """Those of the obstacle that binds."""
    held = f"""jsonb_build_object('products', ARRAY(
        SELECT c FROM unnest(p.products) c WHERE c = ANY({excluded}) ORDER BY c COLLATE "C"))"""
    said = ["NULL", "NULL", "NULL", held, "shut_inputs", *(o.inputs for o in found)]
    return (
        f"CASE {' '.join(f'WHEN {name} = latest THEN {inputs}' for name, inputs in zip(names, said, strict=True))} END"
    )


def _outputs(found: Sequence[Obstacle]) -> Iterator[str]:
    for per in WHOSE:
        yield from (f"by_{per}.{column.split(' AS ')[1]}" for o in found if o.per == per for column in o.counted)


def _touches(found: Sequence[Obstacle]) -> Iterator[str]:
    """One look at the touches of each person, and one at those of each phone, where any rule asks for them."""
    for per, whose in WHOSE.items():
        if columns := [column for o in found if o.per == per for column in o.counted]:
            yield (
                f" CROSS JOIN LATERAL (SELECT {', '.join(columns)} FROM campaigns_touch t"
                f" WHERE {whose} AND t.at > %(since)s AND t.at < %(until)s) by_{per}"
            )


def _obstacles(policy: Policy, campaign_id: int, line: int | None) -> Iterator[Obstacle]:
    scopes = {
        "campaign": f" AND t.campaign_id = {campaign_id}",
        "line_of_business": f" AND t.line_of_business_id = {line}" if line else " AND t.line_of_business_id IS NULL",
        "all": "",
    }
    for n, cap in enumerate(policy.caps):
        if cap.calls != Calls.CALLBACKS:
            yield _cap(n, cap, scopes[cap.scope])
    for n, gap in enumerate(policy.gaps):
        if gap.calls != Calls.CALLBACKS:
            yield _gap(n, gap, scopes[gap.scope], refusals=bool(caps.long_after(policy.gaps)))
    if policy.spread:
        yield _spread(scopes["campaign"])


def _cap(n: int, cap: Cap, scope: str) -> Obstacle:
    counts = f"t.level >= {LEVELS[cap.counts]}{scope}{' AND NOT t.callback' if cap.calls == Calls.UNASKED else ''}"
    inputs = f"jsonb_build_object('n', n{n}, 'limit', {cap.limit})"
    counted, until, unsure = (
        _rolling(n, cap, counts) if isinstance(cap.window, timedelta) else _calendar(n, cap, counts)
    )
    return Obstacle(cap.per, counted, until, unsure, inputs, Reason.CAP_REACHED, cap.name)


def _rolling(n: int, cap: Cap, counts: str) -> tuple[tuple[str, ...], str, str]:
    assert isinstance(cap.window, timedelta)
    inside = f"{counts} AND t.at > %(now)s - {_interval(cap.window)}"
    counted = f"count(*) FILTER (WHERE {inside}) AS n{n}"
    if cap.limit == 0:
        return (counted,), "timestamptz 'infinity'", ""
    frees = f"max_{n}"
    columns: tuple[str, ...] = (counted,)
    if cap.limit == 1:
        columns = (counted, f"max(t.at) FILTER (WHERE {inside}) AS max_{n}")
    else:
        # Looked up only for those who have reached it, which is cheaper than sorting everybody's.
        frees = (
            f"(SELECT t.at FROM campaigns_touch t WHERE {WHOSE[cap.per]} AND {inside} AND t.at < %(until)s"
            f" ORDER BY t.at DESC OFFSET {cap.limit - 1} LIMIT 1)"
        )
    return columns, f"CASE WHEN n{n} >= {cap.limit} THEN {frees} + {_interval(cap.window + MOMENT)} END", ""


def _calendar(n: int, cap: Cap, counts: str) -> tuple[tuple[str, ...], str, str]:
    """Where zones differ, the fullest window is the one that began first; full in some only is left to the tick."""
    first = f"count(*) FILTER (WHERE {counts} AND t.at >= w.{cap.window}_first) AS n{n}"
    last = f"count(*) FILTER (WHERE {counts} AND t.at >= w.{cap.window}_last) AS least{n}"
    if cap.limit == 0:
        return (first,), f"CASE WHEN {cap.window}_first IS NOT NULL THEN timestamptz 'infinity' END", ""
    until = f"CASE WHEN least{n} >= {cap.limit} THEN {cap.window}_ends + {_interval(MOMENT)} END"
    return (first, last), until, f"(n{n} >= {cap.limit} AND least{n} < {cap.limit})"


def _gap(n: int, gap: Gap, scope: str, *, refusals: bool) -> Obstacle:
    outcomes = (gap.after, REFUSAL) if gap.after == CONVERSATION else (gap.after,)
    codes = [ledger.CODES.get(outcome, -1) for outcome in outcomes]
    recent = f"max(t.at) FILTER (WHERE t.outcome IN ({', '.join(map(str, codes))}){scope}) AS recent{n}"
    last = f"recent{n}"
    if refusals and REFUSAL in outcomes:
        old = f"SELECT max(t.at) FROM campaigns_touch t WHERE {WHOSE[gap.per]} AND t.outcome = {ledger.REFUSED}{scope}"
        last = f"greatest(recent{n}, ({old} AND t.at < %(until)s))"
    inputs = f"jsonb_build_object('after', {_text(gap.after)}, 'at', {_iso(last)})"
    if gap.wait is None:
        until = f"CASE WHEN {last} IS NOT NULL THEN timestamptz 'infinity' END"
    else:
        over = f"{last} + {_interval(gap.wait)}"
        until = f"CASE WHEN {over} > %(now)s THEN {last} + {_interval(gap.wait + MOMENT)} END"
    return Obstacle(gap.per, (recent,), until, "", inputs, Reason.TOO_SOON, gap.name)


def _spread(scope: str) -> Obstacle:
    """Who was tried within a day is left to the tick: parts of the day are not counted here."""
    tried = f"count(*) FILTER (WHERE t.level < 2{scope} AND t.at > %(now)s - interval '25 hours') AS tried"
    return Obstacle("contact", (tried,), "NULL::timestamptz", "tried > 0", "NULL", Reason.SAME_PART_OF_DAY, "spread")


def _interval(length: timedelta) -> str:
    return f"interval '{length.total_seconds():f} seconds'"


def _texts(texts: Sequence[str]) -> str:
    return f"ARRAY[{', '.join(map(_text, texts))}]::text[]"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''").replace("%", "%%") + "'"


def _iso(at: str) -> str:
    """As datetime.isoformat() writes it: a fraction only where there is one."""
    return f"""replace(to_char({at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') || '+00:00'"""


# The writes of campaigns.decisions, for leads that are locked and whose decision before is in sweep_lead: joined with
# the leads again, it would have the planner read all there are.
ARCHIVE = f"""
INSERT INTO campaigns_decision (lead_id, ended_at, decided_at, until, phone, policy_id, times, reason, rule, inputs)
SELECT l.id, %(now)s, l.decided_at, l.due_at, l.refused_phone, l.policy_id, l.decided_times, l.reason, l.rule, l.inputs
FROM sweep_lead l JOIN sweep_refused v ON v.id = l.id
WHERE l.decided_at IS NOT NULL AND l.reason <> 'in_call' AND NOT ({decisions.SAME})
"""
# Locked rows stay where they are: found by their place, they need no index.
SET_ASIDE = f"""
{decisions.SET_ASIDE} FROM sweep_refused v JOIN sweep_lead s ON s.id = v.id WHERE l.ctid = s.place
"""
