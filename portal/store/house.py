"""What the operator has set and queries depend on: it travels with the session, as the engine does."""

from __future__ import annotations

from sqlalchemy.orm import Session

from portal.domain.renewal_calendar import RenewalCalendar, RenewalTerms

KEY = "auto_renewal"
"""Where a session keeps it; `wiring.Services` puts it there."""


def renewal_terms(session: Session) -> RenewalTerms:
    """Return what the operator has set about auto-renewal; the usual where nobody set anything."""
    terms: RenewalTerms = session.info.get(KEY) or RenewalTerms()
    return terms


def renewal_calendar(session: Session) -> RenewalCalendar:
    """Return the days on which auto-renewal announces, orders and charges."""
    return renewal_terms(session).calendar
