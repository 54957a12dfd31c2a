"""Mails about stored methods: one was added or replaced, one was removed. Source: domain.md 12."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.store.accounts import Account, Holder
from portal.store.mailboxes import Mailbox
from portal.store.stored_methods import StoredMethod
from portal.usecases.mail_rows import MailOwner, MailSubject, write_mail


def method_changed(session: Session, method: StoredMethod, moved: int, *, now: datetime) -> None:
    """Say that a method was stored, and how many mailboxes renew with it from now on."""
    _write(session, method, "payment_method_changed", moved, now)


def method_removed(session: Session, method: StoredMethod, stopped: int, *, now: datetime) -> None:
    """Say that a method was removed, and how many mailboxes renew by themselves no more."""
    _write(session, method, "payment_method_removed", stopped, now)


def _write(session: Session, method: StoredMethod, kind: str, mailboxes: int, now: datetime) -> None:
    account = session.get(Account, method.account_id) if method.account_id else None
    context = {
        "name": "",
        "tried": method.method.value,
        "brand": method.brand,
        "last_four": method.last_four,
        "mailboxes": mailboxes,
        "replaces": method.replaces_id is not None,
    }
    write_mail(
        session,
        MailSubject(kind, f"method-{method.id}", kind.rpartition("_")[2]),
        [account.email if account else _contact_of(session, method)],
        context,
        MailOwner(method.account_id, method.mailbox_id),
        now=now,
    )


def _contact_of(session: Session, method: StoredMethod) -> str:
    """Return where mails go about what a mailbox's own session paid with."""
    mailbox = session.get_one(Mailbox, method.mailbox_id)
    return session.get_one(Holder, mailbox.holder_id).contact_email
