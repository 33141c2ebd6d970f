"""The questions, each a query for the calls (`id`) that broke a rule and `why`; see history for the tables.

A call is allowed when fewer than a cap's limit went before it. What went before are the calls of the same person or
number that had come as far, by then, as the cap counts; a gap counts an outcome from when it was known.
"""

from __future__ import annotations

BY_CONTACT = "b.contact_id = a.contact_id"
BY_PHONE = "b.phone = a.phone"

AT_ONCE = """
SELECT id, 'the one before lasted until ' || busy_until AS why FROM (
    SELECT id, judged, placed_at, max(ended_at) OVER (
        PARTITION BY {whom} ORDER BY placed_at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS busy_until
    FROM audit_call) c WHERE judged AND placed_at < busy_until
"""
# Whether a rule `r` is about this call, and whether the earlier call `b` counts for it.
ABOUT = "(r.calls = 'all' OR (r.calls = 'callbacks') = a.callback)"
COUNTS = """
    (b.at, b.id) < (a.at, a.id)
    AND (r.calls = 'all' OR (r.calls = 'callbacks') = b.callback)
    AND CASE r.scope WHEN 'campaign' THEN b.campaign_id = a.campaign_id
                     WHEN 'line_of_business' THEN b.line IS NOT DISTINCT FROM a.line ELSE true END
"""
REACHED = """
    CASE r.counts WHEN 'attempts' THEN true WHEN 'answered' THEN b.answered_at <= a.at ELSE b.bridged_at <= a.at END
"""
CAP_ROLLING = f"""
SELECT a.id, format('%s: %s before it in %s, at most %s in all', r.name, n, r.length, r.max) AS why
FROM audit_call a JOIN audit_cap r ON r.policy_id = a.policy_id
CROSS JOIN LATERAL (SELECT count(*) AS n FROM audit_call b
                    WHERE {{same}} AND b.at > a.at - r.length AND {COUNTS} AND {REACHED}) before
WHERE a.judged AND r.per = '{{per}}' AND r.period IS NULL AND {ABOUT} AND n >= r.max
"""
# The same local day, week or month; a touch outside the longest of each can be in none.
CAP_CALENDAR = f"""
SELECT a.id, format('%s: %s before it in this %s at %s, at most %s in all', r.name, max(n), r.period, min(z), r.max)
FROM audit_call a JOIN audit_cap r ON r.policy_id = a.policy_id
JOIN audit_place p ON (p.contact_id, p.phone) = (a.contact_id, a.phone)
CROSS JOIN unnest(p.zones) z
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM audit_call b
    WHERE {{same}} AND {COUNTS} AND {REACHED}
      AND b.at > a.at - CASE r.period WHEN 'day' THEN interval '26 h' WHEN 'week' THEN interval '170 h'
                                      ELSE interval '32 days' END
      AND date_trunc(r.period, b.at AT TIME ZONE z) = date_trunc(r.period, a.at AT TIME ZONE z)) before
WHERE a.judged AND r.per = '{{per}}' AND r.period IS NOT NULL AND {ABOUT} AND n >= r.max
GROUP BY a.id, r.name, r.period, r.max
"""
GAP = f"""
SELECT a.id, format('%s: %s after one that came to %s', r.name, a.at - before.at, r.after) AS why
FROM audit_call a JOIN audit_gap r ON r.policy_id = a.policy_id
CROSS JOIN LATERAL (
    SELECT max(b.at) AS at FROM audit_call b
    WHERE {{same}} AND {COUNTS} AND (r.wait IS NULL OR b.at > a.at - r.wait)
      AND CASE r.after WHEN 'refusal' THEN b.refused_at <= a.at
                       ELSE b.outcome = r.after AND b.ended_at <= a.at END) before
WHERE a.judged AND r.per = '{{per}}' AND {ABOUT} AND before.at IS NOT NULL
"""
# A rule without regions holds everywhere, and for people of an unknown place; a country's holds for all its regions.
CONCERNS = """
    (cardinality(r.regions) = 0 OR p.country = '' OR p.country = ANY(r.regions) OR p.region = ANY(r.regions)
     OR (p.region = '' AND EXISTS (SELECT 1 FROM unnest(r.regions) g WHERE starts_with(g, p.country || '-'))))
"""
# Hours of no label are everyone's; those of a cadence are of the phones with its label.
HOURS = f"""
SELECT a.id, format('%s: it was %s at %s', r.name, to_char(local, 'Dy YYYY-MM-DD HH24:MI'), z) AS why
FROM audit_call a JOIN audit_hours r ON r.policy_id = a.policy_id
JOIN audit_place p ON (p.contact_id, p.phone) = (a.contact_id, a.phone)
CROSS JOIN unnest(p.zones) z
CROSS JOIN LATERAL (SELECT a.at AT TIME ZONE z AS local) here
WHERE a.judged AND r.label {{whose}} AND {CONCERNS} AND NOT (
    local::date >= coalesce(r.first_day, '-infinity') AND local::date <= coalesce(r.last_day, 'infinity')
    AND local::date <> ALL(r.closed)
    AND CASE WHEN r.holiday IS NOT NULL AND EXISTS (
                  SELECT 1 FROM audit_holiday d WHERE (d.country, d.region, d.day) = (p.country, p.region, local::date))
             THEN r.holiday ELSE r.week[extract(isodow FROM local)::int] END
        @> (extract(hour FROM local) * 60 + extract(minute FROM local))::int)
"""
NO_ZONE = """
SELECT a.id, 'nobody knows which time it was there'
FROM audit_call a JOIN audit_place p ON (p.contact_id, p.phone) = (a.contact_id, a.phone)
WHERE a.judged AND cardinality(p.zones) = 0
"""
# Callbacks are due when they were promised; of a call that had not ended nobody knew that it was not answered.
SPREAD = """
SELECT a.id, format('%s before it in the same part of the day at %s, and nobody answered', max(n), min(z)) AS why
FROM audit_call a JOIN audit_attempts r ON r.policy_id = a.policy_id AND r.spread
JOIN audit_place p ON (p.contact_id, p.phone) = (a.contact_id, a.phone)
CROSS JOIN unnest(p.zones) z
CROSS JOIN LATERAL (SELECT a.at AT TIME ZONE z AS local) here
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM audit_call b CROSS JOIN LATERAL (SELECT b.at AT TIME ZONE z AS earlier) there
    WHERE b.contact_id = a.contact_id AND b.campaign_id = a.campaign_id AND (b.at, b.id) < (a.at, a.id)
      AND b.at > a.at - interval '1 day' AND b.ended_at <= a.at AND b.answered_at IS NULL
      AND earlier::date = local::date
      AND width_bucket(extract(hour FROM earlier), '{12, 17}') = width_bucket(extract(hour FROM local), '{12, 17}')
) before
WHERE a.judged AND NOT a.callback AND n > 0
GROUP BY a.id
"""
ATTEMPTS = """
SELECT a.id, format('%s before it for the same lead, at most %s in all', n, r.max) AS why FROM (
    SELECT c.*, coalesce(l.tries, 0) + row_number() OVER (PARTITION BY c.lead_id ORDER BY c.at, c.id) - 1 AS n
    FROM audit_call c LEFT JOIN audit_lead l ON l.lead_id = c.lead_id WHERE c.judged) a
JOIN audit_attempts r ON r.policy_id = a.policy_id
WHERE NOT a.callback AND n >= r.max
"""
# Of the number, or of the person. What was taken off before the call was sent may have been taken off before it was
# decided on: an entry's time is told a moment before it can be seen.
ENTRY = """
SELECT a.id, 'on do-not-call since ' || min(s.created_at) AS why
FROM audit_call a JOIN campaigns_suppression s ON {whose}
WHERE a.judged AND s.created_at < a.at AND (s.expires_at IS NULL OR s.expires_at > a.at)
  AND (s.ended_at IS NULL OR s.ended_at > a.placed_at)
  AND (s.campaign_id IS NULL OR s.campaign_id = a.campaign_id)
  AND (s.line_of_business_id IS NULL OR s.line_of_business_id = a.line)
GROUP BY a.id
"""
DO_NOT_CALL = " UNION ALL ".join(
    ENTRY.format(whose=f"{whose} AND s.ended_at IS {null} NULL")
    for whose in ("s.phone = a.phone", "s.contact_id = a.contact_id")
    for null in ("", "NOT")
)
# An agreement counts if it was known before the call was sent; what took it back, or took its place, if it was known
# before the call was decided on. What was undone, once that was known, took nothing back and took no place.
CONSENT = """
SELECT a.id, 'no valid consent on ' || array_to_string(r.bases, ', ') || ' was on record' AS why
FROM audit_call a JOIN audit_consent r ON r.policy_id = a.policy_id
WHERE a.judged AND NOT EXISTS (
    SELECT 1 FROM campaigns_consentevent g
    WHERE g.contact_id = a.contact_id AND g.kind = 'given' AND g.basis = ANY(r.bases)
      AND (g.line_of_business_id IS NULL OR g.line_of_business_id = a.line)
      AND g.at <= a.at AND g.expires_at > a.at IS NOT FALSE AND g.recorded_at <= a.placed_at
      AND NOT EXISTS (
          SELECT 1 FROM campaigns_consentevent w
          WHERE w.contact_id = g.contact_id AND w.recorded_at < a.at AND CASE w.kind
              WHEN 'undone' THEN w.undoes_id = g.id
              WHEN 'withdrawn' THEN w.at >= g.at
                  AND (w.line_of_business_id IS NULL OR w.line_of_business_id = a.line)
              ELSE (w.at, w.id) > (g.at, g.id) AND w.basis = g.basis
                  AND w.line_of_business_id IS NOT DISTINCT FROM g.line_of_business_id END
              AND NOT EXISTS (
                  SELECT 1 FROM campaigns_consentevent u
                  WHERE u.contact_id = w.contact_id AND u.undoes_id = w.id AND u.recorded_at <= a.placed_at)))
"""
PRODUCTS = """
SELECT a.id, 'they held ' || string_agg(r.product, ', ' ORDER BY r.product) AS why
FROM audit_call a JOIN audit_product r ON r.policy_id = a.policy_id
WHERE a.judged AND EXISTS (
    SELECT 1 FROM campaigns_productevent h
    WHERE h.contact_id = a.contact_id AND h.product = r.product AND h.held AND h.recorded_at < a.at
      AND NOT EXISTS (
          SELECT 1 FROM campaigns_productevent n
          WHERE n.contact_id = h.contact_id AND n.product = h.product AND n.id > h.id AND n.recorded_at <= a.placed_at))
GROUP BY a.id
"""
NO_TOUCH = "SELECT id, 'it was never counted' AS why FROM audit_call WHERE judged AND NOT touched"
NO_POLICY = """
SELECT a.id, coalesce('version ' || a.policy_id || ' is gone', 'its touch names none') AS why FROM audit_call a
WHERE a.judged AND a.touched AND NOT EXISTS (SELECT 1 FROM campaigns_policyversion v WHERE v.id = a.policy_id)
"""


def _for_both(*queries: str) -> str:
    """The query for rules per person and for those per number, so that each finds its calls by an index."""
    by = (("contact", BY_CONTACT), ("phone", BY_PHONE))
    return " UNION ALL ".join(query.format(per=per, same=same) for query in queries for per, same in by)


CHECKS = {
    "two_calls_to_one_person_at_once": AT_ONCE.format(whom="contact_id"),
    "two_calls_to_one_number_at_once": AT_ONCE.format(whom="phone"),
    "frequency_caps": _for_both(CAP_ROLLING, CAP_CALENDAR),
    "minimum_gaps": _for_both(GAP),
    "calling_hours": f"{HOURS.format(whose='IS NULL')} UNION ALL {NO_ZONE}",
    "hours_of_a_kind_of_phone": HOURS.format(whose="= p.label"),
    "spread_over_the_day": SPREAD,
    "attempts_of_a_lead": ATTEMPTS,
    "do_not_call": DO_NOT_CALL,
    "consent": CONSENT,
    "excluded_products": PRODUCTS,
    "calls_without_a_touch": NO_TOUCH,
    "calls_without_a_policy": NO_POLICY,
}
