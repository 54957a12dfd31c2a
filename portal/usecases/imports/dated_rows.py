"""What the files of dated offers share: reading them to values with their lines, and periods."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Generic, TypeVar

from portal.usecases.imports.csv_file import read_rows
from portal.usecases.imports.problems import Problem, Reason, RowsRefused
from portal.usecases.imports.values import Values

Offer = TypeVar("Offer")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows of the file did what."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class Line(Generic[Offer]):
    """An offer as the file has it, with its physical line."""

    number: int
    offer: Offer


def read_lines(
    file: BinaryIO,
    parse: Callable[[Values], Offer | None],
    *,
    required: Sequence[str],
    optional: Sequence[str],
) -> list[Line[Offer]]:
    """Return the file's offers; `parse` notes what is wrong with a row. Raises FileRefused, RowsRefused."""
    lines: list[Line[Offer]] = []
    problems: list[Problem] = []
    for row in read_rows(file, required=required, optional=optional):
        if isinstance(row, Problem):
            problems.append(row)
            continue
        values = Values(row)
        offer = parse(values)
        problems += values.verdict()
        if offer is not None:
            lines.append(Line(row.line, offer))
    if problems:
        raise RowsRefused(problems)
    return lines


def period(values: Values) -> tuple[date | None, date | None]:
    """Return the first day, which is required, and the last one."""
    values.required("valid_from")
    first, last = values.day("valid_from"), values.day("valid_to")
    if first and last and last < first:
        values.refuse("valid_to", Reason.ENDS_BEFORE_START, first=first)
    return first, last


def shared_days(
    pairs: Sequence[tuple[Offer, Offer]], lines: Sequence[Line[Offer]], stored: Callable[[Offer], Problem]
) -> Iterator[Problem]:
    """Yield a problem for each row of the file that shares a day with another, of the file or stored.

    `stored` makes the problem of sharing one with that stored offer; its line is filled in here.
    """
    number: Mapping[int, int] = {id(line.offer): line.number for line in lines}
    for pair in pairs:
        earlier, later = sorted(pair, key=lambda offer: number.get(id(offer), 0))
        if id(earlier) in number:
            other = {"other_line": number[id(earlier)]}
            yield Problem(number[id(later)], "valid_from", Reason.OVERLAPS_LINE, other)
        elif id(later) in number:
            problem = stored(earlier)
            yield Problem(number[id(later)], problem.column, problem.reason, problem.values)
