"""What must happen to mailboxes, told only when the clock struck and what customers paid.

It counts days and hours with arithmetic of its own, from the texts of the rules, and imports nothing of the
portal. Source: domain.md 4, 12, C16, hardening.md R21.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
TOLD_ON = (-90, -60, -30, -15, -7, -3, -1, 0, 1, 30, 60, 80, 87, 91)
"""Days from the expiry on which something is told. Source: domain.md 12."""
GRACE = 90
HOUR = timedelta(hours=1)
BY_DAY = range(7, 21)
"""The hours of Rome in which people are told something."""
TURNS = {
    "suspend": (10, range(24)),
    "cancel": (15, range(24)),
    "plan": (20, BY_DAY),
    "tell": (30, BY_DAY),
}
"""At which minute of which hours each part of the clock's work has its turn."""


def years_later(day: date, years: int) -> date:
    """Return the same day of a later year, 28 February where there is no 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 2, 28)


def turns_between(last: datetime | None, now: datetime) -> set[str]:
    """Return what had a turn after a moment and until now; all of it when there was no such moment."""
    if last is None or now - last > timedelta(days=1):
        return set(TURNS)
    hour, found = last.astimezone(UTC).replace(minute=0, second=0, microsecond=0), set()
    while hour <= now:
        for name, (minute, hours) in TURNS.items():
            turn = hour + timedelta(minutes=minute)
            if last < turn <= now and turn.astimezone(ROME).hour in hours:
                found.add(name)
        hour += HOUR
    return found


@dataclass
class Expected:
    """What the oracle holds of one mailbox."""

    expires_on: date
    told: set[tuple[date, int]] = field(default_factory=set)
    to_tell: tuple[date, int] | None = None
    """Planned and in no mail yet."""
    steps: dict[tuple[date, str], date] = field(default_factory=dict)
    """The day on which each step of each expiry had to be planned and the platform to hear of it."""
    renewed: list[tuple[date, date]] = field(default_factory=list)
    restored: list[date] = field(default_factory=list)
    """The days on which a renewal in suspension let the mailbox work again."""
    refused: int = 0
    credit: list[tuple[date, int]] = field(default_factory=list)
    """What money came to that renewed nothing: the last day on which it can be used, and how much."""
    gone: bool = False

    @property
    def ends(self) -> list[tuple[date, str]]:
        """Return what the platform had to hear besides renewals, and on which days."""
        steps = [(day, step) for (_, step), day in self.steps.items()]
        return sorted([*steps, *((day, "active") for day in self.restored)])

    def clock_strikes(self, today: date, turns: Iterable[str]) -> None:
        """Note what a clock that is alive has to do about this mailbox now, in the order of its work."""
        age = (today - self.expires_on).days
        if "suspend" in turns and 1 <= age <= GRACE:
            self.steps.setdefault((self.expires_on, "suspended"), today)
        if "cancel" in turns and age > GRACE:
            self.steps.setdefault((self.expires_on, "cancelled"), today)
            self.gone = True
        if "plan" in turns:
            self._plan(age)
        if "tell" in turns and self.to_tell is not None:
            self.told.add(self.to_tell)
            self.to_tell = None

    def credit_on(self, today: date) -> int:
        """Return how much of it can be used. Source: domain.md C9."""
        return sum(cents for last_day, cents in self.credit if last_day >= today)

    def money_too_late(self, today: date, cents: int) -> None:
        """Note money for an order that was cancelled: it is credit for a year. Source: domain.md 5 (4)."""
        self.credit.append((years_later(today, 1), cents))

    def money_comes(self, today: date, years: int, cents: int) -> bool:
        """Note a payment; return whether it renews the mailbox."""
        if (today - self.expires_on).days > GRACE:
            self.refused += 1
            self.money_too_late(today, cents)
            return False
        if today > self.expires_on:
            self.restored.append(today)
        after = years_later(self.expires_on, years)
        self.renewed.append((self.expires_on, after))
        self.expires_on, self.to_tell = after, None
        return True

    def _plan(self, age: int) -> None:
        reached = [day for day in TOLD_ON if day <= age]
        known = {*self.told, *([self.to_tell] if self.to_tell else [])}
        if reached and not any(on == self.expires_on and day >= reached[-1] for on, day in known):
            self.to_tell = (self.expires_on, reached[-1])


class Oracle:
    """All mailboxes; looks again at those alone of which something can have changed."""

    def __init__(self, boxes: dict[int, Expected]) -> None:
        self.boxes = boxes
        self._last: datetime | None = None
        self._seen: dict[str, date] = {}
        self._touched: set[int] = set()

    def strikes(self, now: datetime, today: date) -> None:
        """Note that the clock did its turns, and the workers what followed from them."""
        turns = turns_between(self._last, now)
        self._last = now
        is_new = any(self._seen.get(turn) != today for turn in turns)
        self._seen.update(dict.fromkeys(turns, today))
        for box in self.boxes if is_new else self._touched:
            self.boxes[box].clock_strikes(today, turns)
        if turns >= set(TURNS):
            self._touched.clear()

    def money_comes(self, box: int, today: date, years: int, cents: int) -> bool:
        """Note a payment for a mailbox; return whether it renews it."""
        self._touched.add(box)
        return self.boxes[box].money_comes(today, years, cents)
