"""What the models promise is what the database has."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection


@pytest.mark.django_db
def test_every_constraint_and_index_of_every_model_is_in_the_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint UNION SELECT indexname FROM pg_indexes")
        there = {name for (name,) in cursor.fetchall()}

    models = [model._meta for model in apps.get_models() if model._meta.managed]
    promised = {promise.name for meta in models for promise in (*meta.constraints, *meta.indexes)}

    # A migration that takes a foreign key's index away was seen to take a unique one of the same column along.
    assert promised <= there
