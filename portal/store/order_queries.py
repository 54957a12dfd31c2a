"""Orders as customers look at them: page by page, one by one, and what a draft becomes in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.money import Cents
from portal.domain.orders import LineState, OrderKind, OrderState
from portal.domain.payments import PaymentState
from portal.domain.plans import Plan
from portal.store.draft_expiries import ExpiryGroup
from portal.store.draft_queries import Columns
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.store.payments import Payment
from portal.store.renewability import NOT_RENEWABLE, RENEWABLE, STILL_THERE, day_values
from portal.store.scope import visible_mailboxes, visible_orders

PAGE_LINES = 50


@dataclass(frozen=True, slots=True)
class LineGroup:
    """The lines of an order that share their fate, their old expiry and their plan."""

    state: LineState
    expires_before: date
    plan_before: Plan
    lines: int
    net_cents: Cents
    first_address: str


def visible_order(session: Session, subject: Subject, number: str) -> Order | None:
    """Return the subject's order of that number, or None."""
    return session.scalar(select(Order).where(Order.number == number, visible_orders(subject)))


def order_of_draft(session: Session, draft_id: int) -> Order | None:
    """Return the order that a draft has become, or None."""
    return session.scalar(select(Order).where(Order.draft_id == draft_id))


def order_lines(
    session: Session,
    order_id: int,
    *,
    after: int = 0,
    before: int | None = None,
    state: LineState | None = None,
) -> Sequence[OrderLine]:
    """Return up to one line more than a page, from a position on (or back from it), of one fate or of all."""
    statement = select(OrderLine).where(OrderLine.order_id == order_id).limit(PAGE_LINES + 1)
    if state is not None:
        statement = statement.where(OrderLine.state == state)
    if before is not None:
        backward = statement.where(OrderLine.position < before).order_by(OrderLine.position.desc())
        return session.scalars(backward).all()[::-1]
    forward = statement.where(OrderLine.position > after).order_by(OrderLine.position)
    return session.scalars(forward).all()


def line_groups(session: Session, order_id: int) -> list[LineGroup]:
    """Return the lines of an order by fate, old expiry and plan, the soonest expiry first."""
    columns: Columns = (OrderLine.state, OrderLine.expires_before, OrderLine.plan_before)
    rows = session.execute(
        select(
            *columns,
            func.count().label("lines"),
            func.sum(OrderLine.net_cents).label("net_cents"),
            func.min(OrderLine.address).label("first_address"),
        )
        .where(OrderLine.order_id == order_id)
        .group_by(*columns)
        .order_by(OrderLine.expires_before, OrderLine.plan_before, OrderLine.state)
    )
    return [
        LineGroup(
            row.state, row.expires_before, row.plan_before, row.lines, int(row.net_cents), row.first_address
        )
        for row in rows
    ]


def unapplied_payments_of(session: Session, order_id: int) -> Sequence[Payment]:
    """Return the money that named the order and did not pay it."""
    return session.scalars(
        select(Payment)
        .where(Payment.order_id == order_id, Payment.state == PaymentState.UNAPPLIED)
        .order_by(Payment.id)
    ).all()


def renewable_of_order(session: Session, subject: Subject, order_id: int, today: date) -> tuple[int, str]:
    """Return how many of the order's mailboxes the subject can renew today, and the address of one."""
    of_order = select(OrderLine.mailbox_id).where(OrderLine.order_id == order_id)
    count, address = session.execute(
        select(func.count(), func.min(Mailbox.address)).where(
            Mailbox.id.in_(of_order), visible_mailboxes(subject), RENEWABLE
        ),
        day_values(today),
    ).one()
    return count, address or ""


class LineToOrder(NamedTuple):
    """A line of a draft and all that its order depends on, as plain values: 20,000 of them are light."""

    mailbox_id: int
    address: str
    holder_id: int
    plan_before: Plan
    expires_on: date
    cancelled_on: date | None
    convention_code: str | None
    mailbox_used_mb: int
    archive_used_mb: int
    plan: Plan
    extra_mailbox_gb: int
    extra_archive_gb: int
    term_years: int
    archive_deletion_accepted: bool
    reason: str | None


