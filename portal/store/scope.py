"""Whose rows are whose: the one condition each query carries, so that a stranger's row does not exist."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Integer, bindparam, false

from portal.domain.access import Subject
from portal.store.drafts import RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order

ACCOUNT_ID = bindparam("account_id", type_=Integer)
"""The account of the conditions below, left open for statements that are built once."""
OF_THE_ACCOUNT: ColumnElement[bool] = Mailbox.account_id == ACCOUNT_ID
"""`visible_mailboxes` of an account, for those statements."""


def visible_mailboxes(subject: Subject) -> ColumnElement[bool]:
    """Return the condition «this mailbox is the subject's to see». Source: domain.md 2.2."""
    if subject.account_id is not None:
        return Mailbox.account_id == subject.account_id
    if subject.mailbox_id is not None:
        return Mailbox.id == subject.mailbox_id
    return false()


def visible_orders(subject: Subject) -> ColumnElement[bool]:
    """Return the condition «this order is the subject's»; a mailbox sees orders of itself alone."""
    if subject.account_id is not None:
        return Order.account_id == subject.account_id
    if subject.mailbox_id is not None:
        return Order.mailbox_id == subject.mailbox_id
    return false()


def own_drafts(subject: Subject) -> ColumnElement[bool]:
    """Return the condition «this draft was begun by the subject»."""
    if subject.account_id is not None:
        return RenewalDraft.account_id == subject.account_id
    if subject.mailbox_id is not None:
        return RenewalDraft.mailbox_id == subject.mailbox_id
    return false()
