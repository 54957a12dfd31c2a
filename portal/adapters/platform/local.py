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
)
"""


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
        try:
            with closing(self._open()) as connection, connection:
                connection.execute("INSERT OR IGNORE INTO applied VALUES (?, ?, ?, ?, ?, ?)", values)
                (kept,) = connection.execute("SELECT * FROM applied WHERE key = ?", (order.key,))
        except sqlite3.OperationalError as failure:
            raise Unavailable(str(failure)) from failure
        if kept != values:
            raise Rejected(f"{order.key} was already applied as {kept[1:]}")

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=5)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute(SCHEMA)
        return connection
