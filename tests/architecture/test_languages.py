"""Texts: none out of a translator's reach, none without English words, none left over."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message

from portal.languages import CATALOGUES, FILES, codes
from tests.architecture.sources import ROOT, templates
from tests.architecture.texts import said_in_code, untranslated
from tools.messages import FOR_BUILDERS, catalogues, lacking, texts_of, written

COMPLETE = ("de", "en")
"""Languages that have words for every text; others have begun and fall back to Italian."""
VALUE = re.compile(r"%\((\w+)\)s|%s|(%%)")
TEMPLATES = [path for path in templates() if path != FOR_BUILDERS]
CODE = [
    path
    for folder in ("blueprints", "forms", "documents")
    for path in sorted((ROOT / "portal" / folder).rglob("*.py"))
]


@pytest.fixture(scope="module")
def wanted() -> dict[str, Catalog]:
    return catalogues()


def keys(catalogue: Catalog) -> set[tuple[object, str | None]]:
    return {(message.id, message.context) for message in catalogue if message.id}


def parts(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text or ())  # type: ignore[call-overload]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "portal"))


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", codes()[1:])
def test_a_catalogue_holds_the_texts_there_are(wanted: dict[str, Catalog], language: str, file: str) -> None:
    there = keys(written(language, file))

    assert sorted(map(str, keys(wanted[file]) - there)) == [], "make messages adds them"
    assert sorted(map(str, there - keys(wanted[file]))) == [], "make messages takes them away"


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", COMPLETE)
def test_no_text_is_without_words(language: str, file: str) -> None:
    assert [message.id for message in lacking(written(language, file))] == [], (
        f"write them into {language}/{file}"
    )


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("language", codes()[1:])
def test_words_take_the_values_of_their_text(language: str, file: str) -> None:
    differing = [message.id for message in written(language, file) if message.id and not fits(message)]

    assert differing == []


def fits(message: Message) -> bool:
    """Say whether words have the text's values, in any order, and its spaces at both ends."""
    texts, words = parts(message.id), parts(message.string)
    return all(
        not said or (sorted(VALUE.findall(text)) == sorted(VALUE.findall(said)) and ends(text) == ends(said))
        for text, said in zip([*texts, *texts[-1:] * len(words)], words, strict=False)
    )


def ends(text: str) -> tuple[bool, bool]:
    return text.startswith(" "), text.endswith(" ")


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_says_nothing_outside_gettext(path: Path) -> None:
    assert untranslated(path.read_text(encoding="utf-8"), is_html=path.suffix == ".html") == []


@pytest.mark.parametrize("path", CODE, ids=name)
def test_code_says_nothing_outside_gettext(path: Path) -> None:
    assert said_in_code(path.read_text(encoding="utf-8")) == []


def test_every_language_is_a_folder_with_its_two_files() -> None:
    for language in codes()[1:]:
        assert sorted(path.name for path in (CATALOGUES / language).iterdir()) == sorted(FILES)


WRONG_WORDS = {
    "en": r"(?i)\b(?:e-?mail box|mail box|certified mailbox|inbox|due date|credit note|wire transfer"
    r"|convention|automatic renewals?|help desk|switch(?:ed)? (?:it )?(?:on|off))\b",
    "de": r"\b(?:Mailbox|Verwendungszweck|Fälligkeit|Widerruf|Mehrwertsteuer|Erneuerung|Werktag|Grenze)"
    r"|\b(?:Zahlungsart|Speicherplatz|Support)\b|(?i:annullier|deaktivier|fehlgeschlagen)"
    r"|\b(?:[Dd]u|[Dd]ein\w*|[Dd]ir|[Dd]ich|[Ee]uch|[Ee]ure?)\b|[„“”]|MwSt(?!\.)|\.\.",
}
"""What a language calls otherwise: one word for one thing (domain.md 14); who reads German is «Sie»."""


@pytest.mark.parametrize("language", WRONG_WORDS)
def test_a_language_has_one_word_for_one_thing(language: str) -> None:
    wrong = re.compile(WRONG_WORDS[language])

    assert [words for _, words in said(language) if wrong.search(words)] == []


