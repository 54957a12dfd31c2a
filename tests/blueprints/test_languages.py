"""The language of pages: what a customer chose, then what this browser chose, then what it asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from portal import languages
from portal.store.accounts import Account
from portal.usecases.languages import language_of
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, People, Person

FOR_ALL = "/accessibilita"


def said(browser: Browser, path: str = FOR_ALL, *, accept: str = "") -> str:
    """Return the language of a page, on which header and element agree."""
    answer = browser.get(path, headers={"Accept-Language": accept} if accept else None)
    code = str(answer.headers["Content-Language"])
    assert f'<html lang="{code}">' in answer.text
    return code


def choose(browser: Browser, code: str, goal: str = FOR_ALL) -> str:
    answer = browser.post("/lingua", {"language": code, "next": goal})
    assert answer.status_code == 303
    return answer.headers["Location"]


@pytest.mark.parametrize(
    ("accept", "code"),
    [
        ("", "it"),
        ("en-GB,en;q=0.9", "en"),
        ("fr,en;q=0.5", "en"),
        ("de-IT,de;q=0.9,en;q=0.5", "de"),
        ("it-IT,en;q=0.5", "it"),
        ("en;q=0, zh", "it"),
        ("*", "it"),
    ],
)
def test_a_page_answers_as_the_browser_asks(visitor: Browser, accept: str, code: str) -> None:
    assert said(visitor, accept=accept) == code


@pytest.mark.parametrize("accept", ["xx-\"'<", "en;q=abc", "e" * 5000, "../../etc", "en,,;;"])
def test_nonsense_is_answered(visitor: Browser, accept: str) -> None:
    assert visitor.get(FOR_ALL, headers={"Accept-Language": accept}).status_code == 200


def test_a_language_with_gaps_is_nobodys_unasked(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    gaps = languages.Language(
        "de", "Deutsch", languages.NullTranslations(), is_complete=False, writes_mails=False
    )
    monkeypatch.setattr(languages, "known", lambda: (languages.language("it"), gaps))

    assert said(visitor, accept="de-IT,de") == "it"


def test_a_language_with_gaps_says_so_on_its_pages(visitor: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    note = '<p class="tongue-note">'
    assert note not in visitor.get(FOR_ALL).text

    gaps = languages.Language("en", "English", languages.NullTranslations(), False, writes_mails=False)
    known = languages.language
    monkeypatch.setattr(languages, "language", lambda code: gaps if code == "en" else known(code))
    choose(visitor, "en")

    assert note in visitor.get(FOR_ALL).text


def test_the_choice_of_this_browser_comes_before_what_it_asks_for(visitor: Browser) -> None:
    assert choose(visitor, "en") == FOR_ALL
    assert said(visitor, accept="it") == "en"

    choose(visitor, "it")
    assert said(visitor, accept="en") == "it"


def test_the_customers_choice_comes_before_the_browsers(
    app: Flask, services: Services, people: People
) -> None:
    here, there = Browser(app), Browser(app)
    here.enter(services, people.owner.subject)
    choose(here, "en")

    choose(there, "it")
    assert said(there) == "it"
    there.enter(services, people.owner.subject)
    assert said(there) == "en"


@pytest.mark.parametrize("who", ["owner", "mailbox"])
def test_mails_follow_the_choice(app: Flask, services: Services, people: People, who: str) -> None:
    person: Person = getattr(people, who)
    choose(Browser(app).enter(services, person.subject), "en")

    with services.reading() as session:
        assert language_of(session, person.subject.account_id, person.subject.mailbox_id) == "en"
        assert language_of(session, people.other.subject.account_id, None) == "it"


def test_who_chose_before_signing_in_has_chosen(app: Flask, services: Services, people: People) -> None:
    visitor = Browser(app)
    choose(visitor, "en")
    visitor.sign_in(people.owner.identifier, PASSWORD)

    with services.reading() as session:
        assert session.get_one(Account, people.owner.subject.account_id).language == "en"


def test_signing_in_on_anothers_browser_changes_no_choice(
    app: Flask, services: Services, people: People
) -> None:
    with services.transaction() as session:
        session.get_one(Account, people.owner.subject.account_id).language = "it"
    visitor = Browser(app)
    choose(visitor, "en")
    visitor.sign_in(people.owner.identifier, PASSWORD)

    assert said(visitor) == "it"


def test_a_choice_goes_back_to_its_page_and_nowhere_else(visitor: Browser) -> None:
    assert choose(visitor, "en", "/contratti?x=1") == "/contratti?x=1"
    for elsewhere in ("//evil.example", "https://evil.example/", "/\\evil.example", ""):
        assert choose(visitor, "en", elsewhere) == "/"


@pytest.mark.parametrize("code", ["", "xx", "../it", "en_GB", "mails.po", "EN"])
def test_only_languages_that_there_are_can_be_chosen(visitor: Browser, code: str) -> None:
    assert visitor.post("/lingua", {"language": code, "next": "/"}).status_code == 400


def test_a_forged_choice_is_refused(visitor: Browser) -> None:
    assert visitor.post("/lingua", {"language": "en"}, token="").status_code == 403
    assert said(visitor) == "it"


@pytest.mark.parametrize("path", ["/nulla", "/ordini/PEC-2026-0000000"])
def test_errors_speak_the_language_too(app: Flask, services: Services, people: People, path: str) -> None:
    browser = Browser(app).enter(services, people.owner.subject)
    choose(browser, "en")

    assert said(browser, path) == "en"


def test_every_answer_says_what_it_depends_on(visitor: Browser) -> None:
    answer = visitor.get(FOR_ALL)

    assert {"Accept-Language", "Cookie"} <= set(answer.vary)
    assert answer.headers["Cache-Control"] == "no-store"


def test_one_request_leaves_no_language_to_the_next(app: Flask) -> None:
    with app.test_request_context():
        choose(visitor := Browser(app), "en")
        said(visitor)

    assert languages.current().code == "it"


def test_the_profile_says_which_language_is_whose(app: Flask, services: Services, people: People) -> None:
    browser = Browser(app).enter(services, people.owner.subject)
    assert "le e-mail sono in italiano" in browser.get("/profilo").text

    choose(browser, "en")
    assert "Pages, documents and e-mails are in this language: English." in browser.get("/profilo").text

    choose(browser, "de")
    assert "Seiten, Dokumente und E-Mails sind in dieser Sprache: Deutsch." in browser.get("/profilo").text


def test_the_profile_says_that_mails_are_in_italian(
    app: Flask, services: Services, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = replace(languages.language("de"), writes_mails=False)
    known = languages.language
    monkeypatch.setattr(languages, "language", lambda code: gaps if code == "de" else known(code))
    browser = Browser(app).enter(services, people.owner.subject)

    choose(browser, "de")
    assert "Die E-Mails sind auf Italienisch." in browser.get("/profilo").text
