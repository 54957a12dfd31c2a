"""A mail platform that remembers in memory what became of each mailbox, and on which day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from portal.ports import MailboxOrder


class RememberingPlatform:
    """Acts once per key, as the port says."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._keys: set[str] = set()
        self._ends: dict[str, list[tuple[date, str]]] = {}

    def ends_of(self, address: str) -> list[tuple[date, str]]:
        """Return on which days it was told to suspend, restore or cancel the mailbox."""
        return self._ends.get(address, [])

    def apply(self, order: MailboxOrder) -> None:
        """Renewals are in the portal's own books."""

    def suspend(self, key: str, address: str) -> None:
        self._note(key, address, "suspended")

    def restore(self, key: str, address: str) -> None:
        self._note(key, address, "active")

    def cancel(self, key: str, address: str) -> None:
        self._note(key, address, "cancelled")

    def _note(self, key: str, address: str, what: str) -> None:
        if key not in self._keys:
            self._keys.add(key)
            self._ends.setdefault(address, []).append((self._today(), what))
