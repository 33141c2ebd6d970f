import django.core.validators
from django.db import migrations, models


# Last of all: a table whose foreign keys are still to be checked cannot be altered in the same transaction.
THE_SEEDED_ONE = "UPDATE campaigns_disposition SET of_machine = true WHERE code = 'answering_machine'"


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0012_uploads'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='amd_least_sample',
            field=models.PositiveSmallIntegerField(db_default=30, default=30, validators=[django.core.validators.MinValueValidator(5), django.core.validators.MaxValueValidator(10000)]),
        ),
        migrations.AddField(
            model_name='campaign',
            name='amd_limit_percent',
            field=models.DecimalField(db_default=10, decimal_places=2, default=10, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)]),
        ),
        migrations.AddField(
            model_name='campaign',
            name='amd_sample_percent',
            field=models.DecimalField(db_default=3, decimal_places=2, default=3, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)]),
        ),
        migrations.AddField(
            model_name='campaign',
            name='detector',
            field=models.CharField(choices=[('off', 'Nobody listens: whoever answers goes to an agent'), ('asterisk', 'The PBX listens to the greeting (Asterisk AMD)')], db_default='off', default='off', max_length=16, verbose_name='detector'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='detector_fell_back',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='campaign',
            name='detector_parameters',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='campaign',
            name='detector_set_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='campaign',
            name='machine_action',
            field=models.CharField(choices=[('hang_up', 'Hang up'), ('message', 'Leave the message after the beep'), ('agent', 'To an agent')], db_default='hang_up', default='hang_up', max_length=8, verbose_name='what happens to a machine'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='machine_message',
            field=models.CharField(blank=True, db_default='', max_length=80, verbose_name='message for machines'),
        ),
        migrations.AddField(
            model_name='disposition',
            name='of_machine',
            field=models.BooleanField(db_default=False, default=False, verbose_name='it was an answering machine'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('amd_limit_percent__range', (0, 100)), ('amd_sample_percent__range', (0, 100))), name='detection_percents_in_bounds'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('machine_action', 'message'), _negated=True), models.Q(('machine_message', ''), _negated=True), ('detector', 'off'), _connector='OR'), name='message_for_machines_is_named'),
        ),
        migrations.RunSQL(THE_SEEDED_ONE, migrations.RunSQL.noop),
    ]
