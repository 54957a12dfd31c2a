"""Brings in the operator's price list: all rows or none, and never a change to what has been in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.money import Cents
from portal.domain.price_list import Item, Price, overlaps
from portal.domain.terms import DEFAULT_TERMS
from portal.store.prices import PriceRow
from portal.usecases.imports.dated_rows import Imported, Line, period, read_lines, shared_days
from portal.usecases.imports.problems import Problem, Reason, RowsRefused
from portal.usecases.imports.values import Values

REQUIRED = ("item", "net", "valid_from")
OPTIONAL = ("valid_to", "terms", "note")
"""`note` is for whoever reads the file; it is not kept."""

LARGEST_NET: Cents = 1_000_000
"""€ 10,000 a year: more is a slip of the decimal comma."""


def import_prices(session: Session, file: BinaryIO, *, today: date) -> Imported:
    """Add the file's prices to the price list.

    The same row again changes nothing. A row that has begun keeps its amount and terms for good; only its
    last day may be moved, not before today. Raises FileRefused, RowsRefused. Source: domain.md 8.1.
    """
    lines = read_lines(file, _price, required=REQUIRED, optional=OPTIONAL)
    stored = {(row.item, row.valid_from): row for row in session.scalars(select(PriceRow))}
    problems = [*_changes_of_the_past(lines, stored, today), *_overlaps(lines, stored)]
    if problems:
        raise RowsRefused(sorted(problems, key=lambda problem: problem.line))
    return _write(session, lines, stored)


def _price(values: Values) -> Price | None:
    item = values.choice("item", Item)
    net = values.amount("net", limit=LARGEST_NET)
    first, last = period(values)
    terms = values.terms("terms", DEFAULT_TERMS)
    if values.problems or item is None or first is None:
        return None
    return Price(item, net, first, last, terms)


_Stored = Mapping[tuple[Item, date], PriceRow]


def _changes_of_the_past(lines: Sequence[Line[Price]], stored: _Stored, today: date) -> Iterator[Problem]:
    for line in lines:
        row = stored.get((line.offer.item, line.offer.valid_from))
        if row is not None and not _is_permitted(row.as_price(), line.offer, today):
            yield Problem(line.number, "", Reason.ALREADY_IN_FORCE, {"since": row.valid_from})


def _is_permitted(before: Price, after: Price, today: date) -> bool:
    """Say whether no day up to yesterday, and no amount ever shown, would change."""
    if before == after or before.valid_from > today:
        return True
    same_offer = (before.net_cents, before.terms) == (after.net_cents, after.terms)
    ends = [before.valid_to, after.valid_to]
    return same_offer and all(end is None or end >= today for end in ends)


def _overlaps(lines: Sequence[Line[Price]], stored: _Stored) -> Iterator[Problem]:
    """Yield each row of the file that would share a day with another row, of the file or of the list."""
    replaced = {(line.offer.item, line.offer.valid_from) for line in lines}
    kept = [row.as_price() for key, row in stored.items() if key not in replaced]
    return shared_days(overlaps([*kept, *(line.offer for line in lines)]), lines, _shared_with)


def _shared_with(other: Price) -> Problem:
    period_told = {"first": other.valid_from, "last": other.valid_to}
    return Problem(0, "valid_from", Reason.OVERLAPS_STORED, period_told)


def _write(session: Session, lines: Sequence[Line[Price]], stored: _Stored) -> Imported:
    added = changed = 0
    for line in lines:
        price = line.offer
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
    return Imported(added, changed, len(lines) - added - changed)
