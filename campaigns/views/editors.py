"""Each part of the pages of rules: its form, how it is kept, how it is read back, what an edit of it would be.

The views are the same for all parts; what differs is this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns import policies, products, rulebook, rulesheet, sentences
from campaigns.forms.agreed import AgreementForm
from campaigns.forms.hours import HoursForm
from campaigns.forms.rules import CapForm, ClosedDayForm, GapForm, ProfilesForm
from campaigns.forms.trying import AttemptsForm, CallbacksForm, DispositionsForm, OrderForm, RetriesForm
from campaigns.models import Campaign, FrequencyCap, LineOfBusiness, MinimumGap, User
from campaigns.rulebook import Owner
from campaigns.rules.policy import Policy
from campaigns.sentences.parts import first_upper

Form = Any


@dataclass(frozen=True, slots=True)
class Editor:
    """One part of a page. `save` says whether anything changed; `edited` is the policy with the edit in it."""

    form: Callable[[Any, Any], Form]
    save: Callable[[Any, Form, User], bool]
    saved: str | Promise
    words: Callable[[Any, Form], str] | None = None
    edited: Callable[[Campaign, Form], Policy] | None = None
    shown: Callable[[Any], dict[str, Any]] = lambda owner: {}
    # A form that adds something begins anew when it has.
    adds: bool = False


def editor_of(owner: Owner, what: str) -> Editor | None:
    """The editor of this part, if this owner's page has it."""
    table = (
        OF_CAMPAIGN if isinstance(owner, Campaign) else OF_LINE if isinstance(owner, LineOfBusiness) else OF_EVERYONE
    )
    return table.get(what)


def line_of(owner: Owner) -> str | None:
    if isinstance(owner, Campaign):
        return rulesheet.line_of(owner)
    return owner.name if owner else None


def _with(campaign: Campaign, **fields: Any) -> Campaign:
    """The campaign as it would be; never saved."""
    for field, value in fields.items():
        setattr(campaign, field, value)
    return campaign


def _hours_words(campaign: Campaign, form: HoursForm) -> str:
    policy = policies.resolve(_with(campaign, **form.chosen()), profiles=(), caps=(), gaps=())
    return first_upper(sentences.hours_sentence(policy.hours[0]))


def _hours_edited(campaign: Campaign, form: HoursForm) -> Policy:
    return policies.resolve(_with(campaign, **form.chosen()))


def _profiles_words(campaign: Campaign, form: ProfilesForm) -> str:
    chosen = form.chosen()
    if not chosen:
        return _("No profile binds: only your own rules and everyone's hold.")
    week = rulesheet.common_hours(policies.resolve(campaign, profiles=chosen))
    return _("Together with your own hours: %(week)s") % {"week": sentences.week_sentence(week)}


def _save_closed(owner: Owner, form: ClosedDayForm, by: User) -> bool:
    return rulebook.close_day(campaign=owner if isinstance(owner, Campaign) else None, by=by, **form.chosen())


def _save_retries(owner: Owner, form: RetriesForm, by: User) -> bool:
    campaign = owner if isinstance(owner, Campaign) else None
    changed = [
        rulebook.set_retry(campaign=campaign, outcome=outcome, wait_minutes=wait, limit=limit, by=by)
        for outcome, (wait, limit) in form.chosen().items()
    ]
    return any(changed)


def _save_dispositions(owner: Owner, form: DispositionsForm, by: User) -> bool:
    changed = [
        rulebook.set_disposition_retry(disposition=row, after_hours=wait, limit=limit, by=by)
        for row, wait, limit in form.chosen()
    ]
    return any(changed)


def _save_order(campaign: Campaign, form: OrderForm, by: User) -> bool:
    changed = [
        rulebook.set_list_order(link=link, priority=priority, weight=weight, by=by)
        for link, priority, weight in form.chosen()
    ]
    return any(changed)


def _attempts_words(campaign: Campaign, form: AttemptsForm) -> str:
    policy = policies.resolve(_with(campaign, **form.chosen()), profiles=(), caps=(), gaps=())
    said = [sentences.attempts_sentence(policy.max_attempts), sentences.cadence_sentence(policy.cadence)]
    return "\n".join([*said, *([sentences.spread_sentence()] if policy.spread else [])])


def _callbacks_words(campaign: Campaign, form: CallbacksForm) -> str:
    minutes, hours = form.cleaned_data["fallback_minutes"], form.cleaned_data["expires_hours"]
    return sentences.callbacks_sentence(timedelta(minutes=minutes), timedelta(hours=hours))


