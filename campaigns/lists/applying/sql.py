"""The statements of applying a part, in their order; {id} is the version, whose stage is read.

What the planner guesses of a table made a moment ago decides between seconds and minutes: each is analyzed at once,
and holds only what the next statements join by.
"""

from __future__ import annotations

HERE = "row_no BETWEEN %(first_row)s AND %(last_row)s"
PERSON = """
SELECT s.row_no, coalesce(c.id, nextval('campaigns_contact_id_seq')) AS contact_id, c.id IS NULL AS made
FROM import_row_{{id}} s LEFT JOIN campaigns_contact c ON {same}
WHERE s.row_no BETWEEN %(first_row)s AND %(last_row)s AND s.customer_id IS {kind} NULL
"""
# Who they are: a contact that is known, or a new one whose id is taken now.
FIND = [
    "DROP TABLE IF EXISTS import_person, import_phone, import_change, import_phone_change",
    "CREATE TEMP TABLE import_person ON COMMIT DROP AS"
    + PERSON.format(same="c.customer_id = s.customer_id", kind="NOT")
    + "UNION ALL"
    + PERSON.format(same="c.customer_id IS NULL AND c.first_phone = s.first_phone", kind=""),
    "ANALYZE import_person",
    f"""
    CREATE TEMP TABLE import_phone ON COMMIT DROP AS
    SELECT r.contact_id, r.made, p.number, p.position, p.label
    FROM (SELECT * FROM import_phone_{{id}} WHERE {HERE}) p JOIN import_person r USING (row_no)
    """,
    "ANALYZE import_phone",
    """
    CREATE TEMP TABLE import_change (
        contact_id bigint, name text, language text, time_zone text, region text, attributes jsonb, changes jsonb
    ) ON COMMIT DROP
    """,
    "CREATE TEMP TABLE import_phone_change (contact_id bigint, phones jsonb) ON COMMIT DROP",
]

