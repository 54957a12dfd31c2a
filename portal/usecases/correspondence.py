"""The mails of a customer, each with its state and text, and whether a mail is ours at all.

Source: lessons.md 1 (13), 2 (L9), product.md 3 `/comunicazioni`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.correspondence import Delivery
from portal.domain.errors import NotFound
from portal.domain.mail_codes import grouped, masked_recipient, normalise_mail_code
from portal.store import correspondence
from portal.store.base import AnyRow
from portal.store.mails import MailState

PAGE_MAILS = 30
_DELIVERIES = {
    MailState.WAITING: Delivery.UNDER_WAY,
    MailState.SENDING: Delivery.UNDER_WAY,
    MailState.SENT: Delivery.SENT,
    MailState.BOUNCED: Delivery.BOUNCED,
    MailState.FAILED: Delivery.FAILED,
    MailState.SKIPPED: Delivery.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class ListedMail:
    """One row of the list."""

    code: str | None
    kind: str
    subject: str
    """Empty until it has left."""
    recipient: str
    address: str | None
    """The mailbox it is about, where it is about one."""
    written_at: datetime
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class MailPage:
    """One page of the list; `older` is the place from which the next goes on."""

    mails: Sequence[ListedMail]
    older: int | None


@dataclass(frozen=True, slots=True)
class MailText:
    """One mail as it went out."""

    code: str
    kind: str
    subject: str
    recipient: str
    written_at: datetime
    sent_at: datetime | None
    delivery: Delivery
    text: str
    """As it was kept: what opens a door is not in it."""


@dataclass(frozen=True, slots=True)
class GenuineMail:
    """What a stranger learns of a mail of ours, and nothing else."""

    kind: str
    recipient: str
    """Masked."""
    moment: datetime


@dataclass(frozen=True, slots=True)
class NoticeRecipient:
    """An address to which notices about a mailbox go, and whether the last mail to it came back."""

    email: str
    bounced: bool


def list_mails(session: Session, subject: Subject, *, before: int | None) -> MailPage:
    """Return one page of the subject's mails, newest first."""
    rows = correspondence.mails_of(session, subject, before=before, limit=PAGE_MAILS + 1)
    older = rows[PAGE_MAILS - 1].id if len(rows) > PAGE_MAILS else None
    return MailPage([_listed(row) for row in rows[:PAGE_MAILS]], older)


def latest_mails(session: Session, subject: Subject, *, count: int) -> Sequence[ListedMail]:
    """Return the subject's newest mails, so many at most."""
    return [_listed(row) for row in correspondence.mails_of(session, subject, before=None, limit=count)]


def show_mail(session: Session, subject: Subject, code: str) -> MailText:
    """Return one of the subject's mails. Raises NotFound."""
    known = normalise_mail_code(code)
    mail = correspondence.mail_of(session, subject, known) if known else None
    if mail is None or mail.code is None:
        raise NotFound
    return MailText(
        code=grouped(mail.code),
        kind=mail.kind,
        subject=mail.subject,
        recipient=mail.recipient,
        written_at=mail.created_at,
        sent_at=mail.sent_at,
        delivery=_DELIVERIES[mail.state],
        text=mail.text,
    )


def verify(session: Session, text: str) -> GenuineMail | None:
    """Return what the mail with that code was, or None if no mail of ours that left has it."""
    code = normalise_mail_code(text)
    row = correspondence.sent_mail(session, code) if code else None
    return GenuineMail(row.kind, masked_recipient(row.recipient), row.moment) if row else None


def notice_recipients(session: Session, subject: Subject, mailbox_id: int) -> list[NoticeRecipient]:
    """Return where the notices about a mailbox go, the holder's address first. Source: lessons.md 1 (13).

    To the mailbox itself the addresses of its account and of others are masked: they may be a stranger's.
    """
    holders, *others = correspondence.notice_recipients(session, mailbox_id)
    bounced = correspondence.bounced_recipients(session, subject)
    may_read = subject.account_id is not None
    return [
        NoticeRecipient(email if may_read or email == holders else masked_recipient(email), email in bounced)
        for email in dict.fromkeys([holders, *others])
    ]


def _listed(row: AnyRow) -> ListedMail:
    return ListedMail(
        code=grouped(row.code) if row.code else None,
        kind=row.kind,
        subject=row.subject,
        recipient=row.recipient,
        address=row.address,
        written_at=row.sent_at or row.created_at,
        delivery=_DELIVERIES[row.state],
    )
