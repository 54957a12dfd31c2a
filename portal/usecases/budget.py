"""Money needed: the year ahead by month, and what bringing all mailboxes to one date would cost."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.alignment import Alignment, align, farthest_target
from portal.domain.forecast import YearAhead, year_ahead
from portal.store import home
from portal.store.prices import prices_on
from portal.usecases.selection import account_of


def year(session: Session, subject: Subject, *, today: date) -> YearAhead:
    """Return the twelve months ahead. Raises NotFound for a mailbox's own session."""
    groups = home.renewals_ahead(session, account_of(subject), today)
    return year_ahead(groups, prices_on(session, today).at_list_price(), today=today)


def simulate(session: Session, subject: Subject, target: date | None, *, today: date) -> Alignment | None:
    """Return what bringing all to `target` would cost; without one, to the latest expiry there is.

    None where the account has nothing to renew. Raises NotFound for a mailbox's own session.
    """
    groups = home.renewables_by_day(session, account_of(subject), today)
    if not groups:
        return None
    latest = max(group.expires_on for group in groups)
    goal = target or min(max(latest, today), farthest_target(today))
    return align(groups, prices_on(session, today).at_list_price(), goal)
