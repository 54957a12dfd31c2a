"""A charge whose order was cancelled while the gateway was at it: its money goes back the way it came.

Off means off: the customer was not there, and whoever switched off or cancelled renews nothing and keeps
nothing on credit. Until it is back the money is nobody's in the ledger, so that it cannot be spent besides;
what a gateway will not give back becomes credit. Callers hold the order's lock. Source: domain.md 5 (4), 6.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.credit import LedgerAccount, PostingKind, leftover_expires_on
from portal.domain.dates import rome_day
from portal.domain.orders import OrderState
from portal.store import attempts, ledger
from portal.store.attempts import PaymentAttempt
from portal.store.ledger import LedgerPosting
from portal.store.orders import Order
from portal.store.payments import Payment
from portal.store.refunds import GatewayRefund
from portal.usecases import credit_effects, notices, refund_rows, wallets
from portal.usecases.wallets import Why


def unwanted_charge(session: Session, payment: Payment) -> PaymentAttempt | None:
    """Return the charge by which this money came to a cancelled order, None where it came otherwise.

    Of an amount that was not asked for a person decides: it becomes credit like any other.
    """
    order = session.get(Order, payment.order_id) if payment.order_id else None
    found = attempts.attempt_with_order(session, payment.reference)
    if order is None or order.state is not OrderState.CANCELLED or found is None:
        return None
    attempt = found[0]
    was_asked = (attempt.amount_cents, credit_effects.CREDITED_CURRENCY)
    is_it = attempt.order_id == order.id and (payment.amount_cents, payment.currency) == was_asked
    return attempt if is_it and attempt.stored_method_id is not None else None


def send_back(session: Session, payment: Payment, charge: PaymentAttempt, *, now: datetime) -> None:
    """Begin to give the charge back, and say so."""
    credit_effects.keep_unclaimed(session, payment, now)
    refund_rows.open_refund(session, charge, payment.amount_cents, payment_id=payment.id, now=now)
    notices.charge_sent_back(session, payment, now=now)


def went_back(session: Session, refund: GatewayRefund, order: Order, *, now: datetime) -> None:
    """Write into the ledger that the money is gone again."""
    cents = refund.amount_cents
    posting = LedgerPosting(
        kind=PostingKind.REFUND, source=refund.reference, order_id=order.id, posted_at=now
    )
    sides = [(LedgerAccount.CASH_IN, None, cents), (LedgerAccount.UNCLAIMED, None, -cents)]
    ledger.write_posting(session, posting, sides)


def stays_here(session: Session, refund: GatewayRefund, order: Order, *, now: datetime) -> None:
    """Keep as credit what the gateway will not give back, and say so."""
    payment = session.get_one(Payment, refund.payment_id)
    until = leftover_expires_on(rome_day(now))
    why = Why(PostingKind.LEFTOVER, str(payment.id), order.id)
    cents, source = payment.amount_cents, LedgerAccount.UNCLAIMED
    wallets.put_in(session, wallets.owner_of(order), why, cents, source, expires_on=until, now=now)
    notices.money_unapplied(session, payment, until, now=now)
