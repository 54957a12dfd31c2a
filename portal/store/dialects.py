"""What both databases say differently: INSERT with ON CONFLICT, days counted from a column, rows as JSON."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CursorResult,
    Date,
    Executable,
    Function,
    SQLColumnExpression,
    any_,
    func,
    literal,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from portal.store.base import Base


def is_postgresql(session: Session) -> bool:
    """Say which of the two databases it is."""
    return session.get_bind().dialect.name == "postgresql"


def insert_for(session: Session, table: type[Base]) -> Any:
    """Return INSERT in the dialect of the database, for the sake of ON CONFLICT."""
    insert = postgresql.insert if is_postgresql(session) else sqlite.insert
    return insert(table)


def changed(session: Session, statement: Executable) -> int:
    """Execute a statement that changes rows; return how many it did."""
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    assert isinstance(result, CursorResult)
    if result.rowcount < 0:  # SQLite's driver does not count where the statement begins with WITH
        return session.scalar(select(func.changes())) or 0
    return result.rowcount


def json_object(session: Session, *names_and_values: SQLColumnExpression[Any]) -> Function[Any]:
    """Return a JSON object of alternating names and values, made by the database."""
    make = func.json_build_object if is_postgresql(session) else func.json_object
    return make(*names_and_values)


def among(session: Session, column: InstrumentedAttribute[Any], ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition «one of these ids», however many: they are one value of the statement."""
    if is_postgresql(session):
        return column == any_(literal(list(ids), ARRAY(BigInteger)))
    numbers = func.json_each(literal(json.dumps(list(ids)))).table_valued("value")
    return column.in_(select(numbers.c.value))


class DaysAfter(FunctionElement[date]):
    """A column's civil date, so many days later: a number, or a value of the same row."""

    inherit_cache = True
    type = Date()

    def __init__(
        self, column: InstrumentedAttribute[date] | ColumnElement[date], days: int | ColumnElement[int]
    ) -> None:
        super().__init__(column, literal(days) if isinstance(days, int) else days)


@compiles(DaysAfter, "postgresql")
def _by_adding(element: DaysAfter, compiler: SQLCompiler, **options: Any) -> str:
    column, days = element.clauses
    return f"({compiler.process(column, **options)} + {compiler.process(days, **options)})"


@compiles(DaysAfter, "sqlite")
def _by_modifier(element: DaysAfter, compiler: SQLCompiler, **options: Any) -> str:
    column, days = element.clauses
    return f"date({compiler.process(column, **options)}, ({compiler.process(days, **options)}) || ' days')"
