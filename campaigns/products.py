"""The only writer of products held: what a person got and gave up, as events, and what they hold now, on the contact.

A product is told by its code, which is how lists write it without regard to case and width. Those who hold it are not
called by campaigns that exclude it. Locks and times are as in campaigns.consents.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from campaigns.models import Contact, Product, ProductEvent, User
from campaigns.reconsidering import due_again
from campaigns.services import audit

LONGEST = 64

LOCK = "SELECT id FROM campaigns_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE"
CHANGE = """
WITH pair AS MATERIALIZED (
    SELECT id, array_agg(DISTINCT code COLLATE "C" ORDER BY code COLLATE "C") AS products
    FROM unnest(%(whose)s::bigint[], %(codes)s::text[]) p(id, code) GROUP BY id
), moved AS MATERIALIZED (
    SELECT c.id, w.source, c.products AS before, coalesce(p.products, '{}') AS after
    FROM unnest(%(contacts)s::bigint[], %(sources)s::text[]) w(id, source)
    JOIN campaigns_contact c ON c.id = w.id LEFT JOIN pair p ON p.id = w.id
    WHERE c.products IS DISTINCT FROM coalesce(p.products, '{}')
), kept AS (
    UPDATE campaigns_contact c SET products = m.after FROM moved m WHERE c.id = m.id
)
INSERT INTO campaigns_productevent (contact_id, product, held, source, reason, by_id, recorded_at, version_id)
SELECT id, code, held, source, %(reason)s, %(by)s, clock_timestamp(), %(version)s FROM (
    SELECT id, unnest(after) AS code, true AS held, source, before AS others FROM moved
    UNION ALL
    SELECT id, unnest(before), false, source, after FROM moved
) each WHERE code <> ALL(others)
RETURNING contact_id, held
"""


# What people would hold had this version said nothing; what others have said since stays.
WITHOUT = """
WITH said AS MATERIALIZED (
    SELECT * FROM (
        SELECT DISTINCT ON (contact_id, product) contact_id, product, held, version_id FROM campaigns_productevent
        WHERE contact_id = ANY(%(contacts)s) ORDER BY contact_id, product, id DESC
    ) latest WHERE version_id = %(version)s
)
SELECT c.id, ARRAY(
    SELECT unnest(c.products) EXCEPT SELECT product FROM said WHERE contact_id = c.id AND held
    UNION SELECT product FROM said WHERE contact_id = c.id AND NOT held
)
FROM campaigns_contact c WHERE c.id IN (SELECT contact_id FROM said)
"""


@dataclass(frozen=True, slots=True)
class Holds:
    """All products that a person holds, as a list writes them, by what evidence."""

    contact_id: int
    products: Collection[str]
    source: str = ""


def code_of(text: str) -> str:
    """The code that tells a product: `gold card`, `Gold  Card` and `ＧＯＬＤ ＣＡＲＤ` are one."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).upper()[:LONGEST]


def known() -> dict[str, str]:
    """Every product that is known, by its code, with the name it was first written by."""
    return dict(Product.objects.order_by("label").values_list("code", "label"))


def know(texts: Collection[str]) -> list[str]:
    """The codes of these products; those nobody had heard of are known from now on."""
    labels = {code_of(text): " ".join(text.split())[:LONGEST] for text in texts if text.strip()}
    new = [Product(code=code, label=label) for code, label in sorted(labels.items())]
    Product.objects.bulk_create(new, ignore_conflicts=True)
    return sorted(labels)


@transaction.atomic
def hold_many(rows: Sequence[Holds], *, by: User | None = None, reason: str = "", version: int | None = None) -> int:
    """These people hold these products and no others; returns for how many that changed.

    For some thousands at once, each once, whose rows stay locked until the transaction ends. Leads of those who gave
    something up are due again where that kept them. `version`: of a list, whose undo takes it back.
    """
    if not rows:
        return 0
    know({text for row in rows for text in row.products})
    pairs = [(row.contact_id, code_of(text)) for row in rows for text in row.products if text.strip()]
    values: dict[str, Any] = {
        "contacts": [row.contact_id for row in rows],
        "sources": [row.source[:64] for row in rows],
        "whose": [contact for contact, _ in pairs],
        "codes": [code for _, code in pairs],
        "by": by.pk if by else None,
        "reason": reason[:200],
        "version": version,
    }
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted({row.contact_id for row in rows})])
        cursor.execute(CHANGE, values)
        changed = cursor.fetchall()
    due_again({contact for contact, held in changed if not held}, "excluding_product")
    return len({contact for contact, _ in changed})


@transaction.atomic
def undo_version(contacts: Collection[int], *, version: int, source: str, reason: str, by: User | None) -> int:
    """These people hold again what they held before this version of a list, where nobody has said otherwise since.

    Returns for how many that changed. For some thousands at once.
    """
    people = sorted(set(contacts))
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [people])
        cursor.execute(WITHOUT, {"contacts": people, "version": version})
        rows = [Holds(contact, held, source) for contact, held in cursor.fetchall()]
    return hold_many(rows, by=by, reason=reason)


@transaction.atomic
def hold(contact: Contact, products: Collection[str], *, source: str, reason: str, by: User | None) -> bool:
    """One person holds these products and no others; False if that was known."""
    changed = bool(hold_many([Holds(contact.pk, products, source)], by=by, reason=reason))
    if changed:
        audit(by, "products.recorded", contact, {"products": know(products), "source": source, "reason": reason})
    return changed


def history(contact_id: int) -> list[ProductEvent]:
    """What a person got and gave up, newest first."""
    return list(ProductEvent.objects.filter(contact_id=contact_id).order_by("-recorded_at", "-pk"))
