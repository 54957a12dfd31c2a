"""What the law gives the customer of an order: shown before it is placed, and kept with it."""

from __future__ import annotations

from collections.abc import Container
from datetime import date

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.contracts import Agreement
from portal.domain.dates import rome_day
from portal.domain.errors import StartNotRequested
from portal.domain.withdrawal import WithdrawalTerms, is_consumer, withdrawal_terms
from portal.store.orders import Order
from portal.store.withdrawals import OrderPeople, people_of_draft, people_of_order


def look_at_terms(
    session: Session, subject: Subject, draft_id: int, *, today: date, closed: Container[date]
) -> WithdrawalTerms:
    """Return the terms that an order of this draft would have, placed today."""
    return _terms(people_of_draft(session, subject, draft_id, today), today, closed)


def keep_terms(session: Session, order: Order, agreement: Agreement, *, closed: Container[date]) -> None:
    """Write the terms of an order into it, once its lines and its people are stored.

    Raises StartNotRequested where a term begins within the period and nobody asked for that.
    Source: domain.md 10, Codice del consumo article 51 (8).
    """
    placed_on = rome_day(order.placed_at)
    terms = _terms(people_of_order(session, order.id), placed_on, closed)
    if terms.asks_for_start and not agreement.start_requested:
        raise StartNotRequested
    order.withdrawable_until = terms.until
    order.start_requested = terms.asks_for_start


def keep_terms_of_itself(session: Session, order: Order, *, closed: Container[date]) -> None:
    """Write the terms into an order that was generated: nobody asked that anything begin before their end."""
    order.withdrawable_until = _terms(
        people_of_order(session, order.id), rome_day(order.placed_at), closed
    ).until


def _terms(people: OrderPeople, today: date, closed: Container[date]) -> WithdrawalTerms:
    expiry = people.soonest_expiry or today
    consumer = is_consumer(people.others, people.invoiced)
    return withdrawal_terms(today, expiry, closed, consumer=consumer)
