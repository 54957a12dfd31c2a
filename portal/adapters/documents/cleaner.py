"""Gives files to the cleaning process, one at a time, and believes nothing that it says without looking."""

from __future__ import annotations

import json
import subprocess
import sys
from threading import BoundedSemaphore

from portal.domain.documents import (
    MOST_PAGES,
    CleanDocument,
    DocumentKind,
    DocumentProblem,
    DocumentRefused,
    check_size,
    format_of,
)
from portal.ports import Unavailable

COMMAND = (sys.executable, "-I", "-m", "portal.adapters.documents.cleaning")
SECONDS = 20
PATIENCE_SECONDS = 5
LONGEST_HEAD = 200


class SeparateCleaner:
    """The cleaner port. One file at a time in each web process: uploads wait for each other, pages do not."""

    def __init__(self) -> None:
        self._turn = BoundedSemaphore(1)

    def clean(self, data: bytes) -> CleanDocument:
        """Return what the file became. Raises DocumentRefused, Unavailable where too many wait."""
        check_size(len(data))
        format_of(data)
        if not self._turn.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable("too many documents at once")
        try:
            answer = _answer_about(data)
        finally:
            self._turn.release()
        return _read(answer)


def _answer_about(data: bytes) -> bytes:
    """Return what the process says; one that dies or takes too long was broken by the file."""
    try:
        done = subprocess.run(
            COMMAND, input=data, capture_output=True, timeout=SECONDS, check=True, env={}, cwd="/"
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
        raise DocumentRefused(DocumentProblem.BROKEN) from failure
    return done.stdout


def _read(answer: bytes) -> CleanDocument:
    """Return the document in an answer; the process has seen the file, so its word is checked."""
    head, _, content = answer.partition(b"\n")
    try:
        told = json.loads(head[:LONGEST_HEAD])
        if "problem" in told:
            raise DocumentRefused(DocumentProblem(told["problem"]))
        kind, pages = DocumentKind(told["kind"]), int(told["pages"])
    except (ValueError, KeyError, TypeError) as failure:
        raise DocumentRefused(DocumentProblem.BROKEN) from failure
    check_size(len(content))
    if format_of(content).value != kind.value or not 1 <= pages <= MOST_PAGES:
        raise DocumentRefused(DocumentProblem.BROKEN)
    return CleanDocument(kind, content, pages)