# What the newer list leaves empty keeps its older value; attributes are merged group by group.
MERGED = f"""
SELECT c.id, c.name AS name_was, c.language AS language_was, c.time_zone AS time_zone_was, c.region AS region_was,
       c.attributes AS attributes_was,
       coalesce(nullif(s.name, ''), c.name) AS name,
       coalesce(nullif(s.language, ''), c.language) AS language,
       coalesce(nullif(s.time_zone, ''), c.time_zone) AS time_zone,
       coalesce(nullif(s.region, ''), c.region) AS region,
       CASE WHEN c.attributes @> s.attributes THEN c.attributes ELSE c.attributes || (
           SELECT jsonb_object_agg(g.key, coalesce(c.attributes -> g.key, jsonb_build_object()) || g.value)
           FROM jsonb_each(s.attributes) g
       ) END AS attributes
FROM import_person r
JOIN (SELECT * FROM import_row_{{id}} WHERE {HERE}) s USING (row_no)
JOIN campaigns_contact c ON c.id = r.contact_id
WHERE NOT r.made
"""
FIELDS = ("name", "language", "time_zone", "region", "attributes")
WAS_AND_IS = ", ".join(
    f"'{field}', CASE WHEN m.{field} <> m.{field}_was THEN jsonb_build_array(m.{field}_was, m.{field}) END"
    for field in FIELDS
)
NEW_PHONES = """
SELECT DISTINCT p.contact_id FROM import_phone p LEFT JOIN campaigns_contactphone cp
    ON cp.contact_id = p.contact_id AND cp.phone = p.number AND cp.position = p.position AND cp.label = p.label
WHERE NOT p.made AND cp.id IS NULL
"""
PHONES_OF = """
(SELECT coalesce(jsonb_agg(jsonb_build_array(cp.phone, cp.label, cp.position) ORDER BY cp.position, cp.id), '[]')
 FROM campaigns_contactphone cp WHERE cp.contact_id = ch.contact_id)
"""
CHANGE = [
    # Who has something new to say: most people are locked by nobody.
    f"INSERT INTO import_phone_change (contact_id) {NEW_PHONES}",
    f"""
    SELECT id FROM campaigns_contact WHERE id IN (
        SELECT m.id FROM ({MERGED}) m
        WHERE (m.name, m.language, m.time_zone, m.region, m.attributes)
              IS DISTINCT FROM (m.name_was, m.language_was, m.time_zone_was, m.region_was, m.attributes_was)
        UNION ALL SELECT contact_id FROM import_phone_change
    ) ORDER BY id FOR NO KEY UPDATE
    """,
    # What was there is kept, beside what is written: an undo leaves alone what others have changed since.
    f"""
    INSERT INTO import_change
    SELECT m.id, m.name, m.language, m.time_zone, m.region, m.attributes,
           jsonb_strip_nulls(jsonb_build_object({WAS_AND_IS}))
    FROM ({MERGED} FOR NO KEY UPDATE OF c) m
    WHERE (m.name, m.language, m.time_zone, m.region, m.attributes)
          IS DISTINCT FROM (m.name_was, m.language_was, m.time_zone_was, m.region_was, m.attributes_was)
    """,
    "ANALYZE import_change",
    f"UPDATE import_phone_change ch SET phones = {PHONES_OF}",
    "ANALYZE import_phone_change",
    """
    UPDATE campaigns_contact c
    SET name = m.name, language = m.language, time_zone = m.time_zone, region = m.region, attributes = m.attributes,
        updated_at = now()
    FROM import_change m WHERE c.id = m.contact_id
    """,
]
# Phones are added before people, in a transaction of their own: two parts may bring the same number for two people,
# and whoever is second waits for the first one's end.
PHONES = f"""
INSERT INTO campaigns_phone (number, country, line_type, zones, status, status_source)
SELECT DISTINCT ON (p.number) p.number, p.country, p.line_type, p.zones, '', ''
FROM import_phone_{{id}} p
WHERE p.{HERE} AND NOT EXISTS (SELECT FROM campaigns_phone o WHERE o.number = p.number)
ORDER BY p.number
ON CONFLICT DO NOTHING
"""
ADD = [
    f"""
    INSERT INTO campaigns_contact
        (id, customer_id, first_phone, name, language, time_zone, region, attributes, created_at, updated_at)
    SELECT r.contact_id, s.customer_id, s.first_phone, s.name, s.language, s.time_zone, s.region, s.attributes, now(),
           now()
    FROM (SELECT * FROM import_row_{{id}} WHERE {HERE}) s JOIN import_person r USING (row_no)
    WHERE r.made ORDER BY s.customer_id, s.first_phone
    """,
    # The phones of the newest list are tried first, those of older lists after them.
    """
    WITH newer AS (
        SELECT p.contact_id, count(*) AS phones FROM import_phone_change ch JOIN import_phone p USING (contact_id)
        GROUP BY 1
    ), older AS (
        SELECT cp.id, n.phones - 1 + row_number() OVER (PARTITION BY cp.contact_id ORDER BY cp.position, cp.id)
               AS position
        FROM newer n JOIN campaigns_contactphone cp USING (contact_id)
        LEFT JOIN import_phone p ON p.contact_id = cp.contact_id AND p.number = cp.phone
        WHERE p.number IS NULL
    )
    UPDATE campaigns_contactphone cp SET position = o.position
    FROM older o WHERE cp.id = o.id AND cp.position <> o.position
    """,
    """
    INSERT INTO campaigns_contactphone AS cp (contact_id, phone, label, position)
    SELECT p.contact_id, p.number, p.label, p.position FROM import_phone p JOIN import_phone_change USING (contact_id)
    ORDER BY 1, 2
    ON CONFLICT (contact_id, phone) DO UPDATE SET label = excluded.label, position = excluded.position
    WHERE (cp.label, cp.position) IS DISTINCT FROM (excluded.label, excluded.position)
    """,
    """
    INSERT INTO campaigns_contactphone (contact_id, phone, label, position)
    SELECT contact_id, number, label, position FROM import_phone WHERE made ORDER BY 1, 2
    """,
    f"""
    INSERT INTO campaigns_contactbefore (version_id, contact_id, changes)
    SELECT %(version)s::bigint, contact_id,
           coalesce(f.changes, jsonb_build_object()) || jsonb_strip_nulls(jsonb_build_object('phones', ch.phones))
    FROM import_change f FULL JOIN (
        SELECT ch.contact_id, jsonb_build_array(ch.phones, {PHONES_OF}) AS phones FROM import_phone_change ch
    ) ch USING (contact_id) ORDER BY 2
    """,
]
ENTRIES = """
SELECT {of}, r.contact_id, r.row_no,
       CASE WHEN r.made THEN 0
            WHEN {listed} THEN CASE WHEN ch.contact_id IS NULL THEN 4 ELSE 3 END
            ELSE CASE WHEN ch.contact_id IS NULL THEN 1 ELSE 2 END END
FROM import_person r LEFT JOIN (
    SELECT contact_id FROM import_change UNION SELECT contact_id FROM import_phone_change
) ch USING (contact_id)
"""
# A first version's people are on the list at once: nobody is called for it before it is complete.
LIST_ENTRIES = (
    "INSERT INTO campaigns_listentry (list_id, contact_id, row_no, fate)"
    + ENTRIES.format(of="%(list)s::bigint", listed="false")
    + "ORDER BY r.contact_id"
)
VERSION_ENTRIES = (
    "INSERT INTO campaigns_versionentry (version_id, contact_id, row_no, fate)"
    + ENTRIES.format(of="%(version)s::bigint", listed="e.contact_id IS NOT NULL")
    + """
    LEFT JOIN campaigns_listentry e ON e.list_id = %(list)s AND e.contact_id = r.contact_id
    ORDER BY r.contact_id
    """
)
