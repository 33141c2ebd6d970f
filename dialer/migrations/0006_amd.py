"""What a detector said of a call, on live calls and for good on attempts. Constant defaults rewrite no partition."""

from django.db import migrations, models


ATTEMPT = """
ALTER TABLE dialer_attempt
    ADD COLUMN detected_at timestamptz,
    ADD COLUMN detector varchar(16) NOT NULL DEFAULT '',
    ADD COLUMN verdict varchar(8) NOT NULL DEFAULT '',
    ADD COLUMN verdict_cause varchar(40) NOT NULL DEFAULT '',
    ADD COLUMN took_ms integer,
    ADD COLUMN sampled boolean NOT NULL DEFAULT false;
-- Counts how often "machine" was wrong: a campaign's verdicts since its settings, few among all its calls.
CREATE INDEX attempt_judged_machine ON dialer_attempt (campaign_id, id) WHERE verdict = 'machine';
"""
BACK = """
DROP INDEX attempt_judged_machine;
ALTER TABLE dialer_attempt DROP COLUMN detected_at, DROP COLUMN detector, DROP COLUMN verdict,
    DROP COLUMN verdict_cause, DROP COLUMN took_ms, DROP COLUMN sampled;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('dialer', '0005_blended_shifts'),
        ('campaigns', '0013_amd'),
    ]

    operations = [
        migrations.AddField(
            model_name='livecall',
            name='detected_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='livecall',
            name='detector',
            field=models.CharField(blank=True, db_default='', max_length=16),
        ),
        migrations.AddField(
            model_name='livecall',
            name='message_left',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='livecall',
            name='on_machine',
            field=models.CharField(blank=True, db_default='', max_length=8),
        ),
        migrations.AddField(
            model_name='livecall',
            name='sampled',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='livecall',
            name='took_ms',
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name='livecall',
            name='verdict',
            field=models.CharField(blank=True, db_default='', max_length=8),
        ),
        migrations.AddField(
            model_name='livecall',
            name='verdict_cause',
            field=models.CharField(blank=True, db_default='', max_length=40),
        ),
        migrations.AlterField(
            model_name='livecall',
            name='state',
            field=models.CharField(choices=[('reserved', 'reserved'), ('placed', 'placed'), ('dialing', 'dialling'), ('ringing', 'ringing'), ('answered', 'answered'), ('machine', 'answering machine'), ('waiting', 'waiting for an agent'), ('assigned', 'being connected'), ('talking', 'talking')], default='reserved', max_length=10),
        ),
        migrations.RunSQL(ATTEMPT, BACK),
    ]
