"""Bring an installation up to date in one process: schema, PBX settings, a first log-in or, if asked for, the demo.

What `make run` and `make demo` call before they start anything. Safe to run again at any time.
"""

from __future__ import annotations

import json
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import CommandError, call_command
from django.db import OperationalError

from campaigns import rulebook
from campaigns.models import User
from dialer.management.commands import configure_pbx
from dialer.models import Agent


class Command(configure_pbx.Command):
    help = "Migrate, then set the PBX as configure_pbx does; --demo also seeds the demo and starts its campaign."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--demo", action="store_true", help="seed the demo and start its campaign")
        parser.add_argument(
            "--report", help="write JSON to this file: SIP phones with secrets, for a far end; the first log-in, if new"
        )

    def handle(self, **options: Any) -> None:
        try:
            call_command("migrate", verbosity=0)
        except OperationalError as error:
            raise CommandError(
                "the database does not answer: check DATABASE_URL, and that PostgreSQL is running and lets us in."
            ) from error
        super().handle(**options)
        rulebook.install()
        if options["demo"]:
            call_command("seed_demo", start=True, stdout=self.stdout)
        first = _first_administrator()
        if options["report"]:
            _report(Path(options["report"]), first)


def _first_administrator() -> tuple[str, str] | None:
    """Where nobody can log in yet: an administrator with a password that is told once."""
    if User.objects.exists():
        return None
    name, password = "admin", secrets.token_urlsafe(12)
    User.objects.create_superuser(username=name, password=password, role=User.Role.ADMINISTRATOR)
    return name, password


def _report(path: Path, first: tuple[str, str] | None) -> None:
    phones = Agent.objects.filter(phone_kind=Agent.PhoneKind.SIP, user__is_active=True).order_by("pk")
    path.touch(mode=0o600)
    known = [[agent.endpoint, agent.sip_secret] for agent in phones]
    path.write_text(json.dumps({"phones": known, "first_log_in": first}))
