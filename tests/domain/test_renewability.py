"""Why «Rinnova» is missing, if it is."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.conventions import ConventionStanding
from portal.domain.plans import Plan
from portal.domain.renewability import NotRenewable, renews_by_itself, why_not_renewable

EXPIRY = date(2025, 12, 1)


@pytest.mark.parametrize(
    ("today", "plan", "reason"),
    [
        (date(2024, 1, 1), Plan.STANDARD, None),
        (date(2025, 12, 1), Plan.PRO, None),
        (date(2025, 12, 2), Plan.PREMIUM, None),
        (date(2026, 3, 1), Plan.STANDARD, None),
        (date(2026, 3, 2), Plan.STANDARD, NotRenewable.CANCELLED),
        (date(2025, 12, 31), Plan.DOMAIN, NotRenewable.DOMAIN_PLAN),
        (date(2026, 1, 1), Plan.DOMAIN, NotRenewable.CANCELLED),
    ],
)
def test_it_can_be_renewed_while_it_exists(today: date, plan: Plan, reason: NotRenewable | None) -> None:
    assert why_not_renewable(today, plan, EXPIRY) is reason


def test_an_open_order_hides_the_button() -> None:
    reason = why_not_renewable(EXPIRY, Plan.STANDARD, EXPIRY, has_open_order=True)

    assert reason is NotRenewable.OPEN_ORDER


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        (None, None),
        (ConventionStanding.MEMBER_PAYS, None),
        (ConventionStanding.BODY_PAYS, NotRenewable.CONVENTION_BODY),
        (ConventionStanding.NOT_IN_FORCE, NotRenewable.CONVENTION_NOT_IN_FORCE),
    ],
)
def test_in_a_convention_it_is_the_member_who_can_renew(
    standing: ConventionStanding | None, reason: NotRenewable | None
) -> None:
    assert why_not_renewable(EXPIRY, Plan.STANDARD, EXPIRY, convention=standing) is reason


@pytest.mark.parametrize(
    ("plan", "standing", "answer"),
    [
        (Plan.STANDARD, None, True),
        (Plan.PREMIUM, None, True),
        (Plan.DOMAIN, None, False),
        (Plan.STANDARD, ConventionStanding.MEMBER_PAYS, True),
        (Plan.STANDARD, ConventionStanding.NOT_IN_FORCE, True),
        (Plan.STANDARD, ConventionStanding.BODY_PAYS, False),
        (Plan.DOMAIN, ConventionStanding.MEMBER_PAYS, False),
    ],
)
def test_which_mailboxes_can_renew_by_themselves(
    plan: Plan, standing: ConventionStanding | None, answer: bool
) -> None:
    assert renews_by_itself(plan, standing) is answer


def test_a_terminated_mailbox_cannot_be_renewed() -> None:
    assert why_not_renewable(EXPIRY, Plan.PRO, EXPIRY, cancelled_on=EXPIRY) is NotRenewable.CANCELLED


@pytest.mark.parametrize(
    ("cancelled_on", "plan", "has_open_order", "reason"),
    [
        (EXPIRY, Plan.DOMAIN, True, NotRenewable.CANCELLED),
        (None, Plan.DOMAIN, True, NotRenewable.DOMAIN_PLAN),
        (None, Plan.STANDARD, True, NotRenewable.OPEN_ORDER),
        (None, Plan.STANDARD, False, NotRenewable.CONVENTION_BODY),
    ],
)
def test_of_several_reasons_the_strongest_is_shown(
    cancelled_on: date | None, plan: Plan, has_open_order: bool, reason: NotRenewable
) -> None:
    shown = why_not_renewable(
        EXPIRY,
        plan,
        EXPIRY,
        cancelled_on=cancelled_on,
        has_open_order=has_open_order,
        convention=ConventionStanding.BODY_PAYS,
    )

    assert shown is reason
