"""The ledger of credit: postings whose entries sum to zero and are only ever added; wallets and their lots.

Triggers refuse UPDATE and DELETE of postings and entries on both databases (S53); what was wrong is reversed.
House accounts keep no running balance, so that no row is everybody's. Source: hardening.md 3.2 (5).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.domain.credit import LedgerAccount, Lot, PostingKind
from portal.domain.money import Cents as Amount
from portal.store.base import Base, Cents, Id, enum_type
from portal.store.dialects import changed, insert_for

REASON_LENGTH = 200
SOURCE_LENGTH = 160


class Wallet(Base):
    """The credit of one account or of one mailbox; its balance is the sum of its entries, never below 0."""

    __tablename__ = "wallet"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (mailbox_id IS NULL)", name="one_owner"),
        CheckConstraint("balance_cents >= 0", name="balance_not_negative"),
    )

    id: Mapped[Id]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), unique=True)
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"), unique=True)
    balance_cents: Mapped[Cents] = mapped_column(default=0)


class CreditLot(Base):
    """One amount put into a wallet and what is left of it."""

    __tablename__ = "credit_lot"
    __table_args__ = (
        CheckConstraint("left_cents >= 0 AND left_cents <= amount_cents", name="left_within"),
        Index("ix_credit_lot_wallet", "wallet_id", "id"),
        Index("ix_credit_lot_expiry", "expires_on", "id"),
    )

    id: Mapped[Id]
    wallet_id: Mapped[int] = mapped_column(ForeignKey("wallet.id"))
    amount_cents: Mapped[Cents]
    left_cents: Mapped[Cents]
    expires_on: Mapped[date | None]
    """The last day on which it can be used; None: it does not lapse. Source: domain.md C9."""


class LedgerPosting(Base):
    """One thing that happened to money; (kind, source) is its identity. Source: lessons.md 1 (6)."""

    __tablename__ = "ledger_posting"
    __table_args__ = (
        UniqueConstraint("kind", "source"),
        Index("ix_ledger_posting_wallet", "wallet_id", "id"),
    )

    id: Mapped[Id]
    kind: Mapped[PostingKind] = mapped_column(enum_type(PostingKind))
    source: Mapped[str] = mapped_column(String(SOURCE_LENGTH))
    """The order number, the payment, the lot or the operator's reference that it comes from."""
    wallet_id: Mapped[int | None] = mapped_column(ForeignKey("wallet.id"))
    """Whose credit it changed; None for money of nobody known."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("customer_order.id"), index=True)
    reason: Mapped[str] = mapped_column(String(REASON_LENGTH), default="")
    posted_at: Mapped[datetime]


class LedgerEntry(Base):
    """One side of a posting."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("amount_cents <> 0", name="amount_not_zero"),
        CheckConstraint("(account = 'wallet') = (lot_id IS NOT NULL)", name="wallet_has_lot"),
    )

    id: Mapped[Id]
    posting_id: Mapped[int] = mapped_column(ForeignKey("ledger_posting.id"), index=True)
    account: Mapped[LedgerAccount] = mapped_column(enum_type(LedgerAccount))
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("credit_lot.id"), index=True)
    amount_cents: Mapped[Cents]


def wallet_of(session: Session, owner: Subject) -> Wallet | None:
    """Return the owner's wallet as it is, None before the first amount."""
    return session.scalar(select(Wallet).where(_owned(owner)).execution_options(populate_existing=True))


def locked_wallet(session: Session, owner: Subject) -> Wallet:
    """Return the owner's wallet, made if there is none, locked: it is the last lock of a transaction."""
    values = {"account_id": owner.account_id, "mailbox_id": owner.mailbox_id, "balance_cents": 0}
    session.execute(insert_for(session, Wallet).values(**values).on_conflict_do_nothing())
    return session.scalars(
        select(Wallet).where(_owned(owner)).with_for_update().execution_options(populate_existing=True)
    ).one()


def is_posted(session: Session, kind: PostingKind, source: str) -> bool:
    """Say whether it is in the ledger; lock the wallet before."""
    return session.scalar(posting_key(kind, source)) is not None


def posting_key(kind: PostingKind, source: str) -> Any:
    """Return the query for the posting's id."""
    return select(LedgerPosting.id).where(LedgerPosting.kind == kind, LedgerPosting.source == source)


def lots_left(session: Session, wallet_id: int) -> list[Lot]:
    """Return the lots of a wallet of which something is left."""
    rows = session.execute(
        select(CreditLot.id, CreditLot.left_cents, CreditLot.expires_on)
        .where(CreditLot.wallet_id == wallet_id, CreditLot.left_cents > 0)
        .order_by(CreditLot.id)
    )
    return [Lot(*row) for row in rows]


def write_posting(
    session: Session, posting: LedgerPosting, entries: Sequence[tuple[LedgerAccount, int | None, Amount]]
) -> None:
    """Add a posting with its entries. Raises ValueError unless they sum to 0."""
    if sum(cents for _, _, cents in entries):
        raise ValueError(f"entries of {posting.kind} {posting.source} do not sum to 0")
    session.add(posting)
    session.flush()
    session.execute(
        insert(LedgerEntry),
        [
            {"posting_id": posting.id, "account": account, "lot_id": lot_id, "amount_cents": cents}
            for account, lot_id, cents in entries
        ],
    )


def move_balance(session: Session, wallet_id: int, cents: Amount) -> bool:
    """Change the balance by so much; False, changing nothing, where it would fall below 0."""
    return (
        changed(
            session,
            update(Wallet)
            .where(Wallet.id == wallet_id, Wallet.balance_cents + cents >= 0)
            .values(balance_cents=Wallet.balance_cents + cents)
            .execution_options(synchronize_session=False),
        )
        == 1
    )


def take_of_lot(session: Session, lot_id: int, cents: Amount) -> bool:
    """Take so much of a lot; False, changing nothing, where less is left."""
    return (
        changed(
            session,
            update(CreditLot)
            .where(CreditLot.id == lot_id, CreditLot.left_cents >= cents)
            .values(left_cents=CreditLot.left_cents - cents)
            .execution_options(synchronize_session=False),
        )
        == 1
    )


def _owned(owner: Subject) -> Any:
    if owner.account_id is not None:
        return Wallet.account_id == owner.account_id
    return Wallet.mailbox_id == owner.mailbox_id
