"""Child processes that never outlive the tests, free ports, and waiting for something to become true."""

from __future__ import annotations

import ctypes
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class NotReady(AssertionError):
    """Something did not become true in time."""


def die_with_parent() -> None:
    """Ask Linux to end this child when the test process ends, however it ends."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port() -> int:
    """Return a TCP port of the loopback address that nobody listens on.

    It is below the range that outgoing connections take theirs from (32768 and up on Linux), so that
    none of those can be sitting on it when the server starts a moment later.
    """
    for _ in range(100):
        port = 20_000 + secrets.randbelow(12_000)
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise NotReady("no free port")


def wait_until(ready: Callable[[], bool], what: str, *, seconds: float = 20, pause: float = 0.02) -> None:
    """Return as soon as `ready()` is true; raises NotReady, which names `what`, after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise NotReady(f"{what}: not within {seconds} s")
        time.sleep(pause)


def stop(process: subprocess.Popen[bytes], *, by: int = signal.SIGTERM, seconds: float = 20) -> int:
    """End the process by a signal, by force when it takes longer than `seconds`; return its exit code."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait(seconds)
