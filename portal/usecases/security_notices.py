"""Mails that tell people what happened to their access (S21). Source: domain.md 12."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.store.accounts import Account, Holder
from portal.store.mailboxes import Mailbox
from portal.usecases.mail_rows import Context, MailOwner, MailSubject, write_mail


@dataclass(frozen=True, slots=True)
class Reached:
    """How the person behind a way in is written to."""

    identifier: str
    name: str
    email: str
    owner: MailOwner


def reached(session: Session, subject: Subject) -> Reached:
    """Return where mails about a subject's access go: the account's address, or the holder's of a mailbox."""
    if subject.account_id is not None:
        account = session.get_one(Account, subject.account_id)
        owner = MailOwner(account_id=account.id)
        return Reached(account.username, "", account.email, owner)
    box, holder = session.execute(
        select(Mailbox, Holder)
        .join(Holder, Holder.id == Mailbox.holder_id)
        .where(Mailbox.id == subject.mailbox_id)
    ).one()
    owner = MailOwner(mailbox_id=box.id, language=box.language)
    return Reached(box.address, holder.display_name, holder.contact_email, owner)


def password_changed(session: Session, subject: Subject, *, now: datetime) -> None:
    """Say that the password is another and that other browsers are signed out."""
    _tell(session, subject, "password_changed", {}, now=now)


def _tell(session: Session, subject: Subject, kind: str, context: Context, *, now: datetime) -> None:
    who = reached(session, subject)
    about = {"name": who.name, "identifier": who.identifier, "at": now.isoformat()}
    mail = MailSubject(kind, who.identifier, now.isoformat())
    write_mail(session, mail, [who.email], about | context, who.owner, now=now)
