"""What a worker shall do for one order line, and how a line, a mailbox and the platform's orders compare."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal.domain.changes import Package
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.plans import PLANS
from portal.ports import MailboxOrder
from portal.store import order_facts
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine


class Refusal(StrEnum):
    """Why something that was paid for cannot be done."""

    MAILBOX_CANCELLED = "mailbox_cancelled"
    ARCHIVE_DELETION_NOT_ACCEPTED = "archive_deletion_not_accepted"
    WITHDRAWN = "withdrawn"
    """The customer has withdrawn before the line's turn came."""


@dataclass(frozen=True, slots=True)
class LineTask:
    """What is to be done for one line: ask the platform for this, or refuse."""

    line_id: int
    order: MailboxOrder | None
    refusal: Refusal | None = None
    restores: bool = False
    """The mailbox was suspended and shall work again."""
    suspends: bool = False
    """The mailbox works and its term is over once more."""
    must_wait: bool = False
    """Something else has this mailbox in hand just now."""


def lines_with_mailboxes(session: Session, line_ids: Collection[int]) -> list[Row[OrderLine, Mailbox, Order]]:
    """Return the lines with their mailboxes and orders, in one statement."""
    return list(
        session.execute(
            select(OrderLine, Mailbox, Order)
            .join(Mailbox, Mailbox.id == OrderLine.mailbox_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(OrderLine.id.in_(line_ids))
        )
    )


def locked_line(session: Session, line_id: int) -> tuple[OrderLine, Mailbox, Order]:
    """Return a line as it is now, with its mailbox and its order locked in this order."""
    line = session.get_one(OrderLine, line_id)
    mailbox = session.scalars(select(Mailbox).where(Mailbox.id == line.mailbox_id).with_for_update()).one()
    order = order_facts.locked_order(session, line.order_id)
    session.refresh(line)
    return line, mailbox, order


def is_gone(mailbox: Mailbox, paid_on: date, today: date) -> bool:
    """Say whether there is nothing left to renew.

    Money registered on the last day saves the mailbox even if the work is done after midnight; an early
    termination counts until the work is done.
    """
    lapsed = state_on(paid_on, mailbox.expires_on, PLANS[mailbox.plan].grace_days) is MailboxState.CANCELLED
    terminated = mailbox.cancelled_on is not None and mailbox.cancelled_on <= today
    return lapsed or terminated


def current_package(mailbox: Mailbox) -> Package:
    """Return what the mailbox is now."""
    return Package(mailbox.plan, mailbox.extra_mailbox_gb, mailbox.extra_archive_gb)


def ordered_package(line: OrderLine) -> Package:
    """Return what was ordered for the mailbox's next term."""
    return Package(line.plan, line.extra_mailbox_gb, line.extra_archive_gb)


def order_for(key: str, mailbox: Mailbox, package: Package, expires_on: date) -> MailboxOrder:
    """Return what the platform is asked for."""
    return MailboxOrder(
        key=key,
        address=mailbox.address,
        plan=package.plan,
        extra_mailbox_gb=package.extra_mailbox_gb,
        extra_archive_gb=package.extra_archive_gb,
        expires_on=expires_on,
    )


def package_done(done: MailboxOrder) -> Package:
    """Return what the platform was asked for."""
    return Package(done.plan, done.extra_mailbox_gb, done.extra_archive_gb)


def apply_package(mailbox: Mailbox, package: Package) -> None:
    """Make the mailbox what the platform has made of it; a plan without archive leaves none behind."""
    if not PLANS[package.plan].has_archive:
        mailbox.archive_used_mb = 0
    mailbox.plan = package.plan
    mailbox.extra_mailbox_gb = package.extra_mailbox_gb
    mailbox.extra_archive_gb = package.extra_archive_gb
    if not (package.extra_mailbox_gb or package.extra_archive_gb):
        mailbox.extra_paid_until = None
