"""Passwords: kept at OWASP's cost, and older ones go on working."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password

from tests import build


def test_a_password_is_kept_with_19_mib():
    kept = make_password("correct horse")

    assert kept.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")
    assert check_password("correct horse", kept)
    assert not check_password("wrong horse", kept)


@pytest.mark.django_db
def test_a_password_kept_at_another_cost_works_and_is_kept_anew():
    user = build.user()
    user.password = Argon2PasswordHasher().encode("correct horse", "some-salt-of-it")
    user.save()

    assert user.check_password("correct horse")

    user.refresh_from_db()
    assert "m=19456" in user.password
