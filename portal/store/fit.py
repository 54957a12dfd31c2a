"""Whether mailboxes fit what is chosen for them, asked of the database with the domain's own answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlalchemy import Case, ColumnElement, SQLColumnExpression, and_, case, literal_column

from portal.domain.plans import PLANS, Plan, PlanFacts
from portal.domain.space import MB_PER_GB, FitProblemKind
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox

PlanColumn: TypeAlias = SQLColumnExpression[Plan]
Number: TypeAlias = SQLColumnExpression[int]


def fit_problem(
    plan: Plan | PlanColumn, extra_mailbox_gb: Number, extra_archive_gb: Number, accepted: ColumnElement[bool]
) -> Case[str | None]:
    """Return one SQL value: the first of `space.check_fit`'s problems with a choice, or NULL where it fits.

    Equal to the domain's first problem for every choice and use, by test. Source: domain.md 3.3.
    """
    base_mailbox = _fact(plan, lambda facts: facts.base_mailbox_gb)
    base_archive = _fact(plan, lambda facts: facts.base_archive_gb)
    mailbox_full = Mailbox.mailbox_used_mb > (base_mailbox + extra_mailbox_gb) * MB_PER_GB
    archive_full = Mailbox.archive_used_mb > (base_archive + extra_archive_gb) * MB_PER_GB
    return case(
        (extra_mailbox_gb > _max_extra_mailbox(plan), _code(FitProblemKind.EXTRA_MAILBOX_NOT_OFFERED)),
        (extra_archive_gb > _max_extra_archive(plan), _code(FitProblemKind.EXTRA_ARCHIVE_NOT_OFFERED)),
        (mailbox_full, _code(FitProblemKind.MAILBOX_TOO_SMALL)),
        (and_(base_archive > 0, archive_full), _code(FitProblemKind.ARCHIVE_TOO_SMALL)),
        (
            and_(base_archive == 0, Mailbox.archive_used_mb > 0, ~accepted),
            _code(FitProblemKind.ARCHIVE_DELETION_NOT_ACCEPTED),
        ),
        else_=None,
    )


def permitted_extra_mailbox(plan: Plan | PlanColumn, wanted: Number) -> Case[int]:
    """Return as much of the wanted mailbox space as the plan permits."""
    return _at_most(wanted, _max_extra_mailbox(plan))


def permitted_extra_archive(plan: Plan | PlanColumn, wanted: Number) -> Case[int]:
    """Return as much of the wanted archive space as the plan permits."""
    return _at_most(wanted, _max_extra_archive(plan))


def _at_most(wanted: Number, most: Number) -> Case[int]:
    return case((wanted > most, most), else_=wanted)


def _max_extra_mailbox(plan: Plan | PlanColumn) -> Number:
    return _fact(plan, lambda facts: facts.max_extra_mailbox_gb)


def _max_extra_archive(plan: Plan | PlanColumn) -> Number:
    return _fact(plan, lambda facts: facts.max_extra_archive_gb)


def _fact(plan: Plan | PlanColumn, fact: Callable[[PlanFacts], int]) -> Number:
    if isinstance(plan, Plan):
        return _whole(fact(PLANS[plan]))
    return case(*((plan == known, _whole(fact(facts))) for known, facts in PLANS.items()))


def _whole(number: int) -> ColumnElement[int]:
    return literal_column(str(number))


def _code(kind: FitProblemKind) -> ColumnElement[str]:
    return literal_column(f"'{kind.value}'")


FIT_PROBLEM = fit_problem(
    DraftLine.plan,
    DraftLine.extra_mailbox_gb,
    DraftLine.extra_archive_gb,
    DraftLine.archive_deletion_accepted.is_(True),
)
"""What stands first against a draft's line, joined with its mailbox."""
