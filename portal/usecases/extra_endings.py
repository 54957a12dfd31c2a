"""Taking away extra space that nobody paid: read before a worker acts, recorded after. Source: domain.md 7.3.

The expiry stays, and nothing is deleted: a mailbox that has grown too big is over its quota.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.changes import Package
from portal.domain.dates import rome_day
from portal.domain.orders import LineState
from portal.domain.plans import PLANS
from portal.domain.space import MB_PER_GB
from portal.ports import MailboxOrder
from portal.store import space_ends, withdrawals
from portal.store.mailboxes import Mailbox
from portal.usecases import space_notices
from portal.usecases.line_tasks import apply_package, order_for, package_done


@dataclass(frozen=True, slots=True)
class EndTask:
    """What is to be done for one end: ask the platform for this, or nothing where there is no mailbox."""

    end_id: int
    order: MailboxOrder | None
    must_wait: bool = False
    """Something else has this mailbox in hand just now."""


def begin_ends(session: Session, ids: Collection[int], *, now: datetime) -> dict[int, EndTask]:
    """Return what to do for each end that is still to be done; mailboxes in other hands wait."""
    rows = space_ends.open_ends(session, ids)
    boxes = [mailbox.id for _, mailbox in rows]
    busy = {
        box
        for state in (LineState.IN_PROGRESS, LineState.WITHDRAWING)
        for box in withdrawals.mailboxes_in(session, boxes, state)
    }
    return {
        end.id: EndTask(end.id, None, must_wait=True)
        if mailbox.id in busy
        else EndTask(end.id, _order(end.id, mailbox, now))
        for end, mailbox in rows
    }


def complete_end(session: Session, end_id: int, done: MailboxOrder | None, *, now: datetime) -> None:
    """Record that the space is gone and say so; once."""
    for end, mailbox in space_ends.open_ends(session, [end_id]):
        end.closed_at = now
        if done is not None:
            apply_package(mailbox, package_done(done))
            space_notices.space_removed(session, end, mailbox, over_quota=is_over_quota(mailbox), now=now)


def is_over_quota(mailbox: Mailbox) -> bool:
    """Say whether the mailbox holds more than it has room for."""
    facts = PLANS[mailbox.plan]
    room = (facts.base_mailbox_gb + mailbox.extra_mailbox_gb) * MB_PER_GB
    archive = (facts.base_archive_gb + mailbox.extra_archive_gb) * MB_PER_GB
    return mailbox.mailbox_used_mb > room or mailbox.archive_used_mb > archive


def _order(end_id: int, mailbox: Mailbox, now: datetime) -> MailboxOrder | None:
    if mailbox.cancelled_on is not None and mailbox.cancelled_on <= rome_day(now):
        return None
    key = f"space_end:{end_id}:{mailbox.plan}:{mailbox.expires_on}"
    return order_for(key, mailbox, Package(mailbox.plan, 0, 0), mailbox.expires_on)
