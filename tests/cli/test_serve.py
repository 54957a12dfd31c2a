"""`portal serve` as a real process: several processes, one database, a clean end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from urllib.error import URLError
from urllib.request import urlopen

from tests.servers.portal import ROOT
from tests.servers.processes import free_port, stop, wait_until

HIDDEN = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
AMBIGUOUS = {
    "both lengths": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "two lengths": b"Content-Length: 5\r\nContent-Length: 0\r\n",
    "a list of lengths": b"Content-Length: 0, 5\r\n",
    "a signed length": b"Content-Length: +0\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n",
    "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "a space before the colon": b"Transfer-Encoding : chunked\r\n",
    "a folded line": b"X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
}
"""What two servers in a row could read as requests of different lengths (request smuggling)."""


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
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/healthz"), "the server", seconds=60)
        assert all(answers(f"http://127.0.0.1:{port}/readyz") for _ in range(8))
        assert answered(port, b"Transfer-Encoding: chunked\r\n") == 2, "of clear length, there are two"
        assert {name: answered(port, head) for name, head in AMBIGUOUS.items()} == dict.fromkeys(AMBIGUOUS, 1)
    finally:
        code = stop(process, by=signal.SIGTERM)
        _, errors = process.communicate()

    assert code == 0, errors.decode()
    assert b"Traceback" not in errors


def answered(port: int, head: bytes) -> int:
    """Return how many requests the server saw in a request of unclear length with another inside it."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(b"POST /accedi HTTP/1.1\r\nHost: localhost\r\n" + head + b"\r\n0\r\n\r\n" + HIDDEN)
        line.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: line.recv(65_536), b""))
    return said.count(b"HTTP/1.1 ")


def answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False
