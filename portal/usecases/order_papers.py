"""What goes on the papers of an order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import NotFound
from portal.domain.orders import is_payable
from portal.domain.payments import Arrival, BankCalendar, arrival_warning
from portal.store import order_facts, order_people, order_queries, space_purchases
from portal.store.accounts import Holder
from portal.store.order_people import OrderBilling
from portal.store.orders import Order, OrderLine
from portal.store.space_purchases import SpacePurchase

LISTED_LINES = 500
"""Mailboxes that a paper names: some fifteen pages; the rest is counted, and its cost is in the sums."""


@dataclass(frozen=True, slots=True)
class OrderOnPaper:
    """One order with the first of its lines."""

    order: Order
    lines: Sequence[OrderLine]
    line_count: int
    space: SpacePurchase | None
    """What an order of more space bought."""
    billing: OrderBilling | None
    """Who is invoiced, where the subject may know it."""


@dataclass(frozen=True, slots=True)
class OrderToPay:
    """An order that waits for money, and who sends it from where as far as it is known."""

    order: Order
    payer: str
    arrival: Arrival
    """When it arrives if sent today."""


def look_at_order(session: Session, subject: Subject, number: str) -> OrderOnPaper:
    """Return the subject's order for its paper: five statements. Raises NotFound."""
    order = _visible(session, subject, number)
    lines = order_facts.first_lines(session, order.id, limit=LISTED_LINES)
    count = sum(order_facts.count_lines(session, order.id).values())
    billing = order_people.billing_of(session, order.id)
    may_know = billing is not None and (subject.account_id is not None or not billing.is_accounts)
    space = space_purchases.purchase_of(session, order.id)
    return OrderOnPaper(order, lines, count, space, billing if may_know else None)


def look_at_order_to_pay(
    session: Session, subject: Subject, number: str, *, today: date, calendar: BankCalendar
) -> OrderToPay:
    """Return the subject's order that waits for money. Raises NotFound, also when it does not."""
    order = _visible(session, subject, number)
    if not is_payable(order.state):
        raise NotFound
    holder = order_facts.sole_holder(session, order.id)
    arrival = arrival_warning(order.payment_method, today, today, 0, calendar)
    return OrderToPay(order, _written(holder) if holder else "", arrival)


def _visible(session: Session, subject: Subject, number: str) -> Order:
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    return order


def _written(holder: Holder) -> str:
    """Return «Mario Rossi, Via Roma 1, 10100 Torino TO», as much of it as is known."""
    street = f"{holder.street} {holder.street_number}".strip()
    city = f"{holder.postal_code} {holder.city} {holder.province}".strip()
    return ", ".join(filter(None, (holder.display_name, street, city)))
