"""The portal's own processes, started as an operator starts them, with what they wrote kept for reading."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import date
from itertools import count
from pathlib import Path

from portal.demo.calendar import DemoClock
from portal.domain.dates import rome_day
from portal.wiring import system_clock
from tests.servers.aside import Forked
from tests.servers.processes import free_port, start, stop, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = Path(sys.executable).parent


class PortalProcess:
    """One command of the portal, and its children, in a process group of its own."""

    def __init__(self, *command: str, folder: Path, environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = {**_inherited(), **environment}
        self._log = folder / f"{command[0]}.log"
        self._process: subprocess.Popen[bytes] | Forked | None = None

    def start(self) -> PortalProcess:
        """Start it; what it writes goes to the end of its log."""
        program, *words = self._command
        if program == "portal":
            self._process = Forked(words, folder=ROOT, environment=self._environment, log=self._log)
            return self
        with self._log.open("ab") as log:
            self._process = start(
                [PROGRAMS / program, *words],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        return self._running().pid

    @property
    def log(self) -> str:
        """Everything it wrote so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> int:
        """Ask it to end in good order; return its exit code."""
        code = stop(self._running())
        self._end_group()
        return code

    def kill(self) -> None:
        """End it and all its children at once, as a power cut would."""
        self._end_group()
        self._running().wait(20)

    def _running(self) -> subprocess.Popen[bytes] | Forked:
        if self._process is None:
            raise RuntimeError(f"{self._command[0]} was never started")
        return self._process

    def _end_group(self) -> None:
        try:
            os.killpg(self._running().pid, signal.SIGKILL)
        except ProcessLookupError:
            return


class DemoPortal(PortalProcess):
    """`portal demo` on a free port, with its data in a folder of its own; its first day is `on`, or today."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        *,
        on: date | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.port = free_port()
        self.url = f"http://{host}:{self.port}"
        own = {"PORT": str(self.port), "PORTAL_DATA": str(folder), "PORTAL_URL": self.url}
        if on:
            own["PORTAL_TODAY"] = on.isoformat()
        self._calendar = DemoClock(folder, system_clock)
        self._folder, self._commands = folder, count(1)
        super().__init__("portal", "demo", folder=folder, environment={**own, **(environment or {})})

    def today(self) -> date:
        """Return the civil day on which this demo is, wherever its calendar was moved."""
        return rome_day(self._calendar())

    def move_to(self, day: date) -> None:
        """Be on a later day at once; what would have happened meanwhile is caught up by the clock."""
        self._calendar.move_to(day)

    def setting(self, name: str) -> str:
        """Return a PORTAL_* variable that it was started with, or nothing."""
        return self._environment.get(name, "")

    def days_go_by(self, until: date) -> None:
        """Let the demo's days go by up to that one, each with its work and its mails."""
        self.operator("tick", "--on", until.isoformat())

    def operator(self, *words: str, typed: str = "") -> str:
        """Run a command of the operator on this demo's data, with what is piped into it; return what it said.

        Raises RuntimeError.
        """
        said = self._folder / f"operator-{next(self._commands)}.log"
        program = Forked(
            ["--demo", *words], folder=ROOT, environment=self._environment, log=said, typed=typed
        )
        code = program.wait(60)
        output = said.read_text(encoding="utf-8")
        if code:
            raise RuntimeError(f"portal {words[0]}: {output}")
        return output

    def wait(self, path: str = "/healthz", *, seconds: float = 120) -> None:
        """Return when a page answers; raises RuntimeError with the log when the process ended instead."""
        wait_until(lambda: self._answers(path), f"{self.url}{path}", seconds=seconds, pause=0.1)

    def _answers(self, path: str) -> bool:
        if not self.is_running():
            raise RuntimeError(f"the demo ended:\n{self.log}")
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


def _inherited() -> dict[str, str]:
    """Return this process's environment without the portal's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
