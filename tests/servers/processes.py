"""Child processes that never outlive the tests, free ports, and waiting for something to become true."""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.servers.aside import Forked, die_with_parent


class NotReady(AssertionError):
    """Something did not become true in time."""


def start(command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
    """Start a child that Linux ends when the thread that started it ends, however that comes about."""
    with warnings.catch_warnings():
        # Python 3.12 warns of forks beside threads; this child only calls prctl before its program starts.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(command, preexec_fn=die_with_parent, **options)


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


def stop(process: subprocess.Popen[bytes] | Forked, *, by: int = signal.SIGTERM, seconds: float = 20) -> int:
    """End the process by a signal, by force when it takes longer than `seconds`; return its exit code."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait(seconds)
