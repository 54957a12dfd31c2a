"""The mails of one customer, newest first, and the one mail that a code belongs to."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, func, literal, or_, select, tuple_, union
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.store.accounts import Account, Holder
from portal.store.base import AnyRow
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.notices import NoticeAddress

NEWEST = 100


def visible_mails(subject: Subject) -> ColumnElement[bool]:
    """Return the condition «this mail is of the subject's correspondence»; a mailbox sees its own alone."""
    if subject.account_id is not None:
        return Mail.account_id == subject.account_id
    if subject.mailbox_id is not None:
        return Mail.mailbox_id == subject.mailbox_id
    return false()


def mails_of(session: Session, subject: Subject, *, before: int | None, limit: int) -> Sequence[AnyRow]:
    """Return the subject's mails, newest first, those before the one of that id."""
    place = select(Mail.created_at, Mail.id).where(Mail.id == before).subquery()
    edge = select(place.c.created_at, place.c.id).scalar_subquery() if before is not None else None
    older = [tuple_(Mail.created_at, Mail.id) < edge] if edge is not None else []
    return session.execute(
        select(
            Mail.id,
            Mail.kind,
            Mail.code,
            Mail.recipient,
            Mail.state,
            Mail.subject,
            Mail.created_at,
            Mail.sent_at,
            Mailbox.address,
        )
        .outerjoin(Mailbox, Mailbox.id == Mail.mailbox_id)
        .where(visible_mails(subject), *older)
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(limit)
    ).all()


def mail_of(session: Session, subject: Subject, code: str) -> Mail | None:
    """Return the subject's mail with that code."""
    return session.scalar(select(Mail).where(Mail.code == code, visible_mails(subject)))


def sent_mail(session: Session, code: str) -> AnyRow | None:
    """Return kind, recipient and moment of the mail with that code, if it left us."""
    left = (MailState.SENT, MailState.BOUNCED, MailState.SENDING)
    return session.execute(
        select(Mail.kind, Mail.recipient, func.coalesce(Mail.sent_at, Mail.created_at).label("moment")).where(
            Mail.code == code, Mail.state.in_(left)
        )
    ).one_or_none()


def notice_recipients(session: Session, mailbox_id: int) -> list[str]:
    """Return where notices about a mailbox go, as `notice_planning` says, its holder's address first."""
    box = select(Mailbox.holder_id, Mailbox.account_id).where(Mailbox.id == mailbox_id).cte("box")
    holder = select(literal(0).label("place"), func.lower(Holder.contact_email).label("email")).where(
        Holder.id == box.c.holder_id
    )
    account = select(literal(1), func.lower(Account.email)).where(Account.id == box.c.account_id)
    further = select(literal(2), func.lower(NoticeAddress.email)).where(
        or_(NoticeAddress.mailbox_id == mailbox_id, NoticeAddress.account_id == box.c.account_id)
    )
    found = union(holder, account, further).subquery()
    return list(session.scalars(select(found.c.email).order_by(found.c.place, found.c.email)))


def bounced_recipients(session: Session, subject: Subject) -> set[str]:
    """Return to whom the newest of the subject's last hundred mails came back."""
    fates = session.execute(
        select(func.lower(Mail.recipient).label("recipient"), Mail.state)
        .where(visible_mails(subject), Mail.state.in_((MailState.SENT, MailState.BOUNCED)))
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(NEWEST)
    ).all()
    newest = {fate.recipient: fate.state for fate in reversed(fates)}
    return {recipient for recipient, state in newest.items() if state is MailState.BOUNCED}
