"""Brings in the operator's promotions: true ends only, and no code a second time. Source: domain.md 8.5."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.plans import SOLD_PLANS, Plan
from portal.domain.promotions import PROMOTION_TERMS, Promotion, overlapping
from portal.store.promotions import PromotionRow
from portal.usecases.imports.dated_rows import Imported, Line, period, read_lines, shared_days
from portal.usecases.imports.prices import LARGEST_NET
from portal.usecases.imports.problems import Problem, Reason, RowsRefused
from portal.usecases.imports.values import Values

REQUIRED = ("code", "plans", "net", "valid_from", "valid_to")
OPTIONAL = ("terms", "first_year_only", "note")
"""`note` is for whoever reads the file; it is not kept."""

_BETWEEN = re.compile(r"[\s,+/]+")


def import_promotions(session: Session, file: BinaryIO, *, today: date) -> Imported:
    """Add the file's promotions to those stored.

    The same row again changes nothing. One that has begun can only end earlier, from today on; one that has
    ended is never offered again under its code. Raises FileRefused, RowsRefused. Source: domain.md 8.5.
    """
    lines = read_lines(file, _promotion, required=REQUIRED, optional=OPTIONAL)
    stored = {row.code: row for row in session.scalars(select(PromotionRow))}
    problems = [*_repeated(lines), *_broken_promises(lines, stored, today), *_overlaps(lines, stored)]
    if problems:
        raise RowsRefused(sorted(problems, key=lambda problem: problem.line))
    return _write(session, lines, stored)


def _promotion(values: Values) -> Promotion | None:
    values.required("code")
    code, plans = values.code("code"), _plans(values)
    net = values.amount("net", limit=LARGEST_NET)
    terms, first_year_only = values.terms("terms", PROMOTION_TERMS), values.flag("first_year_only")
    values.required("valid_to")
    first, last = period(values)
    if values.problems or first is None or last is None:
        return None
    return Promotion(code, plans, net, first, last, terms, first_year_only)


def _plans(values: Values) -> frozenset[Plan]:
    """Return the plans of «pro, premium»."""
    named = [name for name in _BETWEEN.split(values.required("plans").lower()) if name]
    sold = [plan.value for plan in SOLD_PLANS]
    if unknown := [name for name in named if name not in sold]:
        values.refuse("plans", Reason.NOT_A_CHOICE, found=unknown[0], choices=sold)
        return frozenset()
    return frozenset(Plan(name) for name in named)


_Lines = Sequence[Line[Promotion]]
_Stored = Mapping[str, PromotionRow]


def _repeated(lines: _Lines) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for line in lines:
        other = first.setdefault(line.offer.code, line.number)
        if other != line.number:
            found = {"found": line.offer.code, "other_line": other}
            yield Problem(line.number, "code", Reason.REPEATED_CODE, found)


def _broken_promises(lines: _Lines, stored: _Stored, today: date) -> Iterator[Problem]:
    for line in lines:
        row = stored.get(line.offer.code)
        before = row.as_promotion() if row else line.offer
        if before == line.offer:
            continue
        said = {"code": before.code, "first": before.valid_from, "last": before.valid_to}
        if before.valid_to < today:
            yield Problem(line.number, "code", Reason.PROMOTION_ENDED, said)
        elif before.valid_from <= today and not _ends_earlier(before, line.offer, today):
            yield Problem(line.number, "valid_to", Reason.PROMOTION_BEGUN, said)


def _ends_earlier(before: Promotion, after: Promotion, today: date) -> bool:
    """Say whether nothing changes but the end, to an earlier day that has not passed."""
    same = (before.plans, before.yearly_cents, before.valid_from, before.terms, before.first_year_only) == (
        after.plans,
        after.yearly_cents,
        after.valid_from,
        after.terms,
        after.first_year_only,
    )
    return same and today <= after.valid_to <= before.valid_to


def _overlaps(lines: _Lines, stored: _Stored) -> Iterator[Problem]:
    replaced = {line.offer.code for line in lines}
    kept = [row.as_promotion() for code, row in stored.items() if code not in replaced]
    pairs = overlapping([*kept, *(line.offer for line in lines)])
    return shared_days(pairs, lines, _shared_with)


def _shared_with(other: Promotion) -> Problem:
    values = {"code": other.code, "first": other.valid_from, "last": other.valid_to}
    return Problem(0, "valid_from", Reason.PROMOTION_OVERLAPS, values)


def _write(session: Session, lines: _Lines, stored: _Stored) -> Imported:
    added = changed = 0
    for line in lines:
        offer, row = line.offer, stored.get(line.offer.code)
        if row is not None and row.as_promotion() == offer:
            continue
        added, changed = (added, changed + 1) if row else (added + 1, changed)
        row = row or PromotionRow(code=offer.code)
        row.plans = ",".join(plan for plan in SOLD_PLANS if plan in offer.plans)
        row.yearly_cents, row.first_year_only = offer.yearly_cents, offer.first_year_only
        row.valid_from, row.valid_to = offer.valid_from, offer.valid_to
        row.terms = ",".join(str(years) for years in sorted(offer.terms))
        session.add(row)
    session.flush()
    return Imported(added, changed, len(lines) - added - changed)
