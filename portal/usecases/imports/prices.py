"""Brings in the operator's price list: all rows or none, and never a change to what has been in force."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.money import Cents
from portal.domain.pricing import Item, Price, overlaps
from portal.domain.terms import DEFAULT_TERMS
from portal.store.prices import PriceRow
from portal.usecases.imports.csv_file import read_rows
from portal.usecases.imports.problems import Problem, Reason, RowsRefused
from portal.usecases.imports.values import Values

REQUIRED = ("item", "net", "valid_from")
OPTIONAL = ("valid_to", "terms", "note")
"""`note` is for whoever reads the file; it is not kept."""

LARGEST_NET: Cents = 1_000_000
"""€ 10,000 a year: more is a slip of the decimal comma."""
LONGEST_TERM = 10

_SPAN = re.compile(r"(?P<first>[0-9]{1,2})\s*-\s*(?P<last>[0-9]{1,2})")


@dataclass(frozen=True, slots=True)
class PricesImported:
    """How many rows of the file did what."""

    added: int
    changed: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Line:
    """A price as the file has it."""

    number: int
    price: Price


def import_prices(session: Session, file: BinaryIO, *, today: date) -> PricesImported:
    """Add the file's prices to the price list.

    The same row again changes nothing. A row that has begun keeps its amount and terms for good; only its
    last day may be moved, not before today. Raises FileRefused, RowsRefused. Source: domain.md 8.1.
    """
    lines = _read(file)
    stored = {(row.item, row.valid_from): row for row in session.scalars(select(PriceRow))}
    problems = [*_changes_of_the_past(lines, stored, today), *_overlaps(lines, stored)]
    if problems:
        raise RowsRefused(sorted(problems, key=lambda problem: problem.line))
    return _write(session, lines, stored)


def _read(file: BinaryIO) -> list[_Line]:
    lines: list[_Line] = []
    problems: list[Problem] = []
    for row in read_rows(file, required=REQUIRED, optional=OPTIONAL):
        if isinstance(row, Problem):
            problems.append(row)
            continue
        values = Values(row)
        price = _price(values)
        problems += values.verdict()
        if price is not None:
            lines.append(_Line(row.line, price))
    if problems:
        raise RowsRefused(problems)
    return lines


def _price(values: Values) -> Price | None:
    item = values.choice("item", Item)
    net = values.amount("net", limit=LARGEST_NET)
    values.required("valid_from")
    first, last = values.day("valid_from"), values.day("valid_to")
    terms = _terms(values)
    if first and last and last < first:
        values.refuse("valid_to", Reason.ENDS_BEFORE_START, first=first)
    if values.problems or item is None or first is None:
        return None
    return Price(item, net, first, last, terms)


def _terms(values: Values) -> frozenset[int]:
    """Return the years of «1-5», «1,2» or «3»; empty is one to five."""
    found = values.text("terms")
    if not found:
        return DEFAULT_TERMS
    years: set[int] = set()
    for part in found.split(","):
        span = _SPAN.fullmatch(part.strip())
        text = (span["first"], span["last"]) if span else (part.strip(), part.strip())
        if not all(re.fullmatch("[0-9]{1,2}", end) for end in text):
            values.refuse("terms", Reason.NOT_TERMS, found=found, limit=LONGEST_TERM)
            return DEFAULT_TERMS
        years |= set(range(int(text[0]), int(text[1]) + 1)) or {0}
    if not years <= set(range(1, LONGEST_TERM + 1)):
        values.refuse("terms", Reason.NOT_TERMS, found=found, limit=LONGEST_TERM)
    return frozenset(years)


_Stored = Mapping[tuple[Item, date], PriceRow]


def _changes_of_the_past(lines: Sequence[_Line], stored: _Stored, today: date) -> Iterator[Problem]:
    for line in lines:
        row = stored.get((line.price.item, line.price.valid_from))
        if row is not None and not _is_permitted(row.as_price(), line.price, today):
            yield Problem(line.number, "", Reason.ALREADY_IN_FORCE, {"since": row.valid_from})


def _is_permitted(before: Price, after: Price, today: date) -> bool:
    """Say whether no day up to yesterday, and no amount ever shown, would change."""
    if before == after or before.valid_from > today:
        return True
    same_offer = (before.net_cents, before.terms) == (after.net_cents, after.terms)
    ends = [before.valid_to, after.valid_to]
    return same_offer and all(end is None or end >= today for end in ends)


def _overlaps(lines: Sequence[_Line], stored: _Stored) -> Iterator[Problem]:
    """Yield each row of the file that would share a day with another row, of the file or of the list."""
    number = {id(line.price): line.number for line in lines}
    replaced = {(line.price.item, line.price.valid_from) for line in lines}
    kept = [row.as_price() for key, row in stored.items() if key not in replaced]
    for pair in overlaps([*kept, *(line.price for line in lines)]):
        earlier, later = sorted(pair, key=lambda price: number.get(id(price), 0))
        if id(earlier) in number:
            yield Problem(
                number[id(later)], "valid_from", Reason.OVERLAPS_LINE, {"other_line": number[id(earlier)]}
            )
        elif id(later) in number:
            period = {"first": earlier.valid_from, "last": earlier.valid_to}
            yield Problem(number[id(later)], "valid_from", Reason.OVERLAPS_STORED, period)


def _write(session: Session, lines: Sequence[_Line], stored: _Stored) -> PricesImported:
    added = changed = 0
    for line in lines:
        price = line.price
        row = stored.get((price.item, price.valid_from))
        if row is None:
            added += 1
            row = PriceRow(item=price.item, valid_from=price.valid_from)
            session.add(row)
        elif row.as_price() == price:
            continue
        else:
            changed += 1
        row.net_cents, row.valid_to = price.net_cents, price.valid_to
        row.terms = ",".join(str(years) for years in sorted(price.terms))
    session.flush()
    return PricesImported(added, changed, len(lines) - added - changed)
