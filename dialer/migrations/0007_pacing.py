"""Pacing: what was decided and why, what was learned, and attempts that name the transaction that wrote them."""

from datetime import UTC, datetime

from django.db import migrations, models

from campaigns import partitions

# Attempts of older versions have none: they were written before anybody looks.
SETTLED = """
ALTER TABLE dialer_attempt ADD COLUMN settled_in xid8;
ALTER TABLE dialer_attempt ALTER COLUMN settled_in SET DEFAULT pg_current_xact_id();
-- What was written since a transaction: asked once a second.
CREATE INDEX attempt_settled ON dialer_attempt (settled_in)
"""
PACING = """
CREATE TABLE dialer_pacing (
    campaign_id bigint NOT NULL,
    server_id bigint NOT NULL,
    at timestamptz NOT NULL,
    dial_mode varchar(12) NOT NULL,
    limited_by varchar(32) NOT NULL,
    seconds double precision NOT NULL,
    calls integer NOT NULL,
    cancelled integer NOT NULL,
    ready integer NOT NULL,
    busy integer NOT NULL,
    in_flight integer NOT NULL,
    waiting integer NOT NULL,
    risk double precision NOT NULL,
    theta double precision NOT NULL,
    answer_rate double precision NOT NULL,
    target double precision NOT NULL,
    budget varchar(64) NOT NULL,
    counted integer NOT NULL,
    abandoned integer NOT NULL,
    remaining integer NOT NULL,
    busy_seconds double precision NOT NULL,
    idle_seconds double precision NOT NULL,
    folded boolean NOT NULL DEFAULT false,
    -- One engine decides for a pool, once at a time.
    PRIMARY KEY (campaign_id, server_id, at)
) PARTITION BY RANGE (at);
CREATE TABLE dialer_pacing_default PARTITION OF dialer_pacing DEFAULT;
-- What is old and not folded yet.
CREATE INDEX pacing_unfolded ON dialer_pacing (at) WHERE NOT folded;
"""


def make_partitions(apps, schema_editor):
    partitions.ensure(schema_editor.connection, "dialer_pacing", by_id=False, now=datetime.now(UTC))


class Migration(migrations.Migration):
    dependencies = [("dialer", "0006_amd"), ("campaigns", "0014_abandon_budget")]

    operations = [
        migrations.RunSQL(SETTLED, "ALTER TABLE dialer_attempt DROP COLUMN settled_in"),
        migrations.RunSQL(PACING, "DROP TABLE dialer_pacing"),
        migrations.RunPython(make_partitions, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Pacing",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "campaign_id", "server_id", "at", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("campaign_id", models.BigIntegerField()),
                ("server_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("dial_mode", models.CharField(max_length=12)),
                ("limited_by", models.CharField(max_length=32)),
                ("seconds", models.FloatField()),
                ("calls", models.IntegerField()),
                ("cancelled", models.IntegerField()),
                ("busy_seconds", models.FloatField()),
                ("idle_seconds", models.FloatField()),
                ("ready", models.IntegerField()),
                ("busy", models.IntegerField()),
                ("in_flight", models.IntegerField()),
                ("waiting", models.IntegerField()),
                ("risk", models.FloatField()),
                ("theta", models.FloatField()),
                ("answer_rate", models.FloatField()),
                ("target", models.FloatField()),
                ("budget", models.CharField(max_length=64)),
                ("counted", models.IntegerField()),
                ("abandoned", models.IntegerField()),
                ("remaining", models.IntegerField()),
                ("folded", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "dialer_pacing",
                "managed": False,
            },
        ),
        migrations.AddField(
            model_name="pool",
            name="figures",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="pool",
            name="learned",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="pool",
            name="learned_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
