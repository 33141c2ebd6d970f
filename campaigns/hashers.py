"""How passwords are kept: Argon2id at OWASP's memory cost, a fifth of Django's default.

Every log-in touches that much memory: at the start of a shift a whole floor logs in at once, on a machine that also
carries its calls. Passwords kept at another cost go on working and are kept anew at the next log-in.
Source: OWASP Password Storage Cheat Sheet, Argon2id m=19456 (19 MiB), t=2, p=1.
"""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class PasswordHasher(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1
