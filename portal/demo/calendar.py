"""The demo's calendar: the real time of day, on a day that a person chose at first and moves forward."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from portal.domain.dates import ROME, rome_day

FILE = "days-ahead"


class DemoClock:
    """Real time, so many days ahead; the number is a file, which every process of the demo reads."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self._path = folder / FILE
        self._clock = clock

    def __call__(self) -> datetime:
        in_rome = self._clock().astimezone(ROME) + timedelta(days=self._days_ahead())
        return in_rome.astimezone(UTC)

    def begin_on(self, day: date) -> None:
        """Set the day on which a demo without any data begins, past or to come."""
        self._keep(day)

    def move_to(self, day: date) -> None:
        """Go on to that day. Raises ValueError for one before today's: what happened has happened."""
        if day < rome_day(self()):
            raise ValueError("the demo's calendar goes forward only")
        self._keep(day)

    def _keep(self, day: date) -> None:
        unfinished = self._path.with_suffix(".part")
        unfinished.write_text(str((day - rome_day(self._clock())).days), encoding="ascii")
        os.replace(unfinished, self._path)

    def _days_ahead(self) -> int:
        try:
            return int(self._path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return 0
