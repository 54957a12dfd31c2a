"""Smaller plans and less space that were ordered with a renewal and wait for the end of the old term.

Each order's change has a row and a day of its own; a mailbox's rows are read and closed under its lock.
Source: domain.md 3.4.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.changes import NOTICE_DAYS, Package, first_day_of_term, held_on
from portal.domain.dates import day_bounds, rome_day
from portal.domain.space import FitProblemKind, check_fit
from portal.ports import MailboxOrder
from portal.store.mailboxes import Mailbox
from portal.store.order_facts import locked_order
from portal.store.orders import Order, OrderLine
from portal.store.outbox import enqueue
from portal.store.scheduled_changes import (
    ChangeState,
    ScheduledChange,
    changes_of_order,
    close_changes,
    count_told,
    done_of_order,
    waiting_changes,
)
from portal.usecases import change_notices
from portal.usecases.change_notices import ChangeDone, LossAhead
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

TOLD_WITHIN = timedelta(minutes=30)
"""How long those that are done wait for the others of their order and day before they are told."""


def schedule(session: Session, line: OrderLine, mailbox: Mailbox, *, suspended: bool, now: datetime) -> None:
    """Write down what of a fulfilled line waits for the end of the old term, and who does and tells it.

    In suspension nothing waits any more. Otherwise a line that leaves the mailbox as it is has a row only
    where something smaller waits before it: what is bigger holds from now on, and so in that term too.
    """
    waiting = waiting_changes(session, [mailbox.id])[mailbox.id]
    if suspended:
        close_changes(session, waiting, ChangeState.OVERTAKEN, now)
        return
    ordered = ordered_package(line)
    if current_package(mailbox) == ordered and not waiting:
        return
    starts_on = first_day_of_term(line.expires_before)
    session.add(
        ScheduledChange(
            mailbox_id=mailbox.id,
            order_line_id=line.id,
            effective_on=starts_on,
            plan=ordered.plan,
            extra_mailbox_gb=ordered.extra_mailbox_gb,
            extra_archive_gb=ordered.extra_archive_gb,
        )
    )
    _write_rows(session, line, starts_on, now)


def begin_changes(session: Session, line_ids: Collection[int], *, now: datetime) -> dict[int, LineTask]:
    """Return the smaller plans and spaces whose day has come, where there is something to change.

    A mailbox that has grown too big keeps its messages and is over its quota; only the deletion that the
    customer accepted ever deletes. Source: domain.md 3.4.
    """
    today = rome_day(now)
    rows = lines_with_mailboxes(session, line_ids)
    waiting = waiting_changes(session, {row.Mailbox.id for row in rows})
    tasks = {}
    for row in rows:
        due = _due(waiting[row.Mailbox.id], today)
        if row.OrderLine.id not in {change.order_line_id for change in due}:
            continue
        package = _held(waiting[row.Mailbox.id], today)
        if is_gone(row.Mailbox, today, today) or package == current_package(row.Mailbox):
            close_changes(session, due, ChangeState.OVERTAKEN, now)
        else:
            tasks[row.OrderLine.id] = _task(row.OrderLine, row.Mailbox, package, waiting[row.Mailbox.id])
    return tasks


def complete_change(session: Session, line_id: int, done: MailboxOrder, *, now: datetime) -> None:
    """Record that the smaller package holds now, and tell the customer. Once per line.

    Should an order have been paid while the platform was asked, what holds now is asked for again.
    """
    _, mailbox, _ = locked_line(session, line_id)
    waiting = waiting_changes(session, [mailbox.id])[mailbox.id]
    due = _due(waiting, rome_day(now))
    if line_id not in {change.order_line_id for change in due}:
        return
    archive_mb = mailbox.archive_used_mb
    apply_package(mailbox, package_done(done))
    package = _held(waiting, rome_day(now))
    if package != package_done(done):
        _ask_again(session, line_id, waiting, now)
        return
    *overtaken, kept = due
    close_changes(session, overtaken, ChangeState.OVERTAKEN, now)
    close_changes(session, [kept], ChangeState.DONE, now)
    kept.deleted_mb = archive_mb - mailbox.archive_used_mb
    session.flush()
    _tell_or_wait(session, kept, now)


def tell_done(session: Session, line_id: int, *, now: datetime) -> None:
    """Tell the customer in one mail what an order has made smaller on one day, if that was not told yet.

    The line is any of those of that order and day.
    """
    line, _, order = locked_line(session, line_id)
    _tell(session, order, first_day_of_term(line.expires_before), now)


def refuse_change(session: Session, line_id: int, *, now: datetime) -> None:
    """Record that the archive holds messages whose deletion nobody accepted: the mailbox stays as it is."""
    line, mailbox, _ = locked_line(session, line_id)
    due = _due(waiting_changes(session, [mailbox.id])[mailbox.id], rome_day(now))
    if line_id in {change.order_line_id for change in due}:
        close_changes(session, due, ChangeState.REFUSED, now)
        change_notices.change_refused(session, line, mailbox, now=now)


def announce_changes(session: Session, line_id: int, *, now: datetime) -> None:
    """Tell the customer once what an order will take away on one day, of however many mailboxes.

    What a later order has overtaken is not told. The line is the one whose fulfilment wrote the row.
    """
    line, _, order = locked_line(session, line_id)
    day, today = first_day_of_term(line.expires_before), rome_day(now)
    rows = changes_of_order(session, order.id, day)
    waiting = waiting_changes(session, {row.Mailbox.id for row in rows})
    ahead = [(row.OrderLine, row.Mailbox, _held(waiting[row.Mailbox.id], day)) for row in rows]
    losing = [
        LossAhead(line, mailbox, package)
        for line, mailbox, package in ahead
        if package != current_package(mailbox) and not is_gone(mailbox, today, today)
    ]
    if losing:
        change_notices.changes_ahead(session, order, day, losing, now=now)


def _write_rows(session: Session, line: OrderLine, starts_on: date, now: datetime) -> None:
    """Write the row that changes the mailbox, and the order's one that warns a week before, if in time."""
    payload = {"order_line_id": line.id}
    begins, _ = day_bounds(starts_on)
    enqueue(session, "platform.change", f"platform.change:{line.id}", payload, now=now, not_before=begins)
    warns, _ = day_bounds(starts_on - timedelta(days=NOTICE_DAYS))
    if warns > now:
        key = f"change.notice:{line.order_id}:{starts_on}"
        enqueue(session, "change.notice", key, payload, now=now, not_before=warns)


