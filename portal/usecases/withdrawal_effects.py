"""Taking renewals back: what the platform is told, what is recorded, when a withdrawal is effective.

Each line goes back by itself, and every step can be repeated. A renewal and a taking back of one mailbox wait
for each other: both are begun under the mailbox's lock. Locks: mailboxes, then the order.
Source: domain.md 10.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Row, delete, select
from sqlalchemy.orm import Session

from portal.domain.changes import Package
from portal.domain.dates import add_years, rome_day
from portal.domain.extra_renewal import space_term
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.orders import LineState, OrderState
from portal.domain.plans import PLANS
from portal.domain.withdrawal import WithdrawalState, expiry_without
from portal.store import locks, withdrawals
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine, Renewal
from portal.usecases import refunds
from portal.usecases.line_tasks import LineTask, apply_package, current_package, locked_line, order_for


def begin_withdrawals(session: Session, line_ids: Collection[int], *, now: datetime) -> dict[int, LineTask]:
    """Return what the platform shall make of each mailbox; one that is being renewed or changed has to wait.

    What has not begun to change by now does not any more: the request has closed what waited.
    """
    locks.lock_mailboxes_of_lines(session, line_ids)
    rows = _lines(session, line_ids)
    boxes = [row.Mailbox.id for row in rows]
    busy = withdrawals.mailboxes_in(session, boxes, LineState.IN_PROGRESS)
    busy |= withdrawals.mailboxes_being_changed(session)
    today = rome_day(now)
    return {row.OrderLine.id: _task(row, today, must_wait=row.Mailbox.id in busy) for row in rows}


def complete_withdrawal(session: Session, line_id: int, *, now: datetime) -> None:
    """Record that a mailbox is back where it was, and the end of the withdrawal with its last one."""
    line, mailbox, order = locked_line(session, line_id)
    if line.state is not LineState.WITHDRAWING:
        return
    renewal = session.scalars(select(Renewal).where(Renewal.order_line_id == line.id)).one()
    _take_back(session, line, mailbox, renewal)
    line.state, line.closed_at = LineState.WITHDRAWN, now
    session.flush()
    finish_if_done(session, order, now=now)


def finish_if_done(session: Session, order: Order, *, now: datetime) -> None:
    """End the withdrawal from an order once no line of it is still to be taken back."""
    withdrawal = withdrawals.withdrawal_of(session, order.id)
    assert withdrawal is not None
    if withdrawals.has_line_in(session, order.id, LineState.WITHDRAWING):
        return
    order.state = OrderState.WITHDRAWN
    withdrawal.state, withdrawal.effective_at = WithdrawalState.EFFECTIVE, now
    refunds.send_back(session, order, withdrawal, now=now)


def end_of_fulfilment(session: Session, order: Order, *, now: datetime) -> bool:
    """Take back what was renewed after the customer had withdrawn; False where nobody has."""
    withdrawal = withdrawals.withdrawal_of(session, order.id)
    if withdrawal is None:
        return False
    session.flush()
    withdrawals.withdraw_refused(session, withdrawal)
    order.closed_at = now
    if withdrawals.start_undoing(session, order.id, now=now):
        order.state = OrderState.FULFILLED
    else:
        finish_if_done(session, order, now=now)
    return True


def _lines(session: Session, line_ids: Collection[int]) -> list[Row[OrderLine, Mailbox, Renewal]]:
    return list(
        session.execute(
            select(OrderLine, Mailbox, Renewal)
            .join(Mailbox, Mailbox.id == OrderLine.mailbox_id)
            .join(Renewal, Renewal.order_line_id == OrderLine.id)
            .where(OrderLine.id.in_(line_ids), OrderLine.state == LineState.WITHDRAWING)
            .order_by(OrderLine.id)
            .execution_options(populate_existing=True)
        )
    )


def _task(row: Row[OrderLine, Mailbox, Renewal], today: date, *, must_wait: bool) -> LineTask:
    line, mailbox, renewal = row
    if must_wait:
        return LineTask(line.id, None, must_wait=True)
    if mailbox.cancelled_on is not None and mailbox.cancelled_on <= today:
        return LineTask(line.id, None)
    package = _package_after(line, mailbox, renewal)
    order = order_for(f"withdraw:{line.id}", mailbox, package, _expiry_after(line, mailbox))
    grace_days = PLANS[package.plan].grace_days
    over = state_on(today, order.expires_on, grace_days, mailbox.cancelled_on) is MailboxState.SUSPENDED
    return LineTask(line.id, order, suspends=over)


def _expiry_after(line: OrderLine, mailbox: Mailbox) -> date:
    return expiry_without(mailbox.expires_on, line.expires_before, line.expires_after, line.term_years)


def _package_after(line: OrderLine, mailbox: Mailbox, renewal: Renewal) -> Package:
    """Return plan and space as before the renewal, unless a later one has decided them since."""
    if mailbox.expires_on != line.expires_after or renewal.plan_before is None:
        return current_package(mailbox)
    return Package(
        renewal.plan_before, renewal.extra_mailbox_gb_before or 0, renewal.extra_archive_gb_before or 0
    )


def _take_back(session: Session, line: OrderLine, mailbox: Mailbox, renewal: Renewal) -> None:
    package = _package_after(line, mailbox, renewal)
    mailbox.expires_on = _expiry_after(line, mailbox)
    mailbox.extra_paid_until = space_term(mailbox.extra_paid_until, mailbox.expires_on)
    apply_package(mailbox, package)
    session.execute(delete(Renewal).where(Renewal.id == renewal.id))
    _move_later_terms(session, line, mailbox, renewal)


def _move_later_terms(session: Session, line: OrderLine, mailbox: Mailbox, renewal: Renewal) -> None:
    """Let the terms bought since begin where this one began, one after the other."""
    later = session.scalars(
        select(Renewal)
        .where(Renewal.mailbox_id == mailbox.id, Renewal.starts_on > renewal.starts_on)
        .order_by(Renewal.starts_on)
    )
    for term in later.all():
        term.starts_on = add_years(term.starts_on, -line.term_years)
        term.ends_on = add_years(term.ends_on, -line.term_years)
        session.flush()
