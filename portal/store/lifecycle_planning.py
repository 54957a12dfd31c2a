"""Suspensions and cancellations whose day has come, written down in sets: the step and its outbox row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from portal.domain.plans import SOLD_PLANS, Plan
from portal.store import outbox
from portal.store.base import Instant
from portal.store.chunks import SIZE, Place, next_chunk
from portal.store.dialects import DaysAfter, changed, insert_for
from portal.store.lifecycle_steps import LifecycleStep, StepKind
from portal.store.mailboxes import Mailbox

Condition = ColumnElement[bool]
WORK = {StepKind.SUSPEND: "platform.suspend", StepKind.CANCEL: "platform.cancel"}
"""The kind of outbox row that each step becomes."""


def plan_step(
    session: Session,
    step: StepKind,
    plans: Sequence[Plan],
    grace_days: int,
    after: Place | None,
    *,
    today: date,
    now: datetime,
) -> tuple[int, Place | None]:
    """Plan the step for one piece of the mailboxes it is due for; return how many, and where to go on.

    What was due before the mailbox came into the register was somebody else's to do, and is left out: a
    register that is out of date must not make anything disappear.
    """
    if step is StepKind.SUSPEND:
        first, last = today - timedelta(days=grace_days), today - timedelta(days=1)
    else:
        first, last = None, today - timedelta(days=grace_days + 1)
    chunk = next_chunk(session, first, last, after)
    due = and_(chunk.condition, Mailbox.plan.in_(plans), _not_terminated(today), _known_by(step, grace_days))
    return _write(session, step, due, now=now), chunk.end


def plan_terminations(session: Session, *, today: date, now: datetime) -> int:
    """Plan the cancellation of mailboxes that end early, at most `SIZE` of them; return how many."""
    ended = [Mailbox.cancelled_on.is_not(None), Mailbox.cancelled_on <= today]
    known = func.date(Mailbox.created_at) <= Mailbox.cancelled_on
    some = (
        select(Mailbox.id)
        .where(*ended, known, Mailbox.plan.in_(SOLD_PLANS), ~_planned(StepKind.CANCEL))
        .order_by(Mailbox.id)
        .limit(SIZE)
    )
    return _write(session, StepKind.CANCEL, Mailbox.id.in_(some), now=now)


def _write(session: Session, step: StepKind, due: Condition, *, now: datetime) -> int:
    """Write the outbox rows, then the steps that keep them from being written again."""
    due = and_(due, ~_planned(step))
    parts = (Mailbox.id, Mailbox.expires_on)
    key = literal(f"{WORK[step]}:", String) + cast(Mailbox.id, String) + ":" + _iso(Mailbox.expires_on)
    payload = {"mailbox_id": Mailbox.id, "expires_on": _iso(Mailbox.expires_on)}
    outbox.enqueue_selected(session, WORK[step], key, payload, due, now=now)
    rows = select(*parts, literal(step.value, String), literal(now, Instant)).where(due)
    columns = ["mailbox_id", "expires_on", "step", "planned_at"]
    insert = insert_for(session, LifecycleStep).from_select(columns, rows, include_defaults=False)
    return changed(session, insert.on_conflict_do_nothing())


def _planned(step: StepKind) -> Condition:
    return exists().where(
        LifecycleStep.mailbox_id == Mailbox.id,
        LifecycleStep.expires_on == Mailbox.expires_on,
        LifecycleStep.step == step,
    )


def _not_terminated(today: date) -> Condition:
    return or_(Mailbox.cancelled_on.is_(None), Mailbox.cancelled_on > today)


def _known_by(step: StepKind, grace_days: int) -> Condition:
    """Return «it was in the register on the day on which the step fell due»."""
    day = 1 if step is StepKind.SUSPEND else grace_days + 1
    return func.date(Mailbox.created_at) <= DaysAfter(Mailbox.expires_on, day)


def _iso(day: Any) -> ColumnElement[str]:
    """Return a date as ISO text: what both databases make of it by a cast."""
    return cast(day, String)
