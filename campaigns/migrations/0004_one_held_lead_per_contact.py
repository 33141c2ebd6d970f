"""The index that never lets two calls hold one person, again.

0003 takes the foreign key's own index away (db_index=False on Lead.contact); Django looks for it by its column and
took this partial unique index, of the same column, along (seen with Django 5.2).
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0003_rules")]

    operations = [
        migrations.RunSQL(
            "CREATE UNIQUE INDEX IF NOT EXISTS one_held_lead_per_contact ON campaigns_lead (contact_id) "
            "WHERE state = 'held'",
            migrations.RunSQL.noop,
        ),
    ]
