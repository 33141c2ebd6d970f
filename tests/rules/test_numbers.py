"""Text → a number that can be dialled, or the reason it can't."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import timezone

from campaigns.rules import numbers, plans
from campaigns.rules.numbers import LineType, NotANumber, Number, Reason, check, is_country

SHANGHAI_MOBILE = 8613800138000
MANHATTAN = 12125550123


@pytest.mark.parametrize(
    "text",
    [
        "13800138000",
        " 138 0013 8000 ",
        "138-0013-8000",
        "138–0013–8000",
        "(+86)13800138000",
        "+86 138.0013.8000",
        "008613800138000",
        "8613800138000",
        "'13800138000",
        "’13800138000",
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
        "\u202a+86\u00a0138\u20110013\u20118000\u202c",
        "13800138000.0",
        "13800138000\r\n",
    ],
)
def test_one_number_is_read_however_it_is_written(text: str) -> None:
    number = check(text, "CN")

    assert number == Number(SHANGHAI_MOBILE, "CN", LineType.MOBILE, ("Asia/Shanghai",))


@pytest.mark.parametrize(
    ("text", "country", "phone"),
    [
        ("+1 (212) 555-0123", "CN", MANHATTAN),
        ("001 212 555 0123", "CN", MANHATTAN),
        ("0012125550123", "US", MANHATTAN),
        ("011 44 20 7946 0123", "US", 442079460123),
        ("+44 (0)20 7946 0123", "CN", 442079460123),
        ("+39 06 698 12345", "CN", 390669812345),
    ],
)
def test_a_prefix_says_more_than_the_default_country(text: str, country: str, phone: int) -> None:
    number = check(text, country)

    assert isinstance(number, Number)
    assert number.phone == phone


@pytest.mark.parametrize(
    ("text", "extension"),
    [
        ("+1 212 555 0123 ext. 45", "45"),
        ("+1 212 555 0123 x45", "45"),
        ("+1 212 555 0123#45", "45"),
        ("+12125550123;ext=45", "45"),
        ("+12125550123转45", "45"),
        ("+12125550123 分机 45", "45"),
    ],
)
def test_an_extension_is_kept_apart(text: str, extension: str) -> None:
    number = check(text, "CN")

    assert isinstance(number, Number)
    assert (number.phone, number.extension) == (MANHATTAN, extension)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Reason.MISSING),
        (" \u200b ", Reason.MISSING),
        ("1.38E+10", Reason.RUINED_BY_SPREADSHEET),
        ("1.3800138e10", Reason.RUINED_BY_SPREADSHEET),
        ("1,38E+10", Reason.RUINED_BY_SPREADSHEET),
        ("n/a", Reason.MALFORMED),
        ("call 13800138000", Reason.MALFORMED),
        ("1-800-FLOWERS", Reason.MALFORMED),
        ("13800138000 / 13900139000", Reason.MALFORMED),
        ("13800138000,13900139000", Reason.MALFORMED),
        ("-13800138000", Reason.MALFORMED),
        ("13800", Reason.MALFORMED),
        ("13800138000138", Reason.MALFORMED),
        ("110", Reason.MALFORMED),
        ("+999 123 456 789", Reason.MALFORMED),
        pytest.param("1" * 10_000_000, Reason.MALFORMED, id="a cell of 10 MB"),
        ("20000138000", Reason.UNASSIGNED_RANGE),
        ("138001380001", Reason.UNASSIGNED_RANGE),
        ("+44 7700 900123", Reason.UNASSIGNED_RANGE),
        ("+1 900 555 0199", Reason.WRONG_LINE_TYPE),
        ("+1 800 555 0199", Reason.WRONG_LINE_TYPE),
        ("400 812 3123", Reason.WRONG_LINE_TYPE),
        ("+881 612 345 678", Reason.WRONG_LINE_TYPE),
        ("+800 1234 5678", Reason.WRONG_LINE_TYPE),
    ],
)
def test_what_is_refused_says_why(text: str, reason: Reason) -> None:
    found = check(text, "CN")

    assert found == NotANumber(reason)


def test_without_a_known_country_only_international_numbers_are_read() -> None:
    assert check("13800138000", "") == NotANumber(Reason.MALFORMED)
    assert check("13800138000", "XX") == NotANumber(Reason.MALFORMED)
    assert isinstance(check("+8613800138000", "XX"), Number)


def test_a_country_is_two_capital_letters_that_exist() -> None:
    assert is_country("CN")
    assert not is_country("cn")
    assert not is_country("XX")


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_zone_that_the_library_knows_is_kept(region: str) -> None:
    examples = (phonenumbers.example_number_for_type(region, kind) for kind in (0, 1, 2, 6))
    found = [(e, check(f"+{e.country_code}{phonenumbers.national_significant_number(e)}", "CN")) for e in examples if e]

    assert found
    for example, number in found:
        assert isinstance(number, Number)
        assert number.zones == tuple(timezone.time_zones_for_number(example))


@given(st.text())
def test_no_text_is_ever_too_strange(text: str) -> None:
    assert isinstance(check(text, "CN"), Number | NotANumber)


def near_numbers() -> st.SearchStrategy[str]:
    """Digits behind real country codes, written as people write them."""
    codes = st.sampled_from(["+", "00", "", "+86", "+1", "+44", "+49", "+39", "+52", "+54", "+55", "+61", "+7", "+852"])
    tail = st.text(alphabet="0123456789０１ -().", min_size=6, max_size=14)
    return st.builds(str.__add__, codes, tail)


@given(near_numbers(), st.sampled_from(["CN", "US", "GB", "IT", "MX", "AR", "BR", "RU"]))
def test_a_number_read_is_read_again_as_itself(text: str, country: str) -> None:
    number = check(text, country)

    if isinstance(number, Number):
        assert 0 < number.phone < 10**15
        assert number.zones
        for anywhere in ("CN", "US", country):
            assert check(number.e164, anywhere) == number


def as_the_library_alone_says(text: str, country: str) -> Number | NotANumber:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plans, "find", lambda *_: None)
        return check(text, country)


def ways_to_write(example: phonenumbers.PhoneNumber) -> list[str]:
    national = phonenumbers.national_significant_number(example)
    abroad = f"{example.country_code}{national}"
    neighbours = [national[:-2] + digits for digits in ("00", "37", "99")]
    apart = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return [
        *neighbours,
        f"0{national}",
        f"1{national}",
        national + "1",
        national[:-1],
        abroad,
        f"+{abroad}",
        f"00{abroad}",
        f"+{example.country_code}0{national}",
        apart,
    ]


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_fast_way_says_what_the_library_says(region: str) -> None:
    examples = (phonenumbers.example_number_for_type(region, kind) for kind in range(11))

    for text in {text for example in examples if example for text in ways_to_write(example)}:
        for country in (region, "CN", "US"):
            assert check(text, country) == as_the_library_alone_says(text, country), (text, country)


@given(near_numbers(), st.sampled_from(["CN", "US", "GB", "IT", "MX", "AR", "BR", "RU", "JE", "CA", "KZ", "HK"]))
@settings(max_examples=500, deadline=None)
def test_the_fast_way_never_disagrees(text: str, country: str) -> None:
    assert check(text, country) == as_the_library_alone_says(text, country)


@pytest.mark.parametrize("text", ["13800138000", "+8613800138000", "+1 (212) 555-0123", "8613800138000"])
def test_common_numbers_do_not_need_the_library(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "_as_the_library_says", lambda *_: pytest.fail("asked the library"))

    assert isinstance(check(text, "CN"), Number)
