"""Cycles of auto-renewal: what became of each expiry that shall renew by itself."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.auto_renewal import CycleEnd, CycleState
from portal.store.base import Base, Cents, Id, enum_type

OPEN_CYCLE = text("state IN ('announced', 'ordered', 'charging', 'retry')")
"""Said in the same words by the index and by the query, or no database would use the index."""
COUNTS = text("ended_by IS NULL OR ended_by <> 'switched_off'")
"""A cycle that ended because auto-renewal was off stays as it was, and makes room for another."""
IS_OPEN = text(f"auto_renewal_cycle.{OPEN_CYCLE.text}")
"""The same for queries that join other tables."""


class AutoRenewalCycle(Base):
    """The auto-renewal of one expiry of one mailbox, from its announcement on. Source: domain.md 6."""

    __tablename__ = "auto_renewal_cycle"
    __table_args__ = (
        Index(
            "uq_auto_renewal_cycle_once",
            "mailbox_id",
            "expires_on",
            unique=True,
            sqlite_where=COUNTS,
            postgresql_where=COUNTS,
        ),
        Index(
            "ix_auto_renewal_cycle_open",
            "expires_on",
            "id",
            sqlite_where=OPEN_CYCLE,
            postgresql_where=OPEN_CYCLE,
        ),
        CheckConstraint("term_years BETWEEN 1 AND 10", name="term_in_range"),
        CheckConstraint("announced_cents > 0", name="announced_positive"),
    )

    id: Mapped[Id]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    expires_on: Mapped[date]
    state: Mapped[CycleState] = mapped_column(enum_type(CycleState))
    announced_on: Mapped[date]
    announced_cents: Mapped[Cents]
    """What the announcement said is due: the order never costs more."""
    term_years: Mapped[int]
    try_days: Mapped[str] = mapped_column(String(16))
    """The days before the expiry on which the announcement said it is charged, «7 5 3 1»: they hold."""
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("mail.id"))
    """The announcement to whoever pays; without its having left nothing is charged."""
    order_id: Mapped[int | None] = mapped_column(ForeignKey("customer_order.id"), unique=True)
    last_try: Mapped[int | None]
    """The last try that was refused, in days before the expiry."""
    ended_by: Mapped[CycleEnd | None] = mapped_column(enum_type(CycleEnd))
    updated_at: Mapped[datetime]
