"""Putting credit in and taking it out: each amount once, whole or not at all, under the wallet's lock.

The wallet is the last lock of a transaction: account, mailbox, order, payment, wallet. Source: domain.md 7.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.credit import LedgerAccount, Lot, PostingKind, draws, is_usable
from portal.domain.credit_errors import CreditTooSmall
from portal.domain.dates import rome_day
from portal.domain.money import Cents
from portal.store import ledger, ledger_queries
from portal.store.ledger import CreditLot, LedgerPosting, Wallet
from portal.store.orders import Order


@dataclass(frozen=True, slots=True)
class Why:
    """What a posting comes from: (kind, source) counts once."""

    kind: PostingKind
    source: str
    order_id: int | None = None
    reason: str = ""


def owner_of(order: Order) -> Subject:
    """Return whose wallet an order's money belongs to: its account's, else its mailbox's own."""
    if order.account_id is not None:
        return Subject(SubjectKind.ACCOUNT, account_id=order.account_id)
    return Subject(SubjectKind.MAILBOX, mailbox_id=order.mailbox_id)


def balance_of(session: Session, owner: Subject, *, today: date) -> Cents:
    """Return what the owner can spend today, whether or not the clock has taken out what lapsed."""
    return ledger_queries.usable_of(session, owner, today)


def put_in(
    session: Session,
    owner: Subject,
    why: Why,
    cents: Cents,
    from_account: LedgerAccount,
    *,
    expires_on: date | None = None,
    now: datetime,
) -> bool:
    """Give the owner so much credit; False, changing nothing, if the same was put in before."""
    wallet = ledger.locked_wallet(session, owner)
    if ledger.is_posted(session, why.kind, why.source):
        return False
    lot = CreditLot(wallet_id=wallet.id, amount_cents=cents, left_cents=cents, expires_on=expires_on)
    session.add(lot)
    session.flush()
    ledger.move_balance(session, wallet.id, cents)
    sides = [(LedgerAccount.WALLET, lot.id, cents), (from_account, None, -cents)]
    ledger.write_posting(session, _posting(wallet, why, now), sides)
    return True


def take_out(
    session: Session, owner: Subject, why: Why, cents: Cents, to_account: LedgerAccount, *, now: datetime
) -> bool:
    """Take so much credit, the soonest to lapse first; False if the same was taken before.

    Raises CreditTooSmall, then nothing is taken. Source: domain.md C9, C20.
    """
    wallet = ledger.locked_wallet(session, owner)
    if ledger.is_posted(session, why.kind, why.source):
        return False
    today = rome_day(now)
    lots = [lot for lot in ledger.lots_left(session, wallet.id) if is_usable(lot, today)]
    take_from(session, wallet, lots, why, cents, to_account, now=now)
    return True


def take_from(
    session: Session,
    wallet: Wallet,
    lots: list[Lot],
    why: Why,
    cents: Cents,
    to_account: LedgerAccount,
    *,
    now: datetime,
) -> None:
    """Take so much of these lots of a locked wallet. Raises CreditTooSmall."""
    taken = draws(lots, cents)
    parts = [ledger.take_of_lot(session, lot_id, part) for lot_id, part in taken]
    if not ledger.move_balance(session, wallet.id, -cents) or not all(parts):
        raise CreditTooSmall(cents)
    sides = [(LedgerAccount.WALLET, lot_id, -part) for lot_id, part in taken]
    ledger.write_posting(session, _posting(wallet, why, now), [*sides, (to_account, None, cents)])


def _posting(wallet: Wallet, why: Why, now: datetime) -> LedgerPosting:
    return LedgerPosting(
        kind=why.kind,
        source=why.source,
        wallet_id=wallet.id,
        order_id=why.order_id,
        reason=why.reason,
        posted_at=now,
    )
