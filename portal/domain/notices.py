"""What is told about an expiry and when: milestones before and after it, and which of them is due.

After an outage only the latest due milestone is told: each day of a term belongs to one milestone, so a day
that nobody worked on is caught up by the next without a second mail. Source: domain.md 12, 15 (6).
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from portal.domain.payments import add_working_days

BEFORE_EXPIRY = (90, 60, 30, 15, 7, 3, 1, 0)
"""Days before the expiry on which it is announced. Source: domain.md 12 `expiry_notice`."""
IN_SUSPENSION = (30, 60, 80, 87)
"""Days after the expiry on which the coming loss is recalled. Source: domain.md 12 `suspension_reminder`."""
QUOTA_PERCENTS = (70, 90, 100)
"""How full a mailbox is when its holder is told. Source: domain.md 3.2, 12 `quota_warning`."""

PAYMENT_WORKING_DAYS = 5
"""After so many an order by a slow method is recalled. Source: domain.md 12 `payment_reminder`."""
ONE_BY_ONE = 3
"""Up to so many notices at once are a mail each; more are one digest."""
DAILY_MAILS = 5
"""How many mails of notices one recipient gets in a day at most."""


class NoticeKind(StrEnum):
    """What the clock tells about a mailbox; also the folder of the mail's templates."""

    EXPIRY_NOTICE = "expiry_notice"
    MAILBOX_SUSPENDED = "mailbox_suspended"
    SUSPENSION_REMINDER = "suspension_reminder"
    MAILBOX_CANCELLED = "mailbox_cancelled"
    QUOTA_WARNING = "quota_warning"
    CREDIT_NEEDED = "credit_needed"
    """Extra space whose renewal credit does not cover: told to whom the credit belongs."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A day counted from the expiry, negative before it, and what is told from then on."""

    kind: NoticeKind
    day: int

    def due_on(self, expires_on: date) -> date:
        """Return the day from which this is due."""
        return expires_on + timedelta(days=self.day)


@dataclass(frozen=True, slots=True)
class Window:
    """The expiries whose latest due milestone, on a given day, is this one; both ends belong to it."""

    milestone: Milestone
    first_expiry: date | None
    """None: however long ago."""
    last_expiry: date


def milestones(grace_days: int) -> tuple[Milestone, ...]:
    """Return what is told about a mailbox that is kept so long after its expiry, in order of days."""
    before = [Milestone(NoticeKind.EXPIRY_NOTICE, -days) for days in BEFORE_EXPIRY]
    suspended = [Milestone(NoticeKind.MAILBOX_SUSPENDED, 1)] if grace_days else []
    reminders = [
        Milestone(NoticeKind.SUSPENSION_REMINDER, days) for days in IN_SUSPENSION if 1 < days <= grace_days
    ]
    return (*before, *suspended, *reminders, Milestone(NoticeKind.MAILBOX_CANCELLED, grace_days + 1))


def latest_due(day: date, expires_on: date, grace_days: int) -> Milestone | None:
    """Return the milestone that a mailbox has reached, or None more than 90 days before the expiry."""
    reached = [found for found in milestones(grace_days) if found.due_on(expires_on) <= day]
    return reached[-1] if reached else None


def windows(day: date, grace_days: int) -> tuple[Window, ...]:
    """Return for each milestone the expiries that have reached it on that day and not yet the next.

    Together they say what `latest_due` says, one range of an index each.
    """
    known = milestones(grace_days)
    found = []
    for place, milestone in enumerate(known):
        following = known[place + 1] if place + 1 < len(known) else None
        first = day - timedelta(days=following.day - 1) if following else None
        found.append(Window(milestone, first, day - timedelta(days=milestone.day)))
    return tuple(found)


def quota_level(used: int, capacity: int) -> int:
    """Return the highest of 70, 90 and 100 per cent that is reached, 0 below all. Source: domain.md 3.2."""
    reached = [percent for percent in QUOTA_PERCENTS if 100 * used >= percent * capacity]
    return reached[-1] if reached else 0


class Telling(StrEnum):
    """How a recipient is told what is due."""

    ONE_BY_ONE = "one_by_one"
    DIGEST = "digest"
    TOMORROW = "tomorrow"


def how_to_tell(count: int, mails_today: int) -> Telling:
    """Return how to tell so many notices at once to whoever got so many mails of notices today.

    An owner of many mailboxes gets one mail that lists them, and nobody more than five mails a day.
    Source: lessons.md 1 (11), L1.
    """
    if mails_today >= DAILY_MAILS:
        return Telling.TOMORROW
    if count == 1 or (count <= ONE_BY_ONE and mails_today + count <= DAILY_MAILS):
        return Telling.ONE_BY_ONE
    return Telling.DIGEST


class PaymentMilestone(StrEnum):
    """When an unpaid order by a slow method is recalled. Source: domain.md 12 `payment_reminder`."""

    FIVE_WORKING_DAYS = "five_working_days"
    TEN_DAYS_LEFT = "ten_days_left"
    THREE_DAYS_LEFT = "three_days_left"


def payment_milestone(
    day: date, placed_on: date, first_expiry: date, holidays: Container[date]
) -> PaymentMilestone | None:
    """Return the latest reminder that an unpaid order has reached, or None.

    A milestone before the order itself does not count: whoever orders five days before the expiry knows.
    """
    due = {
        PaymentMilestone.FIVE_WORKING_DAYS: add_working_days(placed_on, PAYMENT_WORKING_DAYS, holidays),
        PaymentMilestone.TEN_DAYS_LEFT: first_expiry - timedelta(days=10),
        PaymentMilestone.THREE_DAYS_LEFT: first_expiry - timedelta(days=3),
    }
    reached = [(on, milestone) for milestone, on in due.items() if placed_on < on <= day]
    return max(reached)[1] if reached else None
