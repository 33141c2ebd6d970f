"""What is judged, as temporary tables: calls, the rules they were allowed by, where people may be, public holidays.

Calls of `since` and later are judged; older ones of the same people are there as far back as any rule looks, refusals
for ever. What was never sent, or failed on our own side, touched nobody and is left out. The tables are gone when the
audit is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import holidays
from django.db import connection

from campaigns.rules.regions import ZONES_OF_REGION

# The longest window of the calendar, and a day for zones.
LEAST_BACK = timedelta(days=32)

TABLES = {
    "audit_call": """
        id uuid, lead_id bigint, contact_id bigint, phone bigint, campaign_id bigint, line bigint, at timestamptz,
        placed_at timestamptz, answered_at timestamptz, bridged_at timestamptz, ended_at timestamptz, outcome text,
        refused_at timestamptz, callback boolean, policy_id bigint, touched boolean, judged boolean""",
    "audit_lead": "lead_id bigint, tries bigint",
    "audit_place": "contact_id bigint, phone bigint, label text, zones text[], country text, region text",
    "audit_cap": """
        policy_id bigint, name text, counts text, per text, scope text, calls text, max bigint, period text,
        length interval""",
    "audit_gap": "policy_id bigint, name text, after text, per text, scope text, calls text, wait interval",
    "audit_hours": """
        policy_id bigint, name text, label text, week int4multirange[], holiday int4multirange, first_day date,
        last_day date, closed date[], regions text[]""",
    "audit_attempts": "policy_id bigint, max bigint, spread boolean",
    "audit_consent": "policy_id bigint, bases text[]",
    "audit_product": "policy_id bigint, product text",
    "audit_holiday": "country text, region text, day date",
}

# How far back rules look that don't look for ever.
REACH = """
SELECT max(seconds) FROM (
    SELECT (jsonb_path_query(data, '$.caps[*].window ? (@.type() == "number")'))::numeric FROM campaigns_policyversion
    UNION ALL
    SELECT (jsonb_path_query(data, '$.gaps[*] ? (@.after != "refusal").wait ? (@ != null)'))::numeric
    FROM campaigns_policyversion
) rules(seconds)
"""

REFUSED = """
SELECT r.attempt_id, r.at FROM dialer_attemptresult r JOIN campaigns_disposition d ON d.id = r.disposition_id
WHERE d.category IN ('refusal', 'complaint', 'do_not_call')
"""
# What a machine answered was answered by nobody.
ANSWERED = "CASE WHEN a.outcome NOT LIKE 'machine%%' THEN a.answered_at END"
RANG = "a.placed_at IS NOT NULL AND a.outcome NOT IN ('failed', 'released')"
# A touch tells which line of business it was counted for; where it is missing, that of its campaign must do.
CALL = f"""
INSERT INTO audit_call
SELECT a.id, a.lead_id, a.contact_id, a.phone, a.campaign_id,
       CASE WHEN t.call_id IS NULL THEN g.line_of_business_id ELSE t.line_of_business_id END,
       a.reserved_at, a.placed_at, {ANSWERED}, a.bridged_at, a.ended_at, a.outcome, r.at,
       coalesce(t.callback, false), t.policy_id, t.call_id IS NOT NULL, a.reserved_at >= %(since)s
FROM dialer_attempt a
LEFT JOIN campaigns_touch t ON t.phone = a.phone AND t.at = a.reserved_at AND t.call_id = a.id
LEFT JOIN campaigns_campaign g ON g.id = a.campaign_id
{{refused}} JOIN ({REFUSED}) r ON r.attempt_id = a.id
WHERE {RANG} AND """
# A call ends after it was reserved, and its end has a small index by month.
JUDGED = CALL.format(refused="LEFT") + "a.ended_at >= %(since)s AND a.reserved_at >= %(since)s"
SAME_PEOPLE = """
  AND (a.contact_id IN (SELECT contact_id FROM audit_call WHERE judged)
       OR a.phone IN (SELECT phone FROM audit_call WHERE judged))
