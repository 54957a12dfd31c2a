"""Withdrawals: one an order at most, what goes back, and the queries they need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Row, String, case, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.access import Subject
from portal.domain.customers import CustomerKind
from portal.domain.dates import rome_day
from portal.domain.orders import LineState
from portal.domain.withdrawal import BegunTerm, WithdrawalState
from portal.store.accounts import Holder
from portal.store.base import Base, Cents, Email, Id, enum_type
from portal.store.billing import profile_for
from portal.store.contracts import ContractAcceptance
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox
from portal.store.order_people import OrderBilling
from portal.store.orders import Order, OrderLine, Renewal
from portal.store.outbox import UNFINISHED, OutboxRow, OutboxState, enqueue_for_each
from portal.store.renewability import NOT_RENEWABLE, day_values
from portal.store.scheduled_changes import ChangeState, ScheduledChange


class Withdrawal(Base):
    """A consumer's withdrawal from an order; what is refunded is decided once, when it is requested."""

    __tablename__ = "withdrawal"
    __table_args__ = (
        CheckConstraint("refund_cents >= 0 AND kept_cents >= 0", name="amounts_not_negative"),
        CheckConstraint(
            "(state = 'refunded') = (refund_reference IS NOT NULL)", name="reference_when_refunded"
        ),
        Index("ix_withdrawal_state", "state"),
    )

    id: Mapped[Id]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"), unique=True)
    state: Mapped[WithdrawalState] = mapped_column(
        enum_type(WithdrawalState), default=WithdrawalState.REQUESTED
    )
    requested_at: Mapped[datetime]
    name: Mapped[str] = mapped_column(String(120))
    """Who withdraws, as they wrote it."""
    email: Mapped[Email]
    """Where the acknowledgment goes, as they wrote it."""
    address: Mapped[str] = mapped_column(String(45))
    """The IP address it came from."""
    refund_cents: Mapped[Cents]
    kept_cents: Mapped[Cents]
    """What was paid and stays: the days enjoyed, with VAT."""
    effective_at: Mapped[datetime | None]
    refunded_on: Mapped[date | None]
    refund_reference: Mapped[str | None] = mapped_column(String(140))
    """The bank's or the ledger's, once the money has gone back."""


@dataclass(frozen=True, slots=True)
class OrderPeople:
    """Who stands behind the mailboxes of an order, and when the first of them expires."""

    others: int
    """Mailboxes whose holder is no natural person outside of business."""
    soonest_expiry: date | None
    invoiced: CustomerKind | None
    """What kind of customer pays."""


_OTHERS = func.sum(case((Holder.kind == CustomerKind.INDIVIDUAL, 0), else_=1))


def people_of_draft(session: Session, subject: Subject, draft_id: int, today: date) -> OrderPeople:
    """Return who stands behind the subject's draft, as far as its mailboxes can be renewed."""
    row = session.execute(
        select(_OTHERS, func.min(Mailbox.expires_on))
        .select_from(DraftLine)
        .join(Mailbox, Mailbox.id == DraftLine.mailbox_id)
        .join(Holder, Holder.id == Mailbox.holder_id)
        .where(DraftLine.draft_id == draft_id, NOT_RENEWABLE.is_(None)),
        day_values(today),
    ).one()
    profile = profile_for(session, subject)
    return OrderPeople(int(row[0] or 0), row[1], profile.kind if profile else None)


def people_of_order(session: Session, order_id: int) -> OrderPeople:
    """Return who stands behind the mailboxes of an order."""
    invoiced = select(OrderBilling.kind).where(OrderBilling.order_id == order_id).scalar_subquery()
    row = session.execute(
        select(_OTHERS, func.min(OrderLine.expires_before), invoiced)
        .select_from(OrderLine)
        .join(Mailbox, Mailbox.id == OrderLine.mailbox_id)
        .join(Holder, Holder.id == Mailbox.holder_id)
        .where(OrderLine.order_id == order_id)
    ).one()
    return OrderPeople(int(row[0] or 0), row[1], row[2])


def lines_with_mailboxes(session: Session, order_id: int, *, limit: int) -> Sequence[Row[OrderLine, Mailbox]]:
    """Return the first lines of an order with their mailboxes."""
    return session.execute(
        select(OrderLine, Mailbox)
        .join(Mailbox, Mailbox.id == OrderLine.mailbox_id)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
        .limit(limit)
    ).all()


