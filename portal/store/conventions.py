"""The operator's conventions: dated rows by code, and how each mailbox's convention stands on a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Date,
    ScalarSelect,
    String,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from portal.domain.conventions import Convention, ConventionStanding, Membership, Payer, conventions_on
from portal.domain.plans import Plan
from portal.store.base import AnyRow, Base, Cents, Id, enum_type
from portal.store.mailboxes import Mailbox

Value = TypeVar("Value")


class ConventionRow(Base):
    """What was agreed under one code between two days. Source: domain.md 8.6."""

    __tablename__ = "convention"
    __table_args__ = (
        UniqueConstraint("code", "valid_from"),
        CheckConstraint("code = upper(code)", name="code_upper"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period_forward"),
        CheckConstraint("term_years BETWEEN 1 AND 10", name="term_in_range"),
        CheckConstraint("total_net_cents >= 0", name="total_not_negative"),
        CheckConstraint("payer = 'body' OR total_net_cents > 0", name="member_has_price"),
        CheckConstraint("plan <> 'domain'", name="plan_sold_here"),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(String(120))
    payer: Mapped[Payer] = mapped_column(enum_type(Payer))
    plan: Mapped[Plan] = mapped_column(enum_type(Plan), default=Plan.STANDARD)
    term_years: Mapped[int]
    total_net_cents: Mapped[Cents]
    """Net, for the whole term; 0 where the body pays and nothing is charged here."""
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """Last day in force; None while no end is known."""

    def as_convention(self) -> Convention:
        return Convention(
            self.code,
            self.body,
            self.payer,
            self.plan,
            self.term_years,
            self.total_net_cents,
            self.valid_from,
            self.valid_to,
        )


_DAY = bindparam("day", type_=Date)


def in_force(day: ColumnElement[date]) -> ColumnElement[bool]:
    """Return the condition «this row holds on the day»."""
    return and_(
        ConventionRow.valid_from <= day, or_(ConventionRow.valid_to.is_(None), ConventionRow.valid_to >= day)
    )


PAID_BY_MEMBER = ConventionRow.payer == literal_column(f"'{Payer.MEMBER.value}'")
_IN_FORCE = select(ConventionRow).where(in_force(_DAY))


def in_force_on(session: Session, day: date) -> Mapping[str, Convention]:
    """Return the conventions in force on `day`, by code."""
    rows = session.scalars(_IN_FORCE, {"day": day})
    return conventions_on([row.as_convention() for row in rows], day)


def membership_of(row: AnyRow) -> Membership | None:
    """Return a mailbox's convention from the columns `convention_code`, `convention`, `convention_body`."""
    if row.convention is None:
        return None
    return Membership(row.convention_code, row.convention_body, ConventionStanding(row.convention))


def agreed_on(column: InstrumentedAttribute[Value], day: ColumnElement[date]) -> ScalarSelect[Value]:
    """Return one SQL value: what the mailbox's convention in force says in this column, or NULL."""
    return (
        select(column)
        .where(ConventionRow.code == Mailbox.convention_code, in_force(day))
        .order_by(ConventionRow.valid_from.desc())
        .limit(literal_column("1"))
        .correlate(Mailbox)
        .scalar_subquery()
    )


def standing_on(day: ColumnElement[date]) -> ColumnElement[str | None]:
    """Return one SQL value: the mailbox's `ConventionStanding`, NULL where it has no convention.

    Equal to `domain.conventions.standing_of`, by test.
    """
    payer = type_coerce(agreed_on(ConventionRow.payer, day), String)
    unknown: ColumnElement[str] = literal_column(f"'{ConventionStanding.NOT_IN_FORCE.value}'")
    return case((Mailbox.convention_code.is_(None), None), else_=func.coalesce(payer, unknown))


def body_known_on(day: ColumnElement[date]) -> ColumnElement[str | None]:
    """Return one SQL value: the body's name by the row in force, else by the newest; NULL if unknown."""
    return (
        select(ConventionRow.body)
        .where(ConventionRow.code == Mailbox.convention_code)
        .order_by(case((in_force(day), 0), else_=1), ConventionRow.valid_from.desc())
        .limit(literal_column("1"))
        .correlate(Mailbox)
        .scalar_subquery()
    )
