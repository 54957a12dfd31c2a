"""Choosing another password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.usecases import access, security_notices


def change_password(session: Session, subject: Subject, new_hash: str, *, now: datetime) -> None:
    """Keep the new password's hash, end every session opened with the old one, and say so by mail (S21)."""
    access.set_password(session, subject, new_hash, now=now)
    security_notices.password_changed(session, subject, now=now)
