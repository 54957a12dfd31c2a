"""The notices of a day, planned in sets: each milestone of each expiry once, the latest alone.

Source: domain.md 12, hardening.md R20, R21.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.notices import windows
from portal.domain.plans import PLANS, SOLD_PLANS
from portal.store import notice_planning
from portal.store.chunks import Place


@dataclass(frozen=True, slots=True)
class GracesLeft:
    """Where the planning goes on: the kinds of plan still to be looked at, and the place in the first."""

    graces: tuple[int, ...]
    """How many days each of them is kept after its expiry."""
    after: Place | None


def plan_notices(
    session: Session, cursor: GracesLeft | None, *, today: date, now: datetime
) -> tuple[int, GracesLeft | None]:
    """Plan one piece of the notices due by today; return how many, and where to go on if not done.

    Mailboxes that expire with their domain hear of it from the hosting area. Source: domain.md 3.6, 12.
    """
    at = cursor or GracesLeft(_graces(), None)
    grace_days, *others = at.graces
    plans = [plan for plan in SOLD_PLANS if PLANS[plan].grace_days == grace_days]
    count, after = notice_planning.plan_reached(session, windows(today, grace_days), plans, at.after, now=now)
    if after is not None:
        return count, GracesLeft(at.graces, after)
    return count, GracesLeft(tuple(others), None) if others else None


def plan_quota_warnings(
    session: Session, cursor: Place | None, *, today: date, now: datetime
) -> tuple[int, Place | None]:
    """Plan one piece of the warnings of mailboxes that have filled up. Source: domain.md 3.2, 12."""
    longest = max(PLANS[plan].grace_days for plan in SOLD_PLANS)
    oldest = today - timedelta(days=longest)
    return notice_planning.plan_quota(session, cursor, today=today, oldest=oldest, now=now)


def _graces() -> tuple[int, ...]:
    return tuple(sorted({PLANS[plan].grace_days for plan in SOLD_PLANS}))
