"""Keeps a register's rows outside the memory between reading and writing, in an unnamed temporary database.

It is a file without a name that vanishes with its connection: neither a crash nor a copy leaves passwords
lying about, and what comes through a pipe is read once.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from types import TracebackType
from typing import Any, Self

from portal.domain.customers import CustomerKind
from portal.domain.plans import Plan
from portal.usecases.imports.problems import Problem
from portal.usecases.imports.register import RegisterRow

BATCH_ROWS = 500

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE kept (
    line INTEGER PRIMARY KEY,
    address TEXT UNIQUE NOT NULL,
    account TEXT NOT NULL,
    account_email TEXT NOT NULL,
    contact_email TEXT NOT NULL,
    tax_code TEXT NOT NULL,
    is_plain INTEGER NOT NULL,
    fields TEXT NOT NULL,
    is_bad INTEGER NOT NULL DEFAULT 0,
    is_changed INTEGER NOT NULL DEFAULT 1,
    mailbox_id INTEGER,
    password_hash TEXT
);
CREATE INDEX kept_account ON kept (account, line);
CREATE INDEX kept_mailbox ON kept (mailbox_id);
CREATE TABLE problem (line INTEGER, place TEXT, reason TEXT, found TEXT);
CREATE INDEX problem_line ON problem (line);
"""
_KEEP = """
INSERT INTO kept (line, address, account, account_email, contact_email, tax_code, is_plain, fields)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_COLUMNS = "SELECT line, fields, mailbox_id, password_hash FROM kept "
_GOOD = _COLUMNS + "WHERE NOT is_bad AND line > ? ORDER BY line LIMIT ?"
_PLAIN = _COLUMNS + "WHERE NOT is_bad AND is_plain AND line > ? ORDER BY line LIMIT ?"
_NEW = _COLUMNS + "WHERE NOT is_bad AND mailbox_id IS NULL AND line > ? ORDER BY line LIMIT ?"
_CHANGED = _COLUMNS + ("WHERE NOT is_bad AND is_changed AND mailbox_id > ? ORDER BY mailbox_id LIMIT ?")
_FACTS = """
SELECT account, max(is_changed), min(line),
    (SELECT account_email FROM kept AS e
     WHERE e.account = k.account AND NOT e.is_bad AND account_email <> '' ORDER BY line LIMIT 1),
    (SELECT tax_code FROM kept AS f
     WHERE f.account = k.account AND NOT f.is_bad ORDER BY line LIMIT 1),
    (SELECT tax_code FROM kept AS o
     WHERE o.account = k.account AND NOT o.is_bad AND lower(o.contact_email) = (
         SELECT lower(account_email) FROM kept AS e
         WHERE e.account = k.account AND NOT e.is_bad AND account_email <> '' ORDER BY line LIMIT 1)
     ORDER BY line LIMIT 1)
FROM kept AS k WHERE account > ? AND NOT is_bad GROUP BY account ORDER BY account LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A good row and what is known of it by now."""

    row: RegisterRow
    mailbox_id: int | None
    """The mailbox that has its address already."""
    password_hash: str | None
    """After comparing: the hash stored now; after hashing: the one to store, None to leave it."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the rows of one account say about it together."""

    username: str
    is_touched: bool
    """Whether one of its rows is new or changed."""
    first_line: int
    email: str
    """The e-mail its rows give; empty when none does."""
    first_tax_code: str
    own_tax_code: str
    """Of its first row whose contact is the account's e-mail; empty when there is none."""


