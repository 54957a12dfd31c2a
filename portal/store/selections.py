"""The mailboxes an account has ticked, kept on the server so that no page has to carry them.

What cannot be renewed any more stays ticked in the table and is left out whenever it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Executable,
    ForeignKey,
    Select,
    and_,
    delete,
    false,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from portal.domain.listing import PAGE_ROWS, Place
from portal.domain.renewability import NotRenewable
from portal.store.base import AnyRow, Base, Instant
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.store.planner import unindexed
from portal.store.renewability import (
    MEMBERSHIP,
    NOT_RENEWABLE,
    day_values,
    not_renewable_reason,
    renewable,
)

IN_ANY_TAB = Mailbox.of_account_holder.in_([true(), false()])
"""Always true: it lets the tabs' index find the account's mailboxes by expiry, tab after tab."""


class SelectedMailbox(Base):
    """One mailbox in an account's selection. Source: product.md 3.2."""

    __tablename__ = "selected_mailbox"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    mailbox_id: Mapped[int] = mapped_column(ForeignKey("mailbox.id"), primary_key=True, index=True)
    selected_at: Mapped[datetime]


def selected_renewable(account_id: int, today: date) -> Select[int]:
    """Return the query for the ids of the selected mailboxes that can be renewed today."""
    return (
        select(Mailbox.id)
        .join(SelectedMailbox, SelectedMailbox.mailbox_id == Mailbox.id)
        .where(SelectedMailbox.account_id == account_id, unindexed(Mailbox.account_id) == account_id)
        .where(renewable(today))
    )


def select_expiring(session: Session, account_id: int, until: date, *, today: date, now: datetime) -> int:
    """Add the account's renewable mailboxes that expire on or before `until`; return how many were new."""
    theirs = and_(Mailbox.account_id == account_id, IN_ANY_TAB, Mailbox.expires_on <= until)
    return _add(session, account_id, theirs, today=today, now=now)


def select_these(
    session: Session, account_id: int, ids: Collection[int], *, today: date, now: datetime
) -> int:
    """Add those of `ids` that are the account's and renewable; return how many were new."""
    theirs = and_(Mailbox.id.in_(ids), unindexed(Mailbox.account_id) == account_id)
    return _add(session, account_id, theirs, today=today, now=now)


def _add(
    session: Session, account_id: int, theirs: ColumnElement[bool], *, today: date, now: datetime
) -> int:
    chosen = select(literal(account_id), Mailbox.id, literal(now, Instant())).where(theirs, renewable(today))
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    added = insert(SelectedMailbox).from_select(["account_id", "mailbox_id", "selected_at"], chosen)
    return _affected(session, added.on_conflict_do_nothing())


def unselect_these(session: Session, account_id: int, ids: Collection[int]) -> None:
    """Take the mailboxes out of the account's selection, whether they are in it or not."""
    session.execute(
        delete(SelectedMailbox).where(
            SelectedMailbox.account_id == account_id, SelectedMailbox.mailbox_id.in_(ids)
        )
    )


def unselect_all(session: Session, account_id: int) -> int:
    """Empty the account's selection; return how many mailboxes were in it."""
    return _affected(session, delete(SelectedMailbox).where(SelectedMailbox.account_id == account_id))


def unselect_ordered(session: Session, order_id: int) -> None:
    """Take the mailboxes of an order out of the selection: once renewed they must not come back into it."""
    ordered = select(OrderLine.mailbox_id).where(OrderLine.order_id == order_id)
    session.execute(
        delete(SelectedMailbox)
        .where(SelectedMailbox.mailbox_id.in_(ordered))
        .execution_options(synchronize_session=False)
    )


def all_are_of(session: Session, account_id: int, ids: Collection[int]) -> bool:
    """Say whether every one of `ids` is a mailbox of the account (S04)."""
    found = select(func.count()).where(Mailbox.id.in_(ids), unindexed(Mailbox.account_id) == account_id)
    return session.scalar(found) == len(set(ids))


def left_out_counts(
    session: Session, account_id: int, until: date, today: date
) -> Mapping[NotRenewable, int]:
    """Return how many mailboxes that expire on or before `until` cannot be renewed, by reason."""
    reason = not_renewable_reason(today).label("reason")
    expiring = select(reason).where(Mailbox.account_id == account_id, Mailbox.expires_on <= until).subquery()
    counted = (
        select(expiring.c.reason, func.count())
        .where(expiring.c.reason.is_not(None))
        .group_by(expiring.c.reason)
    )
    return {NotRenewable(code): count for code, count in session.execute(counted)}


def left_out_rows(
    session: Session, account_id: int, until: date, place: Place | None, today: date
) -> Sequence[AnyRow]:
    """Return up to one row more than a page of the left-out mailboxes, by expiry and address."""
    reason = NOT_RENEWABLE.label("reason")
    key = tuple_(Mailbox.expires_on, Mailbox.address)
    statement = (
        select(Mailbox.address, Mailbox.plan, Mailbox.expires_on, Mailbox.cancelled_on, reason, *MEMBERSHIP)
        .where(Mailbox.account_id == account_id, IN_ANY_TAB, Mailbox.expires_on <= until)
        .where(~renewable(today))
        .limit(PAGE_ROWS + 1)
    )
    backward = place is not None and place.backward
    if place is not None:
        here = tuple_(literal(place.expires_on), literal(place.address))
        statement = statement.where(key < here if backward else key > here)
    columns = (Mailbox.expires_on, Mailbox.address)
    rows = session.execute(
        statement.order_by(*(column.desc() if backward else column.asc() for column in columns)),
        day_values(today),
    ).all()
    return rows[::-1] if backward else rows


def _affected(session: Session, statement: Executable) -> int:
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    assert isinstance(result, CursorResult)
    return result.rowcount
