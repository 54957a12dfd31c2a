"""One short conversation with the mail server, over TLS from its first byte, bounded in time and in bytes.

Never STARTTLS: what begins in the clear can be kept in the clear by whoever stands between (RFC 8314).
"""

from __future__ import annotations

import logging
import re
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from portal.adapters.outside import must_be_outside_transaction
from portal.mail_server_settings import MailServer
from portal.ports import Unavailable, Unreachable

LARGEST_ANSWER = 64 * 1024
"""Bytes that the server may send in one conversation; greeting, sign-in and quota take some hundreds."""
NOT_NOW = frozenset({"UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT", "CONTACTADMIN", "PRIVACYREQUIRED"})
"""Response codes of RFC 5530 that say nothing about the password."""
GARBLED = (
    IMAPClientError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    MemoryError,
)
"""What the library raises when a server does not speak IMAP."""
_CODE = re.compile(r"\[([A-Z-]{1,40})[ \]]")

logging.getLogger("imapclient").setLevel(logging.WARNING)  # below, it tells what was sent


@contextmanager
def conversation(server: MailServer) -> Iterator[IMAPClient]:
    """Give a connection that nobody has signed in on. Raises Unreachable, Unavailable."""
    must_be_outside_transaction()
    with _connected(server) as client:
        try:
            yield client
        except GARBLED as failure:
            raise Unavailable(f"the mail server: {_words(failure)}") from failure


@contextmanager
def _connected(server: MailServer) -> Iterator[IMAPClient]:
    try:
        client = IMAPClient(
            server.host, server.port, ssl_context=_context(server), timeout=server.timeout_seconds
        )
    except GARBLED as failure:
        raise Unreachable(f"the mail server: {_words(failure)}") from failure
    try:
        yield client
    finally:
        _hang_up(client)


def sign_in(client: IMAPClient, name: str, password: str, *, for_whom: str = "") -> bool:
    """Say whether the server takes name and password; it is asked once. Raises Unavailable.

    By SASL PLAIN alone: as base64 nothing in them can be a command. `for_whom` is the mailbox that a user
    with that right acts for.
    """
    if not client.welcome.startswith(b"* OK") or not client.has_capability("AUTH=PLAIN"):
        raise Unavailable("the mail server takes no sign-in by AUTH=PLAIN")
    try:
        client.plain_login(name, password, for_whom or None)
    except LoginError as refusal:
        if _is_about_the_password(str(refusal)):
            return False
        raise Unavailable(f"the mail server: {_words(refusal)}") from refusal
    return True


def _is_about_the_password(answer: str) -> bool:
    """Say whether a refused sign-in means that name or password are wrong, and nothing else."""
    if "command error" in answer or "unexpected" in answer:
        return False
    code = _CODE.search(answer)
    return code is None or code[1] not in NOT_NOW


def _context(server: MailServer) -> ssl.SSLContext:
    """Return what checks the certificate and its name, and ends a conversation that takes too much."""
    context = ssl.create_default_context(cafile=server.ca_file or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.sslsocket_class = _bounded(time.monotonic() + server.timeout_seconds, LARGEST_ANSWER)
    return context


def _bounded(deadline: float, budget: int) -> type[ssl.SSLSocket]:
    """Return sockets of which all together receive so much until then: drops count as well as floods."""
    left = budget

    class Bounded(ssl.SSLSocket):
        def recv_into(self, *arguments: Any, **options: Any) -> int:
            nonlocal left
            patience = deadline - time.monotonic()
            if patience <= 0 or left <= 0:
                raise TimeoutError("the conversation took too long, or too much was said")
            self.settimeout(patience)
            count = super().recv_into(*arguments, **options)
            left -= count
            return count

    return Bounded


def _hang_up(client: IMAPClient) -> None:
    """Close the line; what the server has to say to that is not waited for."""
    try:
        client.shutdown()
    except GARBLED:
        return


def _words(failure: BaseException) -> str:
    """Return what went wrong in one short line: some of it are the server's own words."""
    return f"{type(failure).__name__}: {str(failure)[:120]!r}"
