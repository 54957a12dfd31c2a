"""Brings in the operator's list of extras: dated rows, never changed once they have been on offer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.extras import Extra
from portal.store.extras import ExtraRow
from portal.usecases.imports.dated_rows import Imported, Line, period, read_lines, shared_days
from portal.usecases.imports.prices import LARGEST_NET
from portal.usecases.imports.problems import Problem, Reason, RowsRefused
from portal.usecases.imports.values import Values

REQUIRED = ("code", "name_it", "net", "valid_from")
OPTIONAL = (
    *("name_en", "name_de", "description_it", "description_en", "description_de"),
    *("valid_to", "note"),
)
"""`note` is for whoever reads the file; it is not kept."""

LONGEST_NAME, LONGEST_DESCRIPTION = 80, 300


def import_extras(session: Session, file: BinaryIO, *, today: date) -> Imported:
    """Add the file's extras to the list.

    The same row again changes nothing. A row that has begun keeps its amount for good; its last day may be
    moved, not before today, and its words be corrected. Raises FileRefused, RowsRefused.
    Source: domain.md 3.5.
    """
    lines = read_lines(file, _extra, required=REQUIRED, optional=OPTIONAL)
    stored = {(row.code, row.valid_from): row for row in session.scalars(select(ExtraRow))}
    problems = [*_changes_of_the_past(lines, stored, today), *_overlaps(lines, stored)]
    if problems:
        raise RowsRefused(sorted(problems, key=lambda problem: problem.line))
    return _write(session, lines, stored)


def _extra(values: Values) -> Extra | None:
    values.required("code")
    values.required("name_it")
    code, net = values.code("code").lower(), values.amount("net", limit=LARGEST_NET)
    name_it, name_en, name_de = _in_each_language(values, "name", LONGEST_NAME)
    told_it, told_en, told_de = _in_each_language(values, "description", LONGEST_DESCRIPTION)
    first, last = period(values)
    if values.problems or first is None:
        return None
    return Extra(
        code, name_it, name_en or name_it, net, first, last, told_it, told_en or told_it, name_de, told_de
    )


def _in_each_language(values: Values, what: str, limit: int) -> list[str]:
    return [_words(values, f"{what}_{language}", limit) for language in ("it", "en", "de")]


def _words(values: Values, column: str, limit: int) -> str:
    words = values.text(column)
    if len(words) > limit:
        values.refuse(column, Reason.WORDS_TOO_LONG, limit=limit)
    return words


_Lines = Sequence[Line[Extra]]
_Stored = Mapping[tuple[str, date], ExtraRow]


def _changes_of_the_past(lines: _Lines, stored: _Stored, today: date) -> Iterator[Problem]:
    for line in lines:
        row = stored.get((line.offer.code, line.offer.valid_from))
        if row is not None and not _is_permitted(row.as_extra(), line.offer, today):
            yield Problem(line.number, "", Reason.ALREADY_IN_FORCE, {"since": row.valid_from})


def _is_permitted(before: Extra, after: Extra, today: date) -> bool:
    """Say whether no day up to yesterday, and no amount ever shown, would change."""
    if before.valid_from > today or before.valid_to == after.valid_to:
        return before.valid_from > today or before.net_cents == after.net_cents
    ends = [before.valid_to, after.valid_to]
    return before.net_cents == after.net_cents and all(end is None or end >= today for end in ends)


def _overlaps(lines: _Lines, stored: _Stored) -> Iterator[Problem]:
    replaced = {(line.offer.code, line.offer.valid_from) for line in lines}
    kept = [row.as_extra() for key, row in stored.items() if key not in replaced]
    every = sorted([*kept, *(line.offer for line in lines)], key=lambda extra: extra.valid_from)
    pairs = [pair for pair in combinations(every, 2) if pair[0].overlaps(pair[1])]
    return shared_days(pairs, lines, _shared_with)


def _shared_with(other: Extra) -> Problem:
    period_told = {"first": other.valid_from, "last": other.valid_to}
    return Problem(0, "valid_from", Reason.OVERLAPS_STORED, period_told)


def _write(session: Session, lines: _Lines, stored: _Stored) -> Imported:
    added = changed = 0
    for line in lines:
        offer, row = line.offer, stored.get((line.offer.code, line.offer.valid_from))
        if row is not None and row.as_extra() == offer:
            continue
        added, changed = (added, changed + 1) if row else (added + 1, changed)
        row = row or ExtraRow(code=offer.code, valid_from=offer.valid_from)
        row.name_it, row.name_en, row.name_de = offer.name_it, offer.name_en, offer.name_de
        row.description_it, row.description_en = offer.description_it, offer.description_en
        row.description_de = offer.description_de
        row.net_cents, row.valid_to = offer.net_cents, offer.valid_to
        session.add(row)
    session.flush()
    return Imported(added, changed, len(lines) - added - changed)
