"""Changing all lines of a draft at once, where plan, contents and prices permit; two statements, any size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    SQLColumnExpression,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.plans import SOLD_PLANS, Plan
from portal.domain.price_list import ITEM_OF_PLAN, Item, PriceList
from portal.store.drafts import DraftLine
from portal.store.fit import fit_problem, permitted_extra_archive, permitted_extra_mailbox
from portal.store.mailboxes import Mailbox
from portal.store.renewability import not_renewable_reason
from portal.store.scope import visible_mailboxes

NOT_SOLD: Final = "not_sold"
"""The code of lines that the price list does not sell so."""
IN_CONVENTION: Final = "in_convention"
"""The code of lines whose plan and term a convention has fixed."""


@dataclass(frozen=True, slots=True)
class Target:
    """What all lines shall have; None leaves each as it is."""

    plan: Plan | None
    years: int | None

    @property
    def plan_value(self) -> Plan | SQLColumnExpression[Plan]:
        return self.plan or DraftLine.plan

    @property
    def extra_mailbox_gb(self) -> SQLColumnExpression[int]:
        return permitted_extra_mailbox(self.plan_value, DraftLine.extra_mailbox_gb)

    @property
    def extra_archive_gb(self) -> SQLColumnExpression[int]:
        return permitted_extra_archive(self.plan_value, DraftLine.extra_archive_gb)

    @property
    def keeps_plan(self) -> ColumnElement[bool]:
        return DraftLine.plan == self.plan if self.plan else true()


def change_all(
    session: Session,
    subject: Subject,
    draft_id: int,
    target: Target,
    prices: PriceList,
    *,
    version: int,
    today: date,
) -> dict[str | None, int]:
    """Change the lines that can take the target; return how many could (None) and how many not, by code.

    The codes are those of `NotRenewable`, those of `FitProblemKind`, IN_CONVENTION and NOT_SOLD.
    A line whose plan stays is not hindered by its contents: its problem is older than this change.
    """
    hindered = (
        select(_obstacle(target, prices, today).label("obstacle"))
        .select_from(DraftLine)
        .join(Mailbox, Mailbox.id == DraftLine.mailbox_id)
        .where(DraftLine.draft_id == draft_id, visible_mailboxes(subject))
        .subquery()
    )
    counted = select(hindered.c.obstacle, func.count()).group_by(hindered.c.obstacle)
    counts = {row[0]: row[1] for row in session.execute(counted)}
    if counts.get(None):
        counts[None] = _change(session, subject, draft_id, target, prices, version=version, today=today)
    return counts


def _change(
    session: Session,
    subject: Subject,
    draft_id: int,
    target: Target,
    prices: PriceList,
    *,
    version: int,
    today: date,
) -> int:
    able = (
        select(DraftLine.id)
        .join(Mailbox, Mailbox.id == DraftLine.mailbox_id)
        .where(
            DraftLine.draft_id == draft_id,
            visible_mailboxes(subject),
            _obstacle(target, prices, today).is_(None),
        )
    )
    values: dict[str, Any] = {
        "plan": target.plan_value,
        "extra_mailbox_gb": target.extra_mailbox_gb,
        "extra_archive_gb": target.extra_archive_gb,
        "term_years": target.years or DraftLine.term_years,
        "archive_deletion_accepted": and_(target.keeps_plan, DraftLine.archive_deletion_accepted),
        "changed_in": version,
        "changed_by": "",
        "changed_turn": 0,
    }
    changed = update(DraftLine).where(DraftLine.id.in_(able)).values(**values)
    result = session.execute(changed.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)
    return result.rowcount


def _obstacle(target: Target, prices: PriceList, today: date) -> ColumnElement[str | None]:
    reason = not_renewable_reason(today)
    fit = fit_problem(target.plan_value, target.extra_mailbox_gb, target.extra_archive_gb, false())
    return case(
        (reason.is_not(None), reason),
        (Mailbox.convention_code.is_not(None), literal(IN_CONVENTION)),
        (_not_sold(target, prices), literal(NOT_SOLD)),
        (target.keeps_plan, None),
        else_=fit,
    )


def _not_sold(target: Target, prices: PriceList) -> ColumnElement[bool]:
    plans = [target.plan] if target.plan else SOLD_PLANS
    wrong_plan = or_(
        false(),
        *(
            and_(
                true() if target.plan else DraftLine.plan == plan,
                _not_offered(ITEM_OF_PLAN[plan], target, prices),
            )
            for plan in plans
        ),
    )
    return or_(
        wrong_plan,
        and_(target.extra_mailbox_gb > 0, _not_offered(Item.EXTRA_MAILBOX_GB, target, prices)),
        and_(target.extra_archive_gb > 0, _not_offered(Item.EXTRA_ARCHIVE_GB, target, prices)),
    )


def _not_offered(item: Item, target: Target, prices: PriceList) -> ColumnElement[bool]:
    price = prices.prices.get(item)
    if price is None:
        return true()
    if target.years is not None:
        return false() if target.years in price.terms else true()
    return DraftLine.term_years.not_in(sorted(price.terms))
