"""The history of attempts: partitioned by month of its time-ordered id, inserted once and never changed."""

from datetime import UTC, datetime

from django.db import migrations

from campaigns import partitions

ATTEMPT = """
CREATE TABLE dialer_attempt (
    id uuid NOT NULL PRIMARY KEY,
    server_id bigint NOT NULL,
    trunk_id bigint NOT NULL,
    campaign_id bigint NOT NULL,
    lead_id bigint NOT NULL,
    contact_id bigint NOT NULL,
    phone bigint NOT NULL,
    caller_id varchar(20) NOT NULL,
    shift_id uuid,
    agent_id bigint,
    outcome varchar(24) NOT NULL,
    cause smallint,
    tech_cause varchar(40) NOT NULL,
    hangup_by varchar(16) NOT NULL,
    reserved_at timestamptz NOT NULL,
    placed_at timestamptz,
    dialing_at timestamptz,
    ringing_at timestamptz,
    answered_at timestamptz,
    waiting_at timestamptz,
    assigned_at timestamptz,
    bridged_at timestamptz,
    ended_at timestamptz NOT NULL
) PARTITION BY RANGE (id);
CREATE TABLE dialer_attempt_default PARTITION OF dialer_attempt DEFAULT;
CREATE INDEX attempt_of_campaign ON dialer_attempt (campaign_id, id);
CREATE INDEX attempt_of_lead ON dialer_attempt (lead_id);
CREATE INDEX attempt_of_contact ON dialer_attempt (contact_id, id);
CREATE INDEX attempt_of_phone ON dialer_attempt (phone);
CREATE INDEX attempt_of_agent ON dialer_attempt (agent_id, id) WHERE agent_id IS NOT NULL;
CREATE INDEX attempt_ended ON dialer_attempt USING brin (ended_at);
CREATE TRIGGER attempts_never_change BEFORE UPDATE ON dialer_attempt
    FOR EACH ROW EXECUTE FUNCTION fairdial_append_only();
-- Live rows are few and updated often: room on the page keeps those updates off the indexes.
ALTER TABLE dialer_livecall SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE dialer_shift SET (fillfactor = 50);
"""


def make_partitions(apps, schema_editor):
    partitions.ensure(schema_editor.connection, "dialer_attempt", by_id=True, now=datetime.now(UTC))


class Migration(migrations.Migration):
    dependencies = [("dialer", "0001_initial"), ("campaigns", "0002_touches_and_audit")]

    operations = [
        migrations.RunSQL(ATTEMPT, "DROP TABLE dialer_attempt"),
        migrations.RunPython(make_partitions, migrations.RunPython.noop),
    ]
