"""Statement lines as reconciliation asks for them, and the orders that might be meant."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from portal.domain.money import Cents
from portal.domain.orders import OrderState
from portal.domain.statements import EntryState, NamedOrder
from portal.store.accounts import Holder
from portal.store.declarations import PaymentDeclaration
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.store.statement_lines import StatementLine

SAME_AMOUNT_LOOKED_AT = 200
"""Open orders of one amount among which a name is looked for: the newest, since many owe the same."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order that money without a number might be for."""

    number: str
    state: OrderState
    due_cents: Cents
    placed_at: datetime
    holder: str
    declared_reference: str


def is_known(session: Session, account: str, identity: str) -> bool:
    """Say whether the line was brought in before."""
    known = select(StatementLine.id).where(
        StatementLine.account == account, StatementLine.identity == identity
    )
    return session.scalar(known) is not None


def is_reference_known(session: Session, account: str, bank_reference: str) -> bool:
    """Say whether another line of the account bears this reference of the bank."""
    bearing = select(StatementLine.id).where(
        StatementLine.account == account, StatementLine.bank_reference == bank_reference
    )
    return bool(bank_reference) and session.scalar(bearing.limit(1)) is not None


def locked_line(session: Session, line_id: int) -> StatementLine | None:
    """Return the line as it is now, locked to the end of the transaction; lock orders after."""
    return session.scalar(
        select(StatementLine)
        .where(StatementLine.id == line_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def open_tasks(session: Session, *, after: int = 0, limit: int) -> Sequence[StatementLine]:
    """Return the lines that wait for a person, the oldest first."""
    return session.scalars(
        select(StatementLine)
        .where(StatementLine.state == EntryState.TASK, StatementLine.id > after)
        .order_by(StatementLine.id)
        .limit(limit)
    ).all()


def orders_named(session: Session, numbers: Collection[str]) -> list[NamedOrder]:
    """Return those of the numbers that orders bear."""
    if not numbers:
        return []
    rows = session.execute(select(Order.number, Order.state).where(Order.number.in_(numbers)))
    return [NamedOrder(row.number, row.state) for row in rows]


def candidates(
    session: Session, *, numbers: Collection[str], amounts: Collection[Cents], references: Collection[str]
) -> list[Candidate]:
    """Return the orders with these numbers, and the open ones that owe such an amount or were declared so.

    One statement, however many lines are asked about.
    """
    place = func.row_number().over(partition_by=Order.due_cents, order_by=Order.id.desc())
    of_amount = (
        select(Order.id, place.label("place"))
        .where(Order.state == OrderState.AWAITING_PAYMENT, Order.due_cents.in_(amounts))
        .subquery()
    )
    newest = select(of_amount.c.id).where(of_amount.c.place <= SAME_AMOUNT_LOOKED_AT)
    declared = PaymentDeclaration.reference.in_(references)
    rows = session.execute(
        select(Order, Holder, PaymentDeclaration.reference)
        .outerjoin(OrderLine, and_(OrderLine.order_id == Order.id, OrderLine.position == 1))
        .outerjoin(Mailbox, Mailbox.id == func.coalesce(OrderLine.mailbox_id, Order.mailbox_id))
        .outerjoin(Holder, Holder.id == Mailbox.holder_id)
        .outerjoin(PaymentDeclaration, PaymentDeclaration.order_id == Order.id)
        .where(or_(Order.number.in_(numbers), Order.id.in_(newest), declared))
        .order_by(Order.id.desc())
    )
    return [
        Candidate(
            order.number,
            order.state,
            order.due_cents,
            order.placed_at,
            holder.display_name if holder else "",
            reference or "",
        )
        for order, holder, reference in rows
    ]
