"""Mails about a new address: the link to the new one, the news to the old. Source: domain.md 12."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.contacts import AddressUse
from portal.store.address_confirmations import AddressConfirmation
from portal.usecases.mail_rows import SEALED, Context, MailOwner, MailSubject, write_mail
from portal.usecases.security_notices import reached


def address_asked(
    session: Session, owner: Subject, asked: AddressConfirmation, sealed_token: str, *, now: datetime
) -> None:
    """Send the link; it is nobody's correspondence: who asked must not read it without the address."""
    who = reached(session, owner)
    context: Context = {
        "name": "",
        "identifier": who.identifier,
        "email": asked.email,
        SEALED: {"token": sealed_token},
    }
    mail = MailSubject("address_confirm", who.identifier, str(asked.id))
    write_mail(session, mail, [asked.email], context, MailOwner(language=who.owner.language), now=now)


def address_used(session: Session, owner: Subject, used: AddressConfirmation, *, now: datetime) -> None:
    """Tell the address that was there before: the account's old one, or the one that stays the first."""
    who = reached(session, owner)
    replaced = used.purpose is AddressUse.ACCOUNT
    told = used.old_email if replaced else who.email
    context: Context = {
        "name": who.name,
        "identifier": who.identifier,
        "email": used.email,
        "replaced": replaced,
    }
    mail = MailSubject("address_changed", who.identifier, str(used.id))
    write_mail(session, mail, [told], context, who.owner, now=now)