class Spool:
    """The rows of one register; a context manager that forgets them at its end."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.executescript(_SCHEMA)

    def __enter__(self) -> Self:
        self._database.execute("BEGIN")
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _failure: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._database.close()

    def keep(self, row: RegisterRow) -> None:
        """Keep a good row; its address must be new."""
        holder, is_plain = row.holder, bool(row.plain_password)
        values = (row.line, row.address, row.account, row.account_email)
        self._database.execute(
            _KEEP, (*values, holder["contact_email"], holder["tax_code"], is_plain, _packed(row))
        )

    def line_of(self, address: str) -> int | None:
        """Return the line that already has this address."""
        found = self._first("SELECT line FROM kept WHERE address = ?", address)
        return found[0] if found else None

    def email_of(self, account: str) -> tuple[int, str] | None:
        """Return the first line that gives this account an e-mail, and the e-mail."""
        query = "SELECT line, account_email FROM kept WHERE account = ? AND account_email <> '' ORDER BY line"
        found: tuple[int, str] | None = self._first(query, account)
        return found

    def lines_of(self, account: str) -> list[int]:
        """Return the lines of the account's good rows."""
        query = "SELECT line FROM kept WHERE account = ? AND NOT is_bad ORDER BY line"
        return [line for (line,) in self._database.execute(query, (account,))]

    def report(self, problems: Iterable[Problem]) -> None:
        """Note what is wrong; a row kept earlier from that line is good no more."""
        for problem in problems:
            found = json.dumps(dict(problem.values), default=str)
            values = (problem.line, problem.column, str(problem.reason), found)
            self._database.execute("INSERT INTO problem VALUES (?, ?, ?, ?)", values)
            self._database.execute("UPDATE kept SET is_bad = 1 WHERE line = ?", (problem.line,))

    def problems(self) -> Iterator[Problem]:
        """Yield everything that is wrong, by line."""
        query = "SELECT line, place, reason, found FROM problem ORDER BY line, rowid"
        for line, place, reason, found in self._database.execute(query):
            yield Problem(line, place, reason, json.loads(found))

    def compared(
        self, line: int, mailbox_id: int | None, *, is_changed: bool, stored_hash: str | None
    ) -> None:
        """Note how a row stands to the mailbox that has its address."""
        self._database.execute(
            "UPDATE kept SET mailbox_id = ?, is_changed = ?, password_hash = ? WHERE line = ?",
            (mailbox_id, is_changed, stored_hash, line),
        )

    def hashed(self, line: int, new_hash: str | None) -> None:
        """Note the hash to store; None where the stored one is right, which then changes nothing."""
        query = "UPDATE kept SET password_hash = ?, is_changed = is_changed OR ? WHERE line = ?"
        self._database.execute(query, (new_hash, new_hash is not None, line))

    def good(self) -> Iterator[list[Kept]]:
        """Yield batches of every good row, by line."""
        return self._pages(_GOOD, lambda kept: kept.row.line)

    def with_plain_password(self) -> Iterator[list[Kept]]:
        """Yield batches of the good rows whose password must be hashed or checked, by line."""
        return self._pages(_PLAIN, lambda kept: kept.row.line)

    def new(self) -> Iterator[list[Kept]]:
        """Yield batches of the good rows of new mailboxes, by line."""
        return self._pages(_NEW, lambda kept: kept.row.line)

    def changed(self) -> Iterator[list[Kept]]:
        """Yield batches of the good rows that change a mailbox, by mailbox id: the order of the locks."""
        return self._pages(_CHANGED, lambda kept: kept.mailbox_id or 0)

    def accounts(self) -> Iterator[list[AccountFacts]]:
        """Yield batches of the accounts of the good rows, by name."""
        after = ""
        while page := self._database.execute(_FACTS, (after, BATCH_ROWS)).fetchall():
            yield [
                AccountFacts(name, bool(touched), line, email or "", first, own or "")
                for name, touched, line, email, first, own in page
            ]
            after = page[-1][0]

    def count_good(self) -> int:
        return self._count("SELECT count(*) FROM kept WHERE NOT is_bad")

    def count_bad(self) -> int:
        """Return how many rows have problems, however many each has."""
        return self._count("SELECT count(DISTINCT line) FROM problem")

    def count_new(self) -> int:
        return self._count("SELECT count(*) FROM kept WHERE NOT is_bad AND mailbox_id IS NULL")

    def count_changed(self) -> int:
        query = "SELECT count(*) FROM kept WHERE NOT is_bad AND is_changed AND mailbox_id IS NOT NULL"
        return self._count(query)

    def count_plain_passwords(self) -> int:
        return self._count("SELECT count(*) FROM kept WHERE NOT is_bad AND is_plain")

    def _pages(self, query: str, key: Callable[[Kept], int]) -> Iterator[list[Kept]]:
        """Yield page after page, so that rows may be noted on while they are gone through."""
        after = 0
        while found := self._database.execute(query, (after, BATCH_ROWS)).fetchall():
            page = [Kept(_unpacked(text), mailbox, hashed) for _, text, mailbox, hashed in found]
            yield page
            after = key(page[-1])

    def _first(self, query: str, value: str) -> Any:
        return self._database.execute(query, (value,)).fetchone()

    def _count(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])


_NAMES = tuple(field.name for field in fields(RegisterRow))


def _packed(row: RegisterRow) -> str:
    return json.dumps([getattr(row, name) for name in _NAMES], default=str, ensure_ascii=False)


def _unpacked(text: str) -> RegisterRow:
    values: dict[str, Any] = dict(zip(_NAMES, json.loads(text), strict=True))
    values["plan"], values["holder_kind"] = Plan(values["plan"]), CustomerKind(values["holder_kind"])
    values["expires_on"] = date.fromisoformat(values["expires_on"])
    return RegisterRow(**values)
