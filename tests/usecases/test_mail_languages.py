"""Mails in every language: no text without its words, no word with other values than the text has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from portal.languages import CATALOGUES
from portal.letters import TEMPLATES, render
from tests.usecases.test_notices import AROUND

LANGUAGES = ["en"]
VALUE = re.compile(r"%\((\w+)\)s|(%%)")
KEYWORDS = {"_": None, "ngettext": (1, 2)}
OPTIONS = {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
EXPIRY = {
    "name": "Mario Rossi",
    "address": "studio@pec.example",
    "milestone": -7,
    "firm": True,
    "order": None,
    "paying_body": None,
    "expires_on": "2026-12-01",
    "days_left": 7,
    "last_day": "2027-03-01",
    "days_to_last": 97,
    "gone_from": "2027-03-02",
    "slow_methods": True,
}


def texts() -> Iterator[tuple[str, ...]]:
    """Give every text of the templates, with its plural where it has one."""
    for path in sorted(TEMPLATES.rglob("*.*")):
        with path.open("rb") as template:
            for _, message, _, _ in extract(
                "jinja2.ext:babel_extract",
                template,
                keywords={"_": None, "ngettext": (1, 2)},
                options=OPTIONS,
            ):
                yield (message,) if isinstance(message, str) else tuple(part for part in message if part)


def catalogue(path: Path) -> dict[tuple[str, ...], Message]:
    with path.open("rb") as words:
        return {_as_tuple(message.id): message for message in read_po(words) if message.id}


def _as_tuple(value: object) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)  # type: ignore[arg-type]


def values(text: str) -> list[str]:
    return sorted(name or sign for name, sign in VALUE.findall(text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_has_its_words(language: str) -> None:
    known = catalogue(CATALOGUES / language / "mails.po")

    missing = sorted({text for text in texts() if not all(_as_tuple(getattr(known.get(text), "string", "")))})

    assert missing == [], f"add them to portal/translations/{language}/mails.po"


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_take_the_values_of_their_text(language: str) -> None:
    known = catalogue(CATALOGUES / language / "mails.po")
    differing = [
        message.id
        for message in known.values()
        if list(map(values, _as_tuple(message.string))) != list(map(values, _as_tuple(message.id)))
    ]

    assert differing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_words_are_left_over(language: str) -> None:
    assert sorted(set(catalogue(CATALOGUES / language / "mails.po")) - set(texts())) == []


def test_a_customer_reads_the_language_of_the_account() -> None:
    words = render("expiry_notice", "en", EXPIRY, AROUND, code="ABCDEFGHJKLM")

    assert words.subject == "studio@pec.example expires in 7 days"
    assert "Dear Mario Rossi," in words.text
    assert "on 1 December 2026" in words.text
    assert "ABCD-EFGH-JKLM" in words.text
    assert "Business Register" in words.html
    assert not re.search(r"casella|scade|rinnov(?!a)", words.text)


def test_a_language_without_words_reads_italian() -> None:
    words = render("expiry_notice", "de", EXPIRY, AROUND)

    assert words.subject == "studio@pec.example scade tra 7 giorni"
    assert "1 dicembre 2026" in words.text
    assert 'lang="it"' in words.html
