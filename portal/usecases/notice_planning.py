"""The notices of a day, planned in sets: each milestone of each expiry once, the latest alone.

Source: domain.md 12, hardening.md R20, R21.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.notices import Window, windows
from portal.domain.plans import PLANS, SOLD_PLANS, Plan
from portal.store import notice_planning
from portal.store.chunks import Place


@dataclass(frozen=True, slots=True)
class WindowsLeft:
    """Where the planning goes on: windows still to be looked at, and the place in the first of them."""

    windows: tuple[tuple[int, Window], ...]
    """Each with the days of grace of the plans it is about."""
    after: Place | None


def plan_notices(
    session: Session, cursor: WindowsLeft | None, *, today: date, now: datetime
) -> tuple[int, WindowsLeft | None]:
    """Plan one piece of the notices due by today; return how many, and where to go on if not done.

    Mailboxes that expire with their domain hear of it from the hosting area. Source: domain.md 3.6, 12.
    """
    at = cursor or WindowsLeft(_all_windows(today), None)
    (grace_days, window), *others = at.windows
    count, after = notice_planning.plan_window(
        session, window, _plans_with(grace_days), at.after, today=today, now=now
    )
    if after is not None:
        return count, WindowsLeft(at.windows, after)
    return count, WindowsLeft(tuple(others), None) if others else None


def plan_quota_warnings(
    session: Session, cursor: Place | None, *, today: date, now: datetime
) -> tuple[int, Place | None]:
    """Plan one piece of the warnings of mailboxes that have filled up. Source: domain.md 3.2, 12."""
    longest = max(PLANS[plan].grace_days for plan in SOLD_PLANS)
    oldest = today - timedelta(days=longest)
    return notice_planning.plan_quota(session, cursor, today=today, oldest=oldest, now=now)


def _all_windows(today: date) -> tuple[tuple[int, Window], ...]:
    graces = sorted({PLANS[plan].grace_days for plan in SOLD_PLANS})
    return tuple((grace_days, window) for grace_days in graces for window in windows(today, grace_days))


def _plans_with(grace_days: int) -> Sequence[Plan]:
    return [plan for plan in SOLD_PLANS if PLANS[plan].grace_days == grace_days]
