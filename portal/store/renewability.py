"""State and renewability of mailboxes, asked of the database with the domain's own answers.

Each condition exists twice: for a day, as a function; and prebuilt, in capitals, with its dates left
open as the parameters that `day_values` names. Source: domain.md C4, 3.6, 4.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
    bindparam,
    case,
    exists,
    literal,
    literal_column,
    or_,
)

from portal.domain.conventions import ConventionStanding
from portal.domain.plans import PLANS, Plan
from portal.domain.renewability import OF_CONVENTION, NotRenewable
from portal.store.conventions import body_known_on
from portal.store.conventions import standing_on as convention_standing
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine

Columns: TypeAlias = tuple[Any, ...]
DayNamed = Callable[[str], ColumnElement[date]]
"""What gives the SQL value of a day by its name in `day_values`."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What can be asked about a mailbox on a day."""

    cancelled: ColumnElement[bool]
    still_there: ColumnElement[bool]
    """Not cancelled: written out, because NOT of it is unknown where `cancelled_on` is NULL."""
    reason: ColumnElement[str | None]
    """The code of `NotRenewable`, or NULL where the mailbox can be renewed."""
    renewable: ColumnElement[bool]
    """True where `reason` is NULL; a conjunction lets the open orders be one join, not a question a row."""


def not_renewable_reason(today: date) -> ColumnElement[str | None]:
    """Return one SQL value: the code of `NotRenewable`, or NULL where the mailbox can be renewed.

    Equal to `domain.renewability.why_not_renewable`, by test. As a condition use `renewable`.
    """
    return _on(today).reason


def renewable(today: date) -> ColumnElement[bool]:
    """Return the condition «can be renewed today», in the form that databases plan best."""
    return _on(today).renewable


def day_values(today: date) -> dict[str, date]:
    """Return the values of every date parameter that the prebuilt conditions name."""
    return {"today": today} | {_kept_name(days): today - timedelta(days=days) for days in _plans_by_grace()}


def _on(today: date) -> Conditions:
    values = day_values(today)
    return _conditions(lambda name: literal(values[name], Date))


def _conditions(day: DayNamed) -> Conditions:
    today, kept_since = day("today"), _kept_since(day)
    convention = convention_standing(today)
    cancelled = or_(
        and_(Mailbox.cancelled_on.is_not(None), Mailbox.cancelled_on <= today),
        Mailbox.expires_on < kept_since,
    )
    still_there = and_(
        or_(Mailbox.cancelled_on.is_(None), Mailbox.cancelled_on > today), Mailbox.expires_on >= kept_since
    )
    reasons = (
        (cancelled, NotRenewable.CANCELLED),
        (_NOT_SOLD_HERE, NotRenewable.DOMAIN_PLAN),
        (_HAS_OPEN_ORDER, NotRenewable.OPEN_ORDER),
        *((convention == _constant(standing), reason) for standing, reason in OF_CONVENTION.items()),
    )
    return Conditions(
        cancelled=cancelled,
        still_there=still_there,
        reason=case(*((condition, _constant(reason)) for condition, reason in reasons), else_=None),
        renewable=and_(still_there, ~_NOT_SOLD_HERE, _is_payable(convention), ~_HAS_OPEN_ORDER),
    )


def _is_payable(convention: ColumnElement[str | None]) -> ColumnElement[bool]:
    """Return the condition «its holder can pay»: without a convention, or by one that the member pays."""
    return or_(Mailbox.convention_code.is_(None), convention == _constant(ConventionStanding.MEMBER_PAYS))


def _kept_since(day: DayNamed) -> ColumnElement[date]:
    """Return the oldest expiry, by the mailbox's plan, whose mailbox still exists on the day."""
    (ordinary, *others) = sorted(_plans_by_grace().items(), key=lambda group: -len(group[1]))
    default = day(_kept_name(ordinary[0]))
    if not others:
        return default
    return case(*((_one_of(plans), day(_kept_name(days))) for days, plans in others), else_=default)


def _plans_by_grace() -> Mapping[int, list[Plan]]:
    grouped: dict[int, list[Plan]] = {}
    for plan, facts in PLANS.items():
        grouped.setdefault(facts.grace_days, []).append(plan)
    return grouped


def _kept_name(grace_days: int) -> str:
    return f"kept_since_{grace_days}"


def _one_of(plans: Iterable[Plan]) -> ColumnElement[bool]:
    """Return the condition «its plan is one of these», in constants: an IN is written anew each time."""
    return or_(*(Mailbox.plan == _constant(plan) for plan in plans))


def _constant(value: Plan | NotRenewable | ConventionStanding) -> ColumnElement[str]:
    return literal_column(f"'{value.value}'")


_NOT_SOLD_HERE = _one_of(plan for plan, facts in PLANS.items() if not facts.renewable_here)
_HAS_OPEN_ORDER = exists().where(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open).correlate(Mailbox)


def _open(name: str) -> ColumnElement[date]:
    return bindparam(name, type_=Date)


_PREBUILT = _conditions(_open)
TODAY = _open("today")
MEMBERSHIP: Columns = (
    Mailbox.convention_code,
    convention_standing(TODAY).label("convention"),
    body_known_on(TODAY).label("convention_body"),
)
"""What `membership_of` reads: the mailbox's convention, how it stands today, the body's name."""
CANCELLED = _PREBUILT.cancelled
STILL_THERE = _PREBUILT.still_there
NOT_RENEWABLE = _PREBUILT.reason
RENEWABLE = _PREBUILT.renewable
OLDEST_KEPT = _open(_kept_name(max(_plans_by_grace())))
"""The oldest expiry of any mailbox that still exists today: a bound that an index can use."""
