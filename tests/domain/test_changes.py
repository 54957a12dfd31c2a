"""More comes at payment, less at the old expiry, however many terms follow. Source: domain.md 3.3, 3.4."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.changes import Package, PackageFrom, biggest, changes_ahead, from_payment, held_on
from portal.domain.plans import PLANS, SOLD_PLANS, Plan

STANDARD, PRO, PREMIUM, _ = Plan
PACKAGES = st.builds(Package, st.sampled_from(SOLD_PLANS), st.integers(0, 3), st.integers(0, 3))
DAY = date(2026, 12, 25)
TERMS = st.lists(PACKAGES, max_size=4).map(
    lambda packages: [
        PackageFrom(DAY + timedelta(days=365 * place), package) for place, package in enumerate(packages)
    ]
)


def sizes(package: Package) -> tuple[int, int]:
    facts = PLANS[package.plan]
    return facts.base_mailbox_gb + package.extra_mailbox_gb, facts.base_archive_gb + package.extra_archive_gb


@pytest.mark.parametrize(
    ("current", "ordered", "at_payment"),
    [
        (Package(PRO), Package(PRO), Package(PRO)),
        (Package(STANDARD), Package(PRO), Package(PRO)),
        (Package(STANDARD), Package(PREMIUM), Package(PREMIUM)),
        (Package(PRO), Package(PREMIUM), Package(PREMIUM)),
        (Package(PRO), Package(STANDARD), Package(PRO)),
        (Package(PREMIUM), Package(PRO), Package(PREMIUM)),
        (Package(PREMIUM), Package(STANDARD), Package(PREMIUM)),
        (Package(PRO), Package(PRO, 2, 1), Package(PRO, 2, 1)),
        (Package(PRO, 2, 1), Package(PRO), Package(PRO, 2, 1)),
        (Package(PRO, 2, 0), Package(PRO, 0, 3), Package(PRO, 2, 3)),
        (Package(STANDARD, 1), Package(PRO), Package(PRO, 1)),
        (Package(PREMIUM), Package(PRO, 0, 5), Package(PREMIUM, 0, 5)),
        (Package(PRO), Package(STANDARD, 1), Package(PRO, 1)),
    ],
)
def test_what_comes_at_payment(current: Package, ordered: Package, at_payment: Package) -> None:
    assert from_payment(current, ordered, suspended=False) == at_payment
    assert from_payment(current, ordered, suspended=True) == ordered


@pytest.mark.parametrize(
    ("current", "ordered", "ahead"),
    [
        (PRO, [], []),
        (PRO, [PRO], []),
        (PREMIUM, [PRO], [(0, PRO)]),
        (PREMIUM, [PRO, STANDARD], [(0, PRO), (1, STANDARD)]),
        (PREMIUM, [STANDARD, STANDARD], [(0, STANDARD)]),
        (PREMIUM, [STANDARD, PRO], [(0, PRO)]),
        (PREMIUM, [STANDARD, PREMIUM], []),
        (PREMIUM, [STANDARD, PREMIUM, PRO], [(2, PRO)]),
        (PREMIUM, [PRO, STANDARD, PRO, STANDARD], [(0, PRO), (3, STANDARD)]),
    ],
)
def test_what_changes_when(current: Plan, ordered: list[Plan], ahead: list[tuple[int, Plan]]) -> None:
    days = [DAY + timedelta(days=365 * place) for place in range(4)]
    terms = [PackageFrom(day, Package(plan)) for day, plan in zip(days, ordered, strict=False)]

    assert changes_ahead(Package(current), terms) == [
        PackageFrom(days[place], Package(plan)) for place, plan in ahead
    ]


def test_a_package_is_a_bare_plan_unless_said_otherwise() -> None:
    assert [sizes(Package(plan)) for plan in SOLD_PLANS] == [(1, 0), (2, 3), (2, 8)]


@given(PACKAGES, PACKAGES)
def test_nothing_is_taken_away_before_the_old_expiry(current: Package, ordered: Package) -> None:
    at_payment = from_payment(current, ordered, suspended=False)

    assert all(now >= before for now, before in zip(sizes(at_payment), sizes(current), strict=True))
    assert all(now >= then for now, then in zip(sizes(at_payment), sizes(ordered), strict=True))


@given(PACKAGES, TERMS, st.integers(-10, 1500))
def test_it_holds_what_a_calendar_of_days_says(
    current: Package, ordered: list[PackageFrom], after: int
) -> None:
    """The oracle walks through the orders: each gives its package from its payment to the end of its term."""
    day = DAY + timedelta(days=after)
    granted = [(date.min, DAY - timedelta(days=1) if ordered else date.max, current)]
    for place, term in enumerate(ordered):
        is_last = place == len(ordered) - 1
        end = date.max if is_last else ordered[place + 1].day - timedelta(days=1)
        granted.append((date.min, end, term.package))
    expected = [package for start, end, package in granted if start <= day <= end]

    before_any = biggest([current, *(term.package for term in ordered)])
    held = held_on(day, ordered) or before_any

    assert held.plan == SOLD_PLANS[max(SOLD_PLANS.index(package.plan) for package in expected)]
    assert held.extra_mailbox_gb == max(package.extra_mailbox_gb for package in expected)
    assert held.extra_archive_gb == max(package.extra_archive_gb for package in expected)


@given(PACKAGES, TERMS)
def test_what_lies_ahead_only_becomes_smaller(current: Package, ordered: list[PackageFrom]) -> None:
    at_payment = biggest([current, *(term.package for term in ordered)])

    seen = [at_payment, *(change.package for change in changes_ahead(at_payment, ordered))]

    assert all(before != after and biggest([before, after]) == before for before, after in pairwise(seen))
    assert seen[-1] == (ordered[-1].package if ordered else current)
