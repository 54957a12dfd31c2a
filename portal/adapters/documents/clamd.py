"""Asks a clamd about files, by its INSTREAM command. What is not plainly «OK» is no harmless file.

Source: clamd(8), COMMANDS: a zero-ended command, chunks with their length before them, one answer.
"""

from __future__ import annotations

import socket
import time

from portal.adapters.outside import must_be_outside_transaction
from portal.domain.documents import DocumentProblem, DocumentRefused
from portal.ports import Unavailable
from portal.scanner_settings import VirusScanner

CHUNK = 64 * 1024
LONGEST_ANSWER = 1024
NOTHING, FOUND = b"stream: OK\0", b" FOUND\0"


class ClamdScanner:
    """The scanner port; one conversation a file, bounded in time and in what the other side may say."""

    def __init__(self, scanner: VirusScanner) -> None:
        self._scanner = scanner

    def scan(self, data: bytes) -> None:
        must_be_outside_transaction()
        try:
            answer = self._answer_about(data)
        except OSError as failure:
            raise Unavailable(f"the virus scanner: {type(failure).__name__}") from failure
        if answer.startswith(b"stream: ") and answer.endswith(FOUND):
            raise DocumentRefused(DocumentProblem.INFECTED)
        if answer != NOTHING:
            raise Unavailable(f"the virus scanner: {answer[:80]!r}")

    def _answer_about(self, data: bytes) -> bytes:
        deadline = time.monotonic() + self._scanner.timeout_seconds
        with self._line() as line:
            _say(line, b"zINSTREAM\0", deadline)
            for start in range(0, len(data), CHUNK):
                piece = data[start : start + CHUNK]
                _say(line, len(piece).to_bytes(4, "big") + piece, deadline)
            _say(line, (0).to_bytes(4, "big"), deadline)
            return _heard(line, deadline)

    def _line(self) -> socket.socket:
        if not self._scanner.path:
            address = (self._scanner.host, self._scanner.port)
            return socket.create_connection(address, self._scanner.timeout_seconds)
        line = socket.socket(socket.AF_UNIX)
        try:
            line.settimeout(self._scanner.timeout_seconds)
            line.connect(self._scanner.path)
        except OSError:
            line.close()
            raise
        return line


def _say(line: socket.socket, words: bytes, deadline: float) -> None:
    line.settimeout(_left(deadline))
    line.sendall(words)


def _heard(line: socket.socket, deadline: float) -> bytes:
    """Return the answer, with the zero byte that ends it; what never ends is no answer."""
    heard = b""
    while not heard.endswith(b"\0"):
        line.settimeout(_left(deadline))
        more = line.recv(LONGEST_ANSWER)
        heard += more
        if not more or len(heard) > LONGEST_ANSWER:
            raise ConnectionError("no whole answer")
    return heard


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
