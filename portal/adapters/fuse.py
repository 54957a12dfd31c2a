"""A circuit breaker: what failed several times in a row is left alone, so that pages stay fast.

Source: hardening.md R05.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar

from portal.ports import Unavailable, Unreachable

FAILURES_IN_A_ROW = 3
REST = timedelta(seconds=30)
Answer = TypeVar("Answer")


class Fuse:
    """Stands before one outside system in this process; nobody waits while it rests, then one call tries."""

    def __init__(self, name: str, clock: Callable[[], datetime]) -> None:
        self._name = name
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._resting_until: datetime | None = None

    @property
    def is_resting(self) -> bool:
        """Say whether the system is left alone just now."""
        return self._resting_until is not None and self._clock() < self._resting_until

    def through(self, act: Callable[[], Answer]) -> Answer:
        """Return what the call answers. Raises Unreachable at once while the system rests."""
        self._enter()
        try:
            answer = act()
        except Unavailable:
            self._note_failure()
            raise
        with self._lock:
            self._failures, self._resting_until = 0, None
        return answer

    def _enter(self) -> None:
        """Raise Unreachable while it rests; afterwards one call tries, and the others go on as before."""
        with self._lock:
            if self._resting_until is None:
                return
            if self._clock() < self._resting_until:
                raise Unreachable(f"{self._name} did not answer a moment ago")
            self._resting_until = self._clock() + REST

    def _note_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_IN_A_ROW:
                self._resting_until = self._clock() + REST
