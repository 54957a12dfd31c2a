"""The place of a virus scanner. This one knows the test virus alone; an operator puts a real one here."""

from __future__ import annotations

from portal.domain.documents import DocumentProblem, DocumentRefused

TEST_VIRUS = b"EICAR-STANDARD-ANTIVIRUS-" + b"TEST-FILE!"
"""Parted, so that no scanner finds this file."""


class TestVirusScanner:
    """The scanner port, for a portal without a scanner."""

    def scan(self, data: bytes) -> None:
        if TEST_VIRUS in data:
            raise DocumentRefused(DocumentProblem.INFECTED)
