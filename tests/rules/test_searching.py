"""What a text in the search box may mean."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from campaigns.rules import searching
from campaigns.rules.searching import Ending, Word


def test_letters_may_be_a_customer_id_or_a_name_and_digits_a_customer_id_or_a_number():
    letters, digits = (searching.meaning(text, ["CN"]) for text in ("Wang", "13800138000"))

    assert (letters.ids[0], bool(letters.words), letters.numbers) == ("Wang", True, ())
    assert (digits.ids, digits.words, digits.numbers[0]) == (("13800138000",), (), 8613800138000)


def test_the_last_latin_word_may_be_unfinished_and_the_others_are_whole():
    assert searching.meaning("Mary Ann O", []).words == (
        Word("mary", begun=False),
        Word("ann", begun=False),
        Word("o", begun=True),
    )


def test_chinese_names_are_looked_for_by_pairs_of_neighbours():
    assert [word.text for word in searching.meaning("王小芳", []).words] == ["王小", "小芳"]
    assert searching.meaning("芳", []).words == (Word("芳", begun=True),)


def test_a_single_latin_letter_is_no_name():
    assert searching.meaning("j", []).words == ()


def test_what_is_dialled_from_abroad_is_the_beginning_of_a_number_and_not_its_end():
    assert searching.meaning("+86 138", []).ending is None
    assert searching.meaning("8000", []).ending == Ending(8000, 4)


@given(st.integers(10**7, 10**15 - 1), st.integers(4, 14))
def test_a_number_is_in_a_range_of_each_of_its_beginnings(number: int, digits: int):
    begin = str(number)[:digits]

    ranges = searching.meaning(begin, []).beginnings

    assert len(begin) == len(str(number)) or any(each.first <= number <= each.last for each in ranges)


@given(st.text())
def test_any_text_means_something_or_nothing_and_breaks_nothing(text: str):
    found = searching.meaning(text, ["CN", "GB"])

    assert "\x00" not in found.text and len(found.text) <= searching.LONGEST_TEXT
