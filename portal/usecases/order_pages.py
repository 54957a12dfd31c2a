"""Looking at orders: the list, one order with what happens next, its state alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound
from portal.domain.money import Cents
from portal.domain.order_search import OrderSearch, OrdersShown
from portal.domain.orders import LineState, OrderKind, OrderState, is_cancellable, is_open, is_payable
from portal.domain.payments import BankCalendar
from portal.domain.withdrawal import last_day_to_refund
from portal.store import order_facts, order_queries
from portal.store.contracts import ContractAcceptance, ContractText, acceptances_of
from portal.store.declarations import PaymentDeclaration, declaration_of
from portal.store.draft_expiries import ExpiryGroup
from portal.store.extras import OrderExtra, order_extras
from portal.store.ledger_queries import leftovers_until
from portal.store.order_list import PAGE_ORDERS, ListedOrder, order_page
from portal.store.order_queries import PAGE_LINES, LineGroup
from portal.store.orders import Order, OrderLine
from portal.store.payments import Payment
from portal.store.refunds import payments_going_back
from portal.store.space_purchases import SpacePurchase, purchase_of
from portal.store.withdrawals import Withdrawal, withdrawal_of
from portal.usecases.draft_payments import MethodOffer, offer_of
from portal.usecases.order_people import OrderPeople, look_at_order_people
from portal.usecases.withdrawals import can_withdraw


@dataclass(frozen=True, slots=True)
class OrderCursor:
    """The place of an order in the list."""

    placed_at: datetime
    id: int


@dataclass(frozen=True, slots=True)
class OrderList:
    """One page of orders, newest first."""

    rows: Sequence[ListedOrder]
    newer: OrderCursor | None
    older: OrderCursor | None


_UNDER_WAY = (LineState.WAITING, LineState.IN_PROGRESS)
_NEVER_PAID = (OrderState.CANCELLED, OrderState.EXPIRED)


@dataclass(frozen=True, slots=True)
class OrderStatus:
    """How far an order has come."""

    number: str
    state: OrderState
    lines: dict[LineState, int]
    is_declared: bool
    """The customer said to have paid."""
    owed_cents: Cents
    """What is owed back for the lines that could not be fulfilled."""

    @property
    def line_count(self) -> int:
        return sum(self.lines.values())

    @property
    def done_count(self) -> int:
        return sum(count for state, count in self.lines.items() if state not in _UNDER_WAY)

    @property
    def is_moving(self) -> bool:
        """Say whether it will change soon by itself, so that looking again is worth it."""
        return is_open(self.state) and not is_payable(self.state)


@dataclass(frozen=True, slots=True)
class LinesAsked:
    """Which lines of an order a page shows: from a position on or back from it, of one fate or of all."""

    after: int = 0
    before: int | None = None
    state: LineState | None = None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order as its page shows it."""

    order: Order
    status: OrderStatus
    lines: Sequence[OrderLine]
    shown: LineState | None
    """The fate of the lines shown, or None where all are."""
    refused: Sequence[OrderLine]
    """The first that could not be fulfilled, whatever page is shown."""
    previous: int | None
    next: int | None
    can_pay: bool
    can_cancel: bool
    forecast: MethodOffer | None
    """When a payment of today, or the one that was declared, is registered, and what that means."""
    unapplied: Sequence[Payment]
    credit_until: Mapping[int, date]
    """Until when those of them that became credit can be used, where they lapse."""
    going_back: Collection[int]
    """Which of these go back by the way they came."""
    accepted: Sequence[tuple[ContractAcceptance, ContractText]]
    """What was agreed to with the order, and when."""
    can_withdraw: bool
    withdrawal: Withdrawal | None
    declared: PaymentDeclaration | None
    extras: Sequence[OrderExtra]
    people: OrderPeople
    space: SpacePurchase | None
    """What an order of more space bought."""
    renewable: tuple[int, str]
    """How many mailboxes of an order that was never paid can be renewed again, and one of them."""

    @property
    def refund_due(self) -> date | None:
        """Return the last day for the refund of a withdrawal that waits for it."""
        withdrawal = self.withdrawal
        if withdrawal is None or withdrawal.refunded_on or not withdrawal.refund_cents:
            return None
        return last_day_to_refund(rome_day(withdrawal.requested_at))


EVERY_LINE = LinesAsked()
REFUSED_LISTED = 20
"""Lines that could not be fulfilled and are named at the top; the rest is a page of its own."""


