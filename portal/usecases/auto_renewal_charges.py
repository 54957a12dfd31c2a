"""Charges of stored methods for auto-renewal: planned by day, checked again just before the gateway is asked.

A charge is an attempt like any other: written down before the gateway hears of it, asked about when nobody
knows, its money entering by `payments.settle`. Source: domain.md 6, hardening.md S42, lessons.md 24.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256

from sqlalchemy.orm import Session

from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.auto_renewal import CHARGEABLE, CycleEnd, CycleState
from portal.domain.credit_errors import CreditTooSmall
from portal.domain.dates import rome_day
from portal.domain.errors import MandateMissing
from portal.domain.orders import is_payable
from portal.domain.payments import PaymentState
from portal.ports import MethodToken, PaymentRequest
from portal.store import attempts, auto_renewal_facts, auto_renewal_queries, order_facts
from portal.store.attempts import PaymentAttempt
from portal.store.auto_renewal_facts import RenewalFacts
from portal.store.auto_renewal_queries import Tried
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.declarations import declaration_of
from portal.store.house import renewal_calendar
from portal.store.orders import Order
from portal.store.outbox import enqueue
from portal.store.stored_methods import StoredMethod
from portal.usecases import auto_renewal_notices, credit_payments, stored_methods
from portal.usecases.attempts import PREFIX, ask_later
from portal.usecases.auto_renewal_prices import may_be_charged
from portal.usecases.wallets import owner_of

KIND = "auto_renewal.charge"
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Charge:
    """What a gateway is to be asked for: an amount, of a method whose owner is not there."""

    gateway: str
    request: PaymentRequest
    method: MethodToken


def plan_charges(
    session: Session, cursor: int | None, *, today: date, now: datetime
) -> tuple[int, int | None]:
    """Write down some of the charges to be tried by today; return how many, and the last cycle if not done.

    A try whose gateway could not be reached for a day is planned again; one that was refused is over.
    """
    rows = auto_renewal_queries.to_charge(session, cursor or 0, today, AT_ONCE)
    count = 0
    for row in rows:
        if _due(session, row, today) is not None:
            key = f"{KIND}:{row.cycle_id}:{today}:{row.attempts}"
            count += enqueue(session, KIND, key, {"cycle_id": row.cycle_id}, now=now)
        elif not _tries_left(session, row, today):
            _give_up(session, row.cycle_id, CycleEnd.NOT_ANNOUNCED, today, now)
    return count, rows[-1].cycle_id if len(rows) == AT_ONCE else None


def begin_charge(session: Session, cycle_id: int, *, now: datetime) -> Charge | None:
    """Write an attempt down and return what to ask the gateway; None where nothing may be charged now.

    Everything is looked at again under the locks: whoever switched off, renewed, paid or took the method
    back before this transaction is not charged.
    """
    today = rome_day(now)
    cycle = auto_renewal_queries.locked_cycle(session, cycle_id)
    if cycle is None or cycle.order_id is None:
        return None
    order = order_facts.locked_order(session, cycle.order_id)
    facts = auto_renewal_facts.facts_of(session, [cycle.mailbox_id], today)[cycle.mailbox_id]
    if not _is_still_wanted(cycle, order, facts, today) or _is_paid_otherwise(session, order):
        return None
    before = attempts.open_attempt(session, order.id)
    if before is not None:
        return _again(session, cycle, order, before)
    if (
        cycle.state not in CHARGEABLE
        or _due(session, auto_renewal_queries.tried(session, cycle_id), today) is None
    ):
        return None
    return _begin(session, cycle, order, facts, today, now)


def _is_still_wanted(cycle: AutoRenewalCycle, order: Order, facts: RenewalFacts, today: date) -> bool:
    is_same_expiry = facts.expires_on == cycle.expires_on and today <= cycle.expires_on
    return is_payable(order.state) and facts.method_is_active and is_same_expiry


def _is_paid_otherwise(session: Session, order: Order) -> bool:
    """Say whether the customer pays this order by transfer or slip, or says to have done so.

    Money that is on its way would come on top of a charge. Source: domain.md 6 «pays by hand».
    """
    return order.payment_method not in GATEWAY_METHODS or declaration_of(session, order.id) is not None


def _begin(
    session: Session,
    cycle: AutoRenewalCycle,
    order: Order,
    facts: RenewalFacts,
    today: date,
    now: datetime,
) -> Charge | None:
    if order.due_cents > cycle.announced_cents or not may_be_charged(facts, order.due_cents):
        _give_up(session, cycle.id, CycleEnd.OVER_MAXIMUM, today, now)
        return None
    if facts.credit_first and _paid_from_credit(session, order, now):
        return None
    method = session.get_one(StoredMethod, facts.method_id)
    attempt = PaymentAttempt(
        order_id=order.id,
        reference=_reference(cycle, attempts.count_attempts(session, order.id)),
        method=method.method,
        gateway=method.gateway,
        amount_cents=order.due_cents,
        stored_method_id=method.id,
        state=PaymentState.INITIATED,
        opened_at=now,
    )
    session.add(attempt)
    cycle.state, cycle.updated_at = CycleState.CHARGING, now
    session.flush()
    ask_later(session, attempt.reference, 0, now, now=now)
    return _charge(session, attempt, order)


def _paid_from_credit(session: Session, order: Order, now: datetime) -> bool:
    """Pay the order from its owner's credit if that is enough for all of it. Source: domain.md C20, 7.3."""
    try:
        with session.begin_nested():
            credit_payments.spend_on(session, owner_of(order), order, now=now)
    except CreditTooSmall:
        session.refresh(order)
        return False
    return True


