"""Reads the values of one row and collects what is wrong, so that a row says all its faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import TypeVar

from portal.domain.errors import AmountUnreadable, FieldProblem
from portal.domain.money import Cents, parse_amount
from portal.usecases.imports.csv_file import Row, too_many_values
from portal.usecases.imports.problems import Problem, Reason

FIRST_DAY, LAST_DAY = date(1998, 1, 1), date(2099, 12, 31)
"""No certified mailbox is older, and no term so long."""

LONGEST_TERM = 10
"""Years that can be bought at once, at the very most."""

_SPAN = re.compile(r"(?P<first>[0-9]{1,2})(?:\s*-\s*(?P<last>[0-9]{1,2}))?")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ITALIAN_DAY = re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})")
_SERIAL_DAY = re.compile(r"[0-9]{5}")
_CODE = re.compile(r"[A-Z0-9][A-Z0-9._/-]{0,31}")
_FLAGS = {"yes": True, "no": False}

Choice = TypeVar("Choice", bound=StrEnum)
Value = TypeVar("Value")


class Values:
    """One row's values by column; a faulty one is noted in `problems` and read as if it were empty."""

    def __init__(self, row: Row) -> None:
        self.line = row.line
        self.problems: list[Problem] = []
        self._row = row

    def verdict(self) -> list[Problem]:
        """Return every fault; of a row with too many separators only that one, which explains the others.

        Its values stand in the wrong columns, because one of them contains a separator.
        """
        if not self.problems or not self._row.surplus:
            return self.problems
        expected = len(self._row.values)
        return [too_many_values(self.line, expected + self._row.surplus, expected)]

    def refuse(self, column: str, reason: str, **values: object) -> None:
        """Note a fault."""
        self.problems.append(Problem(self.line, column, reason, values))

    def has_refused(self, column: str) -> bool:
        """Say whether a fault of this column is already noted."""
        return any(problem.column == column for problem in self.problems)

    def raw(self, column: str) -> str:
        """Return the value exactly as it stands, empty where the column is absent."""
        return self._row.values.get(column, "")

    def text(self, column: str) -> str:
        """Return the value with every run of blanks and line breaks as one space."""
        value = " ".join(self.raw(column).split())
        if value.isprintable():
            return value
        if not self.has_refused(column):
            self.refuse(column, Reason.NOT_PRINTABLE)
        return ""

    def required(self, column: str) -> str:
        """Return the value, which may not be empty."""
        faults = len(self.problems)
        value = self.text(column)
        if not value and len(self.problems) == faults:
            self.refuse(column, Reason.REQUIRED)
        return value

    def checked(self, column: str, check: Callable[[], Value]) -> Value | None:
        """Return what a check of the domain makes of the value; a FieldProblem is noted."""
        try:
            return check()
        except FieldProblem as problem:
            self.problems.append(Problem(self.line, column, problem.code, {"found": self.text(column)}))
            return None

    def choice(self, column: str, kind: type[Choice]) -> Choice | None:
        """Return the member of `kind`, in either case of letters; required."""
        found = self.required(column)
        if not found:
            return None
        try:
            return kind(found.lower())
        except ValueError:
            self.refuse(column, Reason.NOT_A_CHOICE, found=found, choices=[member.value for member in kind])
            return None

    def flag(self, column: str) -> bool:
        """Return the truth of `yes` or `no`; empty is no."""
        found = self.text(column)
        if found and found.lower() not in _FLAGS:
            self.refuse(column, Reason.NOT_A_CHOICE, found=found, choices=list(_FLAGS))
        return _FLAGS.get(found.lower(), False)

    def whole(self, column: str, *, limit: int) -> int:
        """Return a whole number from 0 to `limit`; empty is 0."""
        found = self.text(column) or "0"
        if not (found.isascii() and found.isdecimal()):
            self.refuse(column, Reason.NOT_A_WHOLE_NUMBER, found=found)
            return 0
        if len(found) > 12 or int(found) > limit:
            self.refuse(column, Reason.NUMBER_TOO_LARGE, found=found, limit=limit)
            return 0
        return int(found)

    def code(self, column: str) -> str:
        """Return a convention's code in capitals, or empty."""
        code = self.text(column).upper()
        if code and not _CODE.fullmatch(code):
            self.refuse(column, Reason.NOT_A_CODE, found=code)
        return code

    def amount(self, column: str, *, limit: Cents) -> Cents:
        """Return an amount of euros in cents, up to `limit`; required."""
        found = self.required(column)
        if not found:
            return 0
        try:
            cents = parse_amount(found)
        except AmountUnreadable:
            self.refuse(column, Reason.NOT_AN_AMOUNT, found=found)
            return 0
        if cents > limit:
            self.refuse(column, Reason.AMOUNT_TOO_LARGE, found=found, limit=limit)
        return cents

    def terms(self, column: str, default: frozenset[int]) -> frozenset[int]:
        """Return the years of «1-5», «1,2» or «3»; empty is the default."""
        found = self.text(column)
        years: set[int] = set()
        for part in found.split(",") if found else ():
            if not (match := _SPAN.fullmatch(part.strip())):
                self.refuse(column, Reason.NOT_TERMS, found=found, limit=LONGEST_TERM)
                return default
            years |= set(range(int(match["first"]), int(match["last"] or match["first"]) + 1)) or {0}
        if not years <= set(range(1, LONGEST_TERM + 1)):
            self.refuse(column, Reason.NOT_TERMS, found=found, limit=LONGEST_TERM)
        return frozenset(years) or default

    def day(self, column: str) -> date | None:
        """Return the ISO date, or None where it is empty or faulty."""
        found = self.text(column)
        if not found:
            return None
        day = _iso_day(found)
        if day is None:
            self._refuse_day(column, found)
        elif not FIRST_DAY <= day <= LAST_DAY:
            self.refuse(column, Reason.DAY_OUT_OF_RANGE, found=found, first=FIRST_DAY, last=LAST_DAY)
            return None
        return day

    def _refuse_day(self, column: str, found: str) -> None:
        if match := _ITALIAN_DAY.fullmatch(found):
            hint = f"{match['year']}-{match['month']:0>2}-{match['day']:0>2}"
            if _iso_day(hint):
                self.refuse(column, Reason.ITALIAN_DAY, found=found, hint=hint)
                return
        serial = _SERIAL_DAY.fullmatch(found)
        self.refuse(column, Reason.SERIAL_DAY if serial else Reason.NOT_A_DAY, found=found)


def _iso_day(text: str) -> date | None:
    if not _ISO_DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