"""
EARLIER = (
    CALL.format(refused="LEFT")
    + "a.ended_at >= %(from)s AND a.reserved_at >= %(from)s AND a.reserved_at < %(since)s"
    + SAME_PEOPLE
)
OLD_REFUSALS = CALL.format(refused="") + "a.reserved_at < %(from)s" + SAME_PEOPLE
# How often each lead had been called before: attempts are counted for as long as the lead exists.
TRIES = f"""
INSERT INTO audit_lead
SELECT a.lead_id, count(*) FROM dialer_attempt a
WHERE a.lead_id IN (SELECT lead_id FROM audit_call WHERE judged) AND a.reserved_at < %(since)s AND {RANG}
GROUP BY a.lead_id
"""
INDEXES = """
CREATE INDEX ON audit_call (contact_id, at);
CREATE INDEX ON audit_call (phone, at)
"""
# The record's own zone, else its region's, else the number's; names that are no zones are none. Behind a label a list
# may have written an extension.
PLACES = """
WITH real AS MATERIALIZED (SELECT name FROM pg_timezone_names),
     region(code, zone) AS (SELECT * FROM unnest(%(regions)s::text[], %(zones)s::text[]))
INSERT INTO audit_place
SELECT w.contact_id, w.phone, regexp_replace(o.label, '(^| )ext[.] .*$', ''), coalesce(
           (SELECT array_agg(name) FROM real WHERE name = c.time_zone),
           (SELECT array_agg(name) FROM real JOIN region ON zone = name WHERE code = c.region),
           (SELECT array_agg(name) FROM real WHERE name = ANY(p.zones)),
           '{}'),
       coalesce(nullif(left(c.region, 2), ''), p.country, ''), coalesce(c.region, '')
FROM (SELECT DISTINCT contact_id, phone FROM audit_call WHERE judged) w
LEFT JOIN campaigns_contact c ON c.id = w.contact_id LEFT JOIN campaigns_phone p ON p.number = w.phone
LEFT JOIN campaigns_contactphone o ON (o.contact_id, o.phone) = (w.contact_id, w.phone)
"""

# Minutes of the day; and seven lists of such spans, Monday first.
SPANS = """
(SELECT coalesce(range_agg(int4range((s->>0)::int, (s->>1)::int)), int4multirange()) FROM jsonb_array_elements({of}) s)
"""
WEEK = f"""
(SELECT array_agg({SPANS.format(of="e")} ORDER BY day) FROM jsonb_array_elements({{of}}) WITH ORDINALITY d(e, day))
"""
USED = """
SELECT id, data FROM campaigns_policyversion WHERE id IN (SELECT DISTINCT policy_id FROM audit_call WHERE judged)
"""
RULES = f"""
INSERT INTO audit_cap
SELECT v.id, k.name, k.counts, k.per, k.scope, k.calls, k."limit",
       CASE jsonb_typeof(k.window) WHEN 'string' THEN k.window #>> '{{}}' END,
       CASE jsonb_typeof(k.window) WHEN 'number' THEN k.window::numeric * interval '1 s' END
FROM ({USED}) v, jsonb_to_recordset(v.data->'caps')
     AS k(name text, counts text, per text, scope text, calls text, "limit" bigint, "window" jsonb);
INSERT INTO audit_gap
SELECT v.id, g.name, g.after, g.per, g.scope, g.calls, g.wait * interval '1 s'
FROM ({USED}) v, jsonb_to_recordset(v.data->'gaps')
     AS g(name text, after text, per text, scope text, calls text, wait numeric);
INSERT INTO audit_hours
SELECT v.id, h.name, NULL, {WEEK.format(of="h.week")},
       CASE jsonb_typeof(h.holiday) WHEN 'array' THEN {SPANS.format(of="h.holiday")} END,
       h.first_day, h.last_day, ARRAY(SELECT jsonb_array_elements_text(h.closed)::date),
       ARRAY(SELECT jsonb_array_elements_text(h.regions))
