"""Brings in the operator's conventions: all rows or none, and never a change to what has been in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.conventions import Convention, Payer, overlapping
from portal.domain.money import Cents
from portal.domain.plans import SOLD_PLANS, Plan
from portal.store.conventions import ConventionRow
from portal.usecases.imports.dated_rows import Imported, Line, period, read_lines, shared_days
from portal.usecases.imports.problems import Problem, Reason, RowsRefused
from portal.usecases.imports.values import Values

REQUIRED = ("code", "body", "payer", "term_years", "valid_from")
OPTIONAL = ("total_net", "plan", "valid_to", "note")
"""`note` is for whoever reads the file; it is not kept."""

LARGEST_TOTAL: Cents = 1_000_000
"""€ 10,000 a term: more is a slip of the decimal comma."""
LONGEST_TERM = 10
LONGEST_BODY = 120


def import_conventions(session: Session, file: BinaryIO, *, today: date) -> Imported:
    """Add the file's conventions to those stored.

    The same row again changes nothing. A row that has begun keeps payer, plan, term and price for good; its
    last day may be moved, not before today, and the body's name be corrected. Raises FileRefused,
    RowsRefused. Source: domain.md 8.6.
    """
    lines = read_lines(file, _convention, required=REQUIRED, optional=OPTIONAL)
    stored = {(row.code, row.valid_from): row for row in session.scalars(select(ConventionRow))}
    problems = [*_changes_of_the_past(lines, stored, today), *_overlaps(lines, stored)]
    if problems:
        raise RowsRefused(sorted(problems, key=lambda problem: problem.line))
    return _write(session, lines, stored)


def _convention(values: Values) -> Convention | None:
    values.required("code")
    code, body = values.code("code"), _body(values)
    payer = values.choice("payer", Payer)
    plan, term, total = _plan(values), _term(values), _total(values, payer)
    first, last = period(values)
    if values.problems or payer is None or first is None:
        return None
    return Convention(code, body, payer, plan, term, total, first, last)


def _body(values: Values) -> str:
    body = values.required("body")
    if len(body) > LONGEST_BODY:
        values.refuse("body", Reason.BODY_TOO_LONG, limit=LONGEST_BODY)
    return body


def _plan(values: Values) -> Plan:
    """Return the plan; empty is Standard, which conventions have. Source: domain.md 8.6."""
    plan = values.choice("plan", Plan) if values.text("plan") else Plan.STANDARD
    if plan is not None and plan not in SOLD_PLANS:
        sold = [sold.value for sold in SOLD_PLANS]
        values.refuse("plan", Reason.NOT_A_CHOICE, found=plan.value, choices=sold)
    return plan or Plan.STANDARD


def _term(values: Values) -> int:
    found = values.required("term_years")
    is_term = found.isascii() and found.isdecimal() and len(found) < 3 and 1 <= int(found) <= LONGEST_TERM
    if found and not is_term:
        values.refuse("term_years", Reason.NOT_A_TERM, found=found, limit=LONGEST_TERM)
    return int(found) if is_term else 1


def _total(values: Values, payer: Payer | None) -> Cents:
    """Return the price of the whole term; where the body pays it may be left out: nobody pays it here."""
    if payer is not Payer.MEMBER and not values.text("total_net"):
        return 0
    total = values.amount("total_net", limit=LARGEST_TOTAL)
    if payer is Payer.MEMBER and total == 0 and not values.has_refused("total_net"):
        values.refuse("total_net", Reason.FREE_FOR_MEMBER)
    return total


_Line = Line[Convention]
_Stored = Mapping[tuple[str, date], ConventionRow]


def _changes_of_the_past(lines: Sequence[_Line], stored: _Stored, today: date) -> Iterator[Problem]:
    for line in lines:
        row = stored.get((line.offer.code, line.offer.valid_from))
        if row is not None and not _is_permitted(row.as_convention(), line.offer, today):
            found = {"code": row.code, "since": row.valid_from}
            yield Problem(line.number, "", Reason.CONVENTION_IN_FORCE, found)


def _is_permitted(before: Convention, after: Convention, today: date) -> bool:
    """Say whether no day up to yesterday, and nothing ever agreed, would change."""
    if before.valid_from > today:
        return True
    if before.terms_agreed != after.terms_agreed:
        return False
    ends = [before.valid_to, after.valid_to]
    return ends[0] == ends[1] or all(end is None or end >= today for end in ends)


def _overlaps(lines: Sequence[_Line], stored: _Stored) -> Iterator[Problem]:
    """Yield each row of the file that would share a day with another of its code, of the file or stored."""
    replaced = {(line.offer.code, line.offer.valid_from) for line in lines}
    kept = [row.as_convention() for key, row in stored.items() if key not in replaced]
    return shared_days(overlapping([*kept, *(line.offer for line in lines)]), lines, _shared_with)


def _shared_with(other: Convention) -> Problem:
    period_told = {"code": other.code, "first": other.valid_from, "last": other.valid_to}
    return Problem(0, "valid_from", Reason.CONVENTION_OVERLAPS, period_told)


def _write(session: Session, lines: Sequence[_Line], stored: _Stored) -> Imported:
    added = changed = 0
    for line in lines:
        agreed = line.offer
        row = stored.get((agreed.code, agreed.valid_from))
        if row is None:
            added += 1
            row = ConventionRow(code=agreed.code, valid_from=agreed.valid_from)
            session.add(row)
        elif row.as_convention() == agreed:
            continue
        else:
            changed += 1
        row.body, row.payer, row.plan = agreed.body, agreed.payer, agreed.plan
        row.term_years, row.total_net_cents = agreed.term_years, agreed.total_net_cents
        row.valid_to = agreed.valid_to
    session.flush()
    return Imported(added, changed, len(lines) - added - changed)
