"""Mailbox passwords checked by a mail server: right, wrong, and everything that is neither (S51)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from portal.adapters.credentials.imap import ImapVerifier
from portal.adapters.fuse import FAILURES_IN_A_ROW, REST
from portal.mail_server_settings import MailServer
from portal.ports import Unavailable, Unreachable
from tests.adapters.mail_servers import PASSWORDS, at
from tests.conftest import Clock
from tests.servers.certificates import Authority
from tests.servers.dovecot import USAGE_PASSWORD, USAGE_USER, DovecotServer
from tests.servers.imap import Behaviour, ImapServer
from tests.servers.processes import free_port

ADDRESS, PASSWORD = "studio.rossi@pec.example", "prova-portale-2026"
SECRET = "una-parola-che-nessuno-deve-leggere"
Speaking = Callable[[Behaviour], ImapServer]


def verifier(server: MailServer) -> ImapVerifier:
    return ImapVerifier(server, lambda: datetime(2026, 11, 24, tzinfo=UTC))


def test_a_real_server_knows_its_passwords(dovecot: DovecotServer, authority: Authority) -> None:
    asked = verifier(at(dovecot.port, authority))

    for address, password in PASSWORDS.items():
        assert asked.verify(address, None, password)
        assert not asked.verify(address, None, password + "x")
        assert not asked.verify("nessuno@pec.example", None, password)


@pytest.mark.parametrize(
    ("address", "password"),
    [
        (f"{ADDRESS}*{USAGE_USER}", USAGE_PASSWORD),
        (USAGE_USER, USAGE_PASSWORD),
        (f"{ADDRESS}\0{ADDRESS}", PASSWORD),
        (ADDRESS, f"{PASSWORD}\0"),
        (ADDRESS, f"{PASSWORD}\r\nA1 LOGIN x y"),
        (f"{ADDRESS}\r\n", PASSWORD),
        ("", ""),
    ],
)
def test_nobody_enters_by_a_trick(
    dovecot: DovecotServer, authority: Authority, address: str, password: str
) -> None:
    """Without the list of letters an address may have, the first would be let in as the usage user."""
    assert not verifier(at(dovecot.port, authority)).verify(address, None, password)


def test_no_password_is_written_anywhere(
    dovecot: DovecotServer, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = verifier(at(dovecot.port, authority))

    asked.verify(ADDRESS, None, SECRET)
    asked.verify(ADDRESS, None, PASSWORD)

    assert SECRET not in caplog.text + repr(at(dovecot.port, authority))
    assert USAGE_PASSWORD not in repr(at(dovecot.port, authority))


def test_a_certificate_for_another_host_is_not_spoken_to(authority: Authority) -> None:
    server = ImapServer(authority.vouch("altrove.example"))

    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        verifier(at(server.port, authority)).verify(ADDRESS, None, SECRET)

    assert SECRET.encode() not in server.heard
    server.stop()


def test_a_certificate_that_ran_out_or_of_nobody_is_not_spoken_to(authority: Authority) -> None:
    old = ImapServer(authority.vouch("localhost", days=-1))
    good = ImapServer(authority.vouch("localhost"))
    for settings in (at(old.port, authority), replace(at(good.port, authority), ca_file="")):
        with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
            verifier(settings).verify(ADDRESS, None, SECRET)
    old.stop()
    good.stop()


def test_nothing_is_said_in_the_clear(authority: Authority) -> None:
    """Whoever takes TLS away hears no word of a password: there is no STARTTLS to strip."""
    server = ImapServer(None, Behaviour(greeting=b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] no TLS here\r\n"))

    with pytest.raises(Unreachable):
        verifier(at(server.port, authority)).verify(ADDRESS, None, SECRET)

    assert b"LOGIN" not in server.heard
    assert b"AUTHENTICATE" not in server.heard
    server.stop()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"%s OK welcome\r\n", True),
        (b"%s NO [AUTHENTICATIONFAILED] wrong\r\n", False),
        (b"%s NO [EXPIRED] too old\r\n", False),
        (b"%s NO no\r\n", False),
        (b"%s NO [UNAVAILABLE] database away\r\n", None),
        (b"%s NO [INUSE] try again\r\n", None),
        (b"%s NO [LIMIT] too many\r\n", None),
        (b"%s NO [CONTACTADMIN] hm\r\n", None),
        (b"%s BAD what?\r\n", None),
        (b"* BYE going down\r\n", None),
        (b"", None),
    ],
)
def test_only_a_no_about_the_password_is_a_wrong_password(
    speaking: Speaking, authority: Authority, answer: bytes, expected: bool | None
) -> None:
    server = speaking(Behaviour(after_secret=answer))
    asked = verifier(at(server.port, authority, seconds=1))
    if expected is None:
        with pytest.raises(Unavailable):
            asked.verify(ADDRESS, None, PASSWORD)
    else:
        assert asked.verify(ADDRESS, None, PASSWORD) is expected
    assert server.connections == 1
    assert server.heard.count(b"AUTHENTICATE") == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(greeting=b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        Behaviour(greeting=b"\x00\xff\xfe\r\n" * 50),
        Behaviour(greeting=b"* OK " + b"x" * 400_000 + b"\r\n"),
        Behaviour(greeting=b"* OK " + b"x\r\n* OK " * 60_000),
        Behaviour(greeting=b"* BYE too busy\r\n"),
        Behaviour(greeting=b"* PREAUTH welcome, whoever you are\r\n"),
        Behaviour(
            greeting=b"* OK ready\r\n", answers={b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n%s OK\r\n"}
        ),
        Behaviour(greeting=b"* OK ready\r\n", answers={b"CAPABILITY": b"* CAPABILITY {99999999999}\r\n"}),
        Behaviour(greeting=b"* OK ready\r\n", answers={b"CAPABILITY": b"* X {" + b"9" * 5000 + b"}\r\n"}),
        Behaviour(greeting=b"* OK ready\r\n", answers={b"CAPABILITY": b"%s NO\r\n"}),
        Behaviour(answers={b"AUTHENTICATE": b"+ \r\n+ \r\n"}),
        Behaviour(pause=0.02, greeting=b"* OK " + b"slow" * 200 + b"\r\n"),
        Behaviour(hangs=True),
    ],
)
def test_a_server_that_talks_nonsense_is_no_wrong_password_and_holds_nobody(
    speaking: Speaking, authority: Authority, behaviour: Behaviour
) -> None:
    server = speaking(behaviour)
    began = time.monotonic()

    with pytest.raises(Unavailable):
        verifier(at(server.port, authority, seconds=1)).verify(ADDRESS, None, PASSWORD)

    assert time.monotonic() - began < 10  # no measure of speed: the slow ones would take far longer


def test_a_server_that_is_away_is_left_alone_for_a_while(
    speaking: Speaking, authority: Authority, clock: Clock
) -> None:
    port = free_port()
    asked = ImapVerifier(at(port, authority), clock)
    for _ in range(FAILURES_IN_A_ROW):
        with pytest.raises(Unreachable, match="refused"):
            asked.verify(ADDRESS, None, PASSWORD)

    with pytest.raises(Unreachable, match="a moment ago"):
        asked.verify(ADDRESS, None, PASSWORD)
    clock.forward(seconds=REST.total_seconds() + 1)
    with pytest.raises(Unreachable, match="refused"):
        asked.verify(ADDRESS, None, PASSWORD)


def test_no_more_sign_ins_at_once_than_agreed(speaking: Speaking, authority: Authority) -> None:
    server = speaking(Behaviour())
    asked = verifier(replace(at(server.port, authority), connections=1))

    with asked._turn(), pytest.raises(Unavailable, match="at once"):
        asked.verify(ADDRESS, None, PASSWORD)

    assert server.connections == 0
    assert asked.verify(ADDRESS, None, PASSWORD)
