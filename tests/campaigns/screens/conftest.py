"""A browser of each role, a campaign with rules of every owner, and uploads that go nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

from campaigns import rulebook
from campaigns.models import Campaign, CampaignList, ContactList, LineOfBusiness
from tests import build
from tests.campaigns.screens.browsing import client_of


@pytest.fixture(autouse=True)
def uploads(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def language() -> Iterator[None]:
    """What the last page was written in is not what the next test reads."""
    yield
    translation.deactivate()


@pytest.fixture
def manager() -> Client:
    return client_of("manager")


@pytest.fixture
def supervisor() -> Client:
    return client_of("supervisor")


@pytest.fixture
def campaign() -> Campaign:
    rulebook.install()
    made = build.campaign(name="Autumn", line_of_business=LineOfBusiness.objects.create(name="Cards"))
    listed = ContactList.objects.create(name="July", state="ready")
    CampaignList.objects.create(campaign=made, list=listed)
    build.disposition("maybe", "callback", campaign=made)
    return made
