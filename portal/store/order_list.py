"""The list of a subject's orders, page by page, filtered and searched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from portal.domain.access import Subject
from portal.domain.dates import day_bounds, rome_day
from portal.domain.money import Cents
from portal.domain.order_search import STATES_SHOWN, OrderSearch, OrdersShown
from portal.domain.orders import OrderKind, OrderState
from portal.store.base import AnySelect
from portal.store.declarations import IS_DECLARED, PaymentDeclaration
from portal.store.draft_queries import Columns
from portal.store.mailbox_list import like_pattern
from portal.store.orders import Order, OrderLine
from portal.store.payments import Payment
from portal.store.scope import visible_orders
from portal.store.space_purchases import SpacePurchase

PAGE_ORDERS = 50


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """One row of the list of orders."""

    id: int
    number: str
    kind: OrderKind
    placed_at: datetime
    state: OrderState
    due_cents: Cents
    is_declared: bool
    lines: int
    first_address: str

    @property
    def placed_on(self) -> date:
        """Return the day in Rome on which it was placed."""
        return rome_day(self.placed_at)


def order_page(
    session: Session,
    subject: Subject,
    *,
    after: tuple[datetime, int] | None = None,
    before: tuple[datetime, int] | None = None,
    shown: OrdersShown = OrdersShown.ALL,
    search: OrderSearch | None = None,
) -> list[ListedOrder]:
    """Return up to one order more than a page, newest first, from an order's place on (or back from it)."""
    statement = _rows().where(visible_orders(subject)).limit(PAGE_ORDERS + 1)
    if shown is not OrdersShown.ALL:
        statement = statement.where(Order.state.in_(STATES_SHOWN[shown]))
    if search is not None and search.text:
        statement = statement.where(or_(*_senses(search)))
    place = tuple_(Order.placed_at, Order.id)
    if before is not None:
        statement = statement.where(place > before).order_by(Order.placed_at, Order.id)
    else:
        statement = statement.order_by(Order.placed_at.desc(), Order.id.desc())
    if after is not None:
        statement = statement.where(place < after)
    found = [ListedOrder(*row) for row in session.execute(statement)]
    return found[::-1] if before is not None else found


def _rows() -> AnySelect:
    first = aliased(OrderLine)
    lines = (
        select(func.max(OrderLine.position))
        .where(OrderLine.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    columns: Columns = (
        Order.id,
        Order.number,
        Order.kind,
        Order.placed_at,
        Order.state,
        Order.due_cents,
        IS_DECLARED,
        func.coalesce(lines, 0),
        func.coalesce(first.address, SpacePurchase.address, ""),
    )
    statement: Select[*tuple[object, ...]] = select(*columns)
    return statement.outerjoin(first, and_(first.order_id == Order.id, first.position == 1)).outerjoin(
        SpacePurchase, SpacePurchase.order_id == Order.id
    )


def _senses(search: OrderSearch) -> Iterator[ColumnElement[bool]]:
    """Yield a condition for each sense that the typed text can have."""
    yield (
        exists()
        .where(
            OrderLine.order_id == Order.id,
            OrderLine.address.like(like_pattern(search.text), escape="\\"),
        )
        .correlate(Order)
    )
    yield (
        exists()
        .where(
            SpacePurchase.order_id == Order.id,
            SpacePurchase.address.like(like_pattern(search.text), escape="\\"),
        )
        .correlate(Order)
    )
    if search.compact:
        yield Order.number.like(f"%{search.compact}%")
        yield _of_payment(_compact(Payment.reference).like(f"%{search.compact}%"))
        yield _declared(PaymentDeclaration.reference.like(f"%{search.compact}%"))
    if search.amount_cents is not None:
        yield Order.due_cents == search.amount_cents
        yield _of_payment(Payment.amount_cents == search.amount_cents)
    if search.day is not None:
        start, end = day_bounds(search.day)
        yield and_(Order.placed_at >= start, Order.placed_at < end)
        yield _of_payment(Payment.paid_on == search.day)
        yield _declared(PaymentDeclaration.sent_on == search.day)


def _compact(column: SQLColumnExpression[str]) -> ColumnElement[str]:
    """Return the text in capitals without what people put in between."""
    found: ColumnElement[str] = func.upper(column)
    for letter in " -/.":
        found = func.replace(found, letter, "")
    return found


def _of_payment(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Payment.order_id == Order.id, condition).correlate(Order)


def _declared(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(PaymentDeclaration.order_id == Order.id, condition).correlate(Order)
