"""Whose mailboxes an order renews and who is invoiced for it, for its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.store.order_people import OrderBilling, OrderHolder, billing_of, holders_of
from portal.store.orders import OrderLine


@dataclass(frozen=True, slots=True)
class OrderPeople:
    """The people of an order as they were when it was placed."""

    billing: OrderBilling | None
    """None where it is not the subject's to read, or the order is older than this record."""
    is_accounts: bool
    """The account is invoiced, whose data a mailbox's own session does not read. Source: domain.md 2.2."""
    holders: Mapping[int, OrderHolder]
    """Those of the lines on the page, by the number a line knows them by."""


def look_at_order_people(
    session: Session, subject: Subject, order_id: int, lines: Sequence[OrderLine]
) -> OrderPeople:
    """Return the people of an order and of a page of its lines: two statements."""
    billing = billing_of(session, order_id)
    hidden = billing is not None and billing.is_accounts and subject.kind is SubjectKind.MAILBOX
    holder_ids = {line.holder_id for line in lines if line.holder_id is not None}
    holders = holders_of(session, order_id, holder_ids) if holder_ids else {}
    return OrderPeople(None if hidden else billing, hidden, holders)
