"""The plans: every figure of domain.md 3.1, and which is bigger."""

from __future__ import annotations

import pytest

from portal.domain.plans import PLANS, SOLD_PLANS, Plan, PlanChange, compare_plans

STANDARD, PRO, PREMIUM, DOMAIN = Plan


@pytest.mark.parametrize(
    ("plan", "mailbox", "archive", "sms", "extra_mailbox", "extra_archive", "grace", "renewable"),
    [
        (STANDARD, 1, 0, False, 1, 0, 90, True),
        (PRO, 2, 3, True, 99, 99, 90, True),
        (PREMIUM, 2, 8, True, 99, 99, 90, True),
        (DOMAIN, 1, 0, False, 0, 0, 30, False),
    ],
)
def test_facts_of_the_plans(
    plan: Plan,
    mailbox: int,
    archive: int,
    sms: bool,
    extra_mailbox: int,
    extra_archive: int,
    grace: int,
    renewable: bool,
) -> None:
    facts = PLANS[plan]

    assert (facts.base_mailbox_gb, facts.base_archive_gb, facts.sms) == (mailbox, archive, sms)
    assert (facts.max_extra_mailbox_gb, facts.max_extra_archive_gb) == (extra_mailbox, extra_archive)
    assert (facts.grace_days, facts.renewable_here) == (grace, renewable)
    assert facts.has_archive == (archive > 0)


def test_three_plans_are_sold_the_smallest_first() -> None:
    assert SOLD_PLANS == (STANDARD, PRO, PREMIUM)


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (STANDARD, STANDARD, PlanChange.SAME),
        (STANDARD, PRO, PlanChange.UPGRADE),
        (STANDARD, PREMIUM, PlanChange.UPGRADE),
        (PRO, PREMIUM, PlanChange.UPGRADE),
        (PREMIUM, PRO, PlanChange.DOWNGRADE),
        (PREMIUM, STANDARD, PlanChange.DOWNGRADE),
        (PRO, STANDARD, PlanChange.DOWNGRADE),
        (DOMAIN, DOMAIN, PlanChange.SAME),
    ],
)
def test_plans_compare_by_size(before: Plan, after: Plan, change: PlanChange) -> None:
    assert compare_plans(before, after) is change


@pytest.mark.parametrize(("before", "after"), [(DOMAIN, PRO), (STANDARD, DOMAIN)])
def test_the_domain_plan_is_never_changed(before: Plan, after: Plan) -> None:
    with pytest.raises(ValueError, match="never changed"):
        compare_plans(before, after)
