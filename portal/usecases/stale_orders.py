"""Orders that nobody can pay any more: what they would renew is gone, or their price was held long enough."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.orders import OrderState
from portal.store import order_queries
from portal.usecases import notices

AT_ONCE = 500
"""Orders a transaction: each has its mail to write."""


def expire_stale(session: Session, *, today: date, now: datetime, limit: int = AT_ONCE) -> int:
    """Expire unpaid renewals that cannot be paid any more; return how many.

    They are those none of whose mailboxes exists any more, and those at a promotion's price whose last day is
    over. Fewer than `limit` says that none is left. An order of several mailboxes stays while one can be
    renewed.
    A payment that arrives at the same moment is waited for, and wins. Source: domain.md 5 (3).
    """
    stale = order_queries.locked_stale_orders(session, today, limit=limit)
    for order, is_gone in stale:
        order.state, order.closed_at = OrderState.EXPIRED, now
        notices.order_expired(session, order, mailboxes_gone=is_gone, now=now)
    order_queries.close_lines_of(session, [order.id for order, _ in stale], now)
    return len(stale)
