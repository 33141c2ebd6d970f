"""What is wrong in an uploaded file of compliance profiles, in words, in both languages."""

from __future__ import annotations

import re

import pytest
from django.utils import translation
from hypothesis import given, settings

from campaigns.rules.profiles import parse
from campaigns.rules.reading import BadProfile, Must
from campaigns.sentences import flaw_sentence
from campaigns.sentences.flaws import ALLOWED
from tests.rules.profile_files import GOOD, WRONG, anything

LANGUAGES = ("en", "zh-hans")


def flaw_of(data) -> BadProfile | None:
    try:
        parse(data)
    except BadProfile as flaw:
        return flaw
    return None


def with_changes(**changes) -> BadProfile:
    flaw = flaw_of({"profiles": [GOOD | changes]})
    assert flaw
    return flaw


def is_whole(sentence: str) -> bool:
    return "%(" not in sentence and "\n" not in sentence and bool(sentence.encode()) and len(sentence) < 400


@pytest.mark.parametrize(
    ("changes", "english", "chinese"),
    [
        (
            {"hours": {"1-7": ["09:00-24:30"]}},
            'Compliance profile base: hours.1-7.0 is "09:00-24:30"; allowed: a span such as "09:00-20:00" that ends '
            "later than it begins, at 24:00 at the latest.",
            '合规方案 base：hours.1-7.0，现为："09:00-24:30"；允许：'
            '如 "09:00-20:00" 的时段，结束须晚于开始，最晚到 24:00。',
        ),
        (
            {"hours": {"1-7": [], "3": []}},
            'Compliance profile base: a key of hours is "3"; allowed: weekdays such as 1-5 or 6, each only once, and '
            "hol.",
            '合规方案 base：hours 中的一个键，现为："3"；允许：如 1-5 或 6 的星期（每天只出现一次），以及 hol。',
        ),
        (
            {"min_ring_seconds": None},
            "Compliance profile base: min_ring_seconds is missing or null; allowed: a whole number from 0 to 120.",
            "合规方案 base：min_ring_seconds，现为：缺失或 null；允许：0 到 120 的整数。",
        ),
        (
            {"gaps": [GOOD["gaps"][0] | {"calls": True}]},
            "Compliance profile base: gaps.0.calls is true; allowed: all, unasked, callbacks.",
            "合规方案 base：gaps.0.calls，现为：true；允许：all, unasked, callbacks。",
        ),
    ],
)
def test_a_flaw_names_the_profile_the_field_its_value_and_what_is_allowed(changes, english, chinese):
    flaw = with_changes(**changes)

    assert flaw_sentence(flaw) == english
    with translation.override("zh-hans"):
        assert flaw_sentence(flaw) == chinese


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_every_flaw_is_a_whole_sentence_in_both_languages(changes, field):
    flaw = with_changes(**changes)

    sentences = {}
    for language in LANGUAGES:
        with translation.override(language):
            sentences[language] = flaw_sentence(flaw)

    assert all(map(is_whole, sentences.values()))
    assert sentences["zh-hans"].startswith("合规方案")
    assert "允许：" in sentences["zh-hans"]


def test_whatever_a_field_must_be_has_words():
    assert set(ALLOWED) == set(Must) - {Must.JSON, Must.READABLE}
    for must in set(ALLOWED) - {Must.KEY, Must.CHOICE}:
        with translation.override("zh-hans"):
            assert not str(ALLOWED[must]).isascii()


@pytest.mark.parametrize("flaw", [BadProfile(Must.JSON, line=3, column=14), BadProfile(Must.READABLE)])
def test_a_file_that_cannot_be_read_is_refused_in_both_languages(flaw):
    said = flaw_sentence(flaw)
    assert said.isascii() and is_whole(said)

    with translation.override("zh-hans"):
        assert not re.search("[a-z]", flaw_sentence(flaw))
        assert is_whole(flaw_sentence(flaw))


@settings(max_examples=300)
@given(anything)
def test_anything_at_all_is_refused_in_one_line(data):
    for each in (data, {"profiles": data}, {"profiles": [data]}, {"profiles": [GOOD | {"title": data, "caps": data}]}):
        flaw = flaw_of(each)
        assert flaw is None or is_whole(flaw_sentence(flaw))
