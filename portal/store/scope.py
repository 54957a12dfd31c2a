"""Whose rows are whose: the one condition each query carries, so that a stranger's row does not exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import ColumnElement, Integer, bindparam, false

from portal.domain.access import Subject, SubjectKind
from portal.store.drafts import RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order

ACCOUNT_ID = bindparam("account_id", type_=Integer)
"""The account of the conditions below, left open for statements that are built once."""
OF_THE_ACCOUNT: ColumnElement[bool] = Mailbox.account_id == ACCOUNT_ID
"""`visible_mailboxes` of an account, for those statements."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The conditions of this module with the subject's id left open, for statements that are built once."""

    mailboxes: ColumnElement[bool]
    orders: ColumnElement[bool]
    drafts: ColumnElement[bool]


_MAILBOX_ID = bindparam("own_mailbox_id", type_=Integer)
SCOPES: Mapping[SubjectKind, Scope] = MappingProxyType(
    {
        SubjectKind.ACCOUNT: Scope(
            OF_THE_ACCOUNT, Order.account_id == ACCOUNT_ID, RenewalDraft.account_id == ACCOUNT_ID
        ),
        SubjectKind.MAILBOX: Scope(
            Mailbox.id == _MAILBOX_ID, Order.mailbox_id == _MAILBOX_ID, RenewalDraft.mailbox_id == _MAILBOX_ID
        ),
    }
)
"""`visible_mailboxes`, `visible_orders` and `own_drafts` by the kind of subject; values: `subject_values`."""


def subject_values(subject: Subject) -> dict[str, int]:
    """Return the values of the parameters that the subject's `Scope` leaves open."""
    if subject.account_id is not None:
        return {"account_id": subject.account_id}
    return {"own_mailbox_id": subject.mailbox_id or 0}


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
