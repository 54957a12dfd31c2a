"""Signing in with a mailbox whose password the mail server knows: let in, refused, and neither (S51)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from portal.adapters.credentials.imap import ImapVerifier
from portal.store.history import HistoryEvent
from portal.wiring import Services
from tests.adapters.mail_servers import at
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, People
from tests.conftest import Clock
from tests.servers.certificates import Authority
from tests.servers.imap import Behaviour, ImapServer

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NO = Behaviour(after_secret=b"%s NO [AUTHENTICATIONFAILED] wrong\r\n")
LATER = Behaviour(after_secret=b"%s NO [UNAVAILABLE] later\r\n")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ImapServer]:
    authority = Authority(tmp_path)
    made = ImapServer(authority.vouch("localhost"))
    made.authority = authority
    yield made
    made.stop()


@pytest.fixture
def services(services: Services, server: ImapServer, clock: Clock) -> Services:
    """Services whose mailbox passwords are the mail server's."""
    assert server.authority is not None
    return replace(services, verifier=ImapVerifier(at(server.port, server.authority), clock))


def test_the_mail_server_lets_in_and_the_portal_keeps_no_password(
    app: Flask, services: Services, people: People, server: ImapServer
) -> None:
    browser = Browser(app)

    assert browser.sign_in(people.mailbox.identifier, "whatever the mail server takes").status_code == 303
    assert browser.is_signed_in


def test_what_the_mail_server_refuses_is_refused_as_anything_else(
    app: Flask, people: People, server: ImapServer
) -> None:
    server.behaviour = NO
    wrong, unknown = (
        Browser(app).sign_in(name, PASSWORD) for name in (people.mailbox.identifier, "x@pec.example")
    )

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert "Credenziali non valide." in wrong.text
    assert server.heard.count(b"AUTHENTICATE") == 2


def test_who_the_portal_does_not_know_is_not_let_in_by_the_mail_server(
    app: Flask, people: People, server: ImapServer
) -> None:
    assert Browser(app).sign_in("x@pec.example", PASSWORD).status_code == 422


def test_a_server_in_trouble_is_no_wrong_password_and_no_try(
    app: Flask, services: Services, people: People, server: ImapServer, clock: Clock
) -> None:
    server.behaviour = LATER
    answers = []
    for _ in range(12):
        answers.append(Browser(app).sign_in(people.mailbox.identifier, PASSWORD))
        clock.forward(seconds=31)  # past the rest of the fuse
    server.behaviour = Behaviour()

    assert {answer.status_code for answer in answers} == {503}
    assert "Retry-After" in answers[0].headers
    assert "Credenziali" not in answers[0].text
    assert Browser(app).sign_in(people.mailbox.identifier, PASSWORD).status_code == 303
    with services.reading() as session:
        assert "sign_in_refused" not in session.scalars(select(HistoryEvent.deed)).all()


def test_the_portals_own_limit_comes_before_the_mail_server(
    app: Flask, people: People, server: ImapServer
) -> None:
    """Guessing here must not lock the mailbox there."""
    server.behaviour = NO
    statuses = [Browser(app).sign_in(people.mailbox.identifier, PASSWORD).status_code for _ in range(14)]

    assert statuses.count(422) == server.heard.count(b"AUTHENTICATE") == 10
    assert statuses[-1] == 429


def test_an_account_is_not_the_mail_servers(app: Flask, people: People, server: ImapServer) -> None:
    assert Browser(app).sign_in(people.owner.identifier, PASSWORD).status_code == 303
    assert server.connections == 0
