"""What a page says to people, held against a language's catalogues."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser

from portal.languages import FILES
from tools.messages import written

SILENT = {"script", "style", "code"}
SAID = ("aria-label", "title", "alt", "placeholder", "data-label")
"""Attributes that people see or hear."""
VOID = {"input", "br", "hr", "img", "link", "meta", "use", "path"}
VALUE = re.compile(r"%\(\w+\)s|%s")


def italian_on(page: str, language: str) -> list[str]:
    """Return what a page in that language says in Italian, though the catalogues have other words for it."""
    whole, one_by_one = _italian(language)
    return [said for said in said_on(page, language) if said in whole or one_by_one.fullmatch(said)]


def said_on(page: str, language: str) -> list[str]:
    """Return the texts of a page, but for the parts that are marked as of another language."""
    reader = _Reader(language)
    reader.feed(page)
    return [text for each in reader.said if (text := " ".join(each.split()))]


@cache
def _italian(language: str) -> tuple[frozenset[str], re.Pattern[str]]:
    """Return the Italian texts that the language says otherwise: as they stand, and those with values."""
    texts = {text for text, words in _pairs(language) if words and text != words}
    spaced = {" ".join(text.replace("%%", "%").split()) for text in texts}
    with_values = (VALUE.split(text) for text in spaced if VALUE.search(text))
    patterns = (".+?".join(map(re.escape, pieces)) for pieces in with_values)
    return frozenset(spaced), re.compile("|".join(patterns))


def _pairs(language: str) -> Iterator[tuple[str, str]]:
    for message in (message for file in FILES for message in written(language, file) if message.id):
        if isinstance(message.id, str):
            yield message.id, str(message.string or "")
        else:
            yield from zip(message.id, message.string or ("", ""), strict=True)


@dataclass
class _Reader(HTMLParser):
    language: str
    said: list[str] = field(default_factory=list)
    _open: list[bool] = field(default_factory=list)
    """Whether each element we are in says nothing of ours, from the outermost on."""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        own = dict(attrs)
        is_foreign = own.get("lang") not in (None, self.language)
        silent = any(self._open) or tag in SILENT or is_foreign
        if not silent:
            self.said += [own[name] or "" for name in SAID if name in own]
        if tag not in VOID:
            self._open.append(silent)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not any(self._open):
            self.said.append(data)
