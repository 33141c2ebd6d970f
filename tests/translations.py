"""Catalogues without GNU gettext: find every translatable string, keep the .po files complete, compile the .mo files.

    python -m tests.translations      adds new strings to the .po files (empty), drops unused ones, compiles

Each app has its own catalogue. Strings are found in Python by its own parser and in templates by Django's `templatize`,
so what Django would look up and what we look for is the same.
"""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
APPS = ("campaigns", "dialer")
LANGUAGES = ("zh_Hans",)
HEADER = {
    "zh_Hans": "Language: zh_Hans\nMIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\nPlural-Forms: nplurals=1; plural=0;\n",
}
# The places of (context, singular, plural) among the arguments.
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(rf"\b(_|n?p?gettext)\(\s*({STRING}(?:\s*,\s*{STRING})*)")


@dataclass(frozen=True, slots=True, order=True)
class Message:
    """What is looked up: `context` is empty for most, `plural` for all that do not count."""

    text: str
    context: str = ""
    plural: str = ""

    @property
    def key(self) -> str:
        """The key in a .mo file."""
        text = f"{self.text}\0{self.plural}" if self.plural else self.text
        return f"{self.context}\4{text}" if self.context else text


def po_path(app: str, language: str) -> Path:
    return ROOT / app / "locale" / language / "LC_MESSAGES" / "django.po"


def used_by(app: str) -> dict[Message, str]:
    """Every message of the app, with the first file that uses it."""
    found: dict[Message, str] = {}
    for path in sorted((ROOT / app).rglob("*")):
        if "migrations" in path.parts or path.suffix not in (".py", ".html", ".txt"):
            continue
        source = path.read_text(encoding="utf-8")
        for message in _in_python(source) if path.suffix == ".py" else _in_template(source):
            found.setdefault(message, path.relative_to(ROOT).as_posix())
    return found


def _in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (places := CALLS.get(_name(node.func))):
            texts = [arg.value if isinstance(arg, ast.Constant) else None for arg in node.args]
            if (message := _message(places, texts)) is not None:
                yield message


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _in_template(source: str) -> Iterator[Message]:
    for name, arguments in TEMPLATE_CALL.findall(templatize(source)):
        texts = [ast.literal_eval(text.lstrip("u")) for text in re.findall(STRING, arguments)]
        if (message := _message(CALLS[name], texts)) is not None:
            yield message


def _message(places: tuple[int | None, int, int | None], texts: list[object]) -> Message | None:
    context, text, plural = (texts[i] if i is not None and i < len(texts) else "" for i in places)
    if not (isinstance(text, str) and isinstance(context, str) and isinstance(plural, str) and text):
        return None
    return Message(text, context, plural)


def read_po(path: Path) -> dict[Message, str]:
    """Message → translation ("" when there is none yet)."""
    entries: dict[Message, str] = {}
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8") if path.exists() else ""):
        fields: dict[str, str] = {}
        for line in block.splitlines():
            if match := re.match(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[0\])?)\s+(".*")', line):
                field = match[1].removesuffix("[0]")
                fields[field] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                fields[field] += ast.literal_eval(line)
        if fields.get("msgid"):
            message = Message(fields["msgid"], fields.get("msgctxt", ""), fields.get("msgid_plural", ""))
            entries[message] = fields.get("msgstr", "")
    return entries


def write_po(path: Path, language: str, entries: dict[Message, str], where: dict[Message, str]) -> None:
    blocks = ["\n".join(['msgid ""', f"msgstr {_quoted(HEADER[language])}"])]
    for message in sorted(entries, key=lambda m: (where.get(m, ""), m)):
        lines = [f"#: {where[message]}"]
        if re.search(r"%\(\w+\)", message.text):
            lines.append("#, python-format")
        if message.context:
            lines.append(f"msgctxt {_quoted(message.context)}")
        lines.append(f"msgid {_quoted(message.text)}")
        if message.plural:
            lines.append(f"msgid_plural {_quoted(message.plural)}")
        lines.append(f"{'msgstr[0]' if message.plural else 'msgstr'} {_quoted(entries[message])}")
        blocks.append("\n".join(lines))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n\n".join(blocks) + "\n", encoding="utf-8")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def compiled(language: str, entries: dict[Message, str]) -> bytes:
    """The .mo file: header, two tables of (length, offset), then all keys and all values, each ended by a NUL."""
    pairs = {"": HEADER[language], **{message.key: text for message, text in entries.items() if text}}
    keys = [key.encode() for key in sorted(pairs, key=str.encode)]
    values = [pairs[key.decode()].encode() for key in keys]
    offset = 28 + 16 * len(keys)
    tables: list[int] = []
    for text in [*keys, *values]:
        tables += [len(text), offset]
        offset += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(keys), 28, 28 + 8 * len(keys), 0, 0)
    return head + struct.pack(f"<{len(tables)}I", *tables) + b"".join(text + b"\0" for text in [*keys, *values])


def update() -> None:
    for app in APPS:
        where = used_by(app)
        for language in LANGUAGES:
            path = po_path(app, language)
            known = read_po(path)
            entries = {message: known.get(message, "") for message in where}
            write_po(path, language, entries, where)
            path.with_suffix(".mo").write_bytes(compiled(language, entries))
            print(
                f"{path.relative_to(ROOT)}: {len(entries)} strings, {sum(not t for t in entries.values())} untranslated"
            )


if __name__ == "__main__":
    update()
