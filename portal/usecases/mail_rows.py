"""Writing a mail down, once: the row that tells it and the row that sends it, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from portal.store.mails import Mail
from portal.store.outbox import enqueue, enqueue_for_each
from portal.usecases.languages import language_of

Context: TypeAlias = dict[str, Any]
"""Plain values that the templates need."""
SEALED = "sealed"
"""Where a context keeps what only the recipient may read, each value sealed by `ports.Sealer` (S22)."""


@dataclass(frozen=True, slots=True)
class MailSubject:
    """What a mail tells: with the recipient it is the mail's key, so that the same thing is told once."""

    kind: str
    """The folder of its templates."""
    about: str
    """The order number, address or account that it speaks of."""
    milestone: str


@dataclass(frozen=True, slots=True)
class MailOwner:
    """Whose correspondence the mail belongs to; they read it in their language, if none is given."""

    account_id: int | None = None
    mailbox_id: int | None = None
    order_id: int | None = None
    language: str | None = None


def write_mail(
    session: Session,
    subject: MailSubject,
    recipients: Iterable[str],
    context: Context,
    owner: MailOwner,
    *,
    now: datetime,
) -> None:
    """Write one mail to each recipient who was not told this before. Source: domain.md 12."""
    language = owner.language or language_of(session, owner.account_id, owner.mailbox_id)
    for recipient in recipients:
        key = f"{subject.kind}:{subject.about}:{subject.milestone}:{recipient}"
        if session.scalar(select(Mail.id).where(Mail.key == key)) is not None:
            continue
        mail = Mail(
            kind=subject.kind,
            key=key,
            recipient=recipient,
            language=language,
            context=context,
            account_id=owner.account_id,
            mailbox_id=owner.mailbox_id,
            order_id=owner.order_id,
            created_at=now,
        )
        session.add(mail)
        session.flush()
        enqueue(session, "mail.send", f"mail.send:{mail.id}", {"mail_id": mail.id}, now=now)


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail of many that are written at once; its key says what it tells, to whom."""

    kind: str
    key: str
    recipient: str
    language: str
    context: Context
    account_id: int | None
    mailbox_id: int | None


def write_mails(session: Session, mails: Sequence[NewMail], *, now: datetime) -> list[int]:
    """Write mails that nobody was told before, in a few statements; return their ids in the same order."""
    if not mails:
        return []
    rows = [asdict(mail) | {"created_at": now} for mail in mails]
    made = session.scalars(insert(Mail).returning(Mail.id, sort_by_parameter_order=True), rows).all()
    enqueue_for_each(session, "mail.send", "mail_id", select(Mail.id).where(Mail.id.in_(made)), now=now)
    return list(made)
