"""What a customer asks of the mailbox list: which tab, which filters, in which order, from where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from portal.domain.lifecycle import MailboxState, is_expiring, state_on
from portal.domain.plans import PLANS, Plan

PAGE_ROWS = 50


class Tab(StrEnum):
    """«Le mie caselle PEC» and «PEC di altri titolari». Source: domain.md 2.1."""

    OWN = "own"
    OTHERS = "others"


class Standing(StrEnum):
    """The badge of a mailbox: its state, the last ninety days of `active` set apart. Source: domain.md 4."""

    ACTIVE = "active"
    EXPIRING = "expiring"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class Shown(StrEnum):
    """Which mailboxes the list shows; those gone for good only when asked for."""

    KEPT = "kept"
    ALL = "all"
    ACTIVE = "active"
    EXPIRING = "expiring"
    SUSPENDED = "suspended"
    CANCELLED = "cancelled"


class Order(StrEnum):
    """How the rows follow each other; ties of expiry go by address."""

    EXPIRY = "expiry"
    EXPIRY_LAST = "expiry_last"
    ADDRESS = "address"
    ADDRESS_LAST = "address_last"

    @property
    def by_expiry(self) -> bool:
        return self in (Order.EXPIRY, Order.EXPIRY_LAST)

    @property
    def descending(self) -> bool:
        return self in (Order.EXPIRY_LAST, Order.ADDRESS_LAST)


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two rows: after (or before) the row with this expiry and address."""

    expires_on: date
    address: str
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list, as asked."""

    tab: Tab = Tab.OWN
    search: str = ""
    """Any part of the address, in lower case; its characters mean themselves."""
    shown: Shown = Shown.KEPT
    plan: Plan | None = None
    order: Order = Order.EXPIRY
    place: Place | None = None
    """None is the first page."""


class _Placed(Protocol):
    @property
    def expires_on(self) -> date: ...

    @property
    def address(self) -> str: ...


Row = TypeVar("Row", bound=_Placed)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """The rows of one page and the places where its neighbours begin; None where there is none."""

    rows: list[Row]
    previous: Place | None
    next: Place | None


def one_page(found: Sequence[Row], place: Place | None) -> Page[Row]:
    """Return the page out of the rows found at `place`, of which one too many says that more follow.

    Going backward, it is the first row that is too many.
    """
    backward = place is not None and place.backward
    more = len(found) > PAGE_ROWS
    rows = list(found[-PAGE_ROWS:] if backward else found[:PAGE_ROWS])
    if not rows:
        return Page(rows, None, None)
    has_previous = more if backward else place is not None
    has_next = True if backward else more
    first, last = rows[0], rows[-1]
    return Page(
        rows,
        Place(first.expires_on, first.address, backward=True) if has_previous else None,
        Place(last.expires_on, last.address) if has_next else None,
    )


def standing_on(day: date, expires_on: date, plan: Plan, cancelled_on: date | None = None) -> Standing:
    """Return the badge of a mailbox on `day`. Source: domain.md 4."""
    state = state_on(day, expires_on, PLANS[plan].grace_days, cancelled_on)
    if state is MailboxState.ACTIVE and is_expiring(day, expires_on):
        return Standing.EXPIRING
    return Standing(state)
