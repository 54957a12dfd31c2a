"""What runs in a process of its own, forked from one that has all imports, and may end at any line.

A fresh interpreter takes a second and more to import the portal; such a fork takes hundredths of one.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryFile

from portal.cli import main

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_CONTEXT = get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["workers.main", "portal.cli.demo", "portal.cli.payments", "tests.kills.acts"]
)
SECONDS = 60


def die_with_parent() -> None:
    """Let Linux end this process when the thread that started it ends."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def done_aside(act: Callable[..., None], *about: object, environment: Mapping[str, str]) -> int:
    """Do it with these PORTAL_* variables, and these alone, in a process of its own; return its exit code.

    `act` is a function of a module. Raises TimeoutError.
    """
    process = _CONTEXT.Process(target=_do, args=(act, about, dict(environment)), daemon=True)
    process.start()
    process.join(SECONDS)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"{act.__name__}: not within {SECONDS} s")
    return process.exitcode


def _do(act: Callable[..., None], about: tuple[object, ...], environment: dict[str, str]) -> None:
    _take(environment)
    act(*about)


class Forked:
    """`portal …` in a session of its own, asked like a `subprocess.Popen`; it never outlives the tests."""

    def __init__(
        self,
        words: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        log: Path,
        typed: str = "",
    ) -> None:
        self._process = _CONTEXT.Process(
            target=_be, args=(list(words), folder, dict(environment), log, typed), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise subprocess.TimeoutExpired("portal", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()


def _be(words: list[str], folder: Path, environment: dict[str, str], log: Path, typed: str) -> None:
    """Become the command: its session, folder, variables, input and output."""
    os.setsid()
    die_with_parent()
    os.chdir(folder)
    with log.open("ab") as end, TemporaryFile() as pipe:
        pipe.write(typed.encode())
        pipe.seek(0)
        os.dup2(pipe.fileno(), 0)
        os.dup2(end.fileno(), 1)
        os.dup2(end.fileno(), 2)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    _take(environment)
    main(words)


def _take(environment: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith("PORTAL_")]:
        del os.environ[name]
    os.environ.update(environment)
