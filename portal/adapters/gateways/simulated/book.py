"""What the simulated gateway remembers, in one SQLite file that web and workers share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from portal.ports import PaymentRequest, Unavailable

SCHEMA = """
CREATE TABLE IF NOT EXISTS asked (
    reference TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    method TEXT NOT NULL,
    amount_cents INTEGER NOT NULL,
    about TEXT NOT NULL,
    return_url TEXT NOT NULL,
    keeps_method INTEGER NOT NULL,
    decision TEXT NOT NULL DEFAULT '',
    done_from INTEGER NOT NULL DEFAULT 0
)
"""
REFUNDED = """
CREATE TABLE IF NOT EXISTS refunded (
    reference TEXT PRIMARY KEY,
    payment TEXT NOT NULL REFERENCES asked (reference),
    amount_cents INTEGER NOT NULL
)
"""
_READ = {
    "reference": "SELECT * FROM asked WHERE reference = ?",
    "key": "SELECT * FROM asked WHERE key = ?",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as the simulated gateway knows it."""

    reference: str
    key: str
    method: str
    amount_cents: int
    about: str
    return_url: str
    keeps_method: bool
    decision: str
    """Empty until somebody decides; then «paid» or the failure."""
    done_from: int
    """The second from which the decision is known."""


class Book:
    """The table of requests; a request is written once, and decided once."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, request: PaymentRequest, key: str) -> Asked:
        """Return what is written under the request's reference, now or before."""
        values = (
            request.reference,
            key,
            request.method.value,
            request.amount_cents,
            request.about,
            request.return_url,
            int(request.keeps_method),
        )
        with self._open() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO asked (reference, key, method, amount_cents, about, return_url,"
                " keeps_method) VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        found = self.read("reference", request.reference)
        assert found is not None
        return found

    def read(self, column: str, value: str) -> Asked | None:
        """Return the request with that `reference` or `key`, or None."""
        with self._open() as connection:
            row = connection.execute(_READ[column], (value,)).fetchone()
        return Asked(*row) if row else None

    def decide(self, key: str, decision: str, done_from: int) -> None:
        """Write the decision, unless there is one."""
        with self._open() as connection:
            connection.execute(
                "UPDATE asked SET decision = ?, done_from = ? WHERE key = ? AND decision = ''",
                (decision, done_from, key),
            )

    def give_back(self, reference: str, payment: str, amount_cents: int) -> bool:
        """Write a refund down, once; False where it would be more than what is left of the payment."""
        with self._open() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO refunded (reference, payment, amount_cents)"
                " SELECT ?, a.reference, ? FROM asked AS a WHERE a.reference = ? AND a.decision = 'paid'"
                " AND a.amount_cents >= ? + (SELECT coalesce(sum(r.amount_cents), 0) FROM refunded AS r"
                " WHERE r.payment = a.reference)",
                (reference, amount_cents, payment, amount_cents),
            )
            row = connection.execute("SELECT 1 FROM refunded WHERE reference = ?", (reference,)).fetchone()
        return row is not None

    def refunds(self) -> list[tuple[str, int]]:
        """Return what was given back: by the payment's reference, how much."""
        with self._open() as connection:
            return list(connection.execute("SELECT payment, amount_cents FROM refunded ORDER BY rowid"))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self._path, timeout=5)) as connection, connection:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute(SCHEMA)
                connection.execute(REFUNDED)
                yield connection
        except sqlite3.OperationalError as failure:
            raise Unavailable(str(failure)) from failure
