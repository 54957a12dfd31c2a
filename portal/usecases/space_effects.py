"""From paid space to space that is there: what a worker reads before, and records after asking the platform.

Locks: mailboxes, then the order. The expiry never moves. Source: domain.md 8.4.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.changes import Package
from portal.domain.dates import rome_day
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.orders import LineState, OrderState
from portal.domain.plans import PLANS
from portal.domain.space_purchase import SpaceWanted, permits
from portal.ports import MailboxOrder
from portal.store import order_facts, space_purchases, withdrawals
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.outbox import enqueue
from portal.store.space_purchases import SpacePurchase
from portal.usecases import credit_effects, space_notices
from portal.usecases.line_tasks import apply_package, current_package, order_for, package_done
from portal.usecases.space_offers import room_of

IMPOSSIBLE = "mailbox_changed"
"""Why paid space cannot be had: the mailbox has lapsed or has another plan since."""


@dataclass(frozen=True, slots=True)
class SpaceTask:
    """What is to be done for one purchase: ask the platform for this, or give the money back."""

    purchase_id: int
    order: MailboxOrder | None
    must_wait: bool = False
    """Something else has this mailbox in hand just now."""


def set_up_later(session: Session, order: Order, now: datetime) -> None:
    """Make the paid purchase work for a worker; space that is there already is renewed at once."""
    purchase = space_purchases.purchase_of(session, order.id)
    assert purchase is not None
    if purchase.renews_from is not None:
        _extend(session, order, purchase, now)
        return
    payload = {"space_purchase_id": purchase.id}
    enqueue(session, "platform.space", f"platform.space:{purchase.id}", payload, now=now)


def begin_space(session: Session, ids: Collection[int], *, now: datetime) -> dict[int, SpaceTask]:
    """Return what to do for each purchase that is still to be set up; mailboxes in other hands wait."""
    mailboxes = select(SpacePurchase.mailbox_id).where(SpacePurchase.id.in_(ids))
    session.execute(
        select(Mailbox.id)
        .where(Mailbox.id.in_(mailboxes))
        .order_by(Mailbox.id)
        .with_for_update(key_share=True)
    )
    rows = space_purchases.open_purchases(session, ids)
    boxes = [mailbox.id for _, mailbox, _ in rows]
    busy = {
        box
        for state in (LineState.IN_PROGRESS, LineState.WITHDRAWING)
        for box in withdrawals.mailboxes_in(session, boxes, state)
    }
    return {
        purchase.id: SpaceTask(purchase.id, None, must_wait=True)
        if mailbox.id in busy
        else _task(purchase, mailbox, now)
        for purchase, mailbox, _ in rows
    }


def complete_space(session: Session, purchase_id: int, done: MailboxOrder, *, now: datetime) -> None:
    """Record that the space is there and say so; once."""
    purchase, mailbox, order = _locked(session, purchase_id)
    if purchase.closed_at is not None:
        return
    if mailbox.extra_paid_until is None:
        mailbox.extra_paid_until = purchase.expires_on
    apply_package(mailbox, package_done(done))
    purchase.closed_at = now
    order.state, order.closed_at = OrderState.FULFILLED, now
    space_notices.space_activated(session, order, purchase, mailbox, now=now)


def refuse_space(session: Session, purchase_id: int, *, now: datetime) -> None:
    """Record that the space cannot be had and give its money back; once."""
    purchase, _, order = _locked(session, purchase_id)
    if purchase.closed_at is not None:
        return
    purchase.closed_at, purchase.refusal = now, IMPOSSIBLE
    order.state, order.closed_at = OrderState.CREDITED, now
    credit_effects.give_back_all(session, order, now=now)


def _extend(session: Session, order: Order, purchase: SpacePurchase, now: datetime) -> None:
    """Let space that is there be paid longer: the platform has nothing to do."""
    mailbox = session.get_one(Mailbox, purchase.mailbox_id)
    mailbox.extra_paid_until = purchase.expires_on
    purchase.closed_at = now
    order.state, order.closed_at = OrderState.FULFILLED, now
    space_notices.space_activated(session, order, purchase, mailbox, now=now)


def _task(purchase: SpacePurchase, mailbox: Mailbox, now: datetime) -> SpaceTask:
    wanted = SpaceWanted(purchase.mailbox_gb, purchase.archive_gb)
    state = state_on(rome_day(now), mailbox.expires_on, PLANS[mailbox.plan].grace_days, mailbox.cancelled_on)
    if state is MailboxState.CANCELLED or not permits(room_of(mailbox), wanted):
        return SpaceTask(purchase.id, None)
    before = current_package(mailbox)
    package = Package(
        before.plan,
        before.extra_mailbox_gb + wanted.mailbox_gb,
        before.extra_archive_gb + wanted.archive_gb,
    )
    # What is asked depends on what the mailbox is by then, and so the key does.
    key = f"space:{purchase.id}:{package.plan}:{package.extra_mailbox_gb}:{package.extra_archive_gb}"
    return SpaceTask(
        purchase.id, order_for(f"{key}:{mailbox.expires_on}", mailbox, package, mailbox.expires_on)
    )


def _locked(session: Session, purchase_id: int) -> tuple[SpacePurchase, Mailbox, Order]:
    purchase = session.get_one(SpacePurchase, purchase_id)
    mailbox = session.scalars(
        select(Mailbox).where(Mailbox.id == purchase.mailbox_id).with_for_update()
    ).one()
    order = order_facts.locked_order(session, purchase.order_id)
    session.refresh(purchase)
    return purchase, mailbox, order
