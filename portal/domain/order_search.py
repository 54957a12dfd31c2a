"""Finding an order again: «ho pagato?» answered by number, amount, day, reference or mailbox."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from portal.domain.errors import AmountUnreadable
from portal.domain.money import Cents, parse_amount
from portal.domain.orders import OrderState

LONGEST_SEARCH = 80
_ITALIAN_DAY = re.compile(r"(?P<day>[0-9]{1,2})[/.-](?P<month>[0-9]{1,2})[/.-](?P<year>[0-9]{4})")
_YEARS = range(1970, 2970)
"""Years in which an order may have been placed; at both ends of the calendar a day has no bounds in UTC."""
_ISO_DAY = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")


class OrdersShown(StrEnum):
    """Which orders the list shows."""

    ALL = "all"
    TO_PAY = "to_pay"
    WORKING = "working"
    DONE = "done"
    CLOSED = "closed"


STATES_SHOWN: Mapping[OrdersShown, frozenset[OrderState]] = MappingProxyType(
    {
        OrdersShown.ALL: frozenset(OrderState),
        OrdersShown.TO_PAY: frozenset({OrderState.AWAITING_PAYMENT}),
        OrdersShown.WORKING: frozenset({OrderState.PAID}),
        OrdersShown.DONE: frozenset({OrderState.FULFILLED}),
        OrdersShown.CLOSED: frozenset(OrderState)
        - {OrderState.AWAITING_PAYMENT, OrderState.PAID, OrderState.FULFILLED},
    }
)


@dataclass(frozen=True, slots=True)
class OrderSearch:
    """What was typed, in each sense it can have."""

    text: str = ""
    """As it stands, on one line: part of an address."""
    compact: str = ""
    """In capitals without what people put in between: part of a number or of a bank's reference."""
    amount_cents: Cents | None = None
    day: date | None = None


def read_search(text: str) -> OrderSearch:
    """Return the senses of what was typed; nothing typed searches nothing. Source: lessons.md L12."""
    line = " ".join(text.split())[:LONGEST_SEARCH]
    return OrderSearch(line, "".join(filter(str.isalnum, line.upper())), _amount(line), _day(line))


def _amount(text: str) -> Cents | None:
    try:
        return parse_amount(text.removesuffix("€").strip())
    except AmountUnreadable:
        return None


def _day(text: str) -> date | None:
    match = _ITALIAN_DAY.fullmatch(text) or _ISO_DAY.fullmatch(text)
    if match is None:
        return None
    try:
        day = date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return None
    return day if day.year in _YEARS else None
