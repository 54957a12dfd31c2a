"""Credit that comes about by itself: of a paid top-up, of money left over, of what could not be done.

Callers hold the order's lock. Source: domain.md 5 (4), 7.3, C9.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.credit import LedgerAccount, PostingKind, leftover_expires_on
from portal.domain.dates import rome_day
from portal.domain.money import Cents
from portal.domain.orders import OrderState
from portal.store import ledger, ledger_queries, order_facts
from portal.store.ledger import LedgerPosting
from portal.store.orders import Order
from portal.store.payments import Payment
from portal.usecases import credit_notices, wallets
from portal.usecases.wallets import Why

CREDITED_CURRENCY = "EUR"


def fill_wallet(session: Session, order: Order, now: datetime) -> None:
    """Give what a top-up bought: it does not lapse."""
    why = Why(PostingKind.TOP_UP, order.number, order.id)
    owner = wallets.owner_of(order)
    wallets.put_in(session, owner, why, order.due_cents, LedgerAccount.CASH_IN, now=now)
    order.state, order.closed_at = OrderState.FULFILLED, now
    balance = wallets.balance_of(session, owner, today=rome_day(now))
    credit_notices.topped_up(session, order, balance, now=now)


def keep_leftover(session: Session, payment: Payment, *, now: datetime) -> date | None:
    """Give money that paid no order to the one who sent it; return until when, None if nobody is known.

    Money in another currency is nobody's credit: it waits for the operator.
    """
    if payment.currency != CREDITED_CURRENCY:
        return None
    order = session.get(Order, payment.order_id) if payment.order_id else None
    if order is None:
        keep_unclaimed(session, payment, now)
        return None
    until = leftover_expires_on(rome_day(now))
    why = Why(PostingKind.LEFTOVER, str(payment.id), order.id)
    owner = wallets.owner_of(order)
    wallets.put_in(
        session, owner, why, payment.amount_cents, LedgerAccount.CASH_IN, expires_on=until, now=now
    )
    return until


def give_back(
    session: Session, order: Order, kind: PostingKind, cents: Cents, *, now: datetime
) -> date | None:
    """Give back to the one who paid an order what it did not do for them, as a leftover; return until when.

    What was paid from credit comes back as credit that does not lapse: it did not before.
    """
    if not cents:
        return None
    why = Why(kind, order.number, order.id)
    buyer = ledger_queries.buyer_of(session, order.number)
    until = leftover_expires_on(rome_day(now)) if buyer is None else None
    owner = buyer or wallets.owner_of(order)
    wallets.put_in(session, owner, why, cents, LedgerAccount.REVENUE, expires_on=until, now=now)
    return until


def give_back_refused(session: Session, order: Order, *, now: datetime) -> date | None:
    """Give back what the mailboxes cost that could not be renewed; return until when it can be used."""
    owed = order_facts.owed_for(order, order_facts.net_of_refused_lines(session, order.id))
    return give_back(session, order, PostingKind.REFUSED, owed, now=now)


def give_back_all(session: Session, order: Order, *, now: datetime) -> None:
    """Give back the whole of an order that could not be fulfilled."""
    give_back(session, order, PostingKind.REFUSED, order.due_cents, now=now)


def keep_unclaimed(session: Session, payment: Payment, now: datetime) -> None:
    """Keep money as nobody's: it names no order of ours, or is on its way back."""
    posting = LedgerPosting(kind=PostingKind.UNCLAIMED, source=str(payment.id), posted_at=now)
    cents = payment.amount_cents
    sides = [(LedgerAccount.UNCLAIMED, None, cents), (LedgerAccount.CASH_IN, None, -cents)]
    ledger.write_posting(session, posting, sides)
