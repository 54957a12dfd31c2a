"""A letter as the bytes that travel, and what may stand in its headers."""

from __future__ import annotations

import re
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import formataddr, formatdate, parseaddr

from portal.ports import Letter, Rejected

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,189}")
_AS_SENT = compat32.clone(linesep="\r\n")
"""Lines end as SMTP wants them: bare line feeds make one endless line, or a second letter (smuggling)."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")


def compose(letter: Letter, sender: str) -> bytes:
    """Return the mail in text and HTML, with its stable Message-ID.

    Raises Rejected for an address or a header that could be read as more than one (S46).
    """
    check(letter)
    mail = MIMEMultipart("alternative")
    charset = "us-ascii" if letter.subject.isascii() else "utf-8"
    mail["Subject"] = Header(letter.subject, charset)  # type: ignore[assignment]  # the stubs know text only
    mail["From"] = formataddr(parseaddr(sender))
    mail["To"] = letter.recipient
    mail["Date"] = formatdate()
    mail["Message-ID"] = letter.message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail.attach(MIMEText(letter.text, "plain", "utf-8"))
    mail.attach(MIMEText(letter.html, "html", "utf-8"))
    return mail.as_bytes(policy=_AS_SENT)


def check(letter: Letter) -> None:
    """Raise Rejected unless the recipient is one plain address and no header can begin another."""
    if not _ADDRESS.fullmatch(letter.recipient):
        raise Rejected(f"not an address: {letter.recipient!r}")
    for header in (letter.subject, letter.message_id):
        if _CONTROL.search(header):
            raise Rejected(f"not a header: {header!r}")
