"""Whose rules a page is about, and its addresses: a campaign's, a line of business's, everyone's (None)."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.urls import reverse

from campaigns.models import Campaign, LineOfBusiness
from campaigns.rulebook import Owner


def owner_of(campaign: int | None, line: int | None) -> Owner:
    """Found by what the address names; 404 where there is none."""
    if campaign is not None:
        return get_object_or_404(Campaign.objects.select_related("line_of_business"), pk=campaign)
    return get_object_or_404(LineOfBusiness, pk=line) if line is not None else None


def address(owner: Owner) -> tuple[Any, ...]:
    """The name of the owner's page and its arguments, as redirect() wants them."""
    if isinstance(owner, Campaign):
        return ("campaign-rules", owner.pk)
    return ("line-rules", owner.pk) if owner else ("rules",)


def base(owner: Owner) -> str:
    """What every address of the owner's rules begins with."""
    name, *args = address(owner)
    return reverse(name, args=args)
