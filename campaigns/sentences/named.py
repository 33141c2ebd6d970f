"""The rule that a decision names, in words, and who gave it: for every page that answers "why not?".

Names are those of the policy: "cap-12" and "gap-3" are rows, "cn_marketing.cap-1" is a profile's, "campaign.hours" the
campaign's own, "closed.CN" the days without calls of a country, "cadence.office" and "spread" how a lead is tried,
"consent" and "products" who is asked at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.models import ComplianceProfile, FrequencyCap, LineOfBusiness, MinimumGap, Product
from campaigns.rules.consent import CONSENT_RULE, PRODUCTS_RULE
from campaigns.rules.policy import Policy
from campaigns.sentences.agreed import consent_sentence, products_sentence
from campaigns.sentences.called import cap_sentence, gap_sentence
from campaigns.sentences.hours import hours_sentence
from campaigns.sentences.parts import country_name, first_upper
from campaigns.sentences.trying import spread_sentence, step_sentence

_ROW = re.compile(r"(cap|gap)-([0-9]{1,18})")
OWN = ("campaign", "cadence")


def sentence_of(policy: Policy, rule_name: str, *, line: str | None = None) -> str:
    """The rule of this policy in words; empty when it has none of that name."""
    for cap in policy.caps:
        if cap.name == rule_name:
            return cap_sentence(cap, line=line)
    for gap in policy.gaps:
        if gap.name == rule_name:
            return gap_sentence(gap, line=line)
    for hours in policy.hours:
        if hours.name == rule_name:
            return first_upper(hours_sentence(hours))
    for step in policy.cadence:
        if f"cadence.{step.label}" == rule_name:
            return step_sentence(step)
    if rule_name == CONSENT_RULE and policy.consent:
        return consent_sentence(policy.consent)
    if rule_name == PRODUCTS_RULE and policy.excluded_products:
        return products_sentence(product_labels(policy.excluded_products))
    return spread_sentence() if rule_name == "spread" and policy.spread else ""


def product_labels(codes: Iterable[str]) -> list[str]:
    """The names of these products; the code of one that is not known."""
    wanted = list(codes)
    known = dict(Product.objects.filter(code__in=wanted).values_list("code", "label"))
    return [known.get(code, code) for code in wanted]


def source_of(rule_name: str) -> str:
    """Who gave the rule: this campaign, a line of business, everyone, or a compliance profile by its title."""
    return sources_of([rule_name])[rule_name]


def sources_of(rule_names: Iterable[str]) -> dict[str, str]:
    """Who gave each of these rules, with three queries at most."""
    names = list(rule_names)
    rows = {**_owners("cap", FrequencyCap, names), **_owners("gap", MinimumGap, names)}
    given = {name.partition(".")[0] for name in names if "." in name} - {"closed", *OWN}
    titles = {p.name: profile_title(p) for p in ComplianceProfile.objects.filter(name__in=given)} if given else {}
    return {name: rows.get(name) or _given(name, titles) for name in names}


def _given(name: str, titles: dict[str, str]) -> str:
    given, _dot, rest = name.partition(".")
    if _ROW.fullmatch(name):
        return _("a rule that is gone")
    if given == "closed":
        return _("days without calls: %(country)s") % {"country": country_name(rest)}
    if given in OWN or not rest:
        return _("this campaign")
    return titles.get(given, given)


def _owners(prefix: str, kind: type[FrequencyCap] | type[MinimumGap], names: list[str]) -> dict[str, str]:
    found = (_ROW.fullmatch(name) for name in names)
    wanted = [int(row[2]) for row in found if row and row[1] == prefix]
    rows = kind.objects.select_related("line_of_business").filter(pk__in=wanted) if wanted else ()
    return {f"{prefix}-{row.pk}": owner_words(row) for row in rows}


def profile_title(profile: ComplianceProfile) -> str:
    """Its title in the reader's language."""
    chinese = (get_language() or "").startswith("zh")
    return profile.title_zh if chinese and profile.title_zh else profile.title


def owner_words(row: FrequencyCap | MinimumGap) -> str:
    """Who gave this cap or gap."""
    if row.campaign_id:
        return _("this campaign")
    return line_words(row.line_of_business) if row.line_of_business else _("everyone")


def line_words(line: LineOfBusiness) -> str:
    return _("line of business %(line)s") % {"line": line.name}
