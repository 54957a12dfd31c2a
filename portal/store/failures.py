"""Failed tries of a name or of its known browser, kept where no loss of a cache forgets them (S13)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.store.base import Base, Id
from portal.store.dialects import changed, insert_for


class Failures(Base):
    """The tries of one key that came to nothing, since the last day without any."""

    __tablename__ = "sign_in_failures"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(100), unique=True)
    """Whose tries: a digest of the name, or the number of a browser that it has signed in from."""
    count: Mapped[int]
    failed_at: Mapped[datetime] = mapped_column(index=True)
    closed_until: Mapped[datetime]


def locked_failures(session: Session, key: str, now: datetime) -> Failures:
    """Return the key's row, made if there is none, until the end of the transaction nobody else's."""
    fresh = insert_for(session, Failures).values(key=key, count=0, failed_at=now, closed_until=now)
    session.execute(fresh.on_conflict_do_nothing(index_elements=["key"]))
    return session.scalars(select(Failures).where(Failures.key == key).with_for_update()).one()


def forget_failures(session: Session, key: str) -> None:
    """Open the key again."""
    session.execute(delete(Failures).where(Failures.key == key))


def delete_failures(session: Session, before: datetime, *, limit: int) -> int:
    """Delete counts of which nothing was added since; return how many."""
    old = select(Failures.id).where(Failures.failed_at < before).limit(limit)
    return changed(session, delete(Failures).where(Failures.id.in_(old)))
