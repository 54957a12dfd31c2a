"""The declarative base, the column shorthands and the naming of constraints."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    Enum,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    TypeDecorator,
)
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware moment in UTC on every database; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        in_utc = value.astimezone(UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def enum_type(kind: type[StrEnum], length: int = 32, *, name: str = "") -> Enum:
    """Return a text column type that holds only the values of `kind`, checked by the database.

    `name` tells the check apart from another of the same kind in the same table.
    """
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=length,
        values_callable=lambda members: [member.value for member in members],
        name=name or _snake(kind.__name__),
    )


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row that is read by the names of its columns."""
AnySelect: TypeAlias = Select[*tuple[Any, ...]]

Id = Annotated[int, mapped_column(Integer, primary_key=True)]
Cents = Annotated[int, mapped_column(BigInteger)]
"""An amount of money in whole euro cents."""
Day = Annotated[date, mapped_column()]
"""A civil date in Europe/Rome."""
Moment = Annotated[datetime, mapped_column(Instant)]
"""An aware instant, stored in UTC."""
Code = Annotated[str, mapped_column(String(64))]
Email = Annotated[str, mapped_column(String(254))]


class Base(DeclarativeBase):
    """Every table of the portal."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Instant}  # noqa: RUF012 - read by SQLAlchemy

    def __repr__(self) -> str:
        state: dict[str, Any] = self.__dict__
        return f"<{type(self).__name__} {state.get('id', '?')}>"
