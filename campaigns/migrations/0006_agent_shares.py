
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0005_sweep'),
    ]

    operations = [
        migrations.AddField(
            model_name='campaign',
            name='agent_priority',
            field=models.PositiveSmallIntegerField(db_default=5, default=5, validators=[django.core.validators.MaxValueValidator(9)], verbose_name='priority for shared agents'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='agent_weight',
            field=models.PositiveSmallIntegerField(db_default=1, default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='weight for shared agents'),
        ),
        migrations.AddConstraint(
            model_name='campaign',
            constraint=models.CheckConstraint(condition=models.Q(('agent_priority__lte', 9), ('agent_weight__gte', 1), ('agent_weight__lte', 100)), name='agent_share_in_bounds'),
        ),
    ]
