"""Reminders of orders that wait for a transfer or a slip, each milestone once. Source: domain.md 12."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.dates import rome_day
from portal.domain.notices import payment_milestone
from portal.domain.payments import BankCalendar
from portal.store import unpaid_orders
from portal.usecases import notices

AT_ONCE = 200


def write_reminders(
    session: Session, cursor: int | None, *, today: date, now: datetime, calendar: BankCalendar
) -> tuple[int, int | None]:
    """Write the reminders due by today of some orders; return how many, and the last order if not done."""
    rows = unpaid_orders.unpaid_orders(session, cursor or 0, AT_ONCE)
    known = unpaid_orders.reminded(session, [row.Order.id for row in rows])
    count = 0
    for row in rows:
        milestone = payment_milestone(
            today, rome_day(row.Order.placed_at), row.first_expiry, calendar.holidays
        )
        if milestone and f"payment_reminder:{row.Order.number}:{milestone}" not in known:
            notices.payment_reminder(session, row.Order, calendar, milestone=milestone, now=now)
            count += 1
    return count, rows[-1].Order.id if len(rows) == AT_ONCE else None
