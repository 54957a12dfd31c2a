"""The portal's texts in every language it speaks: the language of the moment, and its words.

A text is written in Italian, in `gettext` (in templates `_`), and translated where it is shown. A language
is a folder of catalogues, kept as text and compiled in memory; what a catalogue lacks is said in Italian.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from portal.elision import elided

SOURCE = "it"
"""The language that texts are written in."""
CATALOGUES = Path(__file__).parent / "translations"
FILES = ("mails.po", "portal.po")
"""What each language's folder holds: the texts that mails use, and all others."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language with its words."""

    code: str
    name: str
    """As those who speak it write it."""
    words: NullTranslations
    is_complete: bool
    """Whether every text of its catalogues has words."""
    writes_mails: bool
    """Whether every text of mails has: a mail is in one language or in another, never in two."""

    def fitted(self, text: str, values: Mapping[str, object]) -> str:
        """Return the text as this language says it with these values, which still stand as placeholders."""
        return elided(text, values) if values and self.code == SOURCE else text


@cache
def codes() -> tuple[str, ...]:
    """Return the codes of all languages, the source first."""
    folders = (path.name for path in CATALOGUES.iterdir() if path.is_dir())
    return SOURCE, *sorted(name for name in folders if name.isalpha())


@cache
def language(code: str) -> Language:
    """Return a language with its words; the source for one that has no catalogue."""
    if code == SOURCE or code not in codes():
        return Language(SOURCE, _name(SOURCE), NullTranslations(), is_complete=True, writes_mails=True)
    mails, pages = (_read(CATALOGUES / code / name, code) for name in FILES)
    in_mails = _has_all_words(mails)
    is_complete = in_mails and _has_all_words(pages)
    return Language(code, _name(code), _compiled([mails, pages], code), is_complete, in_mails)


def known() -> tuple[Language, ...]:
    """Return all languages, the source first."""
    return tuple(map(language, codes()))


def current() -> Language:
    """Return the language that is spoken at the moment."""
    return _spoken.get(_ITALIAN)


def speak(code: str) -> None:
    """Speak that language from now on, in this thread or task."""
    _spoken.set(language(code))


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak that language until the end of the block."""
    before = _spoken.set(language(code))
    try:
        yield
    finally:
        _spoken.reset(before)


def gettext(text: str, /, **values: object) -> str:
    """Return the text in the language of the moment, with its values if it has any."""
    spoken = _spoken.get(_ITALIAN)
    said = spoken.words.gettext(text)
    return spoken.fitted(said, values) % values if values else said


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """Return the text for that many, by the language's own rule of plurals, with its values if it has any."""
    spoken = _spoken.get(_ITALIAN)
    said = spoken.words.ngettext(one, many, count)
    return spoken.fitted(said, values) % values if values else said


def _name(code: str) -> str:
    locale = Locale.parse(code)
    return (locale.get_display_name(code) or code).capitalize()


def _read(path: Path, code: str) -> Catalog:
    if not path.is_file():
        return Catalog(code)
    with path.open("rb") as words:
        return read_po(words, locale=code)


def _has_all_words(catalogue: Catalog) -> bool:
    return len(catalogue) > 0 and not any(map(_lacks_words, catalogue))


def _lacks_words(message: Message) -> bool:
    words = message.string if isinstance(message.string, tuple | list) else [message.string]
    return bool(message.id) and (message.fuzzy or not all(words))


def _compiled(catalogues: list[Catalog], code: str) -> Translations:
    whole = Catalog(code)
    for catalogue in catalogues:
        for message in catalogue:
            if message.id and not message.fuzzy:
                whole.add(message.id, message.string, flags=message.flags, context=message.context)
    compiled = BytesIO()
    write_mo(compiled, whole)
    compiled.seek(0)
    return Translations(compiled)


_ITALIAN = language(SOURCE)
_spoken: ContextVar[Language] = ContextVar("spoken")
