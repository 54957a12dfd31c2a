"""`/profilo`: another password, and the browsers that are signed in (S15, S21)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.store.mails import Mail
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, People, Person

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Enter = Callable[[Person], Browser]
NEW = "sette gatti sotto la luna"


def change(browser: Browser, new: str = NEW, **other: str) -> int:
    fields = {"conferma-password": PASSWORD, "new_password": new, "new_password_again": new, **other}
    return browser.post("/profilo/password", fields).status_code


def mails(services: Services) -> list[tuple[str, str]]:
    with services.reading() as session:
        return [(mail.kind, mail.recipient) for mail in session.scalars(select(Mail).order_by(Mail.id))]


@pytest.mark.parametrize("who", ["owner", "mailbox"])
def test_another_password_takes_the_place_of_the_first(
    app: Flask, services: Services, people: People, enter: Enter, who: str
) -> None:
    person: Person = getattr(people, who)
    browser, elsewhere = enter(person), enter(person)

    assert change(browser) == 303

    assert browser.is_signed_in
    assert not elsewhere.is_signed_in
    assert Browser(app).sign_in(person.identifier, PASSWORD).status_code == 422
    assert Browser(app).sign_in(person.identifier, NEW).status_code == 303
    assert [kind for kind, _ in mails(services)] == ["password_changed"]


def test_the_cookie_from_before_is_dead(app: Flask, people: People, enter: Enter) -> None:
    browser = enter(people.owner)
    before = browser.session_cookie
    change(browser)

    thief = Browser(app)
    thief.client.set_cookie("portal", before or "")

    assert not thief.is_signed_in


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"conferma-password": "non è questa, no"}, "Password non valida."),
        ({"new_password": "corta", "new_password_again": "corta"}, "almeno 15 caratteri"),
        ({"new_password_again": "un'altra ancora, diversa"}, "non sono uguali"),
        ({"new_password": "111111@aruba.it 1111", "new_password_again": "111111@aruba.it 1111"}, "per prime"),
        ({"new_password": "MomsanAladventure", "new_password_again": "MomsanAladventure"}, "rubate altrove"),
    ],
    ids=["wrong", "short", "differs", "guessed", "stolen"],
)
def test_what_cannot_be_is_said_at_its_field(
    app: Flask, services: Services, people: People, enter: Enter, fields: dict[str, str], said: str
) -> None:
    browser = enter(people.owner)
    sent = {"conferma-password": PASSWORD, "new_password": NEW, "new_password_again": NEW, **fields}

    answer = browser.post("/profilo/password", sent)

    assert answer.status_code == 422
    assert said in answer.text.replace("&#39;", "'")
    assert all(text not in answer.text for name, text in sent.items() if len(text) > 8)
    assert Browser(app).sign_in(people.owner.identifier, PASSWORD).status_code == 303
    assert mails(services) == []


def test_the_present_password_is_always_asked(people: People, enter: Enter) -> None:
    answer = enter(people.owner).post("/profilo/password", {"new_password": NEW, "new_password_again": NEW})

    assert answer.status_code == 422


def test_the_list_shows_every_browser_and_ends_one(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    here, there, others = enter(people.owner), enter(people.owner), enter(people.other)
    page = here.get("/profilo/sessioni").text
    ids = re.findall(r'name="session" value="(\d+)"', page)
    assert (page.count("Questo dispositivo"), len(ids)) == (1, 1)
    assert "127.0.0.1" in page

    assert here.post("/profilo/sessioni/chiudi", {"session": ids[0]}).status_code == 303

    assert here.is_signed_in
    assert not there.is_signed_in
    assert others.is_signed_in


def test_nobody_ends_what_is_anothers(people: People, enter: Enter) -> None:
    owner, other, mailbox = enter(people.owner), enter(people.other), enter(people.mailbox)

    for number in range(1, 10):
        owner.post("/profilo/sessioni/chiudi", {"session": str(number)})
        mailbox.post("/profilo/sessioni/chiudi", {"session": str(number)})
    owner.post("/profilo/sessioni/chiudi-altre")

    assert other.is_signed_in


def test_all_the_others_are_ended_at_once(people: People, enter: Enter) -> None:
    here, there, third = enter(people.owner), enter(people.owner), enter(people.owner)

    here.post("/profilo/sessioni/chiudi-altre")

    assert [each.is_signed_in for each in (here, there, third)] == [True, False, False]


@pytest.mark.parametrize("sent", ["", "0", "-1", "x", "9" * 30, "1 OR 1=1"])
def test_a_number_that_is_none_ends_nothing(people: People, enter: Enter, sent: str) -> None:
    browser = enter(people.owner)

    assert browser.post("/profilo/sessioni/chiudi", {"session": sent}).status_code == 303
    assert browser.is_signed_in
