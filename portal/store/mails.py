"""Every mail to a customer: to whom, what, and what became of it."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.domain.mail_codes import RANDOM_BYTES, new_mail_code
from portal.store.base import Base, Email, Id, enum_type


class MailState(StrEnum):
    """States only move forward; `sending` may fall back to `waiting` when its lease ends."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    BOUNCED = "bounced"
    FAILED = "failed"
    SKIPPED = "skipped"
    """What it said had become untrue before it could be sent."""


def new_code() -> str:
    """Return the code of a new mail."""
    return new_mail_code(secrets.token_bytes(RANDOM_BYTES))


class Mail(Base):
    """One mail to one recipient, unique by kind, object, milestone and recipient."""

    __tablename__ = "mail"
    __table_args__ = (
        Index("ix_mail_account_created", "account_id", "created_at"),
        Index("ix_mail_mailbox_created", "mailbox_id", "created_at"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(400), unique=True)
    """`kind:object:milestone:recipient`; the Message-ID derives from it (hardening.md 3.2.6)."""
    code: Mapped[str | None] = mapped_column(String(12), unique=True, default=new_code)
    """By which anybody can ask at `/verifica` whether a mail is ours. Source: lessons.md 2 (L9)."""
    recipient: Mapped[Email]
    language: Mapped[str] = mapped_column(String(5), default="it")
    context: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Plain values the templates need, so that the text never depends on later changes."""
    state: Mapped[MailState] = mapped_column(enum_type(MailState), default=MailState.WAITING)
    subject: Mapped[str] = mapped_column(String(255), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text, default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("customer_order.id"), index=True)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    last_answer: Mapped[str] = mapped_column(String(500), default="")
    """What the mail server said last."""
