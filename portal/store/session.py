"""Engines for the two databases, and the one place where a transaction begins and commits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

READ_ONLY = "portal_read_only"
"""Execution option of a connection that reads in autocommit and never opens a transaction."""

_open_transactions: ContextVar[int] = ContextVar("open_transactions", default=0)


def make_engine(
    url: str, *, pool_size: int = 8, pool_timeout: int = 5, lock_timeout_ms: int = 5_000
) -> Engine:
    """Return an engine whose write transactions never fail half way for want of a lock.

    SQLite: WAL, foreign keys, BEGIN IMMEDIATE and a busy timeout; PostgreSQL: lock and
    statement timeouts, UTC, and a ping that heals the pool after a restart. Errors do not tell the values.
    Source: hardening.md 1.6, 3.2 (8), R14-R16, R24.
    """
    if url.startswith("sqlite"):
        return _sqlite_engine(url, lock_timeout_ms)
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=pool_timeout,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            # One plan for an account of ten mailboxes and one of 100,000 would be wrong for one of them.
            "options": "-c timezone=UTC -c plan_cache_mode=force_custom_plan -c statement_timeout=60000"
            f" -c lock_timeout={lock_timeout_ms}"
        },
    )


def _sqlite_engine(url: str, lock_timeout_ms: int) -> Engine:
    engine = create_engine(
        url, pool_size=16, max_overflow=16, hide_parameters=True, connect_args={"check_same_thread": False}
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: SqliteConnection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            f"busy_timeout={lock_timeout_ms}",
            "foreign_keys=ON",
            "synchronous=NORMAL",
            "recursive_triggers=ON",  # or INSERT OR REPLACE deletes what triggers keep from being deleted
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(READ_ONLY):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def transaction(engine: Engine, info: Mapping[str, object] | None = None) -> Iterator[Session]:
    """Give a session whose work is committed whole at the end, or not at all; `info` travels with it."""
    token = _open_transactions.set(_open_transactions.get() + 1)
    try:
        with Session(engine, expire_on_commit=False, info={**(info or {})}) as session:
            yield session
            session.commit()
    finally:
        _open_transactions.reset(token)


def reading_session(engine: Engine, info: Mapping[str, object] | None = None) -> Session:
    """Give a session for looking only: every statement sees the newest committed state."""
    options: dict[str, Any] = {READ_ONLY: True}
    if engine.dialect.name == "postgresql":
        options["isolation_level"] = "AUTOCOMMIT"
    return Session(
        engine.execution_options(**options), expire_on_commit=False, autoflush=False, info={**(info or {})}
    )


def streaming_session(engine: Engine) -> Session:
    """Give a session for one long look, row by row: PostgreSQL keeps such a cursor in a transaction only."""
    return Session(engine.execution_options(**{READ_ONLY: True}), expire_on_commit=False, autoflush=False)


def in_transaction() -> bool:
    """Say whether the caller holds a write transaction; adapters refuse the network then."""
    return _open_transactions.get() > 0
