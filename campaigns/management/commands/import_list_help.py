"""Help with a running import until there is nothing left to do for this process (see import_list)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from campaigns.lists import importing


class Command(BaseCommand):
    help = "Help with the import of a list's version until it needs no more help."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", type=int)

    def handle(self, *, version: int, **options: Any) -> None:
        while importing.step(version):
            pass
