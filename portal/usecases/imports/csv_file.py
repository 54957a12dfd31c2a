"""Reads a CSV file row by row, with the physical line of each, whatever the spreadsheet made of it."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import BinaryIO, Self

from portal.usecases.imports.problems import FileRefused, Problem, Reason

LONGEST_LINE = 1 << 20
"""Characters; a longer line is no row of ours, and reading it whole could fill the memory."""

_SIGNATURES = {
    b"PK\x03\x04": Reason.SPREADSHEET,
    b"\xd0\xcf\x11\xe0": Reason.SPREADSHEET,
    b"\xff\xfe": Reason.UTF16,
    b"\xfe\xff": Reason.UTF16,
}
"""How files begin that are no UTF-8 text."""


@dataclass(frozen=True, slots=True)
class Row:
    """One data row: the line it begins on and its values as they stand, by column."""

    line: int
    values: dict[str, str]
    surplus: int = 0
    """Empty values beyond those of the header: separators left over, or a value that contains one."""


def read_rows(
    file: BinaryIO, *, required: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[Row | Problem]:
    """Yield every row, or what is wrong with it; rows of nothing but separators are passed over.

    UTF-8 with or without a byte order mark; comma or semicolon, by the header row.
    Raises FileRefused when the header or the reading itself is broken. Source: product.md 5.
    """
    with _Lines(file) as lines:
        records = _records(lines, _delimiter(lines))
        header = _header(next(records, None), required, optional)
        for record in records:
            if isinstance(record, Problem):
                yield record
            elif any(not value.isspace() for value in record.cells if value):
                yield _row(record, header)


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]


class _Lines:
    """The physical lines of the file, each checked to be UTF-8 and of a sane length, and counted."""

    def __init__(self, file: BinaryIO) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape", newline="")
        self._returned: list[str] = []
        self.number = 0
        """The line last read, from 1."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        """Leave the file open, as it came."""
        self._text.detach()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.pop() if self._returned else self._text.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        self._check(line)
        return line

    def put_back(self, line: str) -> None:
        """Read this line again next."""
        self._returned.append(line)
        self.number -= 1

    def _check(self, line: str) -> None:
        if self.number == 1:
            start = line[:4].encode("utf-8", "surrogateescape")
            for signature, reason in _SIGNATURES.items():
                if start.startswith(signature):
                    raise _refused(1, reason)
        if len(line) >= LONGEST_LINE:
            raise _refused(self.number, Reason.LINE_TOO_LONG, limit=LONGEST_LINE)
        if not line.isascii():
            try:
                line.encode("utf-8")
            except UnicodeEncodeError as undecodable:
                before = line[: undecodable.start].rsplit(maxsplit=1)
                raise _refused(self.number, Reason.NOT_UTF8, after="".join(before[-1:])) from undecodable


def _delimiter(lines: _Lines) -> str:
    """Return the separator, by the first line that says something, which stays to be read."""
    for line in lines:
        if line.lower().startswith("sep=") and len(line.strip()) == len("sep=") + 1:
            return line[4]
        if not line.strip():
            continue
        lines.put_back(line)
        if "\t" in line and not set(line) & {",", ";"}:
            raise _refused(lines.number + 1, Reason.TAB_SEPARATED)
        return ";" if line.count(";") > line.count(",") else ","
    raise _refused(0, Reason.EMPTY_FILE)


def _records(lines: _Lines, delimiter: str) -> Iterator[_Record | Problem]:
    """Yield the records; a broken one within a single line is a problem, a run-away quote ends it all."""
    before = lines.number
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        first = before + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            if lines.number > first or "end of data" in str(broken):
                raise _refused(first, Reason.OPEN_QUOTES, last=lines.number) from broken
            reason = Reason.FIELD_TOO_LONG if "field limit" in str(broken) else Reason.BROKEN_QUOTES
            yield Problem(first, "", reason, {"limit": csv.field_size_limit()})
        else:
            yield _Record(first, cells)
        before = lines.number


@dataclass(frozen=True, slots=True)
class _Header:
    columns: list[str]
    width: int
    """Its values, counted with the empty ones at the end: separators that a spreadsheet left over."""


def _header(record: _Record | Problem | None, required: Sequence[str], optional: Sequence[str]) -> _Header:
    """Return the column names in the order of the file. Raises FileRefused."""
    if record is None:
        raise _refused(0, Reason.EMPTY_FILE)
    if isinstance(record, Problem):
        raise FileRefused([record])
    names = [name.strip().lower() for name in record.cells]
    while names and not names[-1]:
        names.pop()
    problems = list(_header_problems(record.line, names, required, optional))
    if problems:
        raise FileRefused(problems)
    return _Header(names, len(record.cells))


def _header_problems(
    line: int, names: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> Iterable[Problem]:
    known = [*required, *optional]
    for name, count in Counter(names).items():
        if not name:
            yield Problem(line, "", Reason.NAMELESS_COLUMN, {"position": names.index(name) + 1})
        elif name not in known:
            near = get_close_matches(name, known, n=1)
            yield Problem(line, name, Reason.UNKNOWN_COLUMN, {"near": "".join(near)})
        elif count > 1:
            yield Problem(line, name, Reason.DUPLICATE_COLUMN, {"count": count})
    for name in required:
        if name not in names:
            yield Problem(line, name, Reason.MISSING_COLUMN)


def _row(record: _Record, header: _Header) -> Row | Problem:
    cells, expected = record.cells, len(header.columns)
    if len(cells) < expected:
        return Problem(record.line, "", Reason.TOO_FEW_VALUES, {"found": len(cells), "expected": expected})
    surplus = max(0, len(cells) - header.width)
    if any(cell.strip() for cell in cells[expected:]):
        return too_many_values(record.line, len(cells), expected)
    return Row(record.line, dict(zip(header.columns, cells, strict=False)), surplus)


def too_many_values(line: int, found: int, expected: int) -> Problem:
    """Return the problem of a row with more values than the file has columns."""
    return Problem(line, "", Reason.TOO_MANY_VALUES, {"found": found, "expected": expected})


def _refused(line: int, reason: Reason, **values: object) -> FileRefused:
    return FileRefused([Problem(line, "", reason, values)])