def withdrawal_of(session: Session, order_id: int) -> Withdrawal | None:
    """Return the withdrawal from an order, or None."""
    return session.scalar(select(Withdrawal).where(Withdrawal.order_id == order_id))


def was_placed_by_account(session: Session, order_id: int) -> bool:
    """Say whether an account's session, and not a mailbox's own, agreed to the contract."""
    by_account = select(ContractAcceptance.id).where(
        ContractAcceptance.order_id == order_id, ContractAcceptance.account_id.is_not(None)
    )
    return session.scalar(by_account.limit(1)) is not None


def begun_terms(session: Session, order_id: int, today: date) -> list[BegunTerm]:
    """Return the terms of an order that have begun, as plain values."""
    rows = session.execute(
        select(OrderLine.net_cents, Renewal.starts_on, Renewal.ends_on, Renewal.granted_at)
        .join(Renewal, Renewal.order_line_id == OrderLine.id)
        .where(OrderLine.order_id == order_id, Renewal.starts_on <= today)
    )
    return [
        BegunTerm(net, starts_on, ends_on, rome_day(granted_at))
        for net, starts_on, ends_on, granted_at in rows
    ]


def start_undoing(session: Session, order_id: int, *, now: datetime) -> int:
    """Mark the renewed lines of an order as being taken back, and write a row of work for each.

    What of them waited for the end of the old term is not to come any more.
    """
    session.execute(
        update(OrderLine)
        .where(OrderLine.order_id == order_id, OrderLine.state == LineState.FULFILLED)
        .values(state=LineState.WITHDRAWING)
        .execution_options(synchronize_session="fetch")
    )
    lines = select(OrderLine.id).where(
        OrderLine.order_id == order_id, OrderLine.state == LineState.WITHDRAWING
    )
    session.execute(
        update(ScheduledChange)
        .where(ScheduledChange.order_line_id.in_(lines), ScheduledChange.state == ChangeState.WAITING)
        .values(state=ChangeState.OVERTAKEN, closed_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return enqueue_for_each(session, "platform.withdraw", "order_line_id", lines, now=now)


def withdraw_refused(session: Session, withdrawal: Withdrawal) -> None:
    """Count what could not be renewed after the withdrawal as withdrawn: its money is in the refund."""
    session.execute(
        update(OrderLine)
        .where(
            OrderLine.order_id == withdrawal.order_id,
            OrderLine.state == LineState.REFUSED,
            OrderLine.closed_at >= withdrawal.requested_at,
        )
        .values(state=LineState.WITHDRAWN)
        .execution_options(synchronize_session="fetch")
    )


def has_line_in(session: Session, order_id: int, state: LineState) -> bool:
    """Say whether a line of the order is in that state; the last ones are looked at first."""
    line = select(OrderLine.id).where(OrderLine.order_id == order_id, OrderLine.state == state)
    return session.scalar(line.order_by(OrderLine.position.desc()).limit(1)) is not None


def withdrawn_orders(session: Session, order_ids: Collection[int]) -> set[int]:
    """Return which of the orders were withdrawn from."""
    return set(session.scalars(select(Withdrawal.order_id).where(Withdrawal.order_id.in_(order_ids))))


def mailboxes_in(session: Session, mailbox_ids: Collection[int], state: LineState) -> set[int]:
    """Return which of the mailboxes have a line in that state."""
    return set(
        session.scalars(
            select(OrderLine.mailbox_id).where(
                OrderLine.mailbox_id.in_(mailbox_ids), OrderLine.state == state
            )
        )
    )


def mailboxes_being_changed(session: Session) -> set[int]:
    """Return the mailboxes with a change in a worker's hand: the platform may hear of it any moment."""
    in_hand = select(OutboxRow.payload).where(
        UNFINISHED, OutboxRow.kind == "platform.change", OutboxRow.state == OutboxState.CLAIMED
    )
    lines = {payload["order_line_id"] for payload in session.scalars(in_hand)}
    return set(session.scalars(select(OrderLine.mailbox_id).where(OrderLine.id.in_(lines))))


def listed_withdrawals(
    session: Session, states: Collection[WithdrawalState], *, limit: int
) -> Sequence[tuple[Withdrawal, Order]]:
    """Return withdrawals in these states with their orders, the oldest first."""
    rows = session.execute(
        select(Withdrawal, Order)
        .join(Order, Order.id == Withdrawal.order_id)
        .where(Withdrawal.state.in_(states))
        .order_by(Withdrawal.requested_at, Withdrawal.id)
        .limit(limit)
    )
    return [(row.Withdrawal, row.Order) for row in rows]
