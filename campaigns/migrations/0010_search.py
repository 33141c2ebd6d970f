"""Search of people: what is indexed to find a person by customer id, number or name (campaigns.search), and API tokens."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.math
from django.conf import settings
from django.db import migrations, models

# As campaigns.rules.searching reads what is typed. Each word carries the block of contacts that it is in: see Contact.
NAME_WORDS = r"""
CREATE FUNCTION campaigns_name_words(id bigint, name text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    block text := (id >> 16) || '|';
    words text[] := '{}';
    characters text;
    pair text;
BEGIN
    IF name ~ '[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]' THEN
        characters := regexp_replace(name, '[^\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+', ' ', 'g');
        FOR place IN 1..length(characters) LOOP
            pair := rtrim(substr(characters, place, 2));
            IF pair <> '' AND left(pair, 1) <> ' ' THEN
                words := words || (block || pair);
            END IF;
        END LOOP;
        name := regexp_replace(name, '[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3]+', ' ', 'g');
    END IF;
    name := btrim(regexp_replace(lower(name), '[\s\u3000\u00b7!-/:-@\[-`{-~]+', ' ', 'g'));
    IF name <> '' THEN
        words := words || string_to_array(block || replace(name, ' ', ' ' || block), ' ');
    END IF;
    RETURN array_to_tsvector(words);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0009_imports")]

    operations = [
        migrations.RunSQL(NAME_WORDS, "DROP FUNCTION campaigns_name_words(bigint, text)"),
        migrations.AlterField(
            model_name="contact",
            name="customer_id",
            field=models.CharField(
                blank=True, db_collation="C", max_length=64, null=True, verbose_name="customer id"
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(models.F("id"), models.F("name"), function="campaigns_name_words"),
                name="contact_name_words",
            ),
        ),
        migrations.AddIndex(
            model_name="contactphone",
            index=models.Index(
                django.db.models.functions.math.Mod(models.F("phone"), models.Value(10000)),
                name="contact_phone_last_digits",
            ),
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("key_hash", models.CharField(editable=False, max_length=64, unique=True)),
                ("hint", models.CharField(help_text="the last characters of the secret", max_length=4)),
                ("may_change", models.BooleanField(default=False, verbose_name="may change things")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["-pk"]},
        ),
    ]
