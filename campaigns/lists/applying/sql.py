"""The statements of applying a part, in their order; {id} is the version, whose stage is read."""

from __future__ import annotations

PERSON = """
SELECT s.row_no, s.customer_id, s.first_phone, s.name, s.language, s.time_zone, s.region, s.attributes,
       coalesce(c.id, nextval('campaigns_contact_id_seq')) AS contact_id, c.id IS NULL AS made
FROM import_row_{{id}} s LEFT JOIN campaigns_contact c ON {same}
WHERE s.row_no BETWEEN %(first_row)s AND %(last_row)s AND s.customer_id IS {kind} NULL
"""
# Who they are: a contact that is known, or a new one whose id is taken now.
FIND = [
    "DROP TABLE IF EXISTS import_person",
    "CREATE TEMP TABLE import_person ON COMMIT DROP AS"
    + PERSON.format(same="c.customer_id = s.customer_id", kind="NOT")
    + "UNION ALL"
    + PERSON.format(same="c.customer_id IS NULL AND c.first_phone = s.first_phone", kind=""),
    "ANALYZE import_person (row_no, contact_id, made)",
]
EMPTY_CHANGE = [
    "DROP TABLE IF EXISTS import_change",
    """
    CREATE TEMP TABLE import_change (
        contact_id bigint, fields boolean, phones boolean, changes jsonb
    ) ON COMMIT DROP
    """,
]