def _gap_words(owner: Owner, form: GapForm) -> str:
    gap = policies.gap_of(form.row())
    return sentences.gap_sentence(gap, line=line_of(owner), here=isinstance(owner, Campaign))


def _agreement_words(_campaign: Campaign, form: AgreementForm) -> str:
    said = [sentences.consent_sentence(form.bases_chosen())]
    chosen = form.products_chosen()
    return "\n".join([*said, *([sentences.products_sentence(chosen)] if chosen else [])])


def _agreement_edited(campaign: Campaign, form: AgreementForm) -> Policy:
    codes = [products.code_of(text) for text in form.products_chosen()]
    return policies.resolve(_with(campaign, consent_bases=form.bases_chosen(), excluded_products=codes))


HOURS = Editor(
    HoursForm,
    lambda campaign, form, by: rulebook.set_hours(campaign=campaign, by=by, **form.chosen()),
    gettext_lazy("Calling hours saved; they hold from the next call on."),
    _hours_words,
    _hours_edited,
)
PROFILES = Editor(
    ProfilesForm,
    lambda campaign, form, by: rulebook.set_profiles(campaign=campaign, profiles=form.chosen(), by=by),
    gettext_lazy("Compliance profiles saved; they hold from the next call on."),
    _profiles_words,
    lambda campaign, form: policies.resolve(campaign, profiles=form.chosen()),
    lambda campaign: {
        "cards": rulesheet.profile_cards(),
        "chosen": set(campaign.profiles.values_list("pk", flat=True)),
    },
)
CAPS = Editor(
    CapForm,
    lambda owner, form, by: bool(rulebook.add_cap(owner=owner, by=by, **form.chosen())),
    gettext_lazy("The cap holds from the next call on."),
    lambda owner, form: sentences.cap_sentence(policies.cap_of(form.row()), line=line_of(owner)),
    lambda campaign, form: policies.resolve(campaign, caps=[*policies.caps_of(campaign), form.row()]),
    lambda owner: {"rules": rulesheet.frequency_rules(owner, FrequencyCap)},
    adds=True,
)
GAPS = Editor(
    GapForm,
    lambda owner, form, by: bool(rulebook.add_gap(owner=owner, by=by, **form.chosen())),
    gettext_lazy("The gap holds from the next call on."),
    _gap_words,
    lambda campaign, form: policies.resolve(campaign, gaps=[*policies.gaps_of(campaign), form.row()]),
    lambda owner: {"rules": rulesheet.frequency_rules(owner, MinimumGap)},
    adds=True,
)
AGREEMENT = Editor(
    AgreementForm,
    lambda campaign, form, by: rulebook.set_agreement(
        campaign=campaign, bases=form.bases_chosen(), products=form.products_chosen(), by=by
    ),
    gettext_lazy("Consent and products saved; they hold from the next call on."),
    _agreement_words,
    _agreement_edited,
)
DAYS = Editor(
    ClosedDayForm,
    _save_closed,
    gettext_lazy("Nobody is called on that day."),
    shown=lambda owner: {"days": rulesheet.closed_days(owner)},
    adds=True,
)
ATTEMPTS = Editor(
    AttemptsForm,
    lambda campaign, form, by: rulebook.set_attempts(campaign=campaign, by=by, **form.chosen()),
    gettext_lazy("Attempts saved; they hold from the next call on."),
    _attempts_words,
)
CALLBACKS = Editor(
    CallbacksForm,
    lambda campaign, form, by: rulebook.set_callbacks(campaign=campaign, by=by, **form.chosen()),
    gettext_lazy("Saved for callbacks promised from now on."),
    _callbacks_words,
)
RETRIES = Editor(RetriesForm, _save_retries, gettext_lazy("Saved for calls that end from now on."))
DISPOSITIONS = Editor(DispositionsForm, _save_dispositions, gettext_lazy("Saved for calls that end from now on."))
ORDER = Editor(OrderForm, _save_order, gettext_lazy("The order of lists holds from the next call on."))

OF_CAMPAIGN = {
    "profiles": PROFILES,
    "hours": HOURS,
    "days": DAYS,
    "caps": CAPS,
    "gaps": GAPS,
    "agreement": AGREEMENT,
    "attempts": ATTEMPTS,
    "callbacks": CALLBACKS,
    "retries": RETRIES,
    "dispositions": DISPOSITIONS,
    "order": ORDER,
}
OF_LINE = {"caps": CAPS, "gaps": GAPS}
OF_EVERYONE = {**OF_LINE, "days": DAYS, "retries": RETRIES, "dispositions": DISPOSITIONS}
