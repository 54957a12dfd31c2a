"""Looking at credit: whose it is, what moved it, what lapses when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ScalarSelect, cast, func, or_, select
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.money import Cents
from portal.store.accounts import Account
from portal.store.ledger import CreditLot, LedgerEntry, LedgerPosting, Wallet
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order

PAGE_POSTINGS = 25


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting as its wallet sees it; negative when credit went out."""

    id: int
    kind: PostingKind
    order_number: str | None
    reason: str
    posted_at: datetime
    cents: Cents


@dataclass(frozen=True, slots=True)
class HeldWallet:
    """A wallet with the name of its owner, as operators see it."""

    wallet_id: int
    owner: str
    balance_cents: Cents


def usable_of(session: Session, owner: Subject, today: date) -> Cents:
    """Return what the owner can spend today: one statement, what lapsed left out."""
    return int(session.scalar(select(usable_sum(owner, today))) or 0)


def usable_sum(owner: Subject, today: date) -> ScalarSelect[Any]:
    """Return the same as a value for a statement, NULL for nothing."""
    column, value = (
        (Wallet.account_id, owner.account_id)
        if owner.account_id is not None
        else (Wallet.mailbox_id, owner.mailbox_id)
    )
    return (
        select(func.sum(CreditLot.left_cents))
        .join(Wallet, Wallet.id == CreditLot.wallet_id)
        .where(column == value, or_(CreditLot.expires_on.is_(None), CreditLot.expires_on >= today))
        .scalar_subquery()
    )


def leftovers_until(session: Session, payment_ids: Collection[int]) -> dict[int, date]:
    """Return until when the credit can be used that became of these payments, where it lapses."""
    rows = session.execute(
        select(LedgerPosting.source, CreditLot.expires_on)
        .join(LedgerEntry, LedgerEntry.posting_id == LedgerPosting.id)
        .join(CreditLot, CreditLot.id == LedgerEntry.lot_id)
        .where(
            LedgerPosting.kind == PostingKind.LEFTOVER,
            LedgerPosting.source.in_([str(each) for each in payment_ids]),
        )
    )
    return {int(source): until for source, until in rows if until is not None}


def buyer_of(session: Session, order_number: str) -> Subject | None:
    """Return whose wallet paid the order, None where none did."""
    row = session.execute(
        select(Wallet.account_id, Wallet.mailbox_id)
        .join(LedgerPosting, LedgerPosting.wallet_id == Wallet.id)
        .where(LedgerPosting.kind == PostingKind.PURCHASE, LedgerPosting.source == order_number)
    ).one_or_none()
    return owner_in(row.account_id, row.mailbox_id) if row else None


def owner_in(account_id: int | None, mailbox_id: int | None) -> Subject:
    """Return the owner that a wallet's two columns name."""
    kind = SubjectKind.ACCOUNT if account_id is not None else SubjectKind.MAILBOX
    return Subject(kind, account_id=account_id, mailbox_id=mailbox_id)


def owner_named(session: Session, name: str) -> Subject | None:
    """Return the account of that username or the mailbox of that address, or None."""
    account_id = session.scalar(select(Account.id).where(Account.username == name))
    if account_id is not None:
        return owner_in(account_id, None)
    mailbox_id = session.scalar(select(Mailbox.id).where(Mailbox.address == name.lower()))
    return owner_in(None, mailbox_id) if mailbox_id is not None else None


def movements(session: Session, wallet_id: int, *, before: int | None, limit: int) -> Sequence[Movement]:
    """Return the newest postings of a wallet, older than `before`."""
    page = select(LedgerPosting.id).where(LedgerPosting.wallet_id == wallet_id)
    if before is not None:
        page = page.where(LedgerPosting.id < before)
    chosen = page.order_by(LedgerPosting.id.desc()).limit(limit).subquery()
    rows = session.execute(
        select(
            LedgerPosting.id,
            LedgerPosting.kind,
            Order.number,
            LedgerPosting.reason,
            LedgerPosting.posted_at,
            cast(func.sum(LedgerEntry.amount_cents), BigInteger),
        )
        .join(chosen, chosen.c.id == LedgerPosting.id)
        .join(LedgerEntry, LedgerEntry.posting_id == LedgerPosting.id)
        .outerjoin(Order, Order.id == LedgerPosting.order_id)
        .where(LedgerEntry.account == LedgerAccount.WALLET)
        .group_by(
            LedgerPosting.id,
            LedgerPosting.kind,
            Order.number,
            LedgerPosting.reason,
            LedgerPosting.posted_at,
        )
        .order_by(LedgerPosting.id.desc())
    )
    return [Movement(*row) for row in rows]


def lapsed_lots(session: Session, today: date, *, limit: int) -> Sequence[tuple[CreditLot, Wallet]]:
    """Return the first lots that could last be used before today and of which something is left."""
    rows = session.execute(
        select(CreditLot, Wallet)
        .join(Wallet, Wallet.id == CreditLot.wallet_id)
        .where(CreditLot.expires_on < today, CreditLot.left_cents > 0)
        .order_by(CreditLot.wallet_id, CreditLot.id)
        .limit(limit)
    )
    return [(lot, wallet) for lot, wallet in rows]


def held_wallets(session: Session, *, limit: int) -> list[HeldWallet]:
    """Return the wallets with something in them, the fullest first."""
    rows = session.execute(
        select(Wallet.id, func.coalesce(Account.username, Mailbox.address), Wallet.balance_cents)
        .outerjoin(Account, Account.id == Wallet.account_id)
        .outerjoin(Mailbox, Mailbox.id == Wallet.mailbox_id)
        .where(Wallet.balance_cents > 0)
        .order_by(Wallet.balance_cents.desc(), Wallet.id)
        .limit(limit)
    )
    return [HeldWallet(*row) for row in rows]
