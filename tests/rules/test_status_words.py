"""States as files write them."""

from __future__ import annotations

import pytest

from campaigns.rules import status_words
from campaigns.rules.status_words import WORDS, NoState, plain
from campaigns.rules.validity import Code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("空号", "vacant"),
        (" Vacant ", "vacant"),
        ("停机", "suspended"),
        ("关机", "powered_off"),
        ("Powered-Off", "powered_off"),
        ("ＰＯＷＥＲＥＤ　ＯＦＦ", "powered_off"),
        ("无法接通", "unreachable"),
        ("风险", "risk_number"),
        ("物联网卡", "wrong_line_type"),
        ("data-only SIM", "wrong_line_type"),
        ("号码错误", "wrong_number"),
        ("正常", "in_service"),
        ("OK", "in_service"),
        ("未知", None),
    ],
)
def test_words_of_both_languages_are_read(text: str, code: str | None):
    assert status_words.read(text) == code


@pytest.mark.parametrize("text", ["", "?", "vacant?maybe", "13800138000", "空号or关机"])
def test_what_is_no_known_word_is_not_guessed_at(text: str):
    with pytest.raises(NoState):
        status_words.read(text)


def test_no_word_has_two_meanings():
    meanings = [plain(word) for words in [*WORDS.values(), status_words.UNKNOWN] for word in words.split("|")]

    assert len(set(meanings)) == len(meanings)


def test_every_code_a_file_may_say_is_a_word_itself():
    assert {status_words.read(code.value) for code in Code if code != Code.ANSWERED} == set(Code) - {Code.ANSWERED}
