"""Mails that tell people what happened to their access (S21). Source: domain.md 12."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.store.accounts import Account, Holder
from portal.store.mailboxes import Mailbox
from portal.usecases.languages import language_of
from portal.usecases.mail_rows import SEALED, Context, MailOwner, MailSubject, write_mail


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
        language = language_of(session, account.id, None)
        return Reached(
            account.username, "", account.email, MailOwner(account_id=account.id, language=language)
        )
    box, holder = session.execute(
        select(Mailbox, Holder)
        .join(Holder, Holder.id == Mailbox.holder_id)
        .where(Mailbox.id == subject.mailbox_id)
    ).one()
    owner = MailOwner(mailbox_id=box.id, language=language_of(session, None, box.id))
    return Reached(box.address, holder.display_name, holder.contact_email, owner)


def password_changed(session: Session, subject: Subject, *, now: datetime) -> None:
    """Say that the password is another and that other browsers are signed out."""
    _tell(session, subject, "password_changed", {}, now=now)


def password_reset(
    session: Session, subject: Subject, sealed_token: str, link_id: int, *, now: datetime
) -> None:
    """Send the link to a new password; the row keeps its token sealed, and no text with it (S22).

    It is nobody's correspondence: who is signed in must not read a link that only the address's owner has.
    """
    who = reached(session, subject)
    context: Context = {"name": who.name, "identifier": who.identifier, SEALED: {"token": sealed_token}}
    mail = MailSubject("password_reset", who.identifier, str(link_id))
    write_mail(session, mail, [who.email], context, MailOwner(language=who.owner.language), now=now)


def username_reminder(
    session: Session, email: str, names: list[str], language: str, number: int, *, now: datetime
) -> None:
    """Tell an address which names it reaches; nobody's correspondence either."""
    mail = MailSubject("username_reminder", "names", str(number))
    context: Context = {"name": "", "names": names}
    write_mail(session, mail, [email], context, MailOwner(language=language), now=now)


def second_step_changed(session: Session, subject: Subject, what: str, *, now: datetime) -> None:
    """Say what changed about the second step: `what` is one of the sentences of the mail."""
    _tell(session, subject, "second_step_changed", {"what": what}, now=now)


def _tell(
    session: Session,
    subject: Subject,
    kind: str,
    context: Context,
    *,
    now: datetime,
) -> None:
    who = reached(session, subject)
    about = {"name": who.name, "identifier": who.identifier, "at": now.isoformat()}
    mail = MailSubject(kind, who.identifier, secrets.token_hex(8))
    write_mail(session, mail, [who.email], about | context, who.owner, now=now)
