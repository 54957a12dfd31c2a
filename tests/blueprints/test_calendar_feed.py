"""The calendar: an address that nobody guesses, what it opens, and how it closes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import icalendar
import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.rate_limits import limiter
from portal.store.accounts import Account
from portal.store.calendar_feeds import CalendarFeed
from portal.store.mailboxes import Mailbox
from portal.usecases import passwords
from portal.usecases.passwords import NewPassword
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import ON_BOTH, People, Person

pytestmark = ON_BOTH
ADDRESS = re.compile(r"http://localhost(/calendario/[\w-]{43}\.ics)")

Enter = Callable[[Person], Browser]


def make_feed(browser: Browser) -> str:
    """Press «Crea»; return the path of the address that the page then shows."""
    assert browser.post("/caselle/calendario").status_code == 303
    found = ADDRESS.search(browser.get("/caselle/calendario").text)
    assert found
    return found[1]


def events(body: bytes) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(body).walk("VEVENT"))  # type: ignore[arg-type]


def test_the_calendar_is_read_without_signing_in(app: Flask, people: People, enter: Enter) -> None:
    path = make_feed(enter(people.mailbox))
    answer = Browser(app).get(path)
    found = events(answer.data)

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in answer.headers
    assert [event["dtstart"].dt for event in found] == [
        date(2026, 12, 24),
        date(2027, 3, 24),
        date(2027, 3, 25),
    ]
    assert {type(event["dtstart"].dt) for event in found} == {date}
    assert "prima.della@pec.example" in found[0]["summary"]
    assert [len(event.walk("VALARM")) for event in found] == [2, 2, 1]
    assert all(line.endswith("\r") for line in answer.text.split("\n")[:-1])
    assert max(len(line.encode()) for line in answer.text.split("\r\n")) <= 75


def test_the_same_calendar_is_the_same_to_the_byte_and_is_not_sent_twice(
    app: Flask, people: People, enter: Enter, services: Services
) -> None:
    path = make_feed(enter(people.owner))
    client = Browser(app)
    first, again = client.get(path), client.get(path)
    unchanged = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.data == again.data
    assert (unchanged.status_code, unchanged.data) == (304, b"")

    uids = {event["uid"] for event in events(first.data)}
    with services.transaction() as session:
        box = session.scalars(select(Mailbox).where(Mailbox.address == people.owner.address)).one()
        box.expires_on += timedelta(days=365)
    renewed = client.get(path, headers={"If-None-Match": first.headers["ETag"]})

    assert renewed.status_code == 200
    assert uids - {event["uid"] for event in events(renewed.data)} == set(), "the others of the day stay"


def test_a_calendar_shows_its_owners_mailboxes_alone(app: Flask, people: People, enter: Enter) -> None:
    path = make_feed(enter(people.other))
    text = Browser(app).get(path).text.replace("\r\n ", "")

    assert people.other.address in text
    assert people.owner.address not in text
    assert people.mailbox.address not in text


def test_a_renewed_or_closed_address_leads_nowhere(app: Flask, people: People, enter: Enter) -> None:
    browser, reader = enter(people.owner), Browser(app)
    first = make_feed(browser)
    second = make_feed(browser)

    assert first != second
    assert [reader.get(path).status_code for path in (first, second)] == [404, 200]

    browser.post("/caselle/calendario/chiudi")

    assert reader.get(second).status_code == 404
    assert ADDRESS.search(browser.get("/caselle/calendario").text) is None
    assert browser.post("/caselle/calendario/chiudi").status_code == 303


def test_the_database_does_not_tell_the_address(people: People, enter: Enter, services: Services) -> None:
    token = make_feed(enter(people.owner)).removeprefix("/calendario/").removesuffix(".ics")
    with services.reading() as session:
        kept = session.scalars(select(CalendarFeed)).one()

    assert token not in f"{kept.token_hash} {kept.sealed_token}"


@pytest.mark.parametrize("ends", ["password", "disabled"])
def test_the_address_ends_with_the_access(
    app: Flask, people: People, enter: Enter, services: Services, ends: str
) -> None:
    path = make_feed(enter(people.owner))
    with services.transaction() as session:
        if ends == "password":
            passwords.change_password(
                session,
                people.owner.subject,
                NewPassword("hash", services.sealer, kept_elsewhere=False),
                now=services.now(),
            )
        else:
            session.execute(update(Account).values(disabled_at=services.now()))

    assert Browser(app).get(path).status_code == 404


@pytest.mark.parametrize("token", ["x", "a" * 43, "%00", "a" * 5000, "%F0%9F%93%85", "..%2f..%2fetc"])
def test_a_guessed_address_is_no_address(app: Flask, people: People, enter: Enter, token: str) -> None:
    make_feed(enter(people.owner))

    assert Browser(app).get(f"/calendario/{token}.ics").status_code in (404, 414)


def test_guessing_is_ended_and_readers_are_not(app: Flask, people: People, enter: Enter) -> None:
    path = make_feed(enter(people.owner))
    limiter.reset()
    guesser, reader = Browser(app), Browser(app, address="10.0.0.9")
    answers = [guesser.get(f"/calendario/{number}.ics").status_code for number in range(31)]

    assert answers == [404] * 30 + [429]
    assert guesser.get(path).status_code == 200, "a provider's guesser is not its other customers"
    assert reader.get(path).status_code == 200
    assert [reader.get(path).status_code for _ in range(60)][-1] == 429
