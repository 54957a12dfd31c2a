"""Brings the catalogues of each language up to the texts in templates and code, and says what lacks words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from portal.languages import CATALOGUES, FILES, codes

ROOT = Path(__file__).resolve().parent.parent
PORTAL = ROOT / "portal"
MAILS = PORTAL / "templates" / "mail"
CODE = ("documents", "forms", "blueprints")
"""Where texts stand in Python; everywhere else they are in templates."""
FOR_BUILDERS = PORTAL / "templates" / "demo" / "components.html"
"""Shows parts of pages to whoever builds them: no customer reads it."""
KEYWORDS = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true", "silent": "false"}
WIDTH = 110
HEADER = r"""# The Italian texts are the source: `make messages` brings this file up to them.
msgid ""
msgstr ""
"Language: {}\n"
"Plural-Forms: {}\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
"""Of every catalogue: nothing that changes from day to day."""


def catalogues() -> dict[str, Catalog]:
    """Return what each file of a language has to hold: the texts that mails use, and all others."""
    mails, pages = Catalog(), Catalog()
    for path, message in _found(sorted(MAILS.rglob("*.*"))):
        _add(mails, path, message)
    for path, message in _found(_sources()):
        _add(mails if mails.get(message[0], message[2]) else pages, path, message)
    return dict(zip(FILES, (mails, pages), strict=True))


def texts_of(template: Path) -> list[str]:
    """Return the texts of one template in their order, of a plural its singular."""
    return [_parts(message[0])[0] for _, message in _found([template])]


def written(language: str, name: str) -> Catalog:
    """Return a catalogue as it is, empty where there is none."""
    path = CATALOGUES / language / name
    if not path.is_file():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def lacking(catalogue: Catalog) -> list[Message]:
    """Return the messages without words, or with words that a person has to look at again."""
    return [
        message for message in catalogue if message.id and (message.fuzzy or not all(_parts(message.string)))
    ]


def update(language: str) -> tuple[int, int]:
    """Bring the language's files up to the sources; return how many texts there are, and how many lack words.

    Words of a text that moved from one file to the other move along; those of a text that is gone, go.
    """
    known = [
        message for name in FILES for message in written(language, name) if message.id and message.string
    ]
    total = missing = 0
    for name, wanted in catalogues().items():
        merged = Catalog(language)
        for message in wanted:
            if message.id:
                merged.add(
                    message.id, locations=message.locations, flags=message.flags, context=message.context
                )
        for message in known:
            place = merged.get(_key(message), message.context)
            if place is not None and place.pluralizable == message.pluralizable:
                place.string = message.string
        _write(merged, CATALOGUES / language / name)
        total, missing = total + len(merged), missing + len(lacking(merged))
    return total, missing


def _sources() -> list[Path]:
    pages = [path for path in (PORTAL / "templates").rglob("*.*") if not path.is_relative_to(MAILS)]
    code = [path for folder in CODE for path in (PORTAL / folder).rglob("*.py")]
    return sorted({*pages, *code} - {FOR_BUILDERS})


def _found(paths: list[Path]) -> Iterator[tuple[Path, tuple[object, list[str], str | None]]]:
    for path in paths:
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        with path.open("rb") as file:
            for _, text, _, context in extract(method, file, keywords=KEYWORDS, options=OPTIONS):
                yield path, (text if isinstance(text, str) else tuple(filter(None, text)), [], context)


def _add(catalogue: Catalog, path: Path, message: tuple[object, list[str], str | None]) -> None:
    text, _, context = message
    catalogue.add(text, locations=[(str(path.relative_to(ROOT)), 0)], context=context)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _parts(words: object) -> tuple[str, ...]:
    return (words,) if isinstance(words, str) else tuple(words or ("",))  # type: ignore[arg-type]


def _write(catalogue: Catalog, path: Path) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.format(catalogue.locale_identifier, catalogue.plural_forms).encode())
        write_po(file, catalogue, width=WIDTH, include_lineno=False, omit_header=True)


def main() -> None:
    for language in codes()[1:]:
        total, missing = update(language)
        print(f"{language}: {total} texts, {missing} without words")
        for name in FILES:
            for message in lacking(written(language, name)):
                print(f"  {name}: {_key(message)}")


if __name__ == "__main__":
    sys.exit(main())
