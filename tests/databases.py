"""Empty migrated databases of both kinds, made in milliseconds from one that was migrated once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg
from sqlalchemy import Engine

from portal.migrate import upgrade
from portal.store.session import make_engine
from tests.servers.postgres import PostgresServer

KINDS = ["sqlite", "postgresql"]

_END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""

_EMPTY = """
DO $$
DECLARE
  stored regclass;
  is_filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;  -- no foreign keys while it goes on
  FOR stored IN
    SELECT oid FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
      AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', stored) INTO is_filled;
    IF pg_relation_size(stored) > 1000000 THEN
      EXECUTE format('TRUNCATE %s CASCADE', stored);
    ELSIF is_filled THEN
      EXECUTE format('DELETE FROM %s', stored);
    END IF;
  END LOOP;
  PERFORM setval(oid::regclass, 1, false) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'S';
END $$
"""
"""Under one millisecond where TRUNCATE of everything takes thirty, because most tables are untouched."""


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
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(_END_OTHERS)
        connection.execute(_EMPTY)


def with_engine(url: str, act: Callable[[Engine], None]) -> None:
    """Do something on a short-lived engine."""
    engine = make_engine(url)
    try:
        act(engine)
    finally:
        engine.dispose()
