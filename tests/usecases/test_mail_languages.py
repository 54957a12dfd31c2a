"""Mails are wholly in one language; whether words lack: tests/architecture/test_languages.py."""

from __future__ import annotations

import re
from dataclasses import replace
from html import escape, unescape

import pytest

from portal import languages
from portal.letters import TEMPLATES, Wording, render
from tests.blueprints.spoken import italian_on
from tests.usecases.test_notices import AROUND
from tools.pictures.letters import SAMPLES

ITALIAN = {
    "de": re.compile(r"\b\d\d/\d\d/\d{4}\b|\b(?:marzo|novembre|dicembre)\b|€\s?\d"),
    "en": re.compile(r"\b(?:marzo|novembre|dicembre)\b|\d,\d\d\b|€\s"),
}
"""Days and amounts as only Italian writes them."""
OWN_TITLES = {"Condizioni generali di contratto"}
"""A contract is called as its own text is."""
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


def test_a_customer_reads_the_language_of_the_account() -> None:
    words = render("expiry_notice", "en", EXPIRY, AROUND, code="ABCDEFGHJKLM")

    assert words.subject == "studio@pec.example expires in 7 days"
    assert "Dear Mario Rossi," in words.text
    assert "on 1 December 2026" in words.text
    assert "ABCD-EFGH-JKLM" in words.text
    assert "Business Register" in words.html
    assert not re.search(r"casella|scade|rinnov(?!a)", words.text)


def test_who_reads_german_is_told_in_german_what_happens() -> None:
    words = render("expiry_notice", "de", EXPIRY, AROUND, code="ABCDEFGHJKLM")

    assert words.subject == "studio@pec.example läuft in 7 Tagen ab"
    assert "Guten Tag Mario Rossi,\n\ndas PEC-Postfach studio@pec.example läuft" in words.text
    assert "ab dem 2.\u00a0März 2027 wird es mit allen Nachrichten gelöscht" in words.text
    assert "Handelsregister" in words.html
    assert not re.search(r"casella|scade|rinnov(?!a)", words.text)


def test_a_language_without_words_reads_italian(monkeypatch: pytest.MonkeyPatch) -> None:
    gaps = replace(languages.language("de"), writes_mails=False)
    known = languages.language
    monkeypatch.setattr(languages, "language", lambda code: gaps if code == "de" else known(code))

    words = render("expiry_notice", "de", EXPIRY, AROUND)

    assert words.subject == "studio@pec.example scade tra 7 giorni"
    assert "1º dicembre 2026" in words.text
    assert 'lang="it"' in words.html


def test_every_kind_of_mail_is_photographed_in_words_of_its_language() -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}

    assert {kind for kind, _ in SAMPLES.values()} == folders
    for kind, about in SAMPLES.values():
        for language in languages.codes():
            words = render(kind, language, about, AROUND, code="ABCDEFGHJKLM")
            assert f'lang="{language}"' in words.html
            assert "\n\n--\n" in words.text, f"{kind}: the foot stands apart"
            if language != languages.SOURCE:
                assert italian_in(words, language) <= OWN_TITLES, kind


def italian_in(words: Wording, language: str) -> set[str]:
    """Return what text and HTML say in Italian: words the language has itself, days and amounts."""
    lines = "".join(f"<p>{escape(line.removeprefix('- '))}</p>" for line in words.text.splitlines())
    whole = f"{words.subject}\n{words.text}{words.html}"
    return {
        *italian_on(lines, language),
        *italian_on(words.html, language),
        *ITALIAN[language].findall(whole),
    }


@pytest.mark.parametrize(
    ("what", "in_italian", "in_english"),
    [
        ("totp_on", "l'app di autenticazione è stata attivata", "app has been turned on"),
        ("totp_off", "l'app di autenticazione è stata disattivata", "app has been turned off"),
        ("passkey_added", "è stata aggiunta una passkey", "a passkey has been added"),
        ("passkey_removed", "è stata rimossa una passkey", "a passkey has been removed"),
        ("codes_renewed", "nuovi codici di recupero: quelli di prima non valgono più", "recovery codes"),
        ("code_used", "per entrare è stato usato un codice di recupero", "a recovery code has been used"),
        ("all_off", "è stata tolta dall'assistenza", "has been removed by"),
    ],
)
def test_each_change_of_the_second_step_is_said_and_what_to_do(
    what: str, in_italian: str, in_english: str
) -> None:
    about = {"name": "Mario Rossi", "identifier": "100200@aruba.it", "what": what}
    for language, words in (("it", in_italian), ("en", in_english)):
        told = render("second_step_changed", language, about, AROUND, code="ABCDEFGHJKLM")

        assert words in told.text
        assert words in unescape(told.html)
        assert "100200@aruba.it" in told.subject
        assert AROUND.support_email in told.text, "whoever did not do it knows whom to ask"
