"""A command of the portal under a supervisor, as an operator runs it: started again whenever it ends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Self

from tests.servers.portal import PortalProcess


class Supervised:
    """One command that stays up until `stop`; kill what you like of it."""

    def __init__(
        self, *command: str, folder: Path, environment: Mapping[str, str], pause_seconds: float = 0.05
    ) -> None:
        self._process = PortalProcess(*command, folder=folder, environment=environment)
        self._pause = pause_seconds
        self._over = Event()
        self._supervisor = Thread(target=self._supervise, daemon=True)
        self._started_at = 0.0
        self.starts = 0

    def start(self) -> Self:
        """Start it; it stays up until `stop`."""
        self._start()
        self._supervisor.start()
        return self

    def stop(self) -> int:
        """Ask it to end, as a deploy does; return its exit code."""
        self._over.set()
        self._supervisor.join()
        return self._process.stop()

    def kill(self) -> None:
        """End all of it at once; the supervisor starts it again."""
        self._process.kill()

    @property
    def log(self) -> str:
        return self._process.log

    @property
    def age(self) -> float:
        """Return for how many seconds it has been up."""
        return time.monotonic() - self._started_at

    def _start(self) -> None:
        self.starts += 1
        self._started_at = time.monotonic()
        self._process.start()

    def _supervise(self) -> None:
        while not self._over.wait(self._pause):
            if not self._process.is_running():
                self._start()
