"""Locks, each taken once in a transaction and in this order: account, draft, mailboxes, order, payment.

SQLite needs none: its write transactions follow each other. On PostgreSQL they are FOR NO KEY UPDATE, which
lets rows elsewhere refer to the locked one: a new order's foreign key must not wait for its account's lock.
Source: style.md 1 «Sessions and transactions».
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.domain.access import Subject
from portal.store.accounts import Account
from portal.store.drafts import DraftLine, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.store.scope import own_drafts


def lock_owner(session: Session, subject: Subject) -> None:
    """Let the transactions of one account follow each other, those of its mailboxes' sessions included.

    A mailbox without account is its own owner.
    """
    account_id = subject.account_id
    if account_id is None:
        account_id = session.scalar(select(Mailbox.account_id).where(Mailbox.id == subject.mailbox_id))
    if account_id is not None:
        session.execute(_locked(Account.id, Account.id == account_id))
    else:
        session.execute(_locked(Mailbox.id, Mailbox.id == subject.mailbox_id))


def lock_draft(session: Session, subject: Subject, public_id: str) -> RenewalDraft | None:
    """Return the subject's draft as it is now, locked, in whatever state; None when it is not theirs."""
    return session.scalar(
        select(RenewalDraft)
        .where(RenewalDraft.public_id == public_id, own_drafts(subject))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


def lock_drafted_mailboxes(session: Session, draft_id: int) -> None:
    """Lock the mailboxes of a draft, by id, so that no other order or fulfilment moves them meanwhile."""
    drafted = select(DraftLine.mailbox_id).where(DraftLine.draft_id == draft_id)
    session.execute(_locked(Mailbox.id, Mailbox.id.in_(drafted)).order_by(Mailbox.id))


def lock_mailboxes_of_lines(session: Session, line_ids: Collection[int]) -> None:
    """Lock the mailboxes of order lines, by id: none of them is cancelled between a look and its record."""
    ordered = select(OrderLine.mailbox_id).where(OrderLine.id.in_(line_ids))
    session.execute(_locked(Mailbox.id, Mailbox.id.in_(ordered)).order_by(Mailbox.id))


def _locked(column: InstrumentedAttribute[int], which: ColumnElement[bool]) -> Select[int]:
    return select(column).where(which).with_for_update(key_share=True)
