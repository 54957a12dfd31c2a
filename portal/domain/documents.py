"""Identity documents that customers send, and which of them are taken. Source: hardening.md S43."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from portal.domain.errors import DomainError

LARGEST_BYTES = 5 * 1024 * 1024
"""Of one file as it comes, and as it is kept."""
LARGEST_PIXELS = 24_000_000
SMALLEST_SIDE = 200
"""Pixels below which nobody reads a name."""
MOST_PAGES = 10
MOST_FILES = 4
"""Of one mailbox at a time: the two sides of a card, twice."""
MOST_A_DAY = 20
"""Files that one account or mailbox may send in 24 hours, those it deleted again included."""
_PDF, _JPEG, _PNG = b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


class DocumentKind(StrEnum):
    """What a document is kept as; a PNG is kept as a JPEG."""

    PDF = "pdf"
    JPEG = "jpeg"


class Format(StrEnum):
    """What a file may come as."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"


class DocumentProblem(StrEnum):
    """Why a file is not taken."""

    MISSING = "missing"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    WRONG_FORMAT = "wrong_format"
    BROKEN = "broken"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    TOO_MANY_PAGES = "too_many_pages"
    ACTIVE = "active"
    """A PDF that does something by itself, or carries other files."""
    PROTECTED = "protected"
    INFECTED = "infected"
    TOO_MANY_FILES = "too_many_files"
    TOO_OFTEN = "too_often"


class DocumentRefused(DomainError):
    """The file is not taken, and nothing of it is kept."""

    def __init__(self, problem: DocumentProblem) -> None:
        super().__init__(problem)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class CleanDocument:
    """A document made anew from what was sent: nothing is in it but pages or one picture."""

    kind: DocumentKind
    content: bytes
    pages: int


def format_of(start: bytes) -> Format:
    """Return what a file is by its first bytes; its name and its sender's word count for nothing.

    Raises DocumentRefused. Source: hardening.md S43.
    """
    for mark, found in ((_PDF, Format.PDF), (_JPEG, Format.JPEG), (_PNG, Format.PNG)):
        if start.startswith(mark):
            return found
    raise DocumentRefused(DocumentProblem.WRONG_FORMAT)


def check_size(size: int) -> None:
    """Raise DocumentRefused for a file that is empty or too large."""
    if size == 0:
        raise DocumentRefused(DocumentProblem.EMPTY)
    if size > LARGEST_BYTES:
        raise DocumentRefused(DocumentProblem.TOO_LARGE)


def check_room(living: int, today: int) -> None:
    """Raise DocumentRefused where a mailbox has as many files, or its owner sent as many, as may be."""
    if living >= MOST_FILES:
        raise DocumentRefused(DocumentProblem.TOO_MANY_FILES)
    if today >= MOST_A_DAY:
        raise DocumentRefused(DocumentProblem.TOO_OFTEN)
