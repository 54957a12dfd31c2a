"""Worker processes as an operator runs them, with a supervisor that starts them again when they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread

from tests.servers.portal import PortalProcess

THREADS = 4
COMMAND = "dramatiq workers.main:production --worker-shutdown-timeout 25000"


class Crew:
    """`dramatiq workers.main:production` under a supervisor; kill what you like of it."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, processes: int) -> None:
        words = f"{COMMAND} --processes {processes} --threads {THREADS // processes}".split()
        self._process = PortalProcess(*words, folder=folder, environment=environment)
        self._over = Event()
        self._supervisor = Thread(target=self._supervise, daemon=True)
        self.starts = 0

    def start(self) -> Crew:
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

    def kill_one_worker(self) -> None:
        """End one of its worker processes at once."""
        os.kill(self._workers()[0], signal.SIGKILL)

    @property
    def log(self) -> str:
        return self._process.log

    def _start(self) -> None:
        self.starts += 1
        self._process.start()

    def _supervise(self) -> None:
        while not self._over.wait(0.05):
            if not self._process.is_running():
                self._start()

    def _workers(self) -> list[int]:
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [child for child in map(int, children) if "resource_tracker" not in _command_of(child)]


def _command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
