"""What payments, refusals and cancellations of generated orders mean for their auto-renewal.

Callers hold the order's lock. Source: domain.md 6.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.attempts import DECLINES, Failure
from portal.domain.auto_renewal import CYCLE_MOVES, CycleEnd, CycleState
from portal.domain.dates import rome_day
from portal.store import auto_renewal_facts, auto_renewal_queries
from portal.store.attempts import PaymentAttempt
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.house import renewal_calendar
from portal.store.orders import Order
from portal.usecases import auto_renewal_notices


def order_paid(session: Session, order: Order, *, now: datetime) -> None:
    """Record that the order of a cycle was paid, by its charge or by hand."""
    cycle = auto_renewal_queries.cycle_of_order(session, order.id)
    if cycle is not None:
        _move(session, cycle, CycleState.DONE, None, now)


def order_cancelled(session: Session, order: Order, *, now: datetime) -> None:
    """Leave this expiry out, so that no job makes the order again; the next one renews by itself.

    Source: domain.md 6 «Cancelling the generated order».
    """
    cycle = auto_renewal_queries.cycle_of_order(session, order.id)
    if cycle is not None:
        _move(session, cycle, CycleState.SKIPPED, CycleEnd.ORDER_CANCELLED, now)


def charge_failed(
    session: Session, order: Order, attempt: PaymentAttempt, failure: Failure, *, now: datetime
) -> None:
    """Go on to the next try, or end with the last one, and say so; a charge that never began is no try."""
    cycle = auto_renewal_queries.cycle_of_order(session, order.id)
    if cycle is None or cycle.state is not CycleState.CHARGING:
        return
    if failure not in DECLINES:
        _move(session, cycle, CycleState.RETRY, None, now)
        return
    announced_on = _announced_on(session, cycle)
    calendar = renewal_calendar(session).promised(cycle.try_days)
    cycle.last_try = calendar.due_try(
        rome_day(attempt.opened_at), cycle.expires_on, announced_on, cycle.last_try
    )
    next_on = calendar.next_try_on(cycle.expires_on, announced_on, cycle.last_try)
    if next_on is None:
        _move(session, cycle, CycleState.FAILED, CycleEnd.REFUSED, now)
    else:
        _move(session, cycle, CycleState.RETRY, None, now)
    facts = auto_renewal_facts.facts_of(session, [cycle.mailbox_id], rome_day(now))[cycle.mailbox_id]
    auto_renewal_notices.charge_failed(
        session,
        facts,
        number=order.number,
        amount_cents=order.due_cents,
        why=failure.value,
        milestone=attempt.reference,
        next_on=next_on,
        now=now,
    )


def _announced_on(session: Session, cycle: AutoRenewalCycle) -> date:
    left = auto_renewal_queries.tried(session, cycle.id).announced_at
    return rome_day(left) if left else cycle.announced_on


def _move(
    session: Session, cycle: AutoRenewalCycle, state: CycleState, end: CycleEnd | None, now: datetime
) -> None:
    """Move the cycle forward; what is over already stays so."""
    if state in CYCLE_MOVES[cycle.state]:
        cycle.state, cycle.ended_by, cycle.updated_at = state, end, now
        session.flush()
