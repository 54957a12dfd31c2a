"""The end of a term: who is suspended or cancelled today, decided once, and what the platform is told.

The state itself is computed from the dates; what happens here are its effects. A cancellation is decided
under the mailbox's lock and written as `cancelled_on`, so a payment of the same minute either came before
and renews the mailbox, or finds it gone and becomes credit. Locks: mailboxes, by id.
Source: domain.md 4, 5, hardening.md R23.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from portal.domain.dates import rome_day
from portal.domain.lifecycle import MailboxState, cancelled_from, state_on
from portal.domain.orders import OrderState
from portal.domain.plans import PLANS, SOLD_PLANS, Plan
from portal.store import lifecycle_planning
from portal.store.chunks import Place
from portal.store.lifecycle_steps import StepKind
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.store.outbox import enqueue
from portal.usecases import stale_orders


@dataclass(frozen=True, slots=True)
class StepAsked:
    """What an outbox row asks for: a step of one expiry of one mailbox."""

    mailbox_id: int
    expires_on: date


@dataclass(frozen=True, slots=True)
class StepTask:
    """What the platform is to be told about one mailbox; `key` makes a repetition harmless."""

    asked: StepAsked
    key: str
    address: str
    must_wait: bool = False
    """A renewal that was paid in time is still under way: nothing may be deleted before its end."""


@dataclass(frozen=True, slots=True)
class StepCursor:
    """Where the planning of one step goes on: the kinds of plan still to be looked at, and the place."""

    graces: tuple[int, ...]
    after: Place | None


def plan_suspensions(
    session: Session, cursor: StepCursor | None, *, today: date, now: datetime
) -> tuple[int, StepCursor | None]:
    """Plan one piece of the suspensions due by today; return how many, and where to go on if not done.

    Mailboxes that expire with their domain are the hosting area's. Source: domain.md 3.6, 4.
    """
    return _plan(session, StepKind.SUSPEND, cursor, today=today, now=now)


def plan_cancellations(
    session: Session, cursor: StepCursor | None, *, today: date, now: datetime
) -> tuple[int, StepCursor | None]:
    """Plan one piece of the cancellations due by today, early terminations first."""
    if cursor is None:
        count = lifecycle_planning.plan_terminations(session, today=today, now=now)
        return count, StepCursor(_graces(), None)
    return _plan(session, StepKind.CANCEL, cursor, today=today, now=now)


def expire_orders(
    session: Session, cursor: str | None, *, today: date, now: datetime
) -> tuple[int, str | None]:
    """Expire unpaid orders with their mailboxes or price; return how many, and «more» if some are left."""
    count = stale_orders.expire_stale(session, today=today, now=now)
    return count, "more" if count == stale_orders.AT_ONCE else None


def begin_suspensions(
    session: Session, asked: Collection[StepAsked], *, now: datetime
) -> dict[StepAsked, StepTask]:
    """Return the mailboxes that are to be suspended still; one renewed or gone meanwhile is left out."""
    today = rome_day(now)
    return {
        step: StepTask(step, f"suspend:{step.mailbox_id}:{step.expires_on}", mailbox.address)
        for step, mailbox in _mailboxes(session, asked)
        if state_of(mailbox, today) is MailboxState.SUSPENDED
    }


def complete_suspension(session: Session, task: StepTask, *, now: datetime) -> None:
    """See whether the mailbox was renewed while the platform was told; then it is told the contrary."""
    mailbox = session.get_one(Mailbox, task.asked.mailbox_id, with_for_update={"key_share": True})
    if state_of(mailbox, rome_day(now)) is MailboxState.ACTIVE:
        payload = {"mailbox_id": mailbox.id, "key": f"restore:after:{task.key}"}
        enqueue(session, "platform.restore", f"platform.restore:{task.key}", payload, now=now)


def begin_cancellations(
    session: Session, asked: Collection[StepAsked], *, now: datetime
) -> dict[StepAsked, StepTask]:
    """Decide, under the mailboxes' locks, which are gone for good; one renewed meanwhile is left out.

    A line that was paid is waited for: it renews the mailbox if the money came in time. After the decision
    no line does. Source: domain.md 5 (4).
    """
    today = rome_day(now)
    tasks: dict[StepAsked, StepTask] = {}
    for step, mailbox in _mailboxes(session, asked, lock=True):
        gone_from = cancelled_from(mailbox.expires_on, PLANS[mailbox.plan].grace_days, mailbox.cancelled_on)
        if gone_from > today:
            continue
        waits = has_paid_line(session, mailbox.id)
        if not waits:
            mailbox.cancelled_on = gone_from
        key = f"cancel:{step.mailbox_id}:{step.expires_on}"
        tasks[step] = StepTask(step, key, mailbox.address, must_wait=waits)
    return tasks


def address_to_restore(session: Session, mailbox_ids: Collection[int], *, now: datetime) -> dict[int, str]:
    """Return the addresses of the mailboxes that are active now, by id: to be restored on the platform."""
    today = rome_day(now)
    found = session.scalars(select(Mailbox).where(Mailbox.id.in_(mailbox_ids)))
    return {box.id: box.address for box in found if state_of(box, today) is MailboxState.ACTIVE}


def has_paid_line(session: Session, mailbox_id: int) -> bool:
    """Say whether a renewal of the mailbox is paid and not done yet."""
    paid = exists().where(
        OrderLine.mailbox_id == mailbox_id,
        OrderLine.is_open,
        Order.id == OrderLine.order_id,
        Order.state == OrderState.PAID,
    )
    return bool(session.scalar(select(paid)))


def state_of(mailbox: Mailbox, day: date) -> MailboxState:
    """Return the mailbox's state by its dates."""
    return state_on(day, mailbox.expires_on, PLANS[mailbox.plan].grace_days, mailbox.cancelled_on)


def _plan(
    session: Session, step: StepKind, cursor: StepCursor | None, *, today: date, now: datetime
) -> tuple[int, StepCursor | None]:
    at = cursor or StepCursor(_graces(), None)
    grace_days, *others = at.graces
    plans = _plans_with(grace_days)
    count, after = lifecycle_planning.plan_step(
        session, step, plans, grace_days, at.after, today=today, now=now
    )
    if after is not None:
        return count, StepCursor(at.graces, after)
    return count, StepCursor(tuple(others), None) if others else None


def _graces() -> tuple[int, ...]:
    return tuple(sorted({PLANS[plan].grace_days for plan in SOLD_PLANS}))


def _plans_with(grace_days: int) -> Sequence[Plan]:
    return [plan for plan in SOLD_PLANS if PLANS[plan].grace_days == grace_days]


def _mailboxes(
    session: Session, asked: Collection[StepAsked], *, lock: bool = False
) -> list[tuple[StepAsked, Mailbox]]:
    """Return the mailboxes whose expiry is still the one that the step is about, by id."""
    steps = {step.mailbox_id: step for step in asked}
    query = select(Mailbox).where(Mailbox.id.in_(steps)).order_by(Mailbox.id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalars(query).all()
    return [(steps[box.id], box) for box in found if steps[box.id].expires_on == box.expires_on]
