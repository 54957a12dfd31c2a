"""What of a draft expires when: its mailboxes by their days, for money that may come too late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.lifecycle import last_day_to_renew
from portal.domain.plans import PLANS, Plan
from portal.store.draft_queries import PAGE_LINES, Columns
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox
from portal.store.renewability import NOT_RENEWABLE, day_values
from portal.store.scope import visible_mailboxes


@dataclass(frozen=True, slots=True)
class ExpiryGroup:
    """The mailboxes of a draft or an order that have the same plan and days."""

    expires_on: date
    cancelled_on: date | None
    plan: Plan
    lines: int
    first_address: str

    @property
    def last_day(self) -> date:
        """Return the last day on which these mailboxes can be renewed."""
        return last_day_to_renew(self.expires_on, PLANS[self.plan].grace_days, self.cancelled_on)


def expiry_groups(session: Session, subject: Subject, draft_id: int, today: date) -> list[ExpiryGroup]:
    """Return the days of the mailboxes that would be ordered now, the soonest first."""
    days: Columns = (Mailbox.expires_on, Mailbox.cancelled_on, Mailbox.plan)
    statement = (
        select(*days, func.count().label("lines"), func.min(Mailbox.address).label("first_address"))
        .join(DraftLine, DraftLine.mailbox_id == Mailbox.id)
        .where(DraftLine.draft_id == draft_id, visible_mailboxes(subject), NOT_RENEWABLE.is_(None))
        .group_by(*days)
        .order_by(*days)
    )
    return [
        ExpiryGroup(row.expires_on, row.cancelled_on, row.plan, row.lines, row.first_address)
        for row in session.execute(statement, day_values(today))
    ]


def in_groups(groups: Iterable[ExpiryGroup]) -> ColumnElement[bool]:
    """Return the condition «the mailbox has the days of one of these groups»."""
    return or_(
        *(
            and_(
                Mailbox.expires_on == group.expires_on,
                Mailbox.cancelled_on.is_not_distinct_from(group.cancelled_on),
                Mailbox.plan == group.plan,
            )
            for group in groups
        )
    )


def addresses_in(
    session: Session, subject: Subject, draft_id: int, groups: Iterable[ExpiryGroup]
) -> Sequence[str]:
    """Return the draft's mailboxes in these groups, a page of them at most."""
    return session.scalars(
        select(Mailbox.address)
        .join(DraftLine, DraftLine.mailbox_id == Mailbox.id)
        .where(DraftLine.draft_id == draft_id, visible_mailboxes(subject), in_groups(groups))
        .order_by(Mailbox.expires_on, Mailbox.address)
        .limit(PAGE_LINES)
    ).all()