def _tell_or_wait(session: Session, kept: ScheduledChange, now: datetime) -> None:
    """Tell what is done once it was the last of its order and day; those before wait, but not for ever."""
    line = session.get_one(OrderLine, kept.order_line_id)
    order = locked_order(session, line.order_id)
    if not changes_of_order(session, order.id, kept.effective_on):
        _tell(session, order, kept.effective_on, now)
        return
    key = f"change.done:{order.id}:{kept.effective_on}:{count_told(session, order.id, kept.effective_on)}"
    payload = {"order_line_id": line.id}
    enqueue(session, "change.done", key, payload, now=now, not_before=now + TOLD_WITHIN)


def _tell(session: Session, order: Order, day: date, now: datetime) -> None:
    rows = done_of_order(session, order.id, day)
    if not rows:
        return
    told_before = count_told(session, order.id, day)
    done = [_done(row.OrderLine, row.Mailbox, row.ScheduledChange) for row in rows]
    change_notices.changes_done(session, order, day, done, told_before=told_before, now=now)
    for row in rows:
        row.ScheduledChange.told_at = now
    session.flush()


def _done(line: OrderLine, mailbox: Mailbox, change: ScheduledChange) -> ChangeDone:
    is_over = bool(_misfits(mailbox, current_package(mailbox), accepted=True))
    return ChangeDone(line, mailbox, change.deleted_mb, is_over)


def _ask_again(session: Session, line_id: int, waiting: Sequence[ScheduledChange], now: datetime) -> None:
    key = f"platform.change:{line_id}:{waiting[-1].order_line_id}"
    enqueue(session, "platform.change", key, {"order_line_id": line_id}, now=now)


def _due(waiting: Sequence[ScheduledChange], today: date) -> list[ScheduledChange]:
    return [change for change in waiting if change.effective_on <= today]


def _held(waiting: Sequence[ScheduledChange], day: date) -> Package:
    package = held_on(day, [change.term for change in waiting])
    assert package is not None
    return package


def _task(
    line: OrderLine, mailbox: Mailbox, package: Package, waiting: Sequence[ScheduledChange]
) -> LineTask:
    problems = _misfits(mailbox, package, accepted=line.archive_deletion_accepted)
    if FitProblemKind.ARCHIVE_DELETION_NOT_ACCEPTED in problems:
        return LineTask(line.id, None, Refusal.ARCHIVE_DELETION_NOT_ACCEPTED)
    last = waiting[-1].order_line_id
    key = f"change:{line.id}" if last == line.id else f"change:{line.id}:{last}"
    return LineTask(line.id, order_for(key, mailbox, package, mailbox.expires_on))


def _misfits(mailbox: Mailbox, package: Package, *, accepted: bool) -> set[FitProblemKind]:
    problems = check_fit(
        package.plan,
        package.extra_mailbox_gb,
        package.extra_archive_gb,
        mailbox.mailbox_used_mb,
        mailbox.archive_used_mb,
        accepted,
    )
    return {problem.kind for problem in problems}
