"""Alembic's entry: the same metadata and the same engine as the portal."""

from __future__ import annotations

import os
from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext

from portal.store import every_table
from portal.store.base import Instant
from portal.store.session import make_engine


def _render(kind: str, value: Any, autogen: AutogenContext) -> str | bool:
    """Write our column types as the plain ones, so that old migrations need no code of ours."""
    if kind == "type" and isinstance(value, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
        return
    url = context.config.get_main_option("sqlalchemy.url") or os.environ["PORTAL_DATABASE_URL"]
    engine = make_engine(url)
    with engine.begin() as own:
        _migrate(own)
    engine.dispose()


def _migrate(connection: Any) -> None:
    context.configure(
        connection=connection,
        target_metadata=every_table(),
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
