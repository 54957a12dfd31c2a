"""Locks, each taken once in a transaction and in this order: account, draft, mailboxes, order, payment.

SQLite needs none: its write transactions follow each other. Source: style.md 1 «Sessions and transactions».
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.store.accounts import Account
from portal.store.drafts import DraftLine, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.scope import own_drafts


def lock_owner(session: Session, subject: Subject) -> None:
    """Let the subject's own transactions follow each other."""
    if subject.account_id is not None:
        session.execute(select(Account.id).where(Account.id == subject.account_id).with_for_update())
    else:
        session.execute(select(Mailbox.id).where(Mailbox.id == subject.mailbox_id).with_for_update())


def lock_draft(session: Session, subject: Subject, public_id: str) -> RenewalDraft | None:
    """Return the subject's draft as it is now, locked, in whatever state; None when it is not theirs."""
    return session.scalar(
        select(RenewalDraft)
        .where(RenewalDraft.public_id == public_id, own_drafts(subject))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lock_drafted_mailboxes(session: Session, draft_id: int) -> None:
    """Lock the mailboxes of a draft, by id, so that no other order or fulfilment moves them meanwhile."""
    drafted = select(DraftLine.mailbox_id).where(DraftLine.draft_id == draft_id)
    session.execute(select(Mailbox.id).where(Mailbox.id.in_(drafted)).order_by(Mailbox.id).with_for_update())