def _again(session: Session, cycle: AutoRenewalCycle, order: Order, attempt: PaymentAttempt) -> Charge | None:
    """Return the same charge again where nobody heard what came of it: one reference, one charge."""
    is_ours = attempt.stored_method_id is not None and cycle.state is CycleState.CHARGING
    is_unheard = attempt.state in (PaymentState.INITIATED, PaymentState.UNKNOWN)
    return _charge(session, attempt, order) if is_ours and is_unheard else None


def _charge(session: Session, attempt: PaymentAttempt, order: Order) -> Charge | None:
    assert attempt.stored_method_id is not None
    try:
        token = stored_methods.token_to_charge(session, attempt.stored_method_id, attempt.amount_cents)
    except MandateMissing:
        return None
    request = PaymentRequest(
        reference=attempt.reference,
        method=attempt.method,
        amount_cents=attempt.amount_cents,
        about=order.number,
        return_url="",
        opened_at=attempt.opened_at,
    )
    return Charge(attempt.gateway, request, token)


def _reference(cycle: AutoRenewalCycle, number: int) -> str:
    """Return the gateway's idempotency key: the same mailbox, expiry and try make the same."""
    digest = sha256(f"{cycle.mailbox_id}:{cycle.expires_on}:{cycle.id}:{number}".encode()).hexdigest()
    return PREFIX + digest[:30]


def _announced_on(row: Tried, today: date) -> date:
    """Return the day the announcement left; as long as it has not, it can leave today at the earliest."""
    return rome_day(row.announced_at) if row.announced_at else today


def _tries_left(session: Session, row: Tried, today: date) -> bool:
    calendar = renewal_calendar(session).promised(row.try_days)
    return bool(calendar.tries_left(row.expires_on, _announced_on(row, today), row.last_try))


def _due(session: Session, row: Tried, today: date) -> int | None:
    if row.announced_at is None:
        return None
    calendar = renewal_calendar(session).promised(row.try_days)
    return calendar.due_try(today, row.expires_on, rome_day(row.announced_at), row.last_try)


def _give_up(session: Session, cycle_id: int, end: CycleEnd, today: date, now: datetime) -> None:
    """End a cycle that may not be charged; its order waits to be paid by hand, and the mail says so."""
    cycle = auto_renewal_queries.locked_cycle(session, cycle_id)
    if cycle is None or cycle.order_id is None or cycle.state not in CHARGEABLE:
        return
    order = order_facts.locked_order(session, cycle.order_id)
    cycle.state, cycle.ended_by, cycle.updated_at = CycleState.FAILED, end, now
    facts = auto_renewal_facts.facts_of(session, [cycle.mailbox_id], today)[cycle.mailbox_id]
    auto_renewal_notices.charge_failed(
        session,
        facts,
        number=order.number,
        amount_cents=order.due_cents,
        why=end.value,
        milestone=end.value,
        next_on=None,
        now=now,
    )
