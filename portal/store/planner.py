"""A word to SQLite's planner, which else walks an account's whole index to find a few known rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Unindexed(FunctionElement[int]):
    """A column that no index shall be chosen for: the other condition is the narrow one.

    Source: hardening.md 1.6, «SQLite plan trap».
    """

    type = Integer()
    inherit_cache = True


@compiles(Unindexed)
def _as_it_is(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(Unindexed, "sqlite")
def _with_a_plus(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def unindexed(column: InstrumentedAttribute[int | None]) -> ColumnElement[int]:
    """Return the column's value, for a comparison that SQLite shall not look up by an index."""
    return Unindexed(column)
