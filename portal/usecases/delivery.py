"""What becomes of a mail on its way out: each state is recorded as soon as it is known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from portal.store.mails import Mail, MailState
from portal.store.notice_queries import skip_needless

LONGEST_ANSWER = 500
_SENT = (
    update(Mail)
    .where(Mail.id == bindparam("mail_id"), Mail.state != MailState.SENT)
    .values(
        state=MailState.SENT,
        sent_at=bindparam("now"),
        last_answer=bindparam("answer"),
        subject=bindparam("subject"),
        text=bindparam("text"),
        html=bindparam("html"),
    )
    .execution_options(synchronize_session=False)
)
"""Built once, since it runs once for every mail."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A mail to be sent, as values for its template."""

    mail_id: int
    key: str
    kind: str
    recipient: str
    language: str
    context: dict[str, Any]
    code: str | None


def begin_sending(session: Session, mail_ids: Collection[int]) -> dict[int, Outgoing]:
    """Mark mails as being sent and return them by id; one that was sent, or is needless now, is left out."""
    skip_needless(session, mail_ids)
    closed = (MailState.SENT, MailState.SKIPPED)
    mails = session.scalars(select(Mail).where(Mail.id.in_(mail_ids), Mail.state.not_in(closed))).all()
    _set(session, [mail.id for mail in mails], state=MailState.SENDING)
    return {
        mail.id: Outgoing(
            mail.id, mail.key, mail.kind, mail.recipient, mail.language, mail.context, mail.code
        )
        for mail in mails
    }


def mail_sent(
    session: Session, mail_id: int, *, subject: str, text: str, html: str, answer: str, now: datetime
) -> None:
    """Record the mail as it went out, and the server's answer."""
    values = {"subject": subject, "text": text, "html": html, "answer": answer[:LONGEST_ANSWER]}
    session.execute(_SENT, {"mail_id": mail_id, "now": now, **values})


def mails_put_off(session: Session, mail_ids: Collection[int], answer: str) -> None:
    """Record that the mails wait for another attempt."""
    _set(session, mail_ids, state=MailState.WAITING, last_answer=answer[:LONGEST_ANSWER])


def mails_bounced(session: Session, mail_ids: Collection[int], answer: str) -> None:
    """Record that the recipients' servers will never take these mails."""
    _set(session, mail_ids, state=MailState.BOUNCED, last_answer=answer[:LONGEST_ANSWER])


def mails_failed(session: Session, mail_ids: Collection[int], answer: str) -> None:
    """Record that no further attempt will be made by itself."""
    _set(session, mail_ids, state=MailState.FAILED, last_answer=answer[:LONGEST_ANSWER])


def _set(session: Session, mail_ids: Collection[int], **values: Any) -> None:
    """Write the values, never over a mail that was sent."""
    session.execute(
        update(Mail)
        .where(Mail.id.in_(mail_ids), Mail.state != MailState.SENT)
        .values(values)
        .execution_options(synchronize_session=False)
    )
