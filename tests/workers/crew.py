"""Worker processes as an operator runs them, with a supervisor that starts them again when they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

from tests.servers.supervised import Supervised

THREADS = 4
COMMAND = "dramatiq workers.main:production --worker-shutdown-timeout 25000"


class Crew(Supervised):
    """`dramatiq workers.main:production` under a supervisor."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, processes: int) -> None:
        words = f"{COMMAND} --processes {processes} --threads {THREADS // processes}".split()
        super().__init__(*words, folder=folder, environment=environment)

    def kill_one_worker(self) -> None:
        """End one of its worker processes at once."""
        os.kill(self._workers()[0], signal.SIGKILL)

    def _workers(self) -> list[int]:
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        return [child for child in map(int, children) if "resource_tracker" not in _command_of(child)]


def _command_of(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
