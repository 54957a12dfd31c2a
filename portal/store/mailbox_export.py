"""The mailbox list as one stream, for a file: the filters of the list without its pages, or the selection."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import date
from functools import lru_cache

from sqlalchemy import and_, bindparam, select
from sqlalchemy.orm import Session

from portal.domain.listing import Listing, Tab
from portal.store import orders
from portal.store.accounts import Holder
from portal.store.base import AnyRow, AnySelect
from portal.store.mailbox_list import (
    HAS_METHOD,
    Shape,
    conditions_of,
    in_order,
    like_pattern,
    list_values,
)
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.store.planner import unindexed
from portal.store.renewability import MEMBERSHIP, RENEWABLE
from portal.store.scope import ACCOUNT_ID, OF_THE_ACCOUNT
from portal.store.selections import SelectedMailbox

FETCHED = 500
"""Rows in memory at once, however many there are."""
_COLUMNS = (
    Mailbox.address,
    Mailbox.plan,
    Mailbox.expires_on,
    Mailbox.cancelled_on,
    Mailbox.extra_mailbox_gb,
    Mailbox.extra_archive_gb,
    Mailbox.mailbox_used_mb,
    Mailbox.archive_used_mb,
    Mailbox.auto_renewal,
    HAS_METHOD.label("has_method"),
    Holder.first_name,
    Holder.last_name,
    Holder.business_name,
    orders.Order.number.label("order_number"),
    *MEMBERSHIP,
)


def filtered_rows(
    session: Session, account_id: int, listing: Listing, today: date
) -> Generator[AnyRow, None, None]:
    """Give every row that the list's filters find, in its order, in one statement."""
    shape = Shape(
        searching=bool(listing.search),
        shown=listing.shown,
        by_plan=listing.plan is not None,
        order=listing.order,
        backward=None,
    )
    values = list_values(today) | {
        "account_id": account_id,
        "own": listing.tab is Tab.OWN,
        "pattern": like_pattern(listing.search),
        "plan": listing.plan,
    }
    yield from _streamed(session, _filtered(shape), values)


def selected_rows(session: Session, account_id: int, today: date) -> Generator[AnyRow, None, None]:
    """Give every row of the selection, by expiry; what cannot be renewed any more is left out of it."""
    yield from _streamed(session, _SELECTED, list_values(today) | {"account_id": account_id})


def _streamed(
    session: Session, statement: AnySelect, values: Mapping[str, object]
) -> Generator[AnyRow, None, None]:
    with session.connection().execute(statement, values, execution_options={"yield_per": FETCHED}) as rows:
        yield from rows


def _joined() -> AnySelect:
    theirs = and_(orders.Order.id == OrderLine.order_id, orders.Order.account_id == ACCOUNT_ID)
    return (
        select(*_COLUMNS)
        .select_from(Mailbox)
        .join(Holder, Holder.id == Mailbox.holder_id)
        .outerjoin(OrderLine, and_(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open))
        .outerjoin(orders.Order, theirs)
    )


@lru_cache(maxsize=128)
def _filtered(shape: Shape) -> AnySelect:
    return (
        _joined()
        .where(OF_THE_ACCOUNT, Mailbox.of_account_holder == bindparam("own"), *conditions_of(shape))
        .order_by(*in_order(shape))
    )


_SELECTED = (
    _joined()
    .join(SelectedMailbox, SelectedMailbox.mailbox_id == Mailbox.id)
    .where(SelectedMailbox.account_id == ACCOUNT_ID, unindexed(Mailbox.account_id) == ACCOUNT_ID, RENEWABLE)
    .order_by(Mailbox.expires_on, Mailbox.address)
)
