"""The mailbox list, page by page, as fast for 100,000 mailboxes as for ten.

Statements are built once for each combination of filters and keep their values open; pages follow
each other by keyset, never by offset, and nothing counts the whole. Source: hardening.md 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    SQLColumnExpression,
    String,
    and_,
    bindparam,
    exists,
    literal_column,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session

from portal.domain.lifecycle import EXPIRING_DAYS
from portal.domain.listing import PAGE_ROWS, Listing, Order, Shown, Tab
from portal.domain.mandates import StoredMethodState
from portal.store import orders
from portal.store.base import AnyRow, AnySelect
from portal.store.documents import HAS_DOCUMENT
from portal.store.mailboxes import Mailbox
from portal.store.open_orders import OPEN_ORDER
from portal.store.orders import OrderLine
from portal.store.planner import unindexed
from portal.store.renewability import (
    CANCELLED,
    MEMBERSHIP,
    OLDEST_KEPT,
    STILL_THERE,
    TODAY,
    day_values,
)
from portal.store.scheduled_changes import TERMS_AHEAD
from portal.store.scope import ACCOUNT_ID, OF_THE_ACCOUNT
from portal.store.selections import SelectedMailbox
from portal.store.stored_methods import RenewsWith, StoredMethod

Expiry = SQLColumnExpression[date]
EXPIRING_UNTIL = bindparam("expiring_until", type_=Date)


def _shown(start: Expiry, end: Expiry) -> dict[Shown, ColumnElement[bool]]:
    """Return each filter as a range of the expiry, from a `start` to an `end` that an index can find."""
    return {
        Shown.ALL: true(),
        Shown.KEPT: and_(start >= OLDEST_KEPT, STILL_THERE),
        Shown.ACTIVE: and_(start > EXPIRING_UNTIL, STILL_THERE),
        Shown.EXPIRING: and_(start >= TODAY, end <= EXPIRING_UNTIL, STILL_THERE),
        Shown.SUSPENDED: and_(start >= OLDEST_KEPT, end < TODAY, STILL_THERE),
        Shown.CANCELLED: CANCELLED,
    }


SHOWN = _shown(Mailbox.expires_on, Mailbox.expires_on)
"""The filters of the first page; equal to the domain's badges, by test."""
_SHOWN_AFTER = _shown(unindexed(Mailbox.expires_on), Mailbox.expires_on)
_SHOWN_BEFORE = _shown(Mailbox.expires_on, unindexed(Mailbox.expires_on))
"""Where a place is one end of the range, SQLite must not take the filter's end instead."""
ROWS_ASKED = literal_column(str(PAGE_ROWS + 1), Integer)
"""A constant in the statement, not a parameter: PostgreSQL plans a page better when it knows its size."""
HAS_METHOD = (
    exists()
    .where(
        RenewsWith.mailbox_id == Mailbox.id,
        StoredMethod.id == RenewsWith.stored_method_id,
        StoredMethod.state == StoredMethodState.ACTIVE,
    )
    .correlate(Mailbox)
)
"""Whether a method stands behind the switch; without one nothing renews by itself."""
FACTS = (
    Mailbox.id,
    Mailbox.address,
    Mailbox.plan,
    Mailbox.expires_on,
    Mailbox.cancelled_on,
    Mailbox.extra_mailbox_gb,
    Mailbox.extra_archive_gb,
    Mailbox.mailbox_used_mb,
    Mailbox.archive_used_mb,
    Mailbox.used_read_at,
    Mailbox.auto_renewal,
    HAS_METHOD.label("has_method"),
    TERMS_AHEAD.label("terms_ahead"),
    HAS_DOCUMENT.label("has_document"),
    *MEMBERSHIP,
)
"""What a row of the list and the mailbox's own page both say."""
COLUMNS = (
    *FACTS,
    SelectedMailbox.mailbox_id.label("selected_id"),
    *OPEN_ORDER,
)


class Shape(NamedTuple):
    """What distinguishes one statement from another; everything else is a parameter."""

    searching: bool
    shown: Shown
    by_plan: bool
    order: Order
    backward: bool | None
    """None is the first page."""


