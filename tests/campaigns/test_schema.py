"""The database holds what the models say: migrations may lose a constraint without anybody's wish."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

MODELS = [model for app in ("campaigns", "dialer") for model in apps.get_app_config(app).get_models()]


@pytest.mark.django_db
@pytest.mark.parametrize("model", [m for m in MODELS if m._meta.managed], ids=lambda m: m.__name__)
def test_every_constraint_and_index_of_a_model_is_in_the_database(model):
    with connection.cursor() as cursor:
        there = connection.introspection.get_constraints(cursor, model._meta.db_table)

    assert {each.name for each in (*model._meta.constraints, *model._meta.indexes)} <= there.keys()
