"""`/profilo/attivita`: what was done in one's name; and what sign-ins leave behind (S49)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain.history import Deed
from portal.store.history import HistoryEvent
from portal.usecases import history
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, People, Person

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = ONE_DATABASE
WRONG = "questa non sembra quella giusta"


def events(services: Services) -> list[HistoryEvent]:
    with services.reading() as session:
        return [*session.scalars(select(HistoryEvent).order_by(HistoryEvent.id))]


def told(page: str) -> list[str]:
    """Return the deeds on a page, the newest first."""
    return [
        " ".join(re.sub(r"<[^>]+>", " ", each).split())
        for each in re.findall(r'<th scope="row".*?</th>', page)
    ]


def test_whoever_signs_in_finds_it_in_their_history(app: Flask, people: People) -> None:
    browser = Browser(app)
    browser.sign_in(people.owner.identifier, WRONG)
    browser.sign_in(people.owner.identifier, PASSWORD)

    page = browser.get("/profilo/attivita").get_data(as_text=True)

    assert told(page) == ["Accesso", "Accesso non riuscito"]
    assert "127.0.0.1" in page


def test_an_attempt_on_nobodys_name_leaves_the_same_row_without_the_name(
    app: Flask, services: Services, people: People
) -> None:
    for name in (people.owner.identifier, "una password nel campo sbagliato"):
        Browser(app).sign_in(name, WRONG)

    known, unknown = events(services)
    assert (known.account_id, unknown.account_id) == (people.owner.subject.account_id, None)
    assert (known.deed, unknown.deed, unknown.about) == ("sign_in_refused", "sign_in_refused", "")


def test_a_mailbox_does_not_see_what_its_account_did(
    services: Services, people: People, enter: Callable[[Person], Browser]
) -> None:
    with services.transaction() as session:
        history.record(session, Deed.ORDER_PLACED, people.owner.subject, now=services.now(), about="A7K2")

    pages = [enter(who).get("/profilo/attivita").text for who in (people.owner, people.mailbox, people.other)]

    assert ["A7K2" in page for page in pages] == [True, False, False]


def test_what_support_did_says_so(
    services: Services, people: People, enter: Callable[[Person], Browser]
) -> None:
    with services.transaction() as session:
        history.come_from(history.by_operator("giulia", "00"))
        history.record(session, Deed.PASSWORD_CHANGED, people.owner.subject, now=services.now())

    page = enter(people.owner).get("/profilo/attivita").text

    assert "Password cambiata Assistenza" in told(page)
    assert "giulia" not in page


def test_every_deed_of_a_customer_has_words(
    services: Services, people: People, enter: Callable[[Person], Browser]
) -> None:
    for deed in set(Deed) - {Deed.COMMAND}:
        with services.transaction() as session:
            history.record(session, deed, people.owner.subject, now=services.now())

    assert not {"Attività", ""} & {*told(enter(people.owner).get("/profilo/attivita").text)}


def test_hostile_words_stay_words(
    services: Services, people: People, enter: Callable[[Person], Browser]
) -> None:
    with services.transaction() as session:
        history.record(
            session,
            Deed.ORDER_PLACED,
            people.owner.subject,
            now=services.now(),
            about="<script>alert(1)</script>",
        )

    page = enter(people.owner).get("/profilo/attivita").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
