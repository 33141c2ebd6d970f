import django.db.models.deletion
from django.db import migrations, models

# Last of all: a table with rows whose foreign keys are still to be checked cannot be altered in the same transaction.
ITS_ONE_CAMPAIGN = "INSERT INTO dialer_shiftcampaign (shift_id, campaign_id) SELECT id, campaign_id FROM dialer_shift"


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0006_agent_shares'),
        ('dialer', '0004_callbacks'),
    ]

    operations = [
        migrations.CreateModel(
            name='ShiftCampaign',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='campaigns.campaign')),
                ('shift', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to='dialer.shift')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('shift', 'campaign'), name='shift_serves_campaign_once')],
            },
        ),
        migrations.AddField(
            model_name='shift',
            name='campaigns',
            field=models.ManyToManyField(related_name='serving_shifts', through='dialer.ShiftCampaign', to='campaigns.campaign'),
        ),
        migrations.RemoveIndex(
            model_name='shift',
            name='shift_ready',
        ),
        migrations.AddIndex(
            model_name='shift',
            index=models.Index(condition=models.Q(('state', 'ready')), fields=['server', 'since'], name='shift_ready'),
        ),
        migrations.AddField(
            model_name='pool',
            name='credit',
            field=models.FloatField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='agent',
            name='campaigns',
            field=models.ManyToManyField(blank=True, help_text='The campaigns whose calls they may take; a change holds from their next sign-in.', related_name='agents', to='campaigns.campaign'),
        ),
        migrations.RunSQL(ITS_ONE_CAMPAIGN, migrations.RunSQL.noop),
    ]
