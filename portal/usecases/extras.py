"""What was bought beside renewals: to be sent once it is paid, and marked when that is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.errors import NotFound
from portal.domain.orders import OrderState
from portal.store import order_facts
from portal.store.extras import OrderExtra, extra_of_order, extras_to_send
from portal.usecases import notices

TO_SEND = frozenset({OrderState.PAID, OrderState.FULFILLED, OrderState.CREDITED})
"""While an order is in one of these, what it holds besides is owed, whatever became of its mailboxes."""


@dataclass(frozen=True, slots=True)
class ToSend:
    """Pieces that somebody has paid for and not received."""

    number: str
    contact_email: str
    paid_at: datetime | None
    extra: OrderExtra


def extras_waiting(session: Session, *, limit: int) -> Sequence[ToSend]:
    """Return what is to be sent, the longest waiting first."""
    return [
        ToSend(order.number, order.contact_email, order.paid_at, extra)
        for extra, order in extras_to_send(session, TO_SEND, limit=limit)
    ]


def mark_sent(session: Session, number: str, code: str, *, now: datetime) -> OrderExtra:
    """Mark an extra as sent and tell the customer; a second time is a quiet success.

    Raises NotFound where the order is none, is not paid, or holds no such extra.
    """
    order = order_facts.locked_order_by_number(session, number)
    if order is None or order.state not in TO_SEND:
        raise NotFound
    extra = extra_of_order(session, order.id, code)
    if extra is None:
        raise NotFound
    if extra.sent_at is None:
        extra.sent_at = now
        notices.extra_sent(session, order, extra, now=now)
    return extra
