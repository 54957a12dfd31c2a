"""What must be true of orders, mailboxes, mails and the outbox: each query finds what contradicts it.

Source: hardening.md 3.3, lessons.md 2 (L14).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from portal.domain.notices import NoticeKind
from portal.domain.orders import OPEN_STATES, LineState, OrderKind, OrderState
from portal.domain.payments import PaymentState
from portal.domain.plans import PLANS
from portal.store.attempts import PaymentAttempt
from portal.store.dialects import DaysAfter
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.notices import Notice
from portal.store.orders import Order, OrderLine, Renewal
from portal.store.outbox import OutboxRow, OutboxState
from portal.store.space_ends import behind
from portal.store.space_purchases import SpacePurchase

RENEWED = (LineState.FULFILLED, LineState.WITHDRAWING)
IN_HAND = (OutboxState.QUEUED, OutboxState.CLAIMED)
FINISHED = (OutboxState.DONE, OutboxState.FAILED)


def lines_and_terms_apart() -> Select[Any]:
    """Fulfilled lines without a term, and terms whose line is not fulfilled."""
    return (
        select(OrderLine.id)
        .outerjoin(Renewal, Renewal.order_line_id == OrderLine.id)
        .where(OrderLine.state.in_(RENEWED) != Renewal.id.is_not(None))
    )


def overlapping_terms() -> Select[Any]:
    """Terms of one mailbox that share a day."""
    other = aliased(Renewal)
    return (
        select(Renewal.id)
        .join(other, (other.mailbox_id == Renewal.mailbox_id) & (other.id > Renewal.id))
        .where(Renewal.starts_on <= other.ends_on, other.starts_on <= Renewal.ends_on)
    )


def paid_lines_without_work() -> Select[Any]:
    """Open lines of paid orders that nobody has to do; a task that was given up is a person's, and counts."""
    task = select(OutboxRow.id).where(
        OutboxRow.key == literal("platform.renew:") + cast(OrderLine.id, String),
        OutboxRow.state != OutboxState.DONE,
    )
    return (
        select(OrderLine.id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(OrderLine.is_open, Order.state == OrderState.PAID, ~task.exists())
    )


def orders_and_lines_apart() -> Select[Any]:
    """Renewals that are over and hold a mailbox, and open ones that hold none."""
    open_line = select(OrderLine.id).where(OrderLine.order_id == Order.id, OrderLine.is_open).exists()
    return select(Order.number).where(
        Order.kind == OrderKind.RENEWAL, Order.state.in_(OPEN_STATES) != open_line
    )


def mailboxes_ordered_twice() -> Select[Any]:
    """Mailboxes that two open orders hold."""
    return (
        select(Mailbox.address)
        .join(OrderLine, OrderLine.mailbox_id == Mailbox.id)
        .where(OrderLine.is_open)
        .group_by(Mailbox.address)
        .having(func.count() > 1)
    )


def mailboxes_past_their_end(today: date, patience: timedelta) -> Select[Any]:
    """Mailboxes whose last day to be renewed is long over and that nobody has cancelled.

    One that came into the register as it was, already over, is nobody's to cancel.
    """
    late = [
        (Mailbox.plan == plan)
        & (Mailbox.expires_on < today - timedelta(days=terms.grace_days) - patience)
        & (func.date(Mailbox.created_at) <= DaysAfter(Mailbox.expires_on, terms.grace_days + 1))
        for plan, terms in PLANS.items()
        if terms.renewable_here
    ]
    held = select(OrderLine.id).where(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open)
    return select(Mailbox.address).where(Mailbox.cancelled_on.is_(None), or_(*late), ~held.exists())


def space_past_its_term(day: date, told_since: datetime) -> Select[Any]:
    """Extra space paid until before that day in mailboxes that go on: neither renewed nor taken away.

    Whoever was told since that moment has time to put credit in.

    Of a GB that has no price nobody can say what its renewal costs: the operator's to mend.
    """
    told = select(Notice.id).where(
        Notice.mailbox_id == Mailbox.id,
        Notice.kind == NoticeKind.CREDIT_NEEDED,
        Notice.occasion == Mailbox.extra_paid_until,
        Notice.planned_at >= told_since,
    )
    return select(Mailbox.address).where(behind(day), ~told.exists())


def paid_space_without_work() -> Select[Any]:
    """Space that was paid, is not there and nobody has to set up; and orders of space that hold none."""
    task = select(OutboxRow.id).where(
        OutboxRow.key == literal("platform.space:") + cast(SpacePurchase.id, String),
        OutboxRow.state != OutboxState.DONE,
    )
    return (
        select(Order.number)
        .outerjoin(SpacePurchase, SpacePurchase.order_id == Order.id)
        .where(Order.kind == OrderKind.EXTRA_SPACE)
        .where(
            or_(
                SpacePurchase.id.is_(None),
                SpacePurchase.closed_at.is_(None) & ((Order.state != OrderState.PAID) | ~task.exists()),
            )
        )
    )


def mails_told_twice() -> Select[Any]:
    """Keys that more than one mail has."""
    return select(Mail.key).group_by(Mail.key).having(func.count() > 1)


def mails_without_work() -> Select[Any]:
    """Mails neither sent nor given up that nobody has to send."""
    task = select(OutboxRow.id).where(
        OutboxRow.key == literal("mail.send:") + cast(Mail.id, String), OutboxRow.state.not_in(FINISHED)
    )
    return select(Mail.key).where(Mail.state.in_([MailState.WAITING, MailState.SENDING]), ~task.exists())


def rows_beyond_their_lease(now: datetime) -> Select[Any]:
    """Work that was begun and whose lease is over."""
    return select(OutboxRow.key).where(OutboxRow.state.in_(IN_HAND), OutboxRow.not_before < now)


def undecided_attempts(before: datetime) -> Select[Any]:
    """Payments begun before then of which nobody knows what became."""
    return select(PaymentAttempt.reference).where(
        PaymentAttempt.state.in_([PaymentState.INITIATED, PaymentState.UNKNOWN]),
        PaymentAttempt.opened_at < before,
    )
