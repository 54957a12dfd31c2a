"""Civil dates in Europe/Rome: counting months and years from an anchor, and where a day begins and ends."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")


def add_months(anchor: date, months: int) -> date:
    """Return the same day `months` later (earlier if negative), or the last day of a shorter month.

    Always counted from the anchor, so 31 January + 2 months is 31 March. Source: domain.md 8.4.
    """
    year, month0 = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    return date(year, month0 + 1, min(anchor.day, monthrange(year, month0 + 1)[1]))


def add_years(anchor: date, years: int) -> date:
    """Return the same day `years` later; 29 February becomes 28 where there is none. Source: domain.md 4."""
    return add_months(anchor, 12 * years)


def rome_day(now: datetime) -> date:
    """Return the civil day in Rome at an aware instant; raises ValueError for a naive one."""
    if now.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    return now.astimezone(ROME).date()


def rome_time(now: datetime) -> str:
    """Return the time of day in Rome at an aware instant, as «14:05»."""
    return now.astimezone(ROME).strftime("%H:%M")


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return the instants, in UTC, at which the civil day begins in Rome and the next one does.

    Half-open: the second is not of the day. 23 or 25 hours apart when the clocks change.
    """
    return _midnight(day), _midnight(day + timedelta(days=1))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=ROME).astimezone(UTC)