def list_values(today: date) -> dict[str, date]:
    """Return the values of every date parameter that the list's conditions name."""
    return day_values(today) | {"expiring_until": today + timedelta(days=EXPIRING_DAYS)}


def list_rows(session: Session, account_id: int, listing: Listing, today: date) -> Sequence[AnyRow]:
    """Return up to one row more than a page, in the order asked, from the place asked.

    The row too many says that another page follows (precedes, when going backward). The connection
    is asked and not the session: no entity is loaded, and the session would take a third of the time.
    """
    place = listing.place
    shape = Shape(
        searching=bool(listing.search),
        shown=listing.shown,
        by_plan=listing.plan is not None,
        order=listing.order,
        backward=place.backward if place else None,
    )
    values = list_values(today) | {
        "account_id": account_id,
        "own": listing.tab is Tab.OWN,
        "pattern": like_pattern(listing.search),
        "plan": listing.plan,
        "place_expires_on": place.expires_on if place else None,
        "place_address": place.address if place else None,
    }
    rows = session.connection().execute(page_statement(shape), values).all()
    return rows[::-1] if shape.backward else rows


def like_pattern(text: str) -> str:
    """Return the LIKE pattern for addresses that contain `text`, every character meaning itself (S44)."""
    escaped = text.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


@lru_cache(maxsize=512)
def page_statement(shape: Shape) -> AnySelect:
    """Return the statement of one shape, its parameters still open.

    The page is chosen within the index alone and only its fifty rows are then fetched: whatever
    PostgreSQL believes about the account's size, sorting all its rows never looks cheaper.
    """
    chosen = chosen_page(shape).subquery("chosen")
    return (
        select(*COLUMNS)
        .join_from(chosen, Mailbox, Mailbox.id == chosen.c.id)
        .outerjoin(
            SelectedMailbox,
            and_(SelectedMailbox.account_id == ACCOUNT_ID, SelectedMailbox.mailbox_id == Mailbox.id),
        )
        .outerjoin(OrderLine, and_(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open))
        .outerjoin(
            orders.Order,
            and_(orders.Order.id == OrderLine.order_id, orders.Order.account_id == ACCOUNT_ID),
        )
        .order_by(*in_order(shape))
    )


def chosen_page(shape: Shape) -> Select[int]:
    """Return the query for the ids of one page, and of the row too many."""
    page = (
        select(Mailbox.id)
        .where(OF_THE_ACCOUNT, Mailbox.of_account_holder == bindparam("own"), *conditions_of(shape))
        .order_by(*in_order(shape))
        .limit(ROWS_ASKED)
    )
    return page if shape.backward is None else page.where(_beyond(shape))


def _descending(shape: Shape) -> bool:
    """Say whether the statement walks from the last to the first: either the order does or the page."""
    return shape.order.descending != bool(shape.backward)


def in_order(shape: Shape) -> list[ColumnElement[Any]]:
    """Return what the rows are sorted by."""
    key = (Mailbox.expires_on, Mailbox.address) if shape.order.by_expiry else (Mailbox.address,)
    return [column.desc() if _descending(shape) else column.asc() for column in key]


def conditions_of(shape: Shape) -> list[ColumnElement[bool]]:
    """Return what the filters ask of a row."""
    conditions = [_range(shape)[shape.shown]]
    if shape.searching:
        conditions.append(Mailbox.address.like(bindparam("pattern", type_=String), escape="\\"))
    if shape.by_plan:
        conditions.append(Mailbox.plan == bindparam("plan", type_=Mailbox.plan.type))
    return conditions


def _range(shape: Shape) -> dict[Shown, ColumnElement[bool]]:
    if shape.backward is None or not shape.order.by_expiry:
        return SHOWN
    return _SHOWN_BEFORE if _descending(shape) else _SHOWN_AFTER


def _beyond(shape: Shape) -> ColumnElement[bool]:
    """Return the condition «further than the place», in the direction the statement walks."""
    address = bindparam("place_address", type_=String)
    if shape.order.by_expiry:
        here = tuple_(Mailbox.expires_on, Mailbox.address)
        place = tuple_(bindparam("place_expires_on", type_=Date), address)
        return here < place if _descending(shape) else here > place
    return Mailbox.address < address if _descending(shape) else Mailbox.address > address
