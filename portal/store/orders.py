"""Orders as they were placed: a snapshot of prices, people and promises that later changes do not touch."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.domain.orders import LineState, OrderKind, OrderState
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.store.base import Base, Cents, Email, Id, enum_type


class Order(Base):
    """One order, N mailboxes, one payment. Source: lessons.md 4 (1), domain.md 5."""

    __tablename__ = "customer_order"
    __table_args__ = (
        Index("ix_customer_order_account_placed", "account_id", "placed_at", "id"),
        Index("ix_customer_order_mailbox_placed", "mailbox_id", "placed_at", "id"),
        Index("ix_customer_order_state", "state"),
        CheckConstraint("net_cents >= 0 AND vat_cents >= 0", name="amounts_not_negative"),
        CheckConstraint("gross_cents = net_cents + vat_cents", name="gross_is_sum"),
        CheckConstraint(
            "due_cents = CASE WHEN split_payment THEN net_cents ELSE gross_cents END", name="due_follows"
        ),
        CheckConstraint("account_id IS NOT NULL OR mailbox_id IS NOT NULL", name="has_owner"),
    )

    id: Mapped[Id]
    number: Mapped[str] = mapped_column(String(12), unique=True)
    """The whole payment reference (causale), with its check character. Source: domain.md 5 (7)."""
    kind: Mapped[OrderKind] = mapped_column(enum_type(OrderKind), default=OrderKind.RENEWAL)
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("renewal_draft.id"), unique=True)
    """A draft becomes one order at most: the double submit meets this key. None where no draft led here."""
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    mailbox_id: Mapped[int | None] = mapped_column(ForeignKey("mailbox.id"))
    """The one mailbox of a single-line order, whose own session may see it; else None."""
    state: Mapped[OrderState] = mapped_column(enum_type(OrderState), default=OrderState.AWAITING_PAYMENT)
    payment_method: Mapped[PaymentMethod] = mapped_column(enum_type(PaymentMethod))
    auto_renewal_consent_id: Mapped[int | None] = mapped_column(ForeignKey("auto_renewal_consent.id"))
    """What was answered when auto-renewal was asked; None where it was not."""
    net_cents: Mapped[Cents]
    vat_rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    """Per cent, in force on the order's day. Source: domain.md 8.3."""
    vat_cents: Mapped[Cents]
    gross_cents: Mapped[Cents]
    split_payment: Mapped[bool] = mapped_column(default=False)
    due_cents: Mapped[Cents]
    """What has to be paid: the gross, or the net under split payment."""
    quote_id: Mapped[int | None] = mapped_column(ForeignKey("quote.id"), unique=True)
    """The price that was shown and confirmed; its sums are this order's. None for credit and space."""
    payable_until: Mapped[date | None]
    """Last day on which its promotional price can be paid; None: it has none. Source: domain.md 5 (3)."""
    return_path: Mapped[str | None] = mapped_column(String(300))
    """The page of ours from which a top-up was asked for, and to which it leads back."""
    contact_email: Mapped[Email]
    withdrawable_until: Mapped[date | None]
    """The last day to withdraw, for orders of consumers. Source: domain.md 10."""
    start_requested: Mapped[bool] = mapped_column(default=False)
    """Whether the customer asked that the service begin before that day, and so pays the days enjoyed."""
    placed_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]
    """When the money was registered, not when it was sent."""
    closed_at: Mapped[datetime | None]
    """When the order was fulfilled, cancelled, expired or credited."""

    lines: Mapped[list[OrderLine]] = relationship(back_populates="order", lazy="raise")


class OrderLine(Base):
    """The renewal of one mailbox within an order; each has its own fate."""

    __tablename__ = "order_line"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        Index("ix_order_line_mailbox", "mailbox_id", "id"),
        Index(
            "uq_order_line_open_mailbox",
            "mailbox_id",
            unique=True,
            sqlite_where=text("is_open = 1"),  # as a query says it, or SQLite leaves the index unused
            postgresql_where=text("is_open"),
        ),
        CheckConstraint(
            "net_cents = base_net_cents + extra_mailbox_net_cents + extra_archive_net_cents",
            name="net_is_sum",
        ),
        CheckConstraint("expires_after > expires_before", name="expiry_forward"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    position: Mapped[int]
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    address: Mapped[Email]
    holder_id: Mapped[int | None]
    """Which of the order's holders (`OrderHolder`) the mailbox stood in the name of."""
    is_open: Mapped[bool] = mapped_column(default=True)
    """While true no other renewal of this mailbox can be ordered (partial unique index)."""
    state: Mapped[LineState] = mapped_column(enum_type(LineState), default=LineState.WAITING)
    plan_before: Mapped[Plan] = mapped_column(enum_type(Plan, name="plan_before"))
    plan: Mapped[Plan] = mapped_column(enum_type(Plan))
    extra_mailbox_gb: Mapped[int]
    extra_archive_gb: Mapped[int]
    term_years: Mapped[int]
    base_net_cents: Mapped[Cents]
    extra_mailbox_net_cents: Mapped[Cents]
    extra_archive_net_cents: Mapped[Cents]
    net_cents: Mapped[Cents]
    archive_deletion_accepted: Mapped[bool] = mapped_column(default=False)
    expires_before: Mapped[date]
    expires_after: Mapped[date]
    """The promise made at order time, old expiry plus the term. Source: domain.md C16."""
    closed_at: Mapped[datetime | None]
    refusal: Mapped[str | None] = mapped_column(String(64))
    """Why this line could not be fulfilled, as a code; its money is owed back."""

    order: Mapped[Order] = relationship(back_populates="lines", lazy="raise")


class Renewal(Base):
    """The effect of a paid line: a term granted once. Source: lessons.md 1 (1)."""

    __tablename__ = "renewal"
    __table_args__ = (
        UniqueConstraint("mailbox_id", "starts_on"),
        CheckConstraint("ends_on > starts_on", name="term_forward"),
    )

    id: Mapped[Id]
    order_line_id: Mapped[int] = mapped_column(ForeignKey("order_line.id"), unique=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"))
    starts_on: Mapped[date]
    """First day of the new term: the day after the old expiry."""
    ends_on: Mapped[date]
    granted_at: Mapped[datetime]
    plan_before: Mapped[Plan | None] = mapped_column(enum_type(Plan))
    extra_mailbox_gb_before: Mapped[int | None]
    extra_archive_gb_before: Mapped[int | None]
    """What the mailbox was until then: where a withdrawal leads back to. None for terms older than that."""
