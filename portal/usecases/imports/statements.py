"""Reads a bank's statement, whatever it comes as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.statements import Identified, OurAccounts, identify
from portal.usecases.imports.problems import FileRefused, Problem, Reason
from portal.usecases.imports.statement_camt import read_camt
from portal.usecases.imports.statement_csv import read_csv

LARGEST_FILE = 64 * 1024 * 1024
"""Bytes: some hundred thousand movements."""


@dataclass(frozen=True, slots=True)
class Statement:
    """The movements of a file, each with its identity, and how many are not booked yet and so left out."""

    lines: Sequence[Identified]
    pending: int


def read_statement(data: bytes, ours: OurAccounts) -> Statement:
    """Return the movements of a camt.053 or CSV file. Raises FileRefused, RowsRefused."""
    if len(data) > LARGEST_FILE:
        raise FileRefused([Problem(0, "", Reason.FILE_TOO_LARGE, {"limit": LARGEST_FILE // 1024 // 1024})])
    is_xml = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"
    read = read_camt(data, ours) if is_xml else read_csv(data, ours)
    return Statement(identify(read.entries), read.pending)
