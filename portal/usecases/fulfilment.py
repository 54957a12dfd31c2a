"""From paid lines to renewed mailboxes: what a worker reads before the platform is asked, and records after.

Each line has its own fate, and every step can be repeated. Locks: mailboxes, then the order.
Source: domain.md 3.4, 5, lessons.md 1 (1).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from portal.domain.changes import Package, split_change
from portal.domain.dates import day_bounds, rome_day
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.orders import LineState, OrderState
from portal.domain.plans import PLANS
from portal.domain.space import FitProblemKind, check_fit
from portal.domain.terms import new_expiry
from portal.ports import MailboxOrder
from portal.store import locks, order_facts
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine, Renewal
from portal.store.outbox import enqueue
from portal.usecases import notices


class Refusal(StrEnum):
    """Why something that was paid for cannot be done."""

    MAILBOX_CANCELLED = "mailbox_cancelled"
    ARCHIVE_DELETION_NOT_ACCEPTED = "archive_deletion_not_accepted"


@dataclass(frozen=True, slots=True)
class LineTask:
    """What is to be done for one line: ask the platform for this, or refuse."""

    line_id: int
    order: MailboxOrder | None
    refusal: Refusal | None = None
    restores: bool = False
    """The mailbox was suspended and shall work again."""


def begin_renewals(session: Session, line_ids: Collection[int], *, now: datetime) -> dict[int, LineTask]:
    """Return what to do for each line that is still open, and mark it as being worked on.

    Under the mailboxes' locks: either a cancellation sees the paid line and waits, or this sees the
    cancellation. Source: hardening.md R23.
    """
    locks.lock_mailboxes_of_lines(session, line_ids)
    rows = [row for row in _lines(session, line_ids) if _is_to_be_renewed(row.OrderLine, row.Order)]
    open_ids = [row.OrderLine.id for row in rows]
    session.execute(update(OrderLine).where(OrderLine.id.in_(open_ids)).values(state=LineState.IN_PROGRESS))
    return {row.OrderLine.id: _renewal_task(row.OrderLine, row.Mailbox, row.Order, now) for row in rows}


def put_off_renewals(session: Session, line_ids: Collection[int]) -> None:
    """Mark lines as waiting again whose turn will come later."""
    session.execute(
        update(OrderLine)
        .where(OrderLine.id.in_(line_ids), OrderLine.state == LineState.IN_PROGRESS)
        .values(state=LineState.WAITING)
    )


def complete_renewal(session: Session, line_id: int, done: MailboxOrder, *, now: datetime) -> None:
    """Record what the platform did: term, plan, space; the rest waits for the old expiry. Once per line."""
    line, mailbox, order = _locked(session, line_id)
    if not line.is_open:
        return
    starts_on = mailbox.expires_on + timedelta(days=1)
    session.add(
        Renewal(
            order_line_id=line.id,
            mailbox_id=mailbox.id,
            starts_on=starts_on,
            ends_on=done.expires_on,
            granted_at=now,
        )
    )
    line.expires_before, line.expires_after = mailbox.expires_on, done.expires_on
    mailbox.expires_on = done.expires_on
    _apply(mailbox, done)
    _leave_for_later(session, line, mailbox, starts_on, now)
    _close_line(session, line, order, LineState.FULFILLED, now)


def refuse_renewal(session: Session, line_id: int, refusal: Refusal, *, now: datetime) -> None:
    """Record that a paid line cannot be fulfilled; what it cost is owed back. Once per line."""
    line, _, order = _locked(session, line_id)
    if line.is_open:
        line.refusal = refusal.value
        _close_line(session, line, order, LineState.REFUSED, now)


def begin_changes(session: Session, line_ids: Collection[int], *, now: datetime) -> dict[int, LineTask]:
    """Return the smaller plans and spaces whose day has come; what a later order replaced is left out.

    A mailbox that has grown too big keeps its messages and is over its quota; only the deletion that the
    customer accepted ever deletes. Source: domain.md 3.4.
    """
    today = rome_day(now)
    return {
        row.OrderLine.id: _change_task(row.OrderLine, row.Mailbox)
        for row in _lines(session, line_ids)
        if _is_due(row.OrderLine, row.Mailbox, today)
    }


def complete_change(session: Session, line_id: int, done: MailboxOrder, *, now: datetime) -> None:
    """Record that the smaller plan holds now, and tell the customer."""
    line, mailbox, _ = _locked(session, line_id)
    if _pending(mailbox) != _ordered(line):
        return
    _apply(mailbox, done)
    _forget_pending(mailbox)
    notices.plan_changed(session, line, mailbox, over_quota=bool(_misfits(line, mailbox)), now=now)


def report_progress(session: Session, order_id: int, *, now: datetime) -> None:
    """Tell the customer that the money arrived, if the order it paid is still being worked on."""
    order = order_facts.locked_order(session, order_id)
    if order.state is OrderState.PAID:
        notices.payment_received(session, order, now=now)


def _lines(session: Session, line_ids: Collection[int]) -> list[Row[OrderLine, Mailbox, Order]]:
    return list(
        session.execute(
            select(OrderLine, Mailbox, Order)
            .join(Mailbox, Mailbox.id == OrderLine.mailbox_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(OrderLine.id.in_(line_ids))
        )
    )


def _locked(session: Session, line_id: int) -> tuple[OrderLine, Mailbox, Order]:
    """Return a line as it is now, with its mailbox and its order locked in this order."""
    line = session.get_one(OrderLine, line_id)
    mailbox = session.scalars(select(Mailbox).where(Mailbox.id == line.mailbox_id).with_for_update()).one()
    order = order_facts.locked_order(session, line.order_id)
    session.refresh(line)
    return line, mailbox, order


def _is_to_be_renewed(line: OrderLine, order: Order) -> bool:
    return line.is_open and order.state is OrderState.PAID


def _renewal_task(line: OrderLine, mailbox: Mailbox, order: Order, now: datetime) -> LineTask:
    paid_on = rome_day(order.paid_at or now)
    if _is_gone(mailbox, paid_on, rome_day(now)):
        return LineTask(line.id, None, Refusal.MAILBOX_CANCELLED)
    restores = rome_day(now) > mailbox.expires_on
    return LineTask(line.id, _renewal_order(line, mailbox, paid_on), restores=restores)


def _is_gone(mailbox: Mailbox, paid_on: date, today: date) -> bool:
    """Say whether there is nothing left to renew.

    Money registered on the last day saves the mailbox even if the work is done after midnight; an early
    termination counts until the work is done.
    """
    lapsed = state_on(paid_on, mailbox.expires_on, PLANS[mailbox.plan].grace_days) is MailboxState.CANCELLED
    terminated = mailbox.cancelled_on is not None and mailbox.cancelled_on <= today
    return lapsed or terminated


def _renewal_order(line: OrderLine, mailbox: Mailbox, paid_on: date) -> MailboxOrder:
    """Return what the platform shall do now; nothing in it depends on the hour of the attempt."""
    now, _ = split_change(_current(mailbox), _ordered(line), suspended=paid_on > mailbox.expires_on)
    promise_holds = mailbox.expires_on == line.expires_before
    expires_on = line.expires_after if promise_holds else new_expiry(mailbox.expires_on, line.term_years)
    return _mailbox_order(f"renew:{line.id}", mailbox, now, expires_on)


def _change_task(line: OrderLine, mailbox: Mailbox) -> LineTask:
    if FitProblemKind.ARCHIVE_DELETION_NOT_ACCEPTED in _misfits(line, mailbox):
        return LineTask(line.id, None, Refusal.ARCHIVE_DELETION_NOT_ACCEPTED)
    order = _mailbox_order(f"change:{line.id}", mailbox, _ordered(line), mailbox.expires_on)
    return LineTask(line.id, order)


def _mailbox_order(key: str, mailbox: Mailbox, package: Package, expires_on: date) -> MailboxOrder:
    return MailboxOrder(
        key=key,
        address=mailbox.address,
        plan=package.plan,
        extra_mailbox_gb=package.extra_mailbox_gb,
        extra_archive_gb=package.extra_archive_gb,
        expires_on=expires_on,
    )


def _current(mailbox: Mailbox) -> Package:
    return Package(mailbox.plan, mailbox.extra_mailbox_gb, mailbox.extra_archive_gb)


def _ordered(line: OrderLine) -> Package:
    return Package(line.plan, line.extra_mailbox_gb, line.extra_archive_gb)


def _pending(mailbox: Mailbox) -> Package | None:
    if mailbox.pending_plan is None:
        return None
    return Package(mailbox.pending_plan, mailbox.pending_extra_mailbox_gb, mailbox.pending_extra_archive_gb)


def _apply(mailbox: Mailbox, done: MailboxOrder) -> None:
    """Make the mailbox what the platform has made of it; a plan without archive leaves none behind."""
    if not PLANS[done.plan].has_archive:
        mailbox.archive_used_mb = 0
    mailbox.plan = done.plan
    mailbox.extra_mailbox_gb = done.extra_mailbox_gb
    mailbox.extra_archive_gb = done.extra_archive_gb


def _leave_for_later(
    session: Session, line: OrderLine, mailbox: Mailbox, starts_on: date, now: datetime
) -> None:
    """Note what of the order waits for the end of the old term, and write the row that will do it."""
    ordered = _ordered(line)
    if _current(mailbox) == ordered:
        _forget_pending(mailbox)
        return
    if _pending(mailbox) != ordered or mailbox.pending_from is None:
        mailbox.pending_from = starts_on
    mailbox.pending_plan = ordered.plan
    mailbox.pending_extra_mailbox_gb = ordered.extra_mailbox_gb
    mailbox.pending_extra_archive_gb = ordered.extra_archive_gb
    begins, _ = day_bounds(mailbox.pending_from)
    payload = {"order_line_id": line.id}
    enqueue(session, "platform.change", f"platform.change:{line.id}", payload, now=now, not_before=begins)


def _forget_pending(mailbox: Mailbox) -> None:
    mailbox.pending_plan = mailbox.pending_from = None
    mailbox.pending_extra_mailbox_gb = mailbox.pending_extra_archive_gb = 0


def _is_due(line: OrderLine, mailbox: Mailbox, today: date) -> bool:
    if mailbox.pending_from is None or mailbox.pending_from > today or _is_gone(mailbox, today, today):
        return False
    return _pending(mailbox) == _ordered(line)


def _misfits(line: OrderLine, mailbox: Mailbox) -> set[FitProblemKind]:
    problems = check_fit(
        line.plan,
        line.extra_mailbox_gb,
        line.extra_archive_gb,
        mailbox.mailbox_used_mb,
        mailbox.archive_used_mb,
        line.archive_deletion_accepted,
    )
    return {problem.kind for problem in problems}


def _close_line(session: Session, line: OrderLine, order: Order, state: LineState, now: datetime) -> None:
    """Close the line, and with the last one the order: its lock lets one worker alone see that moment."""
    line.state, line.is_open, line.closed_at = state, False, now
    if order_facts.has_open_line(session, order.id):
        return
    renewed = order_facts.count_lines(session, order.id)[LineState.FULFILLED]
    order.state = OrderState.FULFILLED if renewed else OrderState.CREDITED
    order.closed_at = now
    notices.order_fulfilled(session, order, now=now)
