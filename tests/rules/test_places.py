"""Where somebody may be: every zone of their region, what lists write for it, and what is a holiday there."""

from __future__ import annotations

import re
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules import places
from campaigns.rules.places import Place, region_code
from campaigns.rules.regions import CODE_OF_NAME, ZONES_OF_REGION
from tests.rules.making import utc

CALLABLE_ANYWHERE = ("America/New_York", "America/Chicago")


def offsets(zone: str) -> tuple:
    """What tells zones apart today."""
    return tuple(utc(2026, month, 15).astimezone(ZoneInfo(zone)).utcoffset() for month in (1, 7))


def test_every_region_has_zones_that_exist_each_once():
    for region, zones in ZONES_OF_REGION.items():
        assert re.fullmatch("[A-Z]{2}-[A-Z0-9]{1,3}", region)
        assert zones, region
        assert len(set(zones)) == len(zones), region
        assert all(places.zone(name) for name in zones), region


@pytest.mark.parametrize(
    ("region", "zones"),
    [
        ("US-FL", ("America/New_York", "America/Chicago")),
        ("US-IN", ("America/New_York", "America/Chicago")),
        ("US-MI", ("America/New_York", "America/Chicago")),
        ("US-TX", ("America/Chicago", "America/Denver")),
        ("US-OR", ("America/Denver", "America/Los_Angeles")),
        ("US-AZ", ("America/Phoenix", "America/Denver")),
        ("US-AK", ("America/Anchorage", "America/Adak")),
        ("CA-ON", ("America/New_York", "America/Chicago", "America/Panama")),
        ("AU-NSW", ("Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe")),
        ("MX-CHH", ("America/Mexico_City", "America/Denver", "America/Chicago")),
        ("NZ-CIT", ("Pacific/Chatham",)),
        ("CN-XJ", ("Asia/Shanghai",)),
    ],
)
def test_a_region_that_spans_zones_has_every_clock_that_is_used_there(region, zones):
    assert {offsets(zone) for zone in ZONES_OF_REGION[region]} == {offsets(zone) for zone in zones}


def test_all_states_provinces_and_territories_are_there():
    count = {country: sum(region.startswith(country) for region in ZONES_OF_REGION) for country in ("US", "CA", "AU")}

    assert count == {"US": 57, "CA": 13, "AU": 8}
    assert sum(region.startswith("CN-") for region in ZONES_OF_REGION) == 34
    assert set(CODE_OF_NAME.values()) <= set(ZONES_OF_REGION)


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("FL", "US", "US-FL"),
        ("fl", "US", "US-FL"),
        ("Florida", "US", "US-FL"),
        (" FLORIDA ", "US", "US-FL"),
        ("US-FL", "", "US-FL"),
        ("us_fl", "CN", "US-FL"),
        ("D.C.", "US", "US-DC"),
        ("WA", "US", "US-WA"),
        ("WA", "AU", "AU-WA"),
        ("Québec", "CA", "CA-QC"),
        ("Quebec", "CA", "CA-QC"),
        ("New  South Wales", "AU", "AU-NSW"),
        ("广东", "CN", "CN-GD"),
        ("广东省", "CN", "CN-GD"),
        ("内蒙古自治区", "CN", "CN-NM"),
        ("Guangdong", "CN", "CN-GD"),
        ("BY", "DE", "DE-BY"),
        ("", "US", ""),
        ("Atlantis", "US", ""),
        ("FL", "CN", ""),
        ("Florida", "", ""),
        ("US-ZZ", "US", ""),
        ("US", "US", ""),
    ],
)
def test_what_lists_write_becomes_a_code_we_know_or_nothing(text, country, code):
    assert region_code(text, country) == code


@given(st.sampled_from(sorted(ZONES_OF_REGION)), st.sampled_from("-_ /."), st.sampled_from(("", "CN", "US", "XX")))
def test_a_code_is_known_however_it_is_written(code, between, country):
    country_part, part = code.split("-")

    assert region_code(f" {country_part}{between}{part} ".lower(), country) == code
    assert region_code(part, country_part) == code


@given(st.text(), st.sampled_from(("", "US", "CN", "X", "\x00")))
def test_any_text_at_all_is_a_known_code_or_nothing(text, country):
    assert region_code(text, country) in {"", *ZONES_OF_REGION}


def test_the_record_decides_before_its_region_and_the_region_before_the_number():
    of_number = ("America/Los_Angeles",)

    assert places.place("Asia/Shanghai", "US-FL", of_number, "US").zones == ("Asia/Shanghai",)
    assert places.place("", "US-FL", of_number, "US").zones == CALLABLE_ANYWHERE
    assert places.place("", "", of_number, "US") == Place(of_number, "US")
    assert places.place("", "CN-GD", of_number, "US") == Place(("Asia/Shanghai",), "CN", "CN-GD")


@pytest.mark.parametrize("name", ["Nowhere/Atlantis", "", "..", "/etc/passwd", "America", "a\x00b", "Ä" * 300])
def test_a_zone_that_does_not_exist_is_no_zone(name):
    assert places.zone(name) is None
    assert places.place(name, "US-FL", (), "US").zones == CALLABLE_ANYWHERE
    assert places.place(name, "", (name, "UTC"), "US").zones == ("UTC",)


def test_holidays_are_those_of_the_country_and_of_the_region_where_it_is_known():
    patriots_day = date(2026, 4, 20)

    assert places.holiday(Place((), "US"), date(2026, 12, 25)) == "Christmas Day"
    assert places.holiday(Place((), "US", "US-MA"), patriots_day)
    assert not places.holiday(Place((), "US", "US-FL"), patriots_day)
    assert not places.holiday(Place((), "US"), patriots_day)
    assert not places.holiday(Place((), "ZZ"), date(2026, 12, 25))
    assert not places.holiday(Place(()), date(2026, 12, 25))


def test_whether_holidays_are_known_can_be_told():
    assert places.has_holidays("CN")
    assert not places.has_holidays("")
