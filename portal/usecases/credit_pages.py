"""Looking at credit: the page of a wallet, and what paying an order from it would mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.credit import Lot, is_usable, top_up_for, usable_cents
from portal.domain.money import Cents
from portal.domain.orders import OrderKind, is_payable
from portal.domain.orders import OrderState as State
from portal.store import ledger, ledger_queries
from portal.store.ledger_queries import PAGE_POSTINGS, Movement
from portal.store.orders import Order
from portal.store.scope import visible_orders
from portal.usecases import credit_access, wallets

LISTED_ORDERS = 10


@dataclass(frozen=True, slots=True)
class CreditPage:
    """A wallet: what is in it, what of it lapses when, what moved it, what it could pay."""

    balance_cents: Cents
    lapsing: Sequence[Lot]
    """The soonest first."""
    movements: Sequence[Movement]
    older: int | None
    unpaid: Sequence[Order]


@dataclass(frozen=True, slots=True)
class CreditOffer:
    """Paying so much from credit: all or nothing. Source: domain.md C20."""

    balance_cents: Cents
    due_cents: Cents

    @property
    def missing_cents(self) -> Cents:
        return max(self.due_cents - self.balance_cents, 0)

    @property
    def top_up_cents(self) -> Cents:
        """Return the top-up to propose: what is missing, within what can be put in at once."""
        return top_up_for(self.missing_cents)


def look_at_credit(session: Session, subject: Subject, *, before: int | None, today: date) -> CreditPage:
    """Return the subject's wallet with a page of what moved it: a fixed number of statements.

    Raises NotAllowed.
    """
    credit_access.check_may_use(session, subject)
    wallet = ledger.wallet_of(session, subject)
    lots = ledger.lots_left(session, wallet.id) if wallet else []
    limit = PAGE_POSTINGS + 1
    found = ledger_queries.movements(session, wallet.id, before=before, limit=limit) if wallet else []
    shown = found[:PAGE_POSTINGS]
    lapsing = [lot for lot in lots if lot.expires_on is not None and is_usable(lot, today)]
    return CreditPage(
        balance_cents=usable_cents(lots, today),
        lapsing=sorted(lapsing, key=lambda lot: (lot.expires_on or today, lot.id)),
        movements=shown,
        older=shown[-1].id if len(found) > PAGE_POSTINGS else None,
        unpaid=_unpaid(session, subject),
    )


def offer_for(session: Session, subject: Subject, due_cents: Cents, *, today: date) -> CreditOffer | None:
    """Return what paying so much from the subject's credit means; None where they have no wallet."""
    if not credit_access.may_use(session, subject):
        return None
    return CreditOffer(wallets.balance_of(session, subject, today=today), due_cents)


def offer_for_order(session: Session, subject: Subject, order: Order, *, today: date) -> CreditOffer | None:
    """Return the same for an order; None where credit does not pay it."""
    if order.kind is OrderKind.TOP_UP or not is_payable(order.state):
        return None
    return offer_for(session, subject, order.due_cents, today=today)


def _unpaid(session: Session, subject: Subject) -> Sequence[Order]:
    return session.scalars(
        select(Order)
        .where(visible_orders(subject), Order.state == State.AWAITING_PAYMENT)
        .where(Order.kind != OrderKind.TOP_UP)
        .order_by(Order.placed_at.desc(), Order.id.desc())
        .limit(LISTED_ORDERS)
    ).all()
