"""Which notices are due, and to whom, written down in sets: one statement for thousands of mailboxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Date,
    Integer,
    String,
    and_,
    case,
    exists,
    func,
    literal,
    or_,
    select,
    union,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from portal.domain.mandates import StoredMethodState
from portal.domain.notices import QUOTA_PERCENTS, Milestone, NoticeKind, Window
from portal.domain.orders import OrderState
from portal.domain.plans import PLANS, SOLD_PLANS, Plan
from portal.domain.space import MB_PER_GB
from portal.store.accounts import Account, Holder
from portal.store.auto_renewal_queries import open_cycle_of
from portal.store.base import Instant
from portal.store.chunks import Place, next_chunk
from portal.store.dialects import DaysAfter, changed, insert_for
from portal.store.house import renewal_calendar
from portal.store.mailboxes import Mailbox
from portal.store.notices import Notice, NoticeAddress, NoticeState
from portal.store.orders import Order, OrderLine
from portal.store.stored_methods import RenewsWith, StoredMethod

Condition = ColumnElement[bool]
OF_AN_EXPIRY = tuple(
    kind for kind in NoticeKind if kind not in (NoticeKind.QUOTA_WARNING, NoticeKind.CREDIT_NEEDED)
)
"""The notices whose occasion is an expiry."""


def plan_reached(
    session: Session,
    reached: Sequence[Window],
    plans: Sequence[Plan],
    after: Place | None,
    *,
    now: datetime,
) -> tuple[int, Place | None]:
    """Plan the notices of one piece of the mailboxes in the windows; return how many, and where to go on.

    Left out are mailboxes that were told this or something later of the same expiry, whose renewal is paid,
    or that came into the register after the milestone's day: it was somebody else's to tell.
    """
    chunk = next_chunk(session, reached[-1].first_expiry, reached[0].last_expiry, after)
    day = _of_window(reached, lambda milestone: milestone.day, Integer)
    since = DaysAfter(Mailbox.expires_on, day)
    due = and_(
        chunk.condition,
        Mailbox.plan.in_(plans),
        or_(Mailbox.cancelled_on.is_(None), Mailbox.cancelled_on >= since),
        func.date(Mailbox.created_at) <= since,
        ~_told(day),
        ~_paid(),
        ~_renews_by_itself(day, renewal_calendar(session).announced),
    )
    kind = _of_window(reached, lambda milestone: milestone.kind.value, String)
    return _insert(session, kind, Mailbox.expires_on, day, due, now=now), chunk.end


def plan_quota(
    session: Session, after: Place | None, *, today: date, oldest: date, now: datetime
) -> tuple[int, Place | None]:
    """Plan the warnings of mailboxes that are fuller than last told; a fall in use makes room for another.

    `oldest`: mailboxes that expired before it are gone, or nearly. Source: domain.md 12 `quota_warning`.
    """
    chunk = next_chunk(session, oldest, date.max, after)
    level = _quota_level()
    lives = or_(Mailbox.cancelled_on.is_(None), Mailbox.cancelled_on > today)
    fuller = and_(chunk.condition, Mailbox.plan.in_(SOLD_PLANS), lives, level > Mailbox.quota_told)
    kind = literal(NoticeKind.QUOTA_WARNING.value, String)
    count = _insert(session, kind, literal(today, Date), level, fuller, now=now)
    session.execute(
        update(Mailbox)
        .where(chunk.condition, Mailbox.plan.in_(SOLD_PLANS), level != Mailbox.quota_told)
        .values(quota_told=level)
        .execution_options(synchronize_session=False)
    )
    return count, chunk.end


def _insert(
    session: Session,
    kind: ColumnElement[str],
    occasion: Any,
    milestone: ColumnElement[int],
    due: Condition,
    *,
    now: datetime,
) -> int:
    """Write a notice for each mailbox and each of its recipients; return how many were new."""
    boxes = (
        select(
            Mailbox.id,
            Mailbox.account_id,
            Mailbox.holder_id,
            Mailbox.address,
            kind.label("kind"),
            occasion.label("occasion"),
            milestone.label("milestone"),
        )
        .where(due)
        .cte("due")
    )
    recipients = _recipients(boxes)
    columns: dict[str, ColumnElement[Any]] = {
        "mailbox_id": boxes.c.id,
        "account_id": boxes.c.account_id,
        "kind": boxes.c.kind,
        "occasion": boxes.c.occasion,
        "milestone": boxes.c.milestone,
        "recipient": recipients.c.email,
        "state": literal(NoticeState.PLANNED.value, String),
        "planned_at": literal(now, Instant),
    }
    rows = select(*columns.values()).where(
        recipients.c.mailbox_id == boxes.c.id,
        recipients.c.email != "",
        recipients.c.email != boxes.c.address,
    )
    insert = insert_for(session, Notice).from_select(list(columns), rows, include_defaults=False)
    return changed(session, insert.on_conflict_do_nothing())


def _recipients(boxes: CTE) -> Any:
    """Return who hears about each mailbox, each address once. Source: domain.md 12, 13 (4)."""
    holder = select(boxes.c.id.label("mailbox_id"), func.lower(Holder.contact_email).label("email")).where(
        Holder.id == boxes.c.holder_id
    )
    account = select(boxes.c.id, func.lower(Account.email)).where(Account.id == boxes.c.account_id)
    further = select(boxes.c.id, func.lower(NoticeAddress.email))
    return union(
        holder,
        account,
        further.where(NoticeAddress.mailbox_id == boxes.c.id),
        further.where(NoticeAddress.account_id == boxes.c.account_id),
    ).subquery("recipient")


def _of_window(
    reached: Sequence[Window], fact: Callable[[Milestone], Any], type_: type[TypeEngine[Any]]
) -> ColumnElement[Any]:
    """Return a fact of the milestone that the mailbox has reached as a SQL value."""
    *later, last = [(window.first_expiry, literal(fact(window.milestone), type_)) for window in reached]
    return case(*((Mailbox.expires_on >= first, value) for first, value in later), else_=last[1])


def _renews_by_itself(day: ColumnElement[int], announced: int) -> Condition:
    """Return «its expiry is told by the announcement of its charge»; one that failed is told like all.

    Source: domain.md 12 `expiry_notice_auto`.
    """
    with_method = exists().where(
        RenewsWith.mailbox_id == Mailbox.id,
        StoredMethod.id == RenewsWith.stored_method_id,
        StoredMethod.state == StoredMethodState.ACTIVE,
    )
    return or_(
        and_(day < -announced, with_method),
        and_(day.between(-announced, 0), open_cycle_of(Mailbox)),
    )


def _told(day: ColumnElement[int]) -> Condition:
    return exists().where(
        Notice.mailbox_id == Mailbox.id,
        Notice.occasion == Mailbox.expires_on,
        Notice.milestone >= day,
        Notice.kind.in_(OF_AN_EXPIRY),
    )


def _paid() -> Condition:
    return exists().where(
        OrderLine.mailbox_id == Mailbox.id,
        OrderLine.is_open,
        Order.id == OrderLine.order_id,
        Order.state == OrderState.PAID,
    )


def _quota_level() -> ColumnElement[int]:
    """Return `domain.notices.quota_level` of the mailbox's own space as a SQL value."""
    base = case(*((Mailbox.plan == plan, facts.base_mailbox_gb) for plan, facts in PLANS.items()))
    capacity = (base + Mailbox.extra_mailbox_gb) * MB_PER_GB
    reached = [
        (100 * Mailbox.mailbox_used_mb >= percent * capacity, percent) for percent in reversed(QUOTA_PERCENTS)
    ]
    return case(*reached, else_=0)