# What the newer list leaves empty keeps its older value; attributes are merged group by group.
MERGED = """
SELECT c.id, coalesce(nullif(r.name, ''), c.name) AS name,
       coalesce(nullif(r.language, ''), c.language) AS language,
       coalesce(nullif(r.time_zone, ''), c.time_zone) AS time_zone,
       coalesce(nullif(r.region, ''), c.region) AS region,
       CASE WHEN c.attributes @> r.attributes THEN c.attributes ELSE c.attributes || (
           SELECT coalesce(jsonb_object_agg(g.key, coalesce(c.attributes -> g.key, '{{}}') || g.value), '{{}}')
           FROM jsonb_each(r.attributes) g
       ) END AS attributes
FROM import_person r JOIN campaigns_contact c ON c.id = r.contact_id
WHERE NOT r.made
"""
OTHER_FIELDS = """
(c.name, c.language, c.time_zone, c.region, c.attributes)
    IS DISTINCT FROM (m.name, m.language, m.time_zone, m.region, m.attributes)
"""
PHONES_OF = """
(SELECT coalesce(jsonb_agg(jsonb_build_array(cp.phone, cp.label, cp.position) ORDER BY cp.position, cp.id), '[]')
 FROM campaigns_contactphone cp WHERE cp.contact_id = ch.contact_id)
"""
CHANGE = [
    # Who has something new to say: asked without locks, which most people would take for nothing.
    f"""
    INSERT INTO import_change (contact_id, fields, phones)
    SELECT contact_id, bool_or(fields), bool_or(phones) FROM (
        SELECT c.id AS contact_id, true AS fields, false AS phones
        FROM campaigns_contact c JOIN ({MERGED}) m USING (id) WHERE {OTHER_FIELDS}
        UNION ALL
        SELECT r.contact_id, false, true
        FROM import_person r JOIN import_phone_{{id}} p USING (row_no)
        LEFT JOIN campaigns_contactphone cp
               ON cp.contact_id = r.contact_id AND cp.phone = p.number AND cp.position = p.position
              AND cp.label = p.label
        WHERE NOT r.made AND cp.id IS NULL
    ) found GROUP BY 1
    """,
    "ANALYZE import_change",
    """
    SELECT id FROM campaigns_contact WHERE id IN (SELECT contact_id FROM import_change) ORDER BY id FOR NO KEY UPDATE
    """,
    # What was there is kept, beside what is written: an undo leaves alone what others have changed since.
    f"""
    UPDATE import_change ch SET changes = f.changes
    FROM (
        SELECT c.id, jsonb_strip_nulls(jsonb_build_object(
            'name', CASE WHEN m.name <> c.name THEN jsonb_build_array(c.name, m.name) END,
            'language', CASE WHEN m.language <> c.language THEN jsonb_build_array(c.language, m.language) END,
            'time_zone', CASE WHEN m.time_zone <> c.time_zone THEN jsonb_build_array(c.time_zone, m.time_zone) END,
            'region', CASE WHEN m.region <> c.region THEN jsonb_build_array(c.region, m.region) END,
            'attributes',
            CASE WHEN m.attributes <> c.attributes THEN jsonb_build_array(c.attributes, m.attributes) END
        )) AS changes
        FROM campaigns_contact c JOIN ({MERGED}) m USING (id)
    ) f WHERE ch.contact_id = f.id
    """,
    f"""
    UPDATE campaigns_contact c
    SET name = m.name, language = m.language, time_zone = m.time_zone, region = m.region, attributes = m.attributes,
        updated_at = now()
    FROM ({MERGED}) m JOIN import_change ch ON ch.contact_id = m.id AND ch.fields
    WHERE c.id = m.id AND {OTHER_FIELDS}
    """,
    f"""
    UPDATE import_change ch SET changes = changes || jsonb_build_object('phones', jsonb_build_array({PHONES_OF}))
    WHERE ch.phones
    """,
]
ADD = [
    """
    INSERT INTO campaigns_contact
        (id, customer_id, first_phone, name, language, time_zone, region, attributes, created_at, updated_at)
    SELECT contact_id, customer_id, first_phone, name, language, time_zone, region, attributes, now(), now()
    FROM import_person WHERE made ORDER BY customer_id, first_phone
    """,
    # Two parts may bring the same number for two people: whoever is second waits, and takes it as it is.
    """
    INSERT INTO campaigns_phone (number, country, line_type, zones, status, status_source)
    SELECT DISTINCT ON (p.number) p.number, p.country, p.line_type, p.zones, '', ''
    FROM import_phone_{id} p JOIN import_person r USING (row_no)
    LEFT JOIN import_change ch USING (contact_id)
    WHERE (r.made OR ch.phones) AND NOT EXISTS (SELECT FROM campaigns_phone o WHERE o.number = p.number)
    ORDER BY p.number
    ON CONFLICT DO NOTHING
    """,
    # The phones of the newest list are tried first, those of older lists after them.
    """
    WITH newer AS (
        SELECT r.contact_id, count(*) AS phones
        FROM import_change ch JOIN import_person r USING (contact_id) JOIN import_phone_{id} p USING (row_no)
        WHERE ch.phones GROUP BY 1
    ), older AS (
        SELECT cp.id, n.phones - 1 + row_number() OVER (PARTITION BY cp.contact_id ORDER BY cp.position, cp.id)
               AS position
        FROM newer n JOIN campaigns_contactphone cp USING (contact_id)
        WHERE NOT EXISTS (
            SELECT FROM import_person r JOIN import_phone_{id} p USING (row_no)
            WHERE r.contact_id = cp.contact_id AND p.number = cp.phone
        )
    )
    UPDATE campaigns_contactphone cp SET position = o.position
    FROM older o WHERE cp.id = o.id AND cp.position <> o.position
    """,
    """
    INSERT INTO campaigns_contactphone AS cp (contact_id, phone, label, position)
    SELECT r.contact_id, p.number, p.label, p.position
    FROM import_change ch JOIN import_person r USING (contact_id) JOIN import_phone_{id} p USING (row_no)
    WHERE ch.phones ORDER BY 1, 2
    ON CONFLICT (contact_id, phone) DO UPDATE SET label = excluded.label, position = excluded.position
    WHERE (cp.label, cp.position) IS DISTINCT FROM (excluded.label, excluded.position)
    """,
    """
    INSERT INTO campaigns_contactphone (contact_id, phone, label, position)
    SELECT r.contact_id, p.number, p.label, p.position
    FROM import_person r JOIN import_phone_{id} p USING (row_no) WHERE r.made ORDER BY 1, 2
    """,
    f"""
    INSERT INTO campaigns_contactbefore (version_id, contact_id, changes)
    SELECT %(version)s::bigint, ch.contact_id,
           CASE WHEN ch.phones
                THEN jsonb_set(ch.changes, '{{{{phones,1}}}}', {PHONES_OF}, true)
                ELSE ch.changes END
    FROM import_change ch WHERE ch.changes <> '{{{{}}}}' ORDER BY 2
    """,
]
ENTRIES = """
SELECT {of}, r.contact_id, r.row_no,
       CASE WHEN r.made THEN 0
            WHEN {listed} THEN CASE WHEN ch.contact_id IS NULL THEN 4 ELSE 3 END
            ELSE CASE WHEN ch.contact_id IS NULL THEN 1 ELSE 2 END END
FROM import_person r LEFT JOIN import_change ch ON ch.contact_id = r.contact_id AND ch.changes <> '{{{{}}}}'
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
