"""What must be true once everything has come to rest, whatever died on the way. Source: hardening.md 3.3."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.dates import rome_day
from portal.usecases import audit as checks


def audit(session: Session, now: datetime) -> list[str]:
    """Return every contradiction in the data; an empty list is what a test wants."""
    return [f"{found.check}: {found.what}" for found in checks.audit(session, today=rome_day(now), now=now)]