@pytest.mark.parametrize("language", COMPLETE)
def test_words_name_a_button_as_the_page_does(language: str) -> None:
    """Except the fields of the printed postal slip, which is in Italian."""
    names: dict[str, set[str]] = {}
    for text, words in said(language):
        names.setdefault(text, set()).add(words)
    misnamed = [
        words
        for text, words in said(language)
        for button in re.findall("«([^»]+)»", "" if text.startswith("Nel campo «") else text)
        if not any(name in words for name in names.get(button, {""}))
    ]

    assert misnamed == []


def said(language: str) -> list[tuple[str, str]]:
    """Return each text that has words, with them; of a plural each of its forms."""
    found = []
    for file in FILES:
        for message in written(language, file):
            texts, words = parts(message.id), parts(message.string)
            found += zip([*texts, *texts[-1:] * len(words)], words, strict=False)
    return [(text, words) for text, words in found if text and words]


@pytest.mark.parametrize(
    "template",
    [
        "<p>Ciao</p>",
        "{{ button('Paga') }}",
        "<a title='Apri'>{{ _('Bene') }}</a>",
        "<button aria-label='Chiudi'></button>",
        "{% if a %}Non va{% else %}{{ _('Va') }}{% endif %}",
        "<p>{{ n }} caselle</p>",
        "{{ field(hint='Scrivi qui') }}",
        "{% block title %}Ordini{% endblock %}",
        "{% set words = {'a': 'Già pagata'} %}",
        "{{ _('Con %(what)s', what='Carta o PayPal.') }}",
    ],
)
def test_a_planted_text_in_a_template_is_found(template: str) -> None:
    assert untranslated(template)


@pytest.mark.parametrize(
    "template",
    [
        "<p class='notice bad'>{{ _('Bene') }} · 5 GB</p>",
        "{{ button(_('Paga'), 'secondary', kind='submit') }}",
        "{% if state == 'In attesa' %}{{ ngettext('%(num)s anno', '%(num)s anni', n) }}{% endif %}",
        "<code>PORTAL_SECRET</code><a href='/caselle'>{{ address }}</a>",
    ],
)
def test_what_is_no_text_is_left_alone(template: str) -> None:
    assert untranslated(template) == []


@pytest.mark.parametrize(
    "code",
    [
        "flash('Fatto', 'ok')",
        "raise ValidationError('Scrivi un numero')",
        "StringField(label='Nome')",
        "InputRequired(message='Serve')",
        "flash(f'Ordine {number} fatto')",
    ],
)
def test_a_planted_text_in_code_is_found(code: str) -> None:
    assert said_in_code(code)
    assert not said_in_code("flash(_('Fatto'), 'ok'); InputRequired(message=lazy_gettext('Serve'))")


CONSENTS = ROOT / "portal" / "templates" / "payments" / "consents"
SHOWN_WORDS = {
    "en": {
        "2026-11-mailbox": "da6fe7dd61fa83dd",
        "2026-11-method": "4f28e747c30f0c91",
        "2026-11": "d56ed15d71786a71",
        "2026-12-mailbox": "ced77c00ad78a8bc",
        "2026-12-method": "d669a0f8bfb802e9",
        "2026-12": "03725927e32ef504",
    },
    "de": {
        "2026-11-mailbox": "ae9b77fe36460da9",
        "2026-11-method": "d6f61c5767bdb5ad",
        "2026-11": "9b01bf5653930ea7",
        "2026-12-mailbox": "7b7d425b22d0eea6",
        "2026-12-method": "584c8794a9b7acc5",
        "2026-12": "cb2fb67f4b037a99",
    },
}
"""Words of the texts that were agreed to: like the Italian ones, changed words need a new version."""


@pytest.mark.parametrize("path", sorted(CONSENTS.glob("*.html")), ids=lambda path: path.stem)
@pytest.mark.parametrize("language", COMPLETE)
def test_words_that_were_agreed_to_stay(language: str, path: Path) -> None:
    known = [message for file in FILES for message in written(language, file) if message.id]
    words = {parts(message.id)[0]: parts(message.string) for message in known}
    told = [part for text in texts_of(path) for part in words[text]]

    assert sha256("\n".join(told).encode()).hexdigest()[:16] == SHOWN_WORDS[language].get(path.stem)
