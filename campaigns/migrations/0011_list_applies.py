"""What an import brings beside people, counted and named, so that it can be taken back; do-not-call files undone."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0010_search'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='consentevent',
            name='consent_given_on_a_basis',
        ),
        migrations.AddField(
            model_name='consentevent',
            name='undoes_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='consentevent',
            name='version_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='importpart',
            name='consents',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='importpart',
            name='doubts',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='importpart',
            name='holdings',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='importpart',
            name='statuses',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='listversion',
            name='consents',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='listversion',
            name='doubts',
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField()), default=dict),
        ),
        migrations.AddField(
            model_name='listversion',
            name='holdings',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='listversion',
            name='statuses',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='phoneevidence',
            name='withdrawn_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='productevent',
            name='version_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='suppression',
            name='ended_file_id',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='suppressionfile',
            name='entered_again',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='suppressionfile',
            name='taken_back',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='suppressionfile',
            name='undone_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='suppressionfile',
            name='undone_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='suppressionfile',
            name='undone_why',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AlterField(
            model_name='consentevent',
            name='kind',
            field=models.CharField(choices=[('given', 'given'), ('withdrawn', 'withdrawn'), ('undone', 'undone')], max_length=10),
        ),
        migrations.AlterField(
            model_name='suppressionfile',
            name='state',
            field=models.CharField(choices=[('waiting', 'waiting to be read'), ('reading', 'being read'), ('compared', 'waiting for your word'), ('applying', 'being applied'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled'), ('undoing', 'being undone'), ('undone', 'undone')], default='waiting', max_length=10),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis__gt', ''), ('kind', 'given')), models.Q(('basis', ''), ('expires_at', None), ('kind', 'withdrawn')), models.Q(('expires_at', None), ('kind', 'undone')), _connector='OR'), name='consent_given_on_a_basis'),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'undone'), ('undoes_id__isnull', False)), models.Q(models.Q(('kind', 'undone'), _negated=True), ('undoes_id__isnull', True)), _connector='OR'), name='consent_undone_names_what'),
        ),
    ]
