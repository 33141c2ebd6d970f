"""Consent and products on the contact with their append-only history; do-not-call of persons, per source, never deleted."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


APPEND_ONLY = """
CREATE TRIGGER consent_is_append_only BEFORE UPDATE OR DELETE ON campaigns_consentevent
    FOR EACH ROW EXECUTE FUNCTION fairdial_append_only();
CREATE TRIGGER product_is_append_only BEFORE UPDATE OR DELETE ON campaigns_productevent
    FOR EACH ROW EXECUTE FUNCTION fairdial_append_only()
"""


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0007_phone_evidence'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConsentEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_id', models.BigIntegerField()),
                ('line_of_business_id', models.BigIntegerField(null=True)),
                ('kind', models.CharField(choices=[('given', 'given'), ('withdrawn', 'withdrawn')], max_length=10)),
                ('basis', models.CharField(blank=True, db_default='', max_length=24)),
                ('at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(null=True)),
                ('source', models.CharField(db_default='', max_length=64)),
                ('reason', models.CharField(blank=True, db_default='', max_length=200)),
                ('by_id', models.BigIntegerField(null=True)),
                ('recorded_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Product',
            fields=[
                ('code', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='code')),
                ('label', models.CharField(max_length=64, verbose_name='name')),
            ],
            options={
                'ordering': ['label'],
            },
        ),
        migrations.CreateModel(
            name='ProductEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('contact_id', models.BigIntegerField()),
                ('product', models.CharField(max_length=64)),
                ('held', models.BooleanField()),
                ('source', models.CharField(db_default='', max_length=64)),
                ('reason', models.CharField(blank=True, db_default='', max_length=200)),
                ('by_id', models.BigIntegerField(null=True)),
                ('recorded_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SuppressionFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upload', models.FileField(blank=True, upload_to='do-not-call/', verbose_name='file')),
                ('original_name', models.CharField(blank=True, max_length=255)),
                ('default_country', models.CharField(default='CN', max_length=2, verbose_name='country of numbers without a prefix')),
                ('source', models.CharField(max_length=32, verbose_name='source')),
                ('reason', models.CharField(max_length=200, verbose_name='reason')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('replaces', models.BooleanField(default=False)),
                ('confirmed', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting to be read'), ('reading', 'being read'), ('compared', 'waiting for your word'), ('applying', 'being applied'), ('done', 'done'), ('failed', 'failed'), ('cancelled', 'cancelled')], default='waiting', max_length=10)),
                ('error', models.TextField(blank=True)),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('rows_duplicate', models.PositiveIntegerField(default=0)),
                ('rows_rejected', models.PositiveIntegerField(default=0)),
                ('numbers', models.PositiveIntegerField(default=0)),
                ('added', models.PositiveIntegerField(default=0)),
                ('prolonged', models.PositiveIntegerField(default=0)),
                ('kept', models.PositiveIntegerField(default=0)),
                ('gone', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='SuppressionReject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_no', models.PositiveIntegerField()),
                ('reason', models.CharField(max_length=32)),
                ('value', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['row_no'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='suppression',
            name='suppression_once_per_scope',
        ),
        migrations.AddField(
            model_name='campaign',
            name='consent_bases',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)), default=list, size=None, verbose_name='consent'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='excluded_products',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)), default=list, size=None, verbose_name='excluded products'),
        ),
        migrations.AddField(
            model_name='contact',
            name='consents',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.AddField(
            model_name='contact',
            name='products',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), db_default=models.Value([], django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)), default=list, size=None),
        ),
        migrations.AddField(
            model_name='disposition',
            name='of_person',
            field=models.BooleanField(db_default=False, default=False, verbose_name='the person, on all their numbers'),
        ),
        migrations.AddField(
            model_name='suppression',
            name='contact',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, to='campaigns.contact'),
        ),
        migrations.AddField(
            model_name='suppression',
            name='ended_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='suppression',
            name='ended_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='suppression',
            name='ended_why',
            field=models.CharField(blank=True, db_default='', default='', max_length=200),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='campaign',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, to='campaigns.campaign'),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='created_by',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='line_of_business',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, to='campaigns.lineofbusiness'),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='phone',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='number'),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='reason',
            field=models.CharField(blank=True, db_default='', max_length=200, verbose_name='reason'),
        ),
        migrations.AlterField(
            model_name='suppression',
            name='source',
            field=models.CharField(blank=True, db_default='', max_length=32, verbose_name='source'),
        ),
        migrations.AddIndex(
            model_name='consentevent',
            index=models.Index(fields=['contact_id'], name='consent_of_contact'),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.CheckConstraint(condition=models.Q(('at__lte', models.F('recorded_at'))), name='consent_known_after_it_was_so'),
        ),
        migrations.AddConstraint(
            model_name='consentevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis__gt', ''), ('kind', 'given')), models.Q(('basis', ''), ('expires_at', None), ('kind', 'withdrawn')), _connector='OR'), name='consent_given_on_a_basis'),
        ),
        migrations.AddIndex(
            model_name='productevent',
            index=models.Index(fields=['contact_id', 'product'], name='product_event_of_contact'),
        ),
        migrations.AddField(
            model_name='suppressionfile',
            name='campaign',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='suppressionfile',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='suppressionfile',
            name='line_of_business',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to='campaigns.lineofbusiness'),
        ),
        migrations.AddField(
            model_name='suppression',
            name='file',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.suppressionfile'),
        ),
        migrations.AddIndex(
            model_name='suppression',
            index=models.Index(condition=models.Q(('ended_at__isnull', False), ('phone__isnull', False)), fields=['phone'], name='suppression_ended'),
        ),
        migrations.AddIndex(
            model_name='suppression',
            index=models.Index(condition=models.Q(('contact__isnull', False), ('ended_at__isnull', False)), fields=['contact'], name='suppression_of_person_ended'),
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('phone__isnull', False)), fields=('phone', 'line_of_business', 'campaign', 'source'), name='suppression_once_per_scope', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.UniqueConstraint(condition=models.Q(('contact__isnull', False), ('ended_at__isnull', True)), fields=('contact', 'line_of_business', 'campaign', 'source'), name='suppression_of_person_once_per_scope', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='suppression',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('contact__isnull', True), ('phone__isnull', False)), models.Q(('contact__isnull', False), ('phone__isnull', True)), _connector='OR'), name='suppression_of_number_or_person'),
        ),
        migrations.AddField(
            model_name='suppressionreject',
            name='file',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rejects', to='campaigns.suppressionfile'),
        ),
        migrations.AddConstraint(
            model_name='suppressionfile',
            constraint=models.CheckConstraint(condition=models.Q(('line_of_business__isnull', True), ('campaign__isnull', True), _connector='OR'), name='suppression_file_has_one_scope'),
        ),
        migrations.AddConstraint(
            model_name='suppressionreject',
            constraint=models.UniqueConstraint(fields=('file', 'row_no'), name='suppression_reject_once_per_row'),
        ),
        migrations.RunSQL(
            APPEND_ONLY,
            "DROP TRIGGER consent_is_append_only ON campaigns_consentevent;"
            "DROP TRIGGER product_is_append_only ON campaigns_productevent",
        ),
    ]
