"""What mails and fulfilment need to know of an order, without loading its thousands of lines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import BigInteger, Row, Select, cast, func, select
from sqlalchemy.orm import Session

from portal.domain.credit import PostingKind
from portal.domain.money import Cents
from portal.domain.orders import LineState
from portal.domain.owed import owed_cents
from portal.domain.payments import PaymentState
from portal.store.accounts import Holder
from portal.store.ledger import LedgerPosting
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.store.payments import Payment


def first_lines(
    session: Session, order_id: int, *, limit: int, states: Collection[LineState] = tuple(LineState)
) -> Sequence[OrderLine]:
    """Return the first lines of an order that are in one of the states."""
    return session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == order_id, OrderLine.state.in_(states))
        .order_by(OrderLine.position)
        .limit(limit)
    ).all()


def accepted_deletions(session: Session, order_id: int, *, limit: int) -> Sequence[Row[OrderLine, int]]:
    """Return the first lines whose archive the customer gave up, with the MB it holds now."""
    return session.execute(
        select(OrderLine, Mailbox.archive_used_mb)
        .join(Mailbox, Mailbox.id == OrderLine.mailbox_id)
        .where(OrderLine.order_id == order_id, OrderLine.archive_deletion_accepted)
        .where(Mailbox.archive_used_mb > 0)
        .order_by(OrderLine.position)
        .limit(limit)
    ).all()


def count_lines(session: Session, order_id: int) -> dict[LineState, int]:
    """Return how many lines of an order are in each state."""
    rows = session.execute(
        select(OrderLine.state, func.count()).where(OrderLine.order_id == order_id).group_by(OrderLine.state)
    )
    return dict.fromkeys(LineState, 0) | dict(rows.all())


def net_of_refused_lines(session: Session, order_id: int) -> Cents:
    """Return the net cents of the lines that could not be fulfilled."""
    net = session.scalar(
        select(func.sum(OrderLine.net_cents)).where(
            OrderLine.order_id == order_id, OrderLine.state == LineState.REFUSED
        )
    )
    return int(net or 0)


def owed_for(order: Order, refused_net_cents: Cents) -> Cents:
    """Return the cents owed back when lines of that net sum were refused."""
    return owed_cents(
        order.due_cents,
        order.net_cents,
        refused_net_cents,
        order.vat_rate,
        split_payment=order.split_payment,
    )


def has_open_line(session: Session, order_id: int) -> bool:
    """Say whether a line of the order waits for its end.

    Asked after each line of thousands: workers go from the first to the last, so the last is looked at first.
    """
    last = (
        select(OrderLine.id)
        .where(OrderLine.order_id == order_id, OrderLine.is_open)
        .order_by(OrderLine.position.desc())
        .limit(1)
    )
    return session.scalar(last) is not None


def first_new_expiry(session: Session, order_id: int) -> date:
    """Return the soonest expiry that the order leads to."""
    soonest = select(func.min(OrderLine.expires_after)).where(OrderLine.order_id == order_id)
    return session.scalars(soonest).one()


def sole_holder(session: Session, order_id: int) -> Holder | None:
    """Return the holder of all mailboxes of the order, or None when there are several."""
    # First and last, not DISTINCT: on fresh statistics PostgreSQL walks that one line by line, quadratically.
    first, last = session.execute(
        select(func.min(Mailbox.holder_id), func.max(Mailbox.holder_id))
        .join(OrderLine, OrderLine.mailbox_id == Mailbox.id)
        .where(OrderLine.order_id == order_id)
    ).one()
    return session.get(Holder, first) if first is not None and first == last else None


def payment_of(session: Session, order_id: int) -> Payment | None:
    """Return the money that paid the order."""
    paid = (PaymentState.SUCCEEDED, PaymentState.REGISTERED)
    return session.scalar(
        select(Payment).where(Payment.order_id == order_id, Payment.state.in_(paid)).order_by(Payment.id)
    )


def locked_order(session: Session, order_id: int) -> Order:
    """Return the order as it is now, locked to the end of the transaction; lock mailboxes before."""
    return session.scalars(_locked().where(Order.id == order_id)).one()


def locked_order_by_number(session: Session, number: str) -> Order | None:
    """Return the order with this number as it is now, locked to the end of the transaction."""
    return session.scalars(_locked().where(Order.number == number)).one_or_none()


def orders_with_refusals(session: Session, *, limit: int) -> Sequence[Row[Order, int, int]]:
    """Return orders with refused lines that are not credited yet, the newest first.

    Each with how many, and their net cents.
    """
    credited = select(LedgerPosting.order_id).where(
        LedgerPosting.kind == PostingKind.REFUSED, LedgerPosting.order_id.is_not(None)
    )
    refused = (
        select(
            OrderLine.order_id,
            func.count().label("count"),
            cast(func.sum(OrderLine.net_cents), BigInteger).label("net_cents"),
        )
        .where(OrderLine.state == LineState.REFUSED, OrderLine.order_id.not_in(credited))
        .group_by(OrderLine.order_id)
        .subquery()
    )
    return session.execute(
        select(Order, refused.c.count, refused.c.net_cents)
        .join(refused, refused.c.order_id == Order.id)
        .order_by(Order.id.desc())
        .limit(limit)
    ).all()


def _locked() -> Select[Order]:
    return select(Order).with_for_update().execution_options(populate_existing=True)
