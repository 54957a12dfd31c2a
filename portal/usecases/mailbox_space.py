"""How full a mailbox and its archive are, and since when that is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from portal.domain.dates import rome_day
from portal.domain.plans import PLANS
from portal.domain.space import MB_PER_GB
from portal.store.base import AnyRow


class SpaceLevel(StrEnum):
    """The notices at 70, 90 and 100 per cent. Source: domain.md 3.2."""

    FINE = "fine"
    WARNING = "warning"
    NEARLY_FULL = "nearly_full"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Space:
    """How full a mailbox or an archive is."""

    used_mb: int
    capacity_mb: int

    @property
    def is_full(self) -> bool:
        return self.used_mb >= self.capacity_mb

    @property
    def percent(self) -> int:
        """Return the used per cent to the nearest whole; 100 or more only when full."""
        if not self.capacity_mb:
            return 100
        nearest = (200 * self.used_mb + self.capacity_mb) // (2 * self.capacity_mb)
        return nearest if self.is_full else min(nearest, 99)

    @property
    def level(self) -> SpaceLevel:
        """Return how urgent the space is. Source: domain.md 3.2."""
        if self.is_full:
            return SpaceLevel.FULL
        if 100 * self.used_mb >= 90 * self.capacity_mb:
            return SpaceLevel.NEARLY_FULL
        return SpaceLevel.WARNING if 100 * self.used_mb >= 70 * self.capacity_mb else SpaceLevel.FINE


def space_of(row: AnyRow) -> Space:
    base_gb = PLANS[row.plan].base_mailbox_gb
    return Space(row.mailbox_used_mb, (base_gb + row.extra_mailbox_gb) * MB_PER_GB)


def archive_of(row: AnyRow) -> Space | None:
    facts = PLANS[row.plan]
    if not facts.has_archive:
        return None
    return Space(row.archive_used_mb, (facts.base_archive_gb + row.extra_archive_gb) * MB_PER_GB)


def stale_since(read_at: datetime | None, today: date) -> date | None:
    """Return the day of a reading that more than one nightly turn has passed by."""
    day = rome_day(read_at) if read_at else None
    return day if day is not None and day < today - timedelta(days=1) else None
