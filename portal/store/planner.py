"""A word to SQLite's planner, which else walks an account's whole index to find a few known rows."""

from __future__ import annotations

from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Value = TypeVar("Value")


class Unindexed(FunctionElement[Any]):
    """A column that no index shall be chosen for: the other condition is the narrow one.

    Source: hardening.md 1.6, «SQLite plan trap».
    """

    inherit_cache = True

    def __init__(self, column: InstrumentedAttribute[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(Unindexed)
def _as_it_is(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(element.clauses, **options)


@compiles(Unindexed, "sqlite")
def _with_a_plus(element: Unindexed, compiler: SQLCompiler, **options: Any) -> str:
    return f"+{compiler.process(element.clauses, **options)}"


def unindexed(column: InstrumentedAttribute[Value]) -> ColumnElement[Value]:
    """Return the column's value, for a comparison that SQLite shall not look up by an index."""
    return Unindexed(column)