def list_orders(
    session: Session,
    subject: Subject,
    *,
    after: OrderCursor | None = None,
    before: OrderCursor | None = None,
    shown: OrdersShown = OrdersShown.ALL,
    search: OrderSearch | None = None,
) -> OrderList:
    """Return one page of the subject's orders, older than `after` or newer than `before`: one statement."""
    found = order_page(
        session,
        subject,
        after=(after.placed_at, after.id) if after else None,
        before=(before.placed_at, before.id) if before else None,
        shown=shown,
        search=search,
    )
    more = len(found) > PAGE_ORDERS
    rows = found[-PAGE_ORDERS:] if before else found[:PAGE_ORDERS]
    has_newer = more if before else after is not None
    has_older = True if before else more
    return OrderList(
        rows,
        _cursor(rows[0]) if rows and has_newer else None,
        _cursor(rows[-1]) if rows and has_older else None,
    )


def look_at_order(
    session: Session,
    subject: Subject,
    number: str,
    *,
    today: date,
    calendar: BankCalendar,
    asked: LinesAsked = EVERY_LINE,
) -> OrderPage:
    """Return one order with a page of its lines: a fixed number of statements. Raises NotFound."""
    order = _visible(session, subject, number)
    groups = order_queries.line_groups(session, order.id)
    declared = _declared(session, order)
    found = order_queries.order_lines(
        session, order.id, after=asked.after, before=asked.before, state=asked.state
    )
    more = len(found) > PAGE_LINES
    lines = found[-PAGE_LINES:] if asked.before else found[:PAGE_LINES]
    has_previous = more if asked.before else asked.after > 0
    has_next = True if asked.before else more
    status = _status(order, groups, declared)
    unapplied = order_queries.unapplied_payments_of(session, order.id)
    return OrderPage(
        order=order,
        status=status,
        lines=lines,
        shown=asked.state,
        refused=_refused(session, order) if status.lines[LineState.REFUSED] else (),
        previous=lines[0].position if lines and has_previous else None,
        next=lines[-1].position if lines and has_next else None,
        can_pay=is_payable(order.state),
        can_cancel=is_cancellable(order.state),
        forecast=_forecast(order, groups, declared, today, calendar),
        unapplied=unapplied,
        going_back=payments_going_back(session, [each.id for each in unapplied]) if unapplied else (),
        credit_until=leftovers_until(session, [each.id for each in unapplied]) if unapplied else {},
        accepted=acceptances_of(session, order.id),
        can_withdraw=can_withdraw(session, subject, order, today=today),
        withdrawal=withdrawal_of(session, order.id) if order.withdrawable_until else None,
        declared=declared,
        extras=order_extras(session, order.id),
        people=look_at_order_people(session, subject, order.id, lines),
        space=purchase_of(session, order.id) if order.kind is OrderKind.EXTRA_SPACE else None,
        renewable=_renewable_again(session, subject, order, today),
    )


def look_at_status(session: Session, subject: Subject, number: str) -> OrderStatus:
    """Return how far the order has come. Raises NotFound."""
    order = _visible(session, subject, number)
    groups = order_queries.line_groups(session, order.id)
    return _status(order, groups, _declared(session, order))


def _visible(session: Session, subject: Subject, number: str) -> Order:
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    return order


def _declared(session: Session, order: Order) -> PaymentDeclaration | None:
    return declaration_of(session, order.id) if is_payable(order.state) else None


def _status(order: Order, groups: Sequence[LineGroup], declared: PaymentDeclaration | None) -> OrderStatus:
    lines = dict.fromkeys(LineState, 0)
    for group in groups:
        lines[group.state] += group.lines
    refused_net = sum(group.net_cents for group in groups if group.state is LineState.REFUSED)
    owed = order_facts.owed_for(order, refused_net) if refused_net else 0
    return OrderStatus(order.number, order.state, lines, declared is not None, owed)


def _refused(session: Session, order: Order) -> Sequence[OrderLine]:
    return order_facts.first_lines(session, order.id, limit=REFUSED_LISTED, states=[LineState.REFUSED])


def _forecast(
    order: Order,
    groups: Sequence[LineGroup],
    declared: PaymentDeclaration | None,
    today: date,
    calendar: BankCalendar,
) -> MethodOffer | None:
    """Return when the money arrives, sent today or when the customer said, and what that means."""
    if not is_payable(order.state) or not groups:
        return None
    mailboxes = [
        ExpiryGroup(group.expires_before, None, group.plan_before, group.lines, group.first_address)
        for group in groups
    ]
    sent_on = declared.sent_on if declared else None
    return offer_of(order.payment_method, mailboxes, today, calendar, sent_on=sent_on)


def _renewable_again(session: Session, subject: Subject, order: Order, today: date) -> tuple[int, str]:
    if order.kind is not OrderKind.RENEWAL or order.state not in _NEVER_PAID:
        return (0, "")
    return order_queries.renewable_of_order(session, subject, order.id, today)


def _cursor(row: ListedOrder) -> OrderCursor:
    return OrderCursor(row.placed_at, row.id)
