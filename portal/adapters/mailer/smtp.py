"""Mails by SMTP on a kept connection, the server's answers sorted into retry and never."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, formatdate, parseaddr

from portal.ports import Letter, MailConnection, Rejected, Unavailable
from portal.settings import SmtpServer


class SmtpMailer:
    """The `smtp` adapter of the mailer port. Source: hardening.md 1.5, R18."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    @contextmanager
    def connect(self) -> Iterator[MailConnection]:
        """Open one connection for a batch. Raises Unavailable."""
        try:
            client = self._open()
        except (OSError, smtplib.SMTPException) as failure:
            raise Unavailable(f"{type(failure).__name__}: {failure}") from failure
        try:
            yield _Connection(client, self._server.sender)
        finally:
            _close(client)

    def _open(self) -> smtplib.SMTP:
        client = smtplib.SMTP(self._server.host, self._server.port, timeout=self._server.timeout_seconds)
        if self._server.starttls:
            client.starttls()
        if self._server.username:
            client.login(self._server.username, self._server.password)
        return client


class _Connection:
    def __init__(self, client: smtplib.SMTP, sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, letter: Letter) -> str:
        """Return the server's words. Raises Unavailable (4xx, lost line) or Rejected (5xx)."""
        envelope_from = parseaddr(self._sender)[1]
        try:
            refused = self._client.sendmail(envelope_from, [letter.recipient], compose(letter, self._sender))
        except smtplib.SMTPRecipientsRefused as failure:
            raise _sorted_answer(*failure.recipients[letter.recipient]) from failure
        except smtplib.SMTPResponseException as failure:
            raise _sorted_answer(failure.smtp_code, failure.smtp_error) from failure
        except (OSError, smtplib.SMTPException) as failure:
            raise Unavailable(f"{type(failure).__name__}: {failure}") from failure
        return "250" if not refused else str(refused)


def compose(letter: Letter, sender: str) -> bytes:
    """Return the mail as bytes, text and HTML, with its stable Message-ID."""
    mail = MIMEMultipart("alternative")
    name, address = parseaddr(sender)
    mail["Subject"] = Header(letter.subject, "utf-8")
    mail["From"] = formataddr((name, address))
    mail["To"] = letter.recipient
    mail["Date"] = formatdate()
    mail["Message-ID"] = letter.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.attach(MIMEText(letter.text, "plain", "utf-8"))
    mail.attach(MIMEText(letter.html, "html", "utf-8"))
    return mail.as_bytes()


def _sorted_answer(code: int, words: bytes | str) -> Unavailable | Rejected:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    kind = Rejected if 500 <= code < 600 else Unavailable
    return kind(f"{code} {text}")


def _close(client: smtplib.SMTP) -> None:
    try:
        client.quit()
    except (OSError, smtplib.SMTPException):
        client.close()
