"""Look up the numbers of a list whose state is not known, and say what became of it.

Exit code 0: done, or waiting for answers that come as files; 1: stopped or refused (the sentence is on stderr).
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns import services
from campaigns.lookups import Provider, running, wanted
from campaigns.lookups.providers import providers
from campaigns.models import Campaign, ContactList, LookupRun


class Command(BaseCommand):
    help = "Look up the numbers of a list whose state is not known or has aged."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("list", type=int, help="the list's number, as in its address")
        parser.add_argument("--provider", choices=list(providers()), default=next(iter(providers())))
        parser.add_argument("--campaign", help="the name of the campaign whose budget it is charged to as well")
        parser.add_argument("--estimate", action="store_true", help="only say how many numbers, and what they cost")
        parser.add_argument("--json", action="store_true", help="report as JSON")

    def handle(self, *, list: int, provider: str, campaign: str | None, **options: Any) -> None:
        found = ContactList.objects.filter(pk=list).first()
        if found is None:
            raise CommandError(f"There is no list {list}.")
        report = self._estimate(found, providers()[provider])
        if not options["estimate"]:
            report |= self._look_up(found, provider, self._campaign(campaign))
        line = json.dumps(report) if options["json"] else ", ".join(f"{k}: {v}" for k, v in report.items())
        self.stdout.write(line)

    def _estimate(self, found: ContactList, provider: Provider) -> dict[str, Any]:
        estimate = wanted.estimate(found.pk, provider, timezone.now())
        return {
            "list": found.pk,
            "provider": provider.name,
            "numbers": estimate.numbers,
            "estimate": str(estimate.cost),
        }

    def _look_up(self, found: ContactList, provider: str, campaign: Campaign | None) -> dict[str, Any]:
        try:
            made = running.start(contact_list=found, provider=provider, by=None, campaign=campaign, later=False)
        except services.Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        while running.run(made.pk):
            pass
        made.refresh_from_db()
        if made.state in (LookupRun.State.FAILED, LookupRun.State.STOPPED):
            raise CommandError(made.error)
        return {
            "run": made.pk,
            "state": made.state,
            "asked": made.numbers_asked,
            "answered": made.numbers_answered,
            "cost": str(made.cost),
        }

    def _campaign(self, name: str | None) -> Campaign | None:
        if not name:
            return None
        found = Campaign.objects.filter(name=name).first()
        if found is None:
            raise CommandError(f"There is no campaign named “{name}”.")
        return found
