"""Lines of bank statements: each movement of an account once, whatever file it came in, and its fate."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.statements import EntryState, TaskReason
from portal.store.base import Base, Cents, Id, enum_type


class StatementLine(Base):
    """One line of a statement; (account, identity) is what it is known by. Source: lessons.md 1 (5)."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("account", "identity"),
        Index("ix_statement_line_state", "state", "id"),
        Index("ix_statement_line_reference", "account", "bank_reference"),
        CheckConstraint("amount_cents >= 0", name="amount_not_negative"),
        CheckConstraint("(state = 'task') = (resolved_at IS NULL)", name="task_is_open"),
    )

    id: Mapped[Id]
    account: Mapped[str] = mapped_column(String(34))
    """Our own account: an IBAN, or the twelve digits of a postal account."""
    identity: Mapped[str] = mapped_column(String(100))
    bank_reference: Mapped[str] = mapped_column(String(70))
    """The bank's own; some use one for two lines."""
    booked_on: Mapped[date]
    value_on: Mapped[date]
    amount_cents: Mapped[Cents]
    """Hundredths of the currency."""
    currency: Mapped[str] = mapped_column(String(3))
    is_credit: Mapped[bool]
    payer: Mapped[str] = mapped_column(String(140))
    text: Mapped[str] = mapped_column(String(1000))
    identifiers: Mapped[str] = mapped_column(String(400))
    """Every further identifier the bank gave (CRO, TRN), separated by spaces."""
    state: Mapped[EntryState] = mapped_column(enum_type(EntryState))
    reason: Mapped[TaskReason | None] = mapped_column(enum_type(TaskReason))
    """Why it was a task; kept when it no longer is one."""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payment.id"), index=True)
    """The money it was booked as; the first part where it paid several orders."""
    imported_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(200), default="")
    """What the operator said when dismissing it."""
