"""From paid lines to renewed mailboxes: what a worker reads before the platform is asked, and records after.

Each line has its own fate, and every step can be repeated. Locks: mailboxes, then the order.
Source: domain.md 3.4, 5, lessons.md 1 (1).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from portal.domain.changes import first_day_of_term, from_payment
from portal.domain.dates import rome_day
from portal.domain.extra_renewal import paid_after_order
from portal.domain.orders import LineState, OrderState
from portal.domain.terms import new_expiry
from portal.ports import MailboxOrder
from portal.store import locks, order_facts, space_purchases, withdrawals
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine, Renewal
from portal.usecases import credit_effects, notices, withdrawal_effects
from portal.usecases.line_tasks import (
    LineTask,
    Refusal,
    apply_package,
    current_package,
    is_gone,
    lines_with_mailboxes,
    locked_line,
    order_for,
    ordered_package,
    package_done,
)
from portal.usecases.scheduled_changes import schedule


def begin_renewals(session: Session, line_ids: Collection[int], *, now: datetime) -> dict[int, LineTask]:
    """Return what to do for each line that is still open, and mark it as being worked on.

    Under the mailboxes' locks: either a cancellation sees the paid line and waits, or this sees the
    cancellation. Source: hardening.md R23.
    """
    locks.lock_mailboxes_of_lines(session, line_ids)
    rows = [
        row for row in lines_with_mailboxes(session, line_ids) if _is_to_be_renewed(row.OrderLine, row.Order)
    ]
    withdrawn = withdrawals.withdrawn_orders(session, {row.Order.id for row in rows})
    boxes = {row.Mailbox.id for row in rows}
    busy = withdrawals.mailboxes_in(session, boxes, LineState.WITHDRAWING)
    busy |= space_purchases.being_set_up(session, boxes)
    tasks = {
        row.OrderLine.id: LineTask(row.OrderLine.id, None, Refusal.WITHDRAWN)
        if row.Order.id in withdrawn
        else LineTask(row.OrderLine.id, None, must_wait=True)
        if row.Mailbox.id in busy
        else _renewal_task(row.OrderLine, row.Mailbox, row.Order, now)
        for row in rows
    }
    begun = [line_id for line_id, task in tasks.items() if not task.must_wait]
    session.execute(update(OrderLine).where(OrderLine.id.in_(begun)).values(state=LineState.IN_PROGRESS))
    return tasks


def put_off_renewals(session: Session, line_ids: Collection[int]) -> None:
    """Mark lines as waiting again whose turn will come later."""
    session.execute(
        update(OrderLine)
        .where(OrderLine.id.in_(line_ids), OrderLine.state == LineState.IN_PROGRESS)
        .values(state=LineState.WAITING)
    )


def complete_renewal(session: Session, line_id: int, done: MailboxOrder, *, now: datetime) -> None:
    """Record what the platform did: term, plan, space; the rest waits for the old expiry. Once per line."""
    line, mailbox, order = locked_line(session, line_id)
    if not line.is_open:
        return
    session.add(
        Renewal(
            order_line_id=line.id,
            mailbox_id=mailbox.id,
            starts_on=first_day_of_term(mailbox.expires_on),
            ends_on=done.expires_on,
            granted_at=now,
            plan_before=mailbox.plan,
            extra_mailbox_gb_before=mailbox.extra_mailbox_gb,
            extra_archive_gb_before=mailbox.extra_archive_gb,
        )
    )
    line.expires_before, line.expires_after = mailbox.expires_on, done.expires_on
    mailbox.expires_on = done.expires_on
    mailbox.extra_paid_until = paid_after_order(
        mailbox.extra_paid_until,
        line.expires_before,
        line.expires_after,
        line.term_years,
        has_extra=bool(line.extra_mailbox_gb or line.extra_archive_gb),
    )
    apply_package(mailbox, package_done(done))
    suspended = rome_day(order.paid_at or now) > line.expires_before
    schedule(session, line, mailbox, suspended=suspended, now=now)
    _close_line(session, line, order, LineState.FULFILLED, now)


def refuse_renewal(session: Session, line_id: int, refusal: Refusal, *, now: datetime) -> None:
    """Record that a paid line cannot be fulfilled; what it cost is owed back. Once per line."""
    line, _, order = locked_line(session, line_id)
    if line.is_open:
        line.refusal = refusal.value
        state = LineState.WITHDRAWN if refusal is Refusal.WITHDRAWN else LineState.REFUSED
        _close_line(session, line, order, state, now)


def report_progress(session: Session, order_id: int, *, now: datetime) -> None:
    """Tell the customer that the money arrived, if the order it paid is still being worked on."""
    order = order_facts.locked_order(session, order_id)
    if order.state is OrderState.PAID:
        notices.payment_received(session, order, now=now)


def _is_to_be_renewed(line: OrderLine, order: Order) -> bool:
    return line.is_open and order.state is OrderState.PAID


def _renewal_task(line: OrderLine, mailbox: Mailbox, order: Order, now: datetime) -> LineTask:
    paid_on = rome_day(order.paid_at or now)
    if is_gone(mailbox, paid_on, rome_day(now)):
        return LineTask(line.id, None, Refusal.MAILBOX_CANCELLED)
    restores = rome_day(now) > mailbox.expires_on
    return LineTask(line.id, _renewal_order(line, mailbox, paid_on), restores=restores)


def _renewal_order(line: OrderLine, mailbox: Mailbox, paid_on: date) -> MailboxOrder:
    """Return what the platform shall do now; nothing in it depends on the hour of the attempt."""
    package = from_payment(
        current_package(mailbox), ordered_package(line), suspended=paid_on > mailbox.expires_on
    )
    promise_holds = mailbox.expires_on == line.expires_before
    expires_on = line.expires_after if promise_holds else new_expiry(mailbox.expires_on, line.term_years)
    return order_for(f"renew:{line.id}", mailbox, package, expires_on)


def _close_line(session: Session, line: OrderLine, order: Order, state: LineState, now: datetime) -> None:
    """Close the line, and with the last one the order: its lock lets one worker alone see that moment."""
    line.state, line.is_open, line.closed_at = state, False, now
    if order_facts.has_open_line(session, order.id):
        return
    if withdrawal_effects.end_of_fulfilment(session, order, now=now):
        return
    renewed = order_facts.count_lines(session, order.id)[LineState.FULFILLED]
    order.state = OrderState.FULFILLED if renewed else OrderState.CREDITED
    order.closed_at = now
    credit_until = credit_effects.give_back_refused(session, order, now=now)
    notices.order_fulfilled(session, order, credit_until, now=now)
