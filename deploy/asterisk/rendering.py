"""Fills in our Asterisk templates: `@{name}` and nothing else.

The dialplan is full of `$` and `@`, so the usual `$name` would be a trap: only the braced form counts, an
unknown name is an error, and a value with a line break is refused (it could add a setting).
"""

import string
from collections.abc import Mapping, Sequence
from pathlib import Path


class _Template(string.Template):
    pattern = r"@(?:\{(?P<braced>[a-z_]+)\}|(?P<escaped>(?!))|(?P<named>(?!))|(?P<invalid>(?!)))"  # type: ignore[assignment]


def render(text: str, values: Mapping[str, str]) -> str:
    """The template's text with every `@{name}` replaced. Raises KeyError for an unknown name, ValueError for a control
    character in a value that is used."""
    return _Template(text).substitute(_Checked(values))


def render_folders(folders: Sequence[Path], values: Mapping[str, str]) -> dict[str, str]:
    """File name → text for every *.conf of the folders; a later folder's file replaces an earlier one's."""
    templates = {path.name: path for folder in folders for path in sorted(folder.glob("*.conf"))}
    return {name: render(path.read_text(), values) for name, path in templates.items()}


class _Checked(dict[str, str]):
    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        if any(ord(character) < 32 for character in value):
            raise ValueError(f"the value of {name} holds a control character")
        return value
