"""What an account's first page shows: what expires next, what is to be paid, what was begun."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    and_,
    case,
    cast,
    extract,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.domain.access import Subject
from portal.domain.alignment import ExpiringOn
from portal.domain.forecast import Expiring, window_end
from portal.domain.money import Cents
from portal.domain.orders import OrderState
from portal.domain.pricing import Choice
from portal.store.base import AnyRow, AnySelect
from portal.store.declarations import IS_DECLARED
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.ledger_queries import usable_sum
from portal.store.mailboxes import Mailbox
from portal.store.open_orders import OPEN_ORDER
from portal.store.orders import Order, OrderLine
from portal.store.renewability import (
    MEMBERSHIP,
    OLDEST_KEPT,
    RENEWABLE,
    STILL_THERE,
    TODAY,
    Columns,
    day_values,
)
from portal.store.scope import ACCOUNT_ID, OF_THE_ACCOUNT, own_drafts, visible_orders
from portal.store.selections import IN_ANY_TAB

SHOWN = 5


def next_expiries(session: Session, account_id: int, today: date) -> Sequence[AnyRow]:
    """Return the account's first mailboxes to expire, suspended ones before, each with its open order
    and its convention; not those that are gone."""
    both_tabs = union_all(_first_of_tab(own=True), _first_of_tab(own=False)).subquery()
    first = select(both_tabs).order_by(both_tabs.c.expires_on, both_tabs.c.address).limit(SHOWN).subquery()
    statement = (
        select(
            Mailbox.address,
            Mailbox.plan,
            Mailbox.expires_on,
            Mailbox.cancelled_on,
            *OPEN_ORDER,
            *MEMBERSHIP,
        )
        .join_from(first, Mailbox, Mailbox.id == first.c.id)
        .outerjoin(OrderLine, and_(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open))
        .outerjoin(Order, and_(Order.id == OrderLine.order_id, Order.account_id == ACCOUNT_ID))
        .order_by(Mailbox.expires_on, Mailbox.address)
    )
    return session.execute(statement, day_values(today) | {"account_id": account_id}).all()


def _first_of_tab(*, own: bool) -> AnySelect:
    """Return the first rows of one tab: along the list's index, however many the account has."""
    return select(
        select(Mailbox.id, Mailbox.address, Mailbox.expires_on)
        .where(
            OF_THE_ACCOUNT,
            Mailbox.of_account_holder.is_(true() if own else false()),
            Mailbox.expires_on >= OLDEST_KEPT,
            STILL_THERE,
        )
        .order_by(Mailbox.expires_on, Mailbox.address)
        .limit(SHOWN)
        .subquery()
    )


def renewals_ahead(session: Session, account_id: int, today: date) -> list[Expiring]:
    """Count the account's renewable mailboxes, expired ones too, by month of expiry and by what they are."""
    values = day_values(today) | {"account_id": account_id}
    rows = session.execute(
        _AHEAD.where(Mailbox.expires_on < window_end(today)).group_by(*_AHEAD.selected_columns[:-1]), values
    )
    return [
        Expiring(
            date(row.month // 100, row.month % 100, 1) if row.month else None,
            Choice(row.plan, row.extra_mailbox_gb, row.extra_archive_gb, convention=row.convention_code),
            row.number,
        )
        for row in rows
    ]


def renewables_by_day(session: Session, account_id: int, today: date) -> list[ExpiringOn]:
    """Count the account's renewable mailboxes by the day of their expiry and by what they are."""
    rows = session.execute(
        _BY_DAY.group_by(*_BY_DAY.selected_columns[:-1]).order_by(Mailbox.expires_on),
        day_values(today) | {"account_id": account_id},
    )
    return [
        ExpiringOn(
            row.expires_on,
            Choice(row.plan, row.extra_mailbox_gb, row.extra_archive_gb, convention=row.convention_code),
            row.number,
        )
        for row in rows
    ]


def _month_of_expiry() -> ColumnElement[int]:
    """Return the month as the number 202612, 0 where the mailbox has expired."""
    year, month = (extract(part, Mailbox.expires_on).cast(Integer) for part in ("year", "month"))
    return case((Mailbox.expires_on < TODAY, literal_column("0")), else_=year * literal_column("100") + month)


_ALIKE = (
    Mailbox.plan,
    Mailbox.extra_mailbox_gb,
    Mailbox.extra_archive_gb,
    Mailbox.convention_code,
    func.count().label("number"),
)
_THEIRS = (OF_THE_ACCOUNT, IN_ANY_TAB, Mailbox.expires_on >= OLDEST_KEPT, RENEWABLE)
_AHEAD = select(_month_of_expiry().label("month"), *_ALIKE).where(*_THEIRS)
_BY_DAY = select(Mailbox.expires_on, *_ALIKE).where(*_THEIRS)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for its owner: orders for their money, a renewal to be gone on with, credit to be spent."""

    orders: Sequence[AnyRow]
    """The oldest; each with the columns `name`, `cents`, `at` and `is_declared`."""
    draft: str | None
    """The public id of the renewal in preparation, the latest."""
    credit_cents: Cents


def waiting(session: Session, subject: Subject, today: date) -> Waiting:
    """Return what waits for its owner: three small questions in one statement."""
    parts = (select(part.subquery()) for part in (_to_pay(subject), _begun(subject), _credit(subject, today)))
    rows = session.execute(union_all(*parts)).all()
    (credit,) = (row for row in rows if row.kind == "credit")
    return Waiting(
        sorted((row for row in rows if row.kind == "order"), key=attrgetter("at", "id")),
        next((row.name for row in rows if row.kind == "draft"), None),
        int(credit.cents or 0),
    )


def _to_pay(subject: Subject) -> AnySelect:
    columns = _named("order", Order.id, Order.number, Order.due_cents, Order.placed_at, IS_DECLARED)
    return (
        select(*columns)
        .where(visible_orders(subject), Order.state == OrderState.AWAITING_PAYMENT)
        .order_by(Order.placed_at, Order.id)
        .limit(SHOWN)
    )


def _begun(subject: Subject) -> AnySelect:
    draft = RenewalDraft
    return (
        select(*_named("draft", draft.id, draft.public_id, _NO_CENTS, draft.updated_at, false()))
        .where(own_drafts(subject), draft.state == DraftState.OPEN)
        .order_by(draft.updated_at.desc())
        .limit(1)
    )


def _credit(subject: Subject, today: date) -> AnySelect:
    nothing: Columns = (literal_column("0"), literal_column("''"))
    columns: Columns = (*nothing, usable_sum(subject, today), _NO_MOMENT, false())
    return select(*_named("credit", *columns))


def _named(kind: str, *columns: ColumnElement[Any] | InstrumentedAttribute[Any]) -> list[ColumnElement[Any]]:
    """Return the columns under the names that the parts of one statement share."""
    names = ("id", "name", "cents", "at", "is_declared")
    named = [column.label(name) for column, name in zip(columns, names, strict=True)]
    return [literal_column(f"'{kind}'").label("kind"), *named]


_NO_CENTS = cast(null(), Integer)
_NO_MOMENT = cast(null(), Order.placed_at.type)
