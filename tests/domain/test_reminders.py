"""Which days a calendar shows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.domain.plans import Plan
from portal.domain.reminders import MOST_EVENTS, NAMED, RemindedMailbox, Reminder, reminder_days

EXPIRY = date(2025, 12, 1)


@pytest.mark.parametrize(
    ("plan", "cancelled_on", "days"),
    [
        (
            Plan.STANDARD,
            None,
            [
                (Reminder.EXPIRY, date(2025, 12, 1)),
                (Reminder.LAST_DAY, date(2026, 3, 1)),
                (Reminder.DELETION, date(2026, 3, 2)),
            ],
        ),
        (Plan.DOMAIN, None, [(Reminder.EXPIRY, date(2025, 12, 1)), (Reminder.DELETION, date(2026, 1, 1))]),
        (
            Plan.PRO,
            date(2025, 11, 20),
            [(Reminder.LAST_DAY, date(2025, 11, 19)), (Reminder.DELETION, date(2025, 11, 20))],
        ),
    ],
)
def test_a_mailbox_has_these_days(plan: Plan, cancelled_on: date | None, days: object) -> None:
    found = reminder_days([RemindedMailbox("a@pec.example", plan, EXPIRY, cancelled_on)])

    assert [(each.kind, each.day) for each in found] == days


def test_many_on_one_day_are_one_event_that_names_the_first() -> None:
    boxes = [RemindedMailbox(f"{n:03}@pec.example", Plan.STANDARD, EXPIRY) for n in range(300)]
    first, *_ = reminder_days(boxes)

    assert (first.count, len(first.addresses), first.addresses[0]) == (300, NAMED, "000@pec.example")


def test_a_calendar_has_an_end() -> None:
    boxes = [RemindedMailbox("a@pec.example", Plan.STANDARD, EXPIRY + timedelta(days=n)) for n in range(2000)]

    assert len(reminder_days(boxes)) == MOST_EVENTS