def lines_to_order(session: Session, subject: Subject, draft_id: int, today: date) -> list[LineToOrder]:
    """Return the lines of a draft in its order, with what stands against each renewal today."""
    columns: Columns = (
        Mailbox.id,
        Mailbox.address,
        Mailbox.holder_id,
        Mailbox.plan,
        Mailbox.expires_on,
        Mailbox.cancelled_on,
        Mailbox.convention_code,
        Mailbox.mailbox_used_mb,
        Mailbox.archive_used_mb,
        DraftLine.plan,
        DraftLine.extra_mailbox_gb,
        DraftLine.extra_archive_gb,
        DraftLine.term_years,
        DraftLine.archive_deletion_accepted,
        NOT_RENEWABLE,
    )
    rows = session.execute(
        select(*columns)
        .join(DraftLine, DraftLine.mailbox_id == Mailbox.id)
        .where(DraftLine.draft_id == draft_id, visible_mailboxes(subject))
        .order_by(DraftLine.id),
        day_values(today),
    )
    return [LineToOrder._make(row) for row in rows]


def insert_lines(session: Session, lines: Sequence[dict[str, Any]]) -> None:
    """Store the lines of an order in one round of statements. Raises IntegrityError for a held mailbox."""
    session.execute(insert(OrderLine), lines)


def held_address(session: Session, draft_id: int) -> str | None:
    """Return one mailbox of the draft that an open order holds, or None."""
    return session.scalar(
        select(OrderLine.address)
        .join(DraftLine, DraftLine.mailbox_id == OrderLine.mailbox_id)
        .where(DraftLine.draft_id == draft_id, OrderLine.is_open)
        .order_by(OrderLine.mailbox_id)
        .limit(1)
    )


def expiry_groups_of(session: Session, order_id: int) -> list[ExpiryGroup]:
    """Return the days of the mailboxes of an order as they are now, the soonest first."""
    days: Columns = (Mailbox.expires_on, Mailbox.cancelled_on, Mailbox.plan)
    rows = session.execute(
        select(*days, func.count().label("lines"), func.min(Mailbox.address).label("first_address"))
        .join(OrderLine, OrderLine.mailbox_id == Mailbox.id)
        .where(OrderLine.order_id == order_id)
        .group_by(*days)
        .order_by(*days)
    )
    return [
        ExpiryGroup(row.expires_on, row.cancelled_on, row.plan, row.lines, row.first_address) for row in rows
    ]


def locked_stale_orders(session: Session, today: date, *, limit: int) -> Sequence[tuple[Order, bool]]:
    """Return unpaid renewals that nobody can pay any more on that day, locked, as they are now.

    Either all of their mailboxes are gone, and then the second value is true, or their price is held no more.
    """
    left = (
        select(OrderLine.id)
        .join(Mailbox, Mailbox.id == OrderLine.mailbox_id)
        .where(OrderLine.order_id == Order.id, STILL_THERE)
        .correlate(Order)
        .exists()
    )
    rows = session.execute(
        select(Order, ~left)
        .where(Order.state == OrderState.AWAITING_PAYMENT, Order.kind == OrderKind.RENEWAL)
        .where(or_(Order.payable_until < today, ~left))
        .order_by(Order.id)
        .limit(limit)
        .with_for_update(of=Order)
        .execution_options(populate_existing=True),
        day_values(today),
    )
    return [(order, bool(is_gone)) for order, is_gone in rows]


def close_lines(session: Session, order_id: int, now: datetime) -> None:
    """Let go of the mailboxes of an order."""
    close_lines_of(session, [order_id], now)


def close_lines_of(session: Session, order_ids: Collection[int], now: datetime) -> None:
    """Let go of the mailboxes of the orders."""
    session.execute(
        update(OrderLine)
        .where(OrderLine.order_id.in_(order_ids), OrderLine.is_open)
        .values(is_open=False, closed_at=now)
        .execution_options(synchronize_session=False)
    )
