"""One box finds people by customer id, number and name, whole or in part."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from campaigns import search
from campaigns.models import Contact, ContactList
from campaigns.rules import searching
from campaigns.search import Field
from tests import build

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def chinese_lists() -> None:
    ContactList.objects.create(name="July", default_country="CN")


def found(text: str, country: str = "") -> list[tuple[Field, str]]:
    return [(hit.field, hit.contact.customer_id or "") for hit in search.find(text, country).hits]


# By customer id


def test_a_whole_customer_id_comes_before_those_that_begin_with_it():
    for customer_id in ("HB-12", "HB-1", "HB-2"):
        build.contact(customer_id=customer_id)

    assert found("HB-1") == [(Field.CUSTOMER_ID, "HB-1"), (Field.ID_BEGINS, "HB-12")]
    assert search.find("HB-1").only == Contact.objects.get(customer_id="HB-1")


@pytest.mark.parametrize("typed", ["hb-1", "HB-1", " hb-1 ", "ＨＢ－1"])
def test_the_case_and_the_width_of_letters_do_not_matter(typed: str):
    build.contact(customer_id="HB-1")

    assert found(typed) == [(Field.CUSTOMER_ID, "HB-1")]


def test_a_customer_id_of_digits_is_found_as_well_as_a_number_that_ends_with_them():
    build.contact(customer_id="4567")
    build.contact(build.phone(8613800134567), customer_id="B")

    assert found("4567") == [(Field.CUSTOMER_ID, "4567"), (Field.NUMBER_ENDS, "B")]


# By number


@pytest.mark.parametrize(
    "typed",
    [
        "+8613800138000",
        "8613800138000",
        "008613800138000",
        "13800138000",
        "138 0013 8000",
        "(+86) 138-0013-8000",
        "１３８００１３８０００",
        "86 138 0013 8000",
    ],
)
def test_a_number_is_found_in_any_spelling(typed: str):
    build.contact(build.phone(8613800138000), customer_id="A")
    build.contact(build.phone(8613800138001), customer_id="B")

    assert found(typed) == [(Field.NUMBER, "A")]


@pytest.mark.parametrize("typed", ["+86 138", "86138", "1380013", "138001380", "0086 138"])
def test_the_beginning_of_a_number_finds_it_with_and_without_its_country(typed: str):
    build.contact(build.phone(8613800138000), customer_id="A")
    build.contact(build.phone(8613900138000), customer_id="B")

    assert found(typed) == [(Field.NUMBER_BEGINS, "A")]


@pytest.mark.parametrize("typed", ["8000", "13 8000", "0138000", "013-8000"])
def test_the_last_digits_find_a_number(typed: str):
    build.contact(build.phone(8613800138000), customer_id="A")
    build.contact(build.phone(8613800148001), customer_id="B")

    assert found(typed) == [(Field.NUMBER_ENDS, "A")]


def test_a_number_we_would_not_dial_is_found_all_the_same():
    build.contact(build.phone(999), customer_id="A")

    assert found("999") == [(Field.NUMBER, "A")]


def test_three_digits_are_too_few_to_be_part_of_a_number():
    build.contact(build.phone(8613800138000), customer_id="A")

    assert found("000") == []


def test_a_national_number_is_read_as_of_the_country_that_is_named():
    build.contact(build.phone(442079460000), customer_id="A")

    assert found("020 7946 0000", "GB") == [(Field.NUMBER, "A")]


def test_people_who_share_a_number_are_all_found_and_none_is_opened():
    shared = build.phone(8613800138000)
    for customer_id in "AB":
        build.contact(shared, customer_id=customer_id)

    result = search.find("13800138000")

    assert [hit.contact.customer_id for hit in result.hits] == ["A", "B"]
    assert result.only is None


# By name


@pytest.mark.parametrize("typed", ["王小芳", "王小", "小芳", "王", "芳", "小"])
def test_any_part_of_a_chinese_name_finds_it(typed: str):
    build.contact(name="王小芳", customer_id="A")
    build.contact(name="李强", customer_id="B")

    assert found(typed) == [(Field.NAME, "A")]


@pytest.mark.parametrize("typed", ["mary", "MARY O'B", "brien", "ann", "brien mary", "Mary-Ann", "o'brien, mary a"])
def test_words_of_a_latin_name_find_it_by_their_beginning_in_any_order(typed: str):
    build.contact(name="Mary-Ann O'Brien", customer_id="A")
    build.contact(name="Marc Obrist", customer_id="B")

    assert found(typed) == [(Field.NAME, "A")]


@pytest.mark.parametrize("typed", ["王", "wang", "王小 wang", "xiaofang", "小芳"])
def test_a_name_in_both_scripts_is_found_by_either(typed: str):
    build.contact(name="王小芳 Wang Xiaofang", customer_id="A")

    assert found(typed) == [(Field.NAME, "A")]


def test_whoever_is_called_exactly_so_comes_first():
    for customer_id, name in (("A", "王芳"), ("B", "王芳芳"), ("C", "小王芳")):
        build.contact(name=name, customer_id=customer_id)

    assert found("王芳")[0] == (Field.NAME, "A")


def test_a_renamed_person_is_found_by_the_new_name_alone():
    person = build.contact(name="Li Wei", customer_id="A")

    Contact.objects.filter(pk=person.pk).update(name="Zhang Min")

    assert (found("wei"), found("zhang")) == ([], [(Field.NAME, "A")])


def test_old_blocks_are_searched_when_the_newest_do_not_fill_the_page():
    for block in (0, 1, 7, 40):
        build.contact(id=(block << search.BLOCK_BITS) + 5, name="Rare Name", customer_id=f"B{block}")

    assert sorted(found("rare na")) == [(Field.NAME, "B0"), (Field.NAME, "B1"), (Field.NAME, "B40"), (Field.NAME, "B7")]


def test_a_common_name_fills_the_page_and_says_that_there_are_more():
    for _ in range(6):
        build.contact(name="Wang Fang")

    result = search.find("wang", most=5)

    assert (len(result.hits), result.more, result.only) == (5, True, None)


@pytest.mark.parametrize("typed", ["", "  ", "'", "\\", "%", "j", "a" * 500, "' | 'x':*", "0|wang", ":* & !", "\x00"])
def test_odd_text_finds_nobody_and_breaks_nothing(typed: str):
    build.contact(name="Wang Fang")

    assert found(typed) == []


# As the database cuts names, so the search does


def words_of(name: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(campaigns_name_words(5, %s))", [name])
        return {word.removeprefix("0|") for word in cursor.fetchone()[0]}


@given(st.text(alphabet="王小芳ab éÉ-'·,.かな김", max_size=20))
def test_every_word_that_is_looked_for_of_a_name_is_one_that_it_is_indexed_by(name: str):
    indexed = words_of(name)

    for word in searching.meaning(name, []).words:
        assert any(known == word.text or (word.begun and known.startswith(word.text)) for known in indexed)
