"""Consent and products: the campaign's rule with its effect, and what is written down on the page of a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns import consents, policies, products
from campaigns.forms.agreed import AgreementForm
from campaigns.models import Campaign, ConsentEvent, Contact, LineOfBusiness, PolicyVersion, Suppression
from campaigns.rules.consent import Basis, read_grants
from tests import build
from tests.campaigns.screens.browsing import client_of, page, post
from tests.campaigns.screens.typed import text

pytestmark = pytest.mark.django_db

SAID = {"source": "branch", "reason": "signed", "by": None}
EXPLICIT = {"asks": "some", "bases": ["explicit"], "others": ""}


def words(client: Client, campaign: Campaign, data: dict, name: str = "rules-words") -> str:
    where = {"campaign": campaign.pk, "what": "agreement"}
    return text(client.get(reverse(name, kwargs=where), data))


def test_the_rule_is_read_back_with_what_it_leaves_of_the_list(manager: Client, campaign: Campaign):
    people = [build.lead(campaign).contact for _ in range(3)]
    consents.record(people[0], basis="explicit", at=datetime(2025, 1, 1, tzinfo=UTC), **SAID)
    products.hold(people[0], ["Gold card"], **SAID)

    read_back = words(manager, campaign, EXPLICIT)
    effect = words(manager, campaign, EXPLICIT, "rules-effect")
    with_product = words(manager, campaign, EXPLICIT | {"products": ["GOLD CARD"]}, "rules-effect")

    assert "Only people who have agreed explicitly, on record and not withdrawn" in read_back
    assert "Leaves 1 of 3 callable today" in effect
    assert "The rules in force: 3" in effect
    assert "Leaves 0 of 3 callable today" in with_product
    assert not PolicyVersion.objects.filter(campaign=campaign, data__has_key="consent").exists()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"asks": "none"}, "no consent is asked for"),
        ({"asks": "any"}, "on whatever basis"),
        ({"asks": "some", "bases": ["contract", "explicit"]}, "explicit consent and a contract"),
        ({"asks": "some"}, "Choose at least one basis"),
        ({"asks": "none", "others": "Gold card，Cash plan"}, "Nobody who holds one of these: Gold card and Cash plan"),
    ],
)
def test_every_choice_is_read_back(manager: Client, campaign: Campaign, data: dict, sentence: str):
    assert sentence in words(manager, campaign, data)


def test_the_rule_is_saved_shown_in_force_and_in_the_versions(manager: Client, supervisor: Client, campaign: Campaign):
    policies.current(campaign.pk)
    saved = text(
        post(manager, "rules-save", EXPLICIT | {"others": "Cash plan"}, campaign=campaign.pk, what="agreement")
    )

    policy = policies.current(campaign.pk)
    assert (policy.consent, policy.excluded_products) == (("explicit",), ("CASH PLAN",))
    assert "Consent and products saved" in saved
    sheet = page(supervisor, "campaign-rules", campaign.pk)
    assert "Only people who have agreed explicitly" in sheet
    assert "Nobody who holds one of these: Cash plan" in sheet
    assert "Only people who have agreed explicitly" in page(manager, "rules-fragment", campaign.pk, "history")


def test_any_basis_is_kept_as_all_of_them_and_shown_as_any_again(manager: Client, campaign: Campaign):
    post(manager, "rules-save", {"asks": "any"}, campaign=campaign.pk, what="agreement")

    campaign.refresh_from_db()
    assert campaign.consent_bases == list(Basis)
    assert AgreementForm(campaign)["asks"].value() == "any"


def test_a_lead_says_that_it_lacks_consent_and_by_which_rule(manager: Client, campaign: Campaign):
    post(manager, "rules-save", EXPLICIT, campaign=campaign.pk, what="agreement")
    lead = build.lead(campaign)

    html = page(manager, "lead", campaign.pk, lead.pk)

    assert "no valid consent on record" in html
    assert "Only people who have agreed explicitly" in html


def agreed(contact: Contact, **fields):
    return {"agreed-basis": "explicit", "agreed-given_on": "2026-01-05", "agreed-source": "form 7"} | {
        "agreed-reason": "asked at the counter",
        **fields,
    }


def test_a_supervisor_records_consent_and_takes_it_back(supervisor: Client):
    contact, cards = build.contact(), LineOfBusiness.objects.create(name="Cards")
    wanted = agreed(contact, **{"agreed-line_of_business": cards.pk, "agreed-expires_on": "2030-01-05"})

    supervisor.post(reverse("person-consent", args=[contact.pk]), wanted)

    contact.refresh_from_db()
    [grant] = read_grants(contact.consents)
    assert (grant.purpose, grant.expires_at) == (cards.pk, datetime(2030, 1, 6, tzinfo=UTC))
    html = page(supervisor, "person", contact.pk)
    for said in ("Explicit consent", "for Cards", "form 7", "asked at the counter", "Withdraw consent"):
        assert said in html

    taken = {"withdrawn-source": "letter", "withdrawn-reason": "no more calls", "withdrawn-line_of_business": ""}
    supervisor.post(reverse("person-withdraw", args=[contact.pk]), taken)

    html = page(supervisor, "person", contact.pk)
    assert "Nothing counts any more: it was withdrawn." in html
    assert "Withdrawn for any purpose" in html
    assert ConsentEvent.objects.filter(by_id__isnull=False).count() == 2


def test_consent_given_again_on_the_day_it_was_withdrawn_counts(supervisor: Client):
    contact = build.contact()
    consents.withdraw(contact, **SAID)

    today = {"agreed-given_on": str(timezone.localdate())}
    supervisor.post(reverse("person-consent", args=[contact.pk]), agreed(contact, **today))

    contact.refresh_from_db()
    assert len(contact.consents) == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"agreed-given_on": "2999-01-01"}, "Nobody can have agreed in the future."),
        ({"agreed-given_on": "1911-01-01"}, "Choose a day after 1990."),
        ({"agreed-expires_on": "2025-01-01"}, "Choose a day after it was given"),
        ({"agreed-expires_on": "9999-12-31"}, "Choose a day after it was given"),
        ({"agreed-source": ""}, "This field is required."),
        ({"agreed-reason": ""}, "This field is required."),
        ({"agreed-basis": "hearsay"}, "Select a valid choice."),
    ],
)
def test_consent_without_a_day_a_basis_a_source_and_a_reason_is_refused(supervisor: Client, fields, sentence):
    contact = build.contact()

    response = supervisor.post(reverse("person-consent", args=[contact.pk]), agreed(contact, **fields))

    assert response.status_code == 422
    assert sentence in text(response)
    assert not ConsentEvent.objects.exists()


def test_products_held_are_written_down_with_their_history(supervisor: Client):
    contact = build.contact()
    url = reverse("person-products", args=[contact.pk])

    for held in ("Gold card, Cash plan", "gold card"):
        supervisor.post(url, {"held-products": held, "held-source": "branch", "held-reason": "told us"})

    contact.refresh_from_db()
    assert contact.products == ["GOLD CARD"]
    html = page(supervisor, "person", contact.pk)
    assert "Cash plan, no longer held" in html
    assert 'value="Gold card"' in html
    assert supervisor.post(url, {"held-products": "x"}).status_code == 422


def test_a_person_is_put_on_do_not_call_on_all_numbers_and_comes_off_again(supervisor: Client, manager: Client):
    contact = build.contact(name="Grace Example")
    url = reverse("person-silence", args=[contact.pk])

    assert supervisor.post(url, {"silent-reason": ""}).status_code == 422
    supervisor.post(url, {"silent-reason": "asked on the mobile", "silent-scope": ""})

    entry = Suppression.objects.get(contact=contact)
    assert "asked on the mobile" in page(supervisor, "person", contact.pk)
    assert "Grace Example" in page(supervisor, "suppressions")
    freed = manager.post(reverse("suppression-remove", args=[entry.pk]), {"reason": "asked back"}, follow=True)
    assert "This person may be called again." in text(freed)
    for name, pk in (("person", contact.pk), ("suppression", entry.pk)):
        html = page(supervisor, name, pk)
        assert "asked back" in html
        assert "asked on the mobile" in html


def test_agents_write_down_nothing_here():
    contact = build.contact()
    agent = client_of("agent")

    for name in ("person-consent", "person-withdraw", "person-products", "person-silence"):
        assert agent.post(reverse(name, args=[contact.pk])).status_code == 403


def test_the_page_of_a_person_speaks_chinese(settings):
    reader = client_of("supervisor", language="zh-hans")
    reader.cookies["fairdial_language"] = "zh-hans"
    contact = build.contact(name="王一")
    consents.record(contact, basis="explicit", at=timezone.now() - timedelta(days=3), **SAID)
    products.hold(contact, ["金卡"], **SAID)

    html = page(reader, "person", contact.pk)

    assert f'value="{timezone.localdate()}"' in html  # as a field of dates reads it in every language
    for english in ("Consent", "Withdraw", "Products held", "History", "until", "recorded", "Do not call"):
        assert english not in html
