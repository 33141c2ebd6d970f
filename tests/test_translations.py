"""Both languages are whole: whatever is added in English fails here until it has Chinese words."""

from __future__ import annotations

import re

import pytest
from django.utils import translation

from tests import translations
from tests.translations import APPS, LANGUAGES, Message

CATALOGUES = [(app, language) for app in APPS for language in LANGUAGES]
HOW = "run `python -m tests.translations` and translate the empty entries"


@pytest.mark.parametrize(("app", "language"), CATALOGUES)
def test_every_string_has_a_translation(app: str, language: str) -> None:
    entries = translations.read_po(translations.po_path(app, language))

    missing = [
        f"{where}: {message.text}" for message, where in translations.used_by(app).items() if not entries.get(message)
    ]

    assert missing == [], HOW


@pytest.mark.parametrize(("app", "language"), CATALOGUES)
def test_no_translation_is_left_over(app: str, language: str) -> None:
    entries = translations.read_po(translations.po_path(app, language))

    assert set(entries) - set(translations.used_by(app)) == set(), HOW


@pytest.mark.parametrize(("app", "language"), CATALOGUES)
def test_the_compiled_file_is_that_of_the_source(app: str, language: str) -> None:
    path = translations.po_path(app, language)

    assert path.with_suffix(".mo").read_bytes() == translations.compiled(language, translations.read_po(path)), HOW


@pytest.mark.parametrize(("app", "language"), CATALOGUES)
def test_a_translation_fills_in_the_same_values(app: str, language: str) -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)[sd]|\{\w*\}", text))

    entries = translations.read_po(translations.po_path(app, language))

    wrong = [m.text for m, text in entries.items() if values(text) != values(m.text) | values(m.plural)]

    assert wrong == []


def test_two_apps_translate_the_same_string_alike() -> None:
    first, second = (translations.read_po(translations.po_path(app, "zh_Hans")) for app in APPS)

    assert {m.text for m in first.keys() & second.keys() if first[m] != second[m]} == set()


def test_django_finds_what_was_compiled() -> None:
    with translation.override("zh-hans"):
        assert translation.gettext("Campaigns") == "外呼项目"


def test_strings_are_found_in_templates_and_python() -> None:
    source = (
        '{% translate "One" %}{% blocktranslate with n=x count m=y %}{{ n }} a'
        "{% plural %}{{ n }} b{% endblocktranslate %}"
    )

    found = set(translations._in_template(source)) | set(translations._in_python('x = pgettext("agent", "Two")'))

    assert found == {Message("One"), Message("%(n)s a", plural="%(n)s b"), Message("Two", context="agent")}
