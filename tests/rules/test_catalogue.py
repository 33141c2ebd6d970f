"""The rules in words are the rules in code, and the committed document is what is made of them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from hypothesis import given, settings

from campaigns.rules import catalogue
from campaigns.rules.cadence import Step
from campaigns.rules.caps import LEVELS, Calls, Cap, Gap, Period
from campaigns.rules.catalogue import ALWAYS, KINDS, NEVER, REASONS, markdown
from campaigns.rules.eligibility import Moment, Reason, reasons
from campaigns.rules.retries import Retry
from campaigns.rules.windows import Hours
from tests.rules.test_eligibility import situations
from tests.rules.test_profiles import BY_NAME

DOCUMENT = Path(__file__).parents[2] / "docs" / "rules.md"
KIND = {kind.name: kind for kind in KINDS}


def test_the_document_is_what_is_made_of_the_tables():
    assert DOCUMENT.read_text(encoding="utf-8") == markdown(list(BY_NAME.values())), (
        "run: python -m campaigns.rules.catalogue > docs/rules.md"
    )


def test_every_reason_is_explained_in_order_of_precedence():
    assert list(REASONS) == list(Reason)
    assert len({meaning.sentence for meaning in REASONS.values()}) == len(REASONS)


def test_every_field_of_every_kind_of_rule_is_explained():
    for name, kind in (("Hours", Hours), ("Cap", Cap), ("Gap", Gap), ("Cadence", Step), ("Retry", Retry)):
        assert [field for field, _, _ in KIND[name].fields] == [field.name for field in fields(kind)]
    assert set(KIND) == {"Hours", "Cap", "Gap", "Cadence", "Spread", "Consent", "Products", "Retry"}


def test_the_values_allowed_are_those_of_the_code():
    allowed = {field: values for field, values, _ in KIND["Cap"].fields}

    assert allowed["counts"] == ", ".join(LEVELS)
    assert allowed["calls"] == ", ".join(Calls)
    assert allowed["window"].endswith(", ".join(Period))


@settings(max_examples=80)
@given(situations(phones=2))
def test_what_a_refusal_records_and_whether_it_ends_is_as_explained(situation):
    who, rules, now = situation

    for refusal in reasons(who, Moment(rules, now)):
        meaning = REASONS[refusal.reason]
        assert sorted(refusal.inputs) == sorted(meaning.inputs)
        assert meaning.ends != NEVER or refusal.until is None
        assert meaning.ends != ALWAYS or refusal.until is not None


def test_the_document_names_every_profile_and_where_it_comes_from():
    text = markdown(list(BY_NAME.values()))

    for profile in BY_NAME.values():
        assert f"### `{profile.name}`" in text
        assert profile.source in text
    assert catalogue.PROFILES.exists()
