"""Has this person agreed to such a call? And do they hold a product that keeps them from this campaign?

A grant is for one purpose (a line of business) or for any, on one basis, from when it was given until it expires. What
was taken back is no grant any more: whoever keeps them sees to that (campaigns.consents), but for one case, a person
who agreed to everything and took back a single purpose. A campaign of no line of business has a purpose nobody was
asked about, so that only what was given for any purpose covers it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

# What decisions name as their rule.
CONSENT_RULE, PRODUCTS_RULE = "consent", "products"


class Basis(StrEnum):
    """On what ground a person may be called; the words for people are in campaigns.sentences."""

    EXPLICIT = "explicit"
    CONTRACT = "contract"
    EXISTING_CUSTOMER = "existing_customer"
    LEGITIMATE_INTEREST = "legitimate_interest"
    LEGAL_OBLIGATION = "legal_obligation"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person agreed to. `purpose`: the line of business, None for any; `without`: lines taken back from that."""

    purpose: int | None
    basis: str
    given_at: datetime
    expires_at: datetime | None = None
    without: frozenset[int] = frozenset()


def covers(grant: Grant, line_of_business_id: int | None) -> bool:
    """Whether it was given for calls of this line."""
    if grant.purpose is None:
        return line_of_business_id not in grant.without
    return grant.purpose == line_of_business_id


def agrees_from(
    grants: Iterable[Grant], bases: Collection[str], line_of_business_id: int | None, now: datetime
) -> datetime | None:
    """Since or from when they agree to calls of this line on one of these bases; None: they don't, as far as is known.

    A time after `now` is possible: an agreement written down while somebody decides is younger than that decision.
    """
    valid = [
        grant.given_at
        for grant in grants
        if grant.basis in bases
        and covers(grant, line_of_business_id)
        and (grant.expires_at is None or grant.expires_at > max(now, grant.given_at))
    ]
    return min(valid, default=None)


def excluding(products: Collection[str], excluded: Collection[str]) -> list[str]:
    """The products held that keep the person from the campaign, in the order of their codes."""
    return sorted(set(products) & set(excluded))


def read_grants(data: Sequence[Sequence[Any]]) -> tuple[Grant, ...]:
    """What campaigns.consents keeps on a contact: [purpose, basis, given at, expires at, [lines taken back]] each."""
    return tuple(
        Grant(
            purpose,
            basis,
            datetime.fromisoformat(given),
            datetime.fromisoformat(expires) if expires else None,
            frozenset(without),
        )
        for purpose, basis, given, expires, without in data
    )
