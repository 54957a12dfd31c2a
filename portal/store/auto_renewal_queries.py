"""Cycles of auto-renewal: what is due of them, and what ended them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from portal.domain.auto_renewal import (
    CHARGEABLE,
    CycleEnd,
    CycleState,
)
from portal.store.attempts import PaymentAttempt
from portal.store.auto_renewals import IS_OPEN, AutoRenewalCycle
from portal.store.dialects import changed
from portal.store.house import renewal_calendar
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.stored_methods import RenewsWith


class Tried(NamedTuple):
    """A cycle whose charge may be due."""

    cycle_id: int
    expires_on: date
    last_try: int | None
    try_days: str
    announced_at: datetime | None
    """When the announcement left; None until then."""
    attempts: int
    """How many attempts to pay the order there have been."""


def to_order(session: Session, after: int, today: date, limit: int) -> Sequence[tuple[int, int]]:
    """Return the next announced cycles whose order is due by today: ids of cycle and mailbox."""
    rows = session.execute(
        select(AutoRenewalCycle.id, AutoRenewalCycle.mailbox_id)
        .where(
            IS_OPEN,
            AutoRenewalCycle.state == CycleState.ANNOUNCED,
            AutoRenewalCycle.expires_on >= today,
            AutoRenewalCycle.expires_on <= today + timedelta(days=renewal_calendar(session).ordered),
            AutoRenewalCycle.id > after,
        )
        .order_by(AutoRenewalCycle.id)
        .limit(limit)
    )
    return [(cycle_id, mailbox_id) for cycle_id, mailbox_id in rows]


def to_charge(session: Session, after: int, today: date, limit: int) -> Sequence[Tried]:
    """Return the next cycles with an order: each has the days of its charges."""
    rows = session.execute(
        _tried()
        .where(
            IS_OPEN,
            AutoRenewalCycle.state.in_(CHARGEABLE),
            AutoRenewalCycle.expires_on >= today,
            AutoRenewalCycle.id > after,
        )
        .order_by(AutoRenewalCycle.id)
        .limit(limit)
    )
    return [Tried._make(row) for row in rows]


def tried(session: Session, cycle_id: int) -> Tried:
    """Return how far the charges of one cycle are."""
    return Tried._make(session.execute(_tried().where(AutoRenewalCycle.id == cycle_id)).one())


def cycle_of_order(session: Session, order_id: int) -> AutoRenewalCycle | None:
    """Return the cycle that generated the order, as it is now; the order is locked by the caller."""
    return session.scalar(
        select(AutoRenewalCycle)
        .where(AutoRenewalCycle.order_id == order_id)
        .execution_options(populate_existing=True)
    )


def current_cycle(session: Session, mailbox_id: int, expires_on: date) -> AutoRenewalCycle | None:
    """Return the newest cycle of an expiry as it is now, or None; who changes it has locked the mailbox."""
    return session.scalar(
        select(AutoRenewalCycle)
        .where(AutoRenewalCycle.mailbox_id == mailbox_id, AutoRenewalCycle.expires_on == expires_on)
        .order_by(AutoRenewalCycle.id.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def locked_cycle(session: Session, cycle_id: int) -> AutoRenewalCycle | None:
    """Return the cycle as it is now, its mailbox locked: nobody switches or orders meanwhile."""
    mailbox_id = session.scalar(select(AutoRenewalCycle.mailbox_id).where(AutoRenewalCycle.id == cycle_id))
    if mailbox_id is None:
        return None
    session.execute(select(Mailbox.id).where(Mailbox.id == mailbox_id).with_for_update(key_share=True))
    return session.scalar(
        select(AutoRenewalCycle)
        .where(AutoRenewalCycle.id == cycle_id)
        .execution_options(populate_existing=True)
    )


def end_renewed(session: Session, *, now: datetime) -> int:
    """End the cycles whose mailbox was renewed otherwise or is gone; return how many."""
    moved = exists().where(
        Mailbox.id == AutoRenewalCycle.mailbox_id,
        or_(Mailbox.expires_on != AutoRenewalCycle.expires_on, Mailbox.cancelled_on.is_not(None)),
    )
    unordered = AutoRenewalCycle.state == CycleState.ANNOUNCED
    return _end(session, and_(unordered, moved), CycleState.SKIPPED, CycleEnd.RENEWED, now)


def end_lapsed(session: Session, today: date, *, now: datetime) -> int:
    """End the cycles whose expiry has passed; one whose outcome nobody knows yet waits for it."""
    past = and_(AutoRenewalCycle.expires_on < today, AutoRenewalCycle.state != CycleState.CHARGING)
    return _end(session, past, CycleState.FAILED, CycleEnd.TOO_LATE, now)


def end_of_method(session: Session, method_id: int, *, now: datetime) -> int:
    """End the open cycles of what renews with a method that goes away; before `RenewsWith` is emptied."""
    of_it = select(RenewsWith.mailbox_id).where(RenewsWith.stored_method_id == method_id)
    which = AutoRenewalCycle.mailbox_id.in_(of_it)
    return _end(session, which, CycleState.SKIPPED, CycleEnd.SWITCHED_OFF, now)


def switch_off(session: Session, mailbox_ids: Collection[int], *, now: datetime) -> None:
    """Let these mailboxes renew by themselves no more: they belong to others now, and so would the charge."""
    theirs = AutoRenewalCycle.mailbox_id.in_(mailbox_ids)
    _end(session, theirs, CycleState.SKIPPED, CycleEnd.SWITCHED_OFF, now)
    session.execute(delete(RenewsWith).where(RenewsWith.mailbox_id.in_(mailbox_ids)))
    session.execute(
        update(Mailbox)
        .where(Mailbox.id.in_(mailbox_ids))
        .values(auto_renewal=False)
        .execution_options(synchronize_session=False)
    )


def open_cycle_of(mailbox: type[Mailbox]) -> ColumnElement[bool]:
    """Return the condition «the mailbox's expiry is being renewed by itself just now»."""
    return exists().where(
        IS_OPEN, AutoRenewalCycle.mailbox_id == mailbox.id, AutoRenewalCycle.expires_on == mailbox.expires_on
    )


def _end(
    session: Session, which: ColumnElement[bool], state: CycleState, end: CycleEnd, now: datetime
) -> int:
    return changed(
        session,
        update(AutoRenewalCycle)
        .where(IS_OPEN, which)
        .values(state=state, ended_by=end, updated_at=now)
        .execution_options(synchronize_session=False),
    )


def _tried() -> Any:
    left = case((Mail.state == MailState.SENT, Mail.sent_at), else_=None)
    made = (
        select(func.count())
        .where(PaymentAttempt.order_id == AutoRenewalCycle.order_id)
        .correlate(AutoRenewalCycle)
        .scalar_subquery()
    )
    return select(
        AutoRenewalCycle.id,
        AutoRenewalCycle.expires_on,
        AutoRenewalCycle.last_try,
        AutoRenewalCycle.try_days,
        left,
        made,
    ).outerjoin(Mail, Mail.id == AutoRenewalCycle.mail_id)
