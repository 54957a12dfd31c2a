"""Empty migrated databases of both kinds, made in milliseconds from one that was migrated once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

from sqlalchemy import Engine, text

from portal.migrate import upgrade
from portal.store import every_table
from portal.store.session import make_engine
from tests.servers.postgres import PostgresServer

KINDS = ["sqlite", "postgresql"]


class Databases:
    """Where the tests of one process get their databases from; PostgreSQL starts when first asked for."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="portal-databases-"))
        self._numbers = count(1)
        self._postgres: PostgresServer | None = None
        self._sqlite_template: Path | None = None
        self._common: str | None = None

    @property
    def postgres(self) -> PostgresServer:
        if self._postgres is None:
            self._postgres = PostgresServer().start()
            migrate_once(self._postgres.create("migrated"))
        return self._postgres

    def unmigrated(self, kind: str) -> str:
        """Return the address of a database without a single table."""
        name = f"portal_{next(self._numbers)}"
        return self.postgres.create(name) if kind == "postgresql" else self._sqlite(name)

    def migrated(self, kind: str) -> str:
        """Return the address of a new database with the newest schema; it stays until the session ends."""
        name = f"portal_{next(self._numbers)}"
        if kind == "postgresql":
            return self.postgres.create(name, template="migrated")
        url = self._sqlite(name)
        shutil.copyfile(self._template(), url.removeprefix("sqlite:///"))
        return url

    def emptied(self, kind: str) -> str:
        """Return the address of an empty migrated database, shared with earlier tests but not at once."""
        if kind == "sqlite":
            return self.migrated(kind)
        if self._common is None:
            self._common = self.migrated(kind)
            return self._common
        empty(self._common)
        return self._common

    def remove(self) -> None:
        """Stop the server and forget every database."""
        if self._postgres is not None:
            self._postgres.remove()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _sqlite(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.db"

    def _template(self) -> Path:
        if self._sqlite_template is None:
            migrate_once(self._sqlite("migrated"))
            self._sqlite_template = self._folder / "migrated.db"
        return self._sqlite_template


def migrate_once(url: str) -> None:
    """Bring a database to the newest schema and let go of it."""
    with_engine(url, upgrade)


def empty(url: str) -> None:
    """Delete every row of a PostgreSQL database, end what a killed process left open, count from 1 again."""
    with_engine(url, _empty)


def with_engine(url: str, act: Callable[[Engine], None]) -> None:
    """Do something on a short-lived engine."""
    engine = make_engine(url)
    try:
        act(engine)
    finally:
        engine.dispose()


def _empty(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
        tables = ", ".join(f'"{table.name}"' for table in every_table().sorted_tables)
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
