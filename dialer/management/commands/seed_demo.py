"""Fill the database with the demo's bank, campaign, people and list; run again, it adds only what is missing."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dialer import seed, seed_list


class Command(BaseCommand):
    help = "Seed the demo: a bank-card campaign with synthetic contacts and users whose passwords everybody knows."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=seed_list.PEOPLE, help="contacts in the list")
        parser.add_argument("--start", action="store_true", help="start the campaign")

    def handle(self, *, people: int, start: bool, **options: Any) -> None:
        try:
            seeded = seed.seed(people=people, start=start)
        except seed.NotADemo as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{seeded.campaign.name}: {seeded.leads} leads, {seeded.campaign.get_status_display()}.")
        staff = ", ".join(f"{username} ({role.label})" for username, role, *_rest in seed.STAFF)
        self.stdout.write(f"Log-ins: {staff}, agent1 to agent{seed.SIMULATED_AGENTS}, {seed.OWN_SEAT} (your own seat).")
        self.stdout.write(f"Password of all: {seed.PASSWORD}")
