"""Where else notices go, and an account's own address: each by a link that the new address opens.

Source: domain.md 2.3, 12.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.contacts import CHANGES_A_DAY, CONFIRMATION_LASTS, AddressUse, FormCode, new_contact
from portal.domain.customers import FieldCode
from portal.domain.errors import FieldProblem, NotFound
from portal.domain.history import Deed
from portal.ports import Sealer
from portal.store import address_confirmations as rows
from portal.store.accounts import Account
from portal.store.address_confirmations import AddressConfirmation
from portal.store.mailboxes import Mailbox
from portal.store.notices import NoticeAddress
from portal.store.scope import visible_mailboxes
from portal.usecases import address_notices, history
from portal.usecases.access import hash_of

FURTHER_AT_MOST = 5


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where somebody's notices go besides the holder's address."""

    own: str
    """The account's; empty for a mailbox."""
    further: Sequence[NoticeAddress]
    pending: Sequence[AddressConfirmation]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a form asks for."""

    purpose: AddressUse
    email: str
    email_again: str


def whose(session: Session, subject: Subject, address: str) -> Subject:
    """Return the mailbox of that address as one whose notices the subject may direct. Raises NotFound."""
    found = session.scalar(
        select(Mailbox.id).where(Mailbox.address == address.lower(), visible_mailboxes(subject))
    )
    if found is None:
        raise NotFound
    return Subject(SubjectKind.MAILBOX, mailbox_id=found)


def look_at_addresses(session: Session, owner: Subject, *, now: datetime) -> Addresses:
    """Return where the owner's notices go, and what waits for a yes."""
    own = ""
    if owner.account_id is not None:
        own = session.scalars(select(Account.email).where(Account.id == owner.account_id)).one()
    return Addresses(own, rows.notice_addresses(session, owner), rows.pending(session, owner, now))


def ask_address(session: Session, owner: Subject, wish: Wish, *, sealer: Sealer, now: datetime) -> str:
    """Mail a link to the new address; return it, or an empty text where it is the present one.

    Raises FieldProblem. Nothing is said of whose else an address is.
    """
    known = look_at_addresses(session, owner, now=now)
    if wish.purpose is AddressUse.ACCOUNT and owner.account_id is None:
        raise NotFound
    current = known.own if wish.purpose is AddressUse.ACCOUNT else ""
    wanted = new_contact(wish.email, wish.email_again, current).lower()
    if not wanted:
        return ""
    _check(session, owner, wish, known, wanted, now)
    token = secrets.token_urlsafe(32)
    rows.close_asked(session, owner, wish.purpose, wanted, now)
    asked = AddressConfirmation(
        token_hash=hash_of(token),
        purpose=wish.purpose,
        account_id=owner.account_id,
        mailbox_id=owner.mailbox_id,
        email=wanted,
        old_email=current,
        asked_at=now,
        expires_at=now + CONFIRMATION_LASTS,
    )
    session.add(asked)
    session.flush()
    history.record(session, Deed.CONTACT_CHANGE_ASKED, owner, now=now)
    address_notices.address_asked(session, owner, asked, sealer.seal(token), now=now)
    return wanted


def look_at_link(session: Session, token: str, *, now: datetime) -> AddressConfirmation | None:
    """Return what the link confirms, or None where it leads nowhere (any more)."""
    return rows.open_confirmation(session, hash_of(token), now)


def confirm_address(session: Session, token: str, *, now: datetime) -> AddressConfirmation:
    """Use the address from now on, once, and tell those that were there before. Raises NotFound."""
    used = rows.use_confirmation(session, hash_of(token), now)
    if used is None:
        raise NotFound
    owner = _owner_of(used)
    if used.purpose is AddressUse.ACCOUNT:
        if not rows.move_account(session, used):
            raise NotFound
    else:
        rows.add_notice_address(session, used, now)
    history.record(session, Deed.CONTACT_CHANGED, owner, now=now)
    address_notices.address_used(session, owner, used, now=now)
    return used


def remove_address(session: Session, owner: Subject, address_id: int, *, now: datetime) -> bool:
    """Write there no longer; say whether it was one of the owner's further addresses."""
    removed = rows.remove_notice_address(session, owner, address_id)
    if removed:
        history.record(session, Deed.CONTACT_CHANGED, owner, now=now)
    return removed


def _check(
    session: Session, owner: Subject, wish: Wish, known: Addresses, wanted: str, now: datetime
) -> None:
    """Refuse the mailbox itself, more addresses than anybody needs, and more links a day."""
    if owner.mailbox_id is not None:
        own = session.scalars(select(Mailbox.address).where(Mailbox.id == owner.mailbox_id)).one()
        if own == wanted:
            raise FieldProblem("email", FieldCode.SAME_AS_MAILBOX)
    full = wish.purpose is AddressUse.NOTICES and len(known.further) >= FURTHER_AT_MOST
    if full or rows.asked_since(session, owner, now - timedelta(days=1)) >= CHANGES_A_DAY:
        raise FieldProblem("email", FormCode.TOO_OFTEN)


def _owner_of(used: AddressConfirmation) -> Subject:
    if used.account_id is not None:
        return Subject(SubjectKind.ACCOUNT, account_id=used.account_id)
    return Subject(SubjectKind.MAILBOX, mailbox_id=used.mailbox_id)
