"""Changing how a holder is reached: at once what is harmless, by a confirmed link where mails go."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.contacts import (
    CHANGES_A_DAY,
    CONFIRMATION_LASTS,
    CONTACT_FIELDS,
    FormCode,
    check_contacts,
    merged,
    new_contact,
)
from portal.domain.customers import FieldCode
from portal.domain.errors import FieldProblem, FieldsRefused, NotFound, ProofNeeded
from portal.domain.history import Deed
from portal.ports import Sealer
from portal.store import email_changes
from portal.store.accounts import Holder
from portal.store.draft_holders import has_other_mailboxes, is_drafted_address
from portal.store.email_changes import EmailChange
from portal.store.mailboxes import Mailbox
from portal.usecases import contact_notices, history


@dataclass(frozen=True, slots=True)
class ContactEdit:
    """What a holder's form sent."""

    texts: Mapping[str, str]
    """By `contacts.CONTACT_FIELDS`."""
    email: str
    email_again: str
    seen: Mapping[str, str] = field(default_factory=dict)
    """These fields and `contact_email` as the page showed them; one that is missing is not judged."""
    is_proved: bool = True
    """Whether the person has given the password lately, as a new address or phone number needs (S20)."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a confirmation link is about."""

    name: str
    new_email: str


def save_contacts(
    session: Session,
    subject: Subject,
    holder: Holder,
    edit: ContactEdit,
    *,
    sealer: Sealer,
    draft_id: int | None,
    today: date,
    now: datetime,
) -> str:
    """Keep the holder's contacts; return the address that has to confirm a change of it, or an empty text.

    The caller holds the owner's lock and has seen that the holder is the subject's. A mailbox's own session
    changes that mailbox's holder alone: where others stand in the same name, theirs stays as it is. What
    another page has changed since this one was drawn is never overwritten unseen. Raises FieldsRefused and
    ProofNeeded, and then nothing has changed. Source: domain.md 2.2, 2.3, 11.2.
    """
    stored = {name: getattr(holder, name) for name in CONTACT_FIELDS}
    texts, changed = merged(edit.texts, edit.seen, stored)
    values, problems = check_contacts(holder.kind, texts, today=today)
    problems = changed + problems
    wanted = _checked_email(session, subject, holder, edit, draft_id, now, problems)
    if problems:
        raise FieldsRefused(problems)
    if not edit.is_proved and (wanted or _changes_phone(holder, values)):
        raise ProofNeeded
    own = holder
    if _changes(holder, values, wanted):
        own = _apart(session, subject, holder)
        history.record(session, Deed.PROFILE_CHANGED, subject, now=now, about=holder.display_name)
    for name, value in values.items():
        setattr(own, name, value)
    session.flush()
    if wanted:
        _ask(session, subject, own, wanted, sealer, now)
    return wanted


def look_at_confirmation(session: Session, token: str, *, now: datetime) -> Confirmation | None:
    """Return what the link confirms, or None where it leads nowhere (any more)."""
    found = email_changes.change_by_hash(session, hash_of(token), now)
    return Confirmation(found[1].display_name, found[0].new_email) if found else None


def confirm_email(session: Session, token: str, *, now: datetime) -> Confirmation:
    """Make the link's address the holder's, once, and tell the old one. Raises NotFound.

    Source: domain.md 2.3.
    """
    used = email_changes.use_change(session, hash_of(token), now)
    if used is None:
        raise NotFound
    holder = session.get_one(Holder, used.holder_id)
    asker = history.owner_subject(used.account_id, used.mailbox_id)
    history.record(session, Deed.CONTACT_CHANGED, asker, now=now, about=used.new_email)
    contact_notices.email_changed(session, used, holder, now=now)
    return Confirmation(holder.display_name, used.new_email)


def hash_of(token: str) -> str:
    """Return what is kept of a link's token: 256 random bits need no slow hash."""
    return sha256(token.encode(errors="replace")).hexdigest()


def _checked_email(
    session: Session,
    subject: Subject,
    holder: Holder,
    edit: ContactEdit,
    draft_id: int | None,
    now: datetime,
    problems: list[FieldProblem],
) -> str:
    """Return the new address, or an empty text; adds what is wrong with it to the problems."""
    if edit.email == edit.seen.get("contact_email") != holder.contact_email:
        return ""  # left alone on a page older than a confirmed change
    try:
        wanted = new_contact(edit.email, edit.email_again, holder.contact_email)
        if wanted:
            _check_new(session, subject, holder, wanted, draft_id, now)
    except FieldProblem as problem:
        problems.append(problem)
        return ""
    return wanted


def _check_new(
    session: Session, subject: Subject, holder: Holder, wanted: str, draft_id: int | None, now: datetime
) -> None:
    """Refuse one of the certified mailboxes themselves, and more links a day than anybody needs."""
    own = email_changes.is_own_mailbox(session, holder.id, wanted)
    if own or (draft_id is not None and is_drafted_address(session, draft_id, wanted)):
        raise FieldProblem("contact_email", FieldCode.SAME_AS_MAILBOX)
    if email_changes.asked_since(session, subject, now - timedelta(days=1)) >= CHANGES_A_DAY:
        raise FieldProblem("contact_email", FormCode.TOO_OFTEN)


def _changes(holder: Holder, values: Mapping[str, str], wanted: str) -> bool:
    return bool(wanted) or any(getattr(holder, name) != value for name, value in values.items())


def _changes_phone(holder: Holder, values: Mapping[str, str]) -> bool:
    return any(
        getattr(holder, name) != values.get(name, getattr(holder, name)) for name in ("phone", "mobile")
    )


def _apart(session: Session, subject: Subject, holder: Holder) -> Holder:
    """Return the holder's row that the subject may change: for a mailbox's session one of its own."""
    if subject.kind is SubjectKind.ACCOUNT or not has_other_mailboxes(session, holder.id, subject.mailbox_id):
        return holder
    kept = {column.name: getattr(holder, column.name) for column in Holder.__table__.columns}
    own = Holder(**kept | {"id": None, "fingerprint": secrets.token_hex(32)})
    session.add(own)
    session.flush()
    session.get_one(Mailbox, subject.mailbox_id).holder_id = own.id
    return own


def _ask(
    session: Session, subject: Subject, holder: Holder, wanted: str, sealer: Sealer, now: datetime
) -> None:
    """Store the change and write the mail with its link; an earlier link of this holder's dies."""
    token = secrets.token_urlsafe(32)
    email_changes.close_pending(session, holder.id, now)
    change = EmailChange(
        token_hash=hash_of(token),
        holder_id=holder.id,
        old_email=holder.contact_email,
        new_email=wanted,
        account_id=subject.account_id,
        mailbox_id=subject.mailbox_id,
        asked_at=now,
        expires_at=now + CONFIRMATION_LASTS,
    )
    session.add(change)
    session.flush()
    history.record(session, Deed.CONTACT_CHANGE_ASKED, subject, now=now, about=wanted)
    contact_notices.email_change_asked(session, change, holder, sealer.seal(token), now=now)
