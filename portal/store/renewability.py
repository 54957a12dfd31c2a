"""State and renewability of mailboxes, asked of the database with the domain's own answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from sqlalchemy import Case, ColumnElement, Date, and_, bindparam, case, exists, literal_column, or_

from portal.domain.plans import PLANS, Plan
from portal.domain.renewability import NotRenewable
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine

TODAY = bindparam("today", type_=Date)
"""The civil day the question is about; its value comes from `day_values`."""


def day_values(today: date) -> dict[str, date]:
    """Return the values of every date parameter that the conditions of this module name."""
    return {"today": today} | {_kept_name(days): today - timedelta(days=days) for days in _plans_by_grace()}


def not_renewable_reason(today: date) -> ColumnElement[str | None]:
    """Return one SQL value: the code of `NotRenewable`, or NULL where the mailbox can be renewed.

    As a condition use `renewable`. Equal to `domain.renewability.why_not_renewable`, by test.
    Source: domain.md C4, 3.6, 4.
    """
    return NOT_RENEWABLE.params(day_values(today))


def renewable(today: date) -> ColumnElement[bool]:
    """Return the condition «can be renewed today»: no reason against it, in the form databases plan best."""
    return RENEWABLE.params(day_values(today))


def _plans_by_grace() -> Mapping[int, list[Plan]]:
    grouped: dict[int, list[Plan]] = {}
    for plan, facts in PLANS.items():
        grouped.setdefault(facts.grace_days, []).append(plan)
    return grouped


def _kept_name(grace_days: int) -> str:
    return f"kept_since_{grace_days}"


def _one_of(plans: Iterable[Plan]) -> ColumnElement[bool]:
    """Return the condition «its plan is one of these», in constants: an IN is written anew each time."""
    return or_(*(Mailbox.plan == literal_column(f"'{plan.value}'") for plan in plans))


def _kept_since() -> ColumnElement[date]:
    """Return the oldest expiry, by the mailbox's plan, whose mailbox still exists today."""
    (ordinary, *others) = sorted(_plans_by_grace().items(), key=lambda group: -len(group[1]))
    default = bindparam(_kept_name(ordinary[0]), type_=Date)
    if not others:
        return default
    exceptions = [(_one_of(plans), bindparam(_kept_name(days), type_=Date)) for days, plans in others]
    return case(*exceptions, else_=default)


KEPT_SINCE = _kept_since()
OLDEST_KEPT = bindparam(_kept_name(max(_plans_by_grace())), type_=Date)
"""The oldest expiry of any mailbox that still exists today: a bound that an index can use."""
NOT_SOLD_HERE = _one_of(plan for plan, facts in PLANS.items() if not facts.renewable_here)
CANCELLED = or_(
    and_(Mailbox.cancelled_on.is_not(None), Mailbox.cancelled_on <= TODAY), Mailbox.expires_on < KEPT_SINCE
)
STILL_THERE = and_(
    or_(Mailbox.cancelled_on.is_(None), Mailbox.cancelled_on > TODAY), Mailbox.expires_on >= KEPT_SINCE
)
"""Not cancelled: written out, because NOT of the above is unknown where `cancelled_on` is NULL."""
HAS_OPEN_ORDER = exists().where(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open).correlate(Mailbox)


def _not_renewable() -> Case[str | None]:
    code: dict[NotRenewable, ColumnElement[str]] = {
        reason: literal_column(f"'{reason.value}'") for reason in NotRenewable
    }
    return case(
        (CANCELLED, code[NotRenewable.CANCELLED]),
        (NOT_SOLD_HERE, code[NotRenewable.DOMAIN_PLAN]),
        (HAS_OPEN_ORDER, code[NotRenewable.OPEN_ORDER]),
        (Mailbox.convention_code.is_not(None), code[NotRenewable.CONVENTION]),
        else_=None,
    )


NOT_RENEWABLE = _not_renewable()
"""The same value as a prebuilt expression, with the parameters of `day_values` still open."""
RENEWABLE = and_(STILL_THERE, ~NOT_SOLD_HERE, Mailbox.convention_code.is_(None), ~HAS_OPEN_ORDER)
"""True where NOT_RENEWABLE is NULL; a conjunction lets the open orders be one join, not a question a row."""
