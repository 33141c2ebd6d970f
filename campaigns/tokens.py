"""Tokens of programs: a secret that is shown once and kept as its hash. It may what its user may, or only read.

The secret is 32 random bytes, so a plain hash is as good as a slow one: there is nothing to guess.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from campaigns.models import ApiToken, User
from campaigns.services import audit

PREFIX = "fairdial_"
# How exactly it is known when a token was used last: each look would else be a write.
USED_WITHIN = timedelta(minutes=1)


@transaction.atomic
def make(*, user: User, name: str, days: int | None, may_change: bool, by: User) -> tuple[ApiToken, str]:
    """A token of this user for so many days (None: until it is taken back), and its secret, which is not kept."""
    secret = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        user=user,
        name=name,
        key_hash=_hash(secret),
        hint=secret[-4:],
        may_change=may_change,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    until = str(made.expires_at or "")
    audit(by, "token.made", made, {"user": user.pk, "may_change": may_change, "until": until})
    return made, secret


@transaction.atomic
def revoke(*, token: ApiToken, by: User) -> bool:
    """Take it back from now on; False if it was."""
    changed = ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now())
    if changed:
        audit(by, "token.revoked", token, {"user": token.user_id})
    return bool(changed)


def known(secret: str, now: datetime) -> ApiToken | None:
    """The token with its user, if it still holds; that it was used is remembered."""
    holds = Q(expires_at=None) | Q(expires_at__gt=now)
    found = ApiToken.objects.select_related("user").filter(
        holds, key_hash=_hash(secret), revoked_at=None, user__is_active=True
    )
    token = found.first()
    if token and (token.last_used_at is None or now - token.last_used_at > USED_WITHIN):
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
