"""What an expiry has set going for a mailbox, once each; the state itself is computed and never stored."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.base import Base, enum_type


class StepKind(StrEnum):
    """What the mail platform is told when a term ends. Source: domain.md 4."""

    SUSPEND = "suspend"
    CANCEL = "cancel"


class LifecycleStep(Base):
    """One step of one expiry, which has an outbox row; it outlives that row."""

    __tablename__ = "lifecycle_step"

    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), primary_key=True)
    expires_on: Mapped[date] = mapped_column(primary_key=True)
    step: Mapped[StepKind] = mapped_column(enum_type(StepKind), primary_key=True)
    planned_at: Mapped[datetime]
