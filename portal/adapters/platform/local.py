"""A mail platform in one SQLite file, for the demo, the tests and installations without a remote one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from portal.adapters.outside import must_be_outside_transaction
from portal.ports import MailboxOrder, Rejected, Unavailable

SCHEMA = """
CREATE TABLE IF NOT EXISTS applied (
    key TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    plan TEXT NOT NULL,
    extra_mailbox_gb INTEGER NOT NULL,
    extra_archive_gb INTEGER NOT NULL,
    expires_on TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS switched (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    state TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS password (
    key TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    hash TEXT NOT NULL
)
"""
"""`switched` keeps, in their order, the mailboxes suspended, restored and deleted."""


class LocalPlatform:
    """The `local` adapter of the mail platform port: remembers each order once, by its key."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def apply(self, order: MailboxOrder) -> None:
        """Record the order; the same again changes nothing.

        Raises Unavailable, and Rejected for a key that was used for something else.
        """
        must_be_outside_transaction()
        values = (
            order.key,
            order.address,
            order.plan.value,
            order.extra_mailbox_gb,
            order.extra_archive_gb,
            order.expires_on.isoformat(),
        )
        self._once(
            "INSERT OR IGNORE INTO applied VALUES (?, ?, ?, ?, ?, ?)",
            "SELECT * FROM applied WHERE key = ?",
            values,
        )

    def suspend(self, key: str, address: str) -> None:
        """Record that the mailbox is suspended."""
        self._switch(key, address, "suspended")

    def restore(self, key: str, address: str) -> None:
        """Record that the mailbox works again."""
        self._switch(key, address, "active")

    def set_password(self, key: str, address: str, password_hash: str) -> None:
        """Record the new password's hash."""
        must_be_outside_transaction()
        self._once(
            "INSERT OR IGNORE INTO password VALUES (?, ?, ?)",
            "SELECT * FROM password WHERE key = ?",
            (key, address, password_hash),
        )

    def cancel(self, key: str, address: str) -> None:
        """Record that the mailbox is gone."""
        self._switch(key, address, "cancelled")

    def _switch(self, key: str, address: str, state: str) -> None:
        must_be_outside_transaction()
        self._once(
            "INSERT OR IGNORE INTO switched (key, address, state) VALUES (?, ?, ?)",
            "SELECT key, address, state FROM switched WHERE key = ?",
            (key, address, state),
        )

    def _once(self, insert: str, find: str, values: tuple[str | int, ...]) -> None:
        """Keep the row under its key, which comes first, unless it is there already."""
        key = values[0]
        try:
            with closing(self._open()) as connection, connection:
                connection.execute(insert, values)
                (kept,) = connection.execute(find, (key,))
        except sqlite3.OperationalError as failure:
            raise Unavailable(str(failure)) from failure
        if kept != values:
            raise Rejected(f"{key} was already applied as {kept[1:]}")

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=5)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(SCHEMA)
        return connection
