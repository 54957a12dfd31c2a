"""What the operator does to credit: give or take with a reason, reverse, pay leftovers back, find an owner.

Nothing is edited: what was wrong is followed by its contrary. Source: domain.md 7.3, hardening.md R30.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.credit import (
    REVERSIBLE,
    LedgerAccount,
    PostingKind,
    is_usable,
    leftover_expires_on,
)
from portal.domain.credit_errors import PostingNotReversible
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound
from portal.domain.money import Cents
from portal.domain.payments import PaymentState
from portal.store import ledger, ledger_queries
from portal.store.ledger import LedgerEntry, LedgerPosting, Wallet
from portal.store.payments import Payment
from portal.usecases import wallets
from portal.usecases.wallets import Why


def adjust(
    session: Session, owner: Subject, cents: Cents, reference: str, reason: str, *, now: datetime
) -> bool:
    """Give so much credit, or take it where negative; False if the reference was used before.

    Raises CreditTooSmall.
    """
    why = Why(PostingKind.ADJUSTMENT, reference, reason=reason)
    return _move(session, owner, why, cents, LedgerAccount.ADJUSTMENTS, now=now)


def reverse(session: Session, posting_id: int, reason: str, *, now: datetime) -> Cents:
    """Undo a posting by its contrary, once; return by how much the credit changed, 0 for the second time.

    Raises NotFound, PostingNotReversible, CreditTooSmall where it is spent already.
    """
    posting = session.get(LedgerPosting, posting_id)
    wallet = session.get(Wallet, posting.wallet_id) if posting and posting.wallet_id else None
    if posting is None or wallet is None:
        raise NotFound
    if posting.kind not in REVERSIBLE:
        raise PostingNotReversible(posting.kind)
    entries = session.scalars(select(LedgerEntry).where(LedgerEntry.posting_id == posting.id)).all()
    (other,) = (entry for entry in entries if entry.account is not LedgerAccount.WALLET)
    owner = ledger_queries.owner_in(wallet.account_id, wallet.mailbox_id)
    why = Why(PostingKind.REVERSAL, str(posting.id), posting.order_id, reason)
    cents = other.amount_cents
    return cents if _move(session, owner, why, cents, other.account, now=now) else 0


def refund(session: Session, owner: Subject, cents: Cents, reference: str, *, now: datetime) -> bool:
    """Record that leftovers were paid back outside; False if the reference was used before.

    What was topped up is not refunded here. Raises CreditTooSmall. Source: domain.md 5 (4).
    """
    wallet = ledger.locked_wallet(session, owner)
    if ledger.is_posted(session, PostingKind.REFUND, reference):
        return False
    today = rome_day(now)
    left = ledger.lots_left(session, wallet.id)
    lots = [lot for lot in left if lot.expires_on is not None and is_usable(lot, today)]
    why = Why(PostingKind.REFUND, reference)
    wallets.take_from(session, wallet, lots, why, cents, LedgerAccount.CASH_IN, now=now)
    return True


def assign(session: Session, reference: str, owner: Subject, *, now: datetime) -> Cents:
    """Give money that named no order to its owner, as a leftover; return how much, 0 for the second time.

    Raises NotFound for a reference that is no such money.
    """
    payment = session.scalar(
        select(Payment).where(
            Payment.reference == reference,
            Payment.state == PaymentState.UNAPPLIED,
            Payment.order_id.is_(None),
        )
    )
    if payment is None or not ledger.is_posted(session, PostingKind.UNCLAIMED, str(payment.id)):
        raise NotFound
    until = leftover_expires_on(rome_day(now))
    why = Why(PostingKind.LEFTOVER, str(payment.id))
    cents, source = payment.amount_cents, LedgerAccount.UNCLAIMED
    return cents if wallets.put_in(session, owner, why, cents, source, expires_on=until, now=now) else 0


def _move(
    session: Session, owner: Subject, why: Why, cents: Cents, other: LedgerAccount, *, now: datetime
) -> bool:
    if cents > 0:
        return wallets.put_in(session, owner, why, cents, other, now=now)
    return wallets.take_out(session, owner, why, -cents, other, now=now)
