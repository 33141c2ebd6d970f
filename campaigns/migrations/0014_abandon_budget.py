"""Abandon budgets as rules: rows of their own, and those of compliance profiles read into figures that decide."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

# The words of older files, by how they begin; what is not known is read as the strictest.
STARTS = {"end": "greeting"}
WINDOWS = {"the campaign": ["days", 30], "calendar day": ["day", 1], "calendar month": ["month", 1], "campaign": ["campaign", 1]}
SCOPES = {"telemarketer": "all"}


def read_words(name, said, number, scope):
    begins = {word: window for word, window in WINDOWS.items() if said.get("window", "").startswith(word)}
    start = next((to for word, to in STARTS.items() if said.get("measured_from", "").startswith(word)), "answer")
    return {
        "name": f"{name}.abandon-{number}",
        "limit": said["cap"],
        "aim": round(said["cap"] * 2.8 / 3, 6),
        "threshold_ms": round(said["connect_seconds"] * 1000),
        "start": start,
        "of": "live" if "live" in said.get("denominator", "") and "passed" not in said["denominator"] else "connected",
        "window": next(iter(begins.values()), ["hours", 24]),
        "scope": SCOPES.get(said.get("scope", ""), scope),
        "false_machines": said.get("false_machines_count", True),
    }


def words_to_figures(apps, schema_editor):
    """A profile's words become figures, and the campaigns it binds make a policy of them when they are next asked."""
    bound = []
    for profile in apps.get_model("campaigns", "ComplianceProfile").objects.all():
        said = profile.data.get("abandon")
        scopes = ("campaign", "all") if said and "call centre" in said.get("scope", "") else ("campaign",)
        profile.data["abandon"] = [read_words(profile.name, said, n, s) for n, s in enumerate(scopes, 1)] if said else []
        profile.save(update_fields=["data"])
        bound += [profile.pk] if said else []
    apps.get_model("campaigns", "Campaign").objects.filter(profiles__in=bound).update(policy=None)


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0013_amd'),
    ]

    operations = [
        migrations.CreateModel(
            name='AbandonBudget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('limit', models.DecimalField(decimal_places=2, default=3, max_digits=5, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(100)], verbose_name='at most (%)')),
                ('aim', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(0)], verbose_name='aim at (%)')),
                ('seconds', models.DecimalField(decimal_places=1, default=2, max_digits=4, validators=[django.core.validators.MaxValueValidator(60)], verbose_name='an agent within (s)')),
                ('start', models.CharField(choices=[('answer', 'the answer'), ('greeting', "the end of the person's greeting"), ('detection', 'the moment a person was told from a machine')], default='answer', max_length=10, verbose_name='from')),
                ('of', models.CharField(choices=[('live', 'calls answered by a person'), ('answered', 'answered calls'), ('connected', 'calls passed to an agent or abandoned')], default='live', max_length=10, verbose_name='of')),
                ('window', models.CharField(choices=[('hours', 'any number of hours'), ('day', 'a calendar day'), ('month', 'a calendar month'), ('campaign', 'the whole campaign'), ('days', 'each so many days of the campaign')], default='day', max_length=8, verbose_name='in')),
                ('window_length', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(744)], verbose_name='how many')),
                ('scope', models.CharField(choices=[('campaign', 'this campaign'), ('line_of_business', 'the line of business'), ('all', 'all campaigns')], default='campaign', max_length=16, verbose_name='over')),
                ('false_machines', models.BooleanField(default=True, verbose_name='people taken for machines count as abandoned')),
                ('active', models.BooleanField(default=True)),
            ],
            options={
                'verbose_name': 'abandon budget',
            },
        ),
        migrations.AddField(
            model_name='campaign',
            name='abandon_aim',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=4, null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(10)], verbose_name='aim at abandoned calls of (%)'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='cancels_late',
            field=models.BooleanField(db_default=False, default=False, verbose_name='give up late ringers'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='pacing_before',
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='campaign',
            name='pacing_until',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name='campaign',
            name='dial_mode',
            field=models.CharField(choices=[('progressive', 'Progressive (one call per ready agent)'), ('ratio', 'Fixed ratio'), ('predictive', 'Predictive (as many calls as the abandon budget bears)')], default='progressive', max_length=12, verbose_name='dial mode'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('pacing_before__isnull', True), ('pacing_until__isnull', True)), models.Q(('pacing_before__isnull', False), ('pacing_until__isnull', False)), _connector='OR'), name='pacing_for_a_while_knows_what_was_before'),
        ),
        migrations.AddField(
            model_name='abandonbudget',
            name='campaign',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='abandon_budgets', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='abandonbudget',
            name='line_of_business',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='abandon_budgets', to='campaigns.lineofbusiness'),
        ),
        migrations.AddConstraint(
            model_name='abandonbudget',
            constraint=models.CheckConstraint(condition=models.Q(('campaign__isnull', True), ('line_of_business__isnull', True), _connector='OR'), name='abandon_budget_has_one_owner'),
        ),
        migrations.AddConstraint(
            model_name='abandonbudget',
            constraint=models.CheckConstraint(condition=models.Q(('limit__gte', 0), ('limit__lte', 100), models.Q(('aim__isnull', True), models.Q(('aim__gte', 0), ('aim__lte', models.F('limit'))), _connector='OR')), name='abandon_budget_aims_within_its_limit'),
        ),
        migrations.AddConstraint(
            model_name='abandonbudget',
            constraint=models.CheckConstraint(condition=models.Q(('window_length__gte', 1), ('window_length__lte', 744)), name='abandon_budget_window_up_to_744'),
        ),
        migrations.RunPython(words_to_figures, migrations.RunPython.noop),
    ]
