"""`portal serve` as a real process: several processes, one database, a clean end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers.portal import ROOT
from tests.servers.processes import free_port, stop, wait_until


def test_it_serves_pages_and_stops_cleanly(environment: dict[str, str]) -> None:
    port = free_port()
    command = [sys.executable, "-c", "from portal.cli import main; main()", "serve"]
    process = subprocess.Popen(
        [*command, "--bind", f"127.0.0.1:{port}", "--processes", "2"],
        env={"PATH": os.environ["PATH"], **environment},
        cwd=ROOT,
        stderr=subprocess.PIPE,
    )

    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), "the server")
        assert all(answers(f"http://127.0.0.1:{port}/readyz") for _ in range(8))
    finally:
        code = stop(process, by=signal.SIGTERM)
        _, errors = process.communicate()

    assert code == 0, errors.decode()
    assert b"Traceback" not in errors


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False
