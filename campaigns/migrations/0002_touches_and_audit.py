"""The touch ledger, partitioned by month, and an audit trail that the database itself keeps append-only."""

from datetime import UTC, datetime

from django.db import migrations

from campaigns import partitions

TOUCH = """
CREATE TABLE campaigns_touch (
    phone bigint NOT NULL,
    at timestamptz NOT NULL,
    call_id uuid NOT NULL,
    contact_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    line_of_business_id bigint,
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 3),
    -- Caps per phone are counted from this index alone.
    PRIMARY KEY (phone, at, call_id) INCLUDE (contact_id, campaign_id, line_of_business_id, level)
) PARTITION BY RANGE (at);
CREATE TABLE campaigns_touch_default PARTITION OF campaigns_touch DEFAULT;
-- Caps per person are counted from this index alone.
CREATE INDEX touch_of_contact ON campaigns_touch (contact_id, at)
    INCLUDE (phone, campaign_id, line_of_business_id, level);
"""

AUDIT = """
CREATE FUNCTION fairdial_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON campaigns_auditentry
    FOR EACH ROW EXECUTE FUNCTION fairdial_append_only();
"""


def make_partitions(apps, schema_editor):
    partitions.ensure(schema_editor.connection, "campaigns_touch", by_id=False, now=datetime.now(UTC))


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        migrations.RunSQL(TOUCH, "DROP TABLE campaigns_touch"),
        migrations.RunSQL(
            AUDIT,
            "DROP TRIGGER audit_is_append_only ON campaigns_auditentry; DROP FUNCTION fairdial_append_only()",
        ),
        migrations.RunPython(make_partitions, migrations.RunPython.noop),
    ]
