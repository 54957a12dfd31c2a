"""The days of a calendar: what expires, what can be renewed for the last time, what is deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.domain.lifecycle import timeline
from portal.domain.plans import PLANS, Plan

NAMED = 20
"""Addresses that one event names; of the rest it says the number."""
MOST_EVENTS = 1_000


class Reminder(StrEnum):
    """What a day is remembered for. Source: domain.md 13 (1)."""

    EXPIRY = "expiry"
    LAST_DAY = "last_day"
    DELETION = "deletion"


@dataclass(frozen=True, slots=True)
class RemindedMailbox:
    """What a calendar needs to know of a mailbox."""

    address: str
    plan: Plan
    expires_on: date
    cancelled_on: date | None = None


@dataclass(frozen=True, slots=True)
class ReminderDay:
    """All mailboxes for which the day means the same, as one event."""

    kind: Reminder
    day: date
    addresses: tuple[str, ...]
    """The first of them."""
    count: int


def reminder_days(mailboxes: Iterable[RemindedMailbox]) -> list[ReminderDay]:
    """Return the events in their order, one for each day and kind: a thousand a day would hide each other.

    A mailbox that ends before its expiry has only its deletion; one that is not renewed here has no last
    day to renew. Source: domain.md 4, 3.6, lessons.md L7.
    """
    named: dict[tuple[date, Reminder], list[str]] = {}
    counts: dict[tuple[date, Reminder], int] = {}
    for mailbox in mailboxes:
        for kind, day in _days_of(mailbox):
            counts[day, kind] = counts.get((day, kind), 0) + 1
            if counts[day, kind] <= NAMED:
                named.setdefault((day, kind), []).append(mailbox.address)
    return [
        ReminderDay(kind, day, tuple(named[day, kind]), counts[day, kind])
        for day, kind in sorted(counts)[:MOST_EVENTS]
    ]


def _days_of(mailbox: RemindedMailbox) -> Iterable[tuple[Reminder, date]]:
    facts = PLANS[mailbox.plan]
    days = timeline(mailbox.expires_on, facts.grace_days, mailbox.cancelled_on)
    if days.expires_on < days.cancelled_from:
        yield Reminder.EXPIRY, days.expires_on
    if facts.renewable_here:
        yield Reminder.LAST_DAY, days.last_day_to_renew
    yield Reminder.DELETION, days.cancelled_from