FROM ({USED}) v, jsonb_to_recordset(v.data->'hours')
     AS h(name text, week jsonb, holiday jsonb, first_day date, last_day date, closed jsonb, regions jsonb);
INSERT INTO audit_hours
SELECT DISTINCT ON (v.id, c.step->>'label') v.id, 'cadence', c.step->>'label', {WEEK.format(of="c.step->'week'")},
       NULL::int4multirange, NULL::date, NULL::date, '{{}}'::date[], '{{}}'::text[]
FROM ({USED}) v, jsonb_array_elements(v.data->'cadence') WITH ORDINALITY c(step, nth)
WHERE jsonb_typeof(c.step->'week') = 'array' ORDER BY v.id, c.step->>'label', c.nth;
INSERT INTO audit_attempts
SELECT v.id, (v.data->>'max_attempts')::bigint, (v.data->>'spread')::boolean FROM ({USED}) v;
INSERT INTO audit_consent
SELECT v.id, ARRAY(SELECT jsonb_array_elements_text(v.data->'consent')) FROM ({USED}) v
WHERE jsonb_array_length(v.data->'consent') > 0;
INSERT INTO audit_product
SELECT v.id, jsonb_array_elements_text(v.data->'excluded_products') FROM ({USED}) v;
ANALYZE audit_place, audit_cap, audit_gap, audit_hours, audit_attempts, audit_consent, audit_product
"""
WHERE_AND_WHEN = """
SELECT p.country, p.region, min(c.at), max(c.at) FROM audit_place p
JOIN audit_call c ON c.judged AND (c.contact_id, c.phone) = (p.contact_id, p.phone)
WHERE p.country <> '' GROUP BY p.country, p.region
"""
HOLIDAYS = "INSERT INTO audit_holiday SELECT * FROM unnest(%s::text[], %s::text[], %s::date[])"


def lay_out(since: datetime) -> None:
    """Fill the tables with what calls reserved since then are judged by. Within a transaction."""
    put_away()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off; SET LOCAL work_mem = '128MB'")
        for name, columns in TABLES.items():
            cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP")
        cursor.execute(REACH)
        reach = timedelta(seconds=float(cursor.fetchone()[0] or 0))
        moments = {"since": since, "from": since - max(reach, LEAST_BACK)}
        for query in (JUDGED, EARLIER, OLD_REFUSALS):
            cursor.execute(query, moments)
            cursor.execute("ANALYZE audit_call")
        cursor.execute(INDEXES)
        cursor.execute(TRIES, moments)
        pairs = [(code, zone) for code, zones in ZONES_OF_REGION.items() for zone in zones]
        cursor.execute(PLACES, {"regions": [code for code, _ in pairs], "zones": [zone for _, zone in pairs]})
        cursor.execute(RULES)
        cursor.execute(WHERE_AND_WHEN)
        days = [day for place in cursor.fetchall() for day in _holidays(*place)]
        columns_of_days = zip(*days, strict=True) if days else ((), (), ())
        cursor.execute(HOLIDAYS, [list(column) for column in columns_of_days])


def put_away() -> None:
    """Leave no table behind, whether or not the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL client_min_messages = 'error'")
        cursor.execute("".join(f"DROP TABLE IF EXISTS pg_temp.{name};" for name in TABLES))


def _holidays(country: str, region: str, first: datetime, last: datetime) -> Iterator[tuple[str, str, date]]:
    """The public holidays there in the years between; a day to either side, as the day may be another there."""
    known = holidays.list_supported_countries()
    if country not in known:
        return
    years = range((first - timedelta(days=1)).year, (last + timedelta(days=1)).year + 1)
    part = region.partition("-")[2]
    found = holidays.country_holidays(country, subdiv=part if part in known[country] else None, years=years)
    yield from ((country, region, day) for day in found)
