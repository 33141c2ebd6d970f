"""Consent and products in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.rules.consent import Basis
from campaigns.sentences.parts import listed

BASES: dict[str, str | Promise] = {
    Basis.EXPLICIT: gettext_lazy("explicit consent"),
    Basis.CONTRACT: gettext_lazy("a contract"),
    Basis.EXISTING_CUSTOMER: gettext_lazy("an existing customer relationship"),
    Basis.LEGITIMATE_INTEREST: gettext_lazy("legitimate interest"),
    Basis.LEGAL_OBLIGATION: gettext_lazy("a legal obligation"),
}


def basis_words(basis: str) -> str:
    return str(BASES.get(basis, basis.replace("_", " ")))


def consent_sentence(bases: Collection[str]) -> str:
    """Only people who have agreed explicitly, on record and not withdrawn."""
    if not bases:
        return _("Nobody needs to have agreed: no consent is asked for")
    if set(bases) == set(Basis):
        return _("Only people with a consent on record, on whatever basis, that has neither expired nor been withdrawn")
    if set(bases) == {Basis.EXPLICIT}:
        return _("Only people who have agreed explicitly, on record and not withdrawn")
    said = {"bases": listed([basis_words(basis) for basis in Basis if basis in bases])}
    return _("Only people with one of these on record, neither expired nor withdrawn: %(bases)s") % said


def products_sentence(labels: Sequence[str]) -> str:
    """Nobody who holds one of these: Gold Card and Cash Plan."""
    if not labels:
        return _("No product keeps anybody from this campaign")
    return _("Nobody who holds one of these: %(products)s") % {"products": listed(list(labels))}
