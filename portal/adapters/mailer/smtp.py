"""Mails by SMTP on a kept connection, the server's answers sorted into retry, never and not now."""

from __future__ import annotations

import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr

from portal.adapters.mailer.message import compose
from portal.adapters.outside import must_be_outside_transaction
from portal.ports import Letter, MailConnection, Rejected, Unavailable, Unreachable
from portal.settings import SmtpServer

LONGEST_WORDS = 400
GOODBYE = 421
"""The server closes the connection."""


class SmtpMailer:
    """The `smtp` adapter of the mailer port. Source: hardening.md 1.5, R18."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    @contextmanager
    def connect(self) -> Iterator[MailConnection]:
        """Open one connection for a batch. Raises Unreachable."""
        must_be_outside_transaction()
        connection = _Connection(self._server)
        connection.open()
        try:
            yield connection
        finally:
            connection.close()


class _Connection:
    """One conversation with the server, begun anew where it breaks off."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._sender = parseaddr(server.sender)[1]
        self._client: smtplib.SMTP | None = None
        self._deadline = time.monotonic()

    def open(self) -> smtplib.SMTP:
        """Return the client, connected and let in; whatever goes wrong is no letter's fault."""
        if self._client is None:
            try:
                self._client = self._connected()
            except (OSError, smtplib.SMTPException) as failure:
                raise Unreachable(_words(failure)) from failure
        return self._client

    def send(self, letter: Letter) -> str:
        """Return the server's answer.

        Raises Rejected when this letter will never be taken (5xx), Unavailable when it may be later (4xx) or
        nobody knows (the line broke), Unreachable when the server takes no letter of ours at all.
        """
        must_be_outside_transaction()
        content = compose(letter, self._server.sender)
        self._deadline = time.monotonic() + self._server.timeout_seconds
        client = self._ready()
        try:
            return self._hand_over(client, letter.recipient, content)
        except smtplib.SMTPDataError as failure:  # is an OSError too, as every SMTPException is
            raise self._sorted(failure.smtp_code, failure.smtp_error) from failure
        except OSError as failure:
            self._drop()
            raise Unavailable(_words(failure)) from failure

    def close(self) -> None:
        """Say goodbye if anybody listens."""
        if self._client is not None:
            try:
                self._client.quit()
            except (OSError, smtplib.SMTPException):
                self._client.close()
            self._client = None

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        name = self._sender.rpartition("@")[2]
        client = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=server.timeout_seconds)
        if server.starttls:
            client.starttls(context=ssl.create_default_context())
        if server.username:
            client.login(server.username, server.password)
        else:
            client.ehlo_or_helo_if_needed()
        return client

    def _ready(self) -> smtplib.SMTP:
        """Return a client whose server expects a recipient, on a new connection where the kept one has ended.

        Until then nothing was handed over, so beginning again is safe. Raises Unreachable.
        """
        if self._client is not None and self._refusal(self._client) is None:
            return self._client
        self._drop()
        client = self.open()
        refusal = self._refusal(client)
        if refusal is not None:
            self._drop()
            raise Unreachable(refusal)
        return client

    def _refusal(self, client: smtplib.SMTP) -> str | None:
        """Return why the server takes no letter from us, or None if it does."""
        self._limit(client)
        try:
            code, words = client.mail(self._sender)
        except (OSError, smtplib.SMTPException) as failure:
            return _words(failure)
        return None if code == 250 else f"{code} {_text(words)}"

    def _hand_over(self, client: smtplib.SMTP, recipient: str, content: bytes) -> str:
        self._limit(client)
        code, words = client.rcpt(recipient)
        if code not in (250, 251):
            raise self._sorted(code, words)
        self._limit(client)
        code, words = client.data(content)
        if code != 250:
            raise self._sorted(code, words)
        return f"{code} {_text(words)}"

    def _limit(self, client: smtplib.SMTP) -> None:
        """Let the next answer take what is left of the letter's time, which its lease has to outlast."""
        if client.sock is not None:
            client.sock.settimeout(max(self._deadline - time.monotonic(), 1))

    def _sorted(self, code: int, words: bytes | str) -> Unavailable | Rejected:
        """Return the failure that a refusal of one letter means; the connection is ready for the next."""
        if code == GOODBYE:
            self._drop()
        elif self._client is not None:
            self._reset(self._client)
        kind = Rejected if 500 <= code < 600 else Unavailable
        return kind(f"{code} {_text(words)}")

    def _reset(self, client: smtplib.SMTP) -> None:
        try:
            client.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _text(words: bytes | str) -> str:
    """Return a server's words on one line of text: whatever it says has to go into a column and a log."""
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:LONGEST_WORDS]


def _words(failure: Exception) -> str:
    return _text(f"{type(failure).__name__}: {failure}")
