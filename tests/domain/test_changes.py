"""More comes at payment, less at the old expiry. Source: domain.md 3.4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.changes import Package, split_change
from portal.domain.plans import PLANS, SOLD_PLANS, Plan

STANDARD, PRO, PREMIUM, _ = Plan
PACKAGES = st.builds(Package, st.sampled_from(SOLD_PLANS), st.integers(0, 3), st.integers(0, 3))


def sizes(package: Package) -> tuple[int, int]:
    facts = PLANS[package.plan]
    return facts.base_mailbox_gb + package.extra_mailbox_gb, facts.base_archive_gb + package.extra_archive_gb


@pytest.mark.parametrize(
    ("current", "ordered", "at_payment", "at_expiry"),
    [
        (Package(PRO), Package(PRO), Package(PRO), None),
        (Package(STANDARD), Package(PRO), Package(PRO), None),
        (Package(PRO), Package(STANDARD), Package(PRO), Package(STANDARD)),
        (Package(PREMIUM), Package(PRO), Package(PREMIUM), Package(PRO)),
        (Package(PRO), Package(PRO, 2, 1), Package(PRO, 2, 1), None),
        (Package(PRO, 2, 1), Package(PRO), Package(PRO, 2, 1), Package(PRO)),
        (Package(PRO, 2, 0), Package(PRO, 0, 3), Package(PRO, 2, 3), Package(PRO, 0, 3)),
        (Package(STANDARD, 1), Package(PRO), Package(PRO, 1), Package(PRO)),
        (Package(PREMIUM), Package(PRO, 0, 5), Package(PREMIUM, 0, 5), Package(PRO, 0, 5)),
        (Package(PRO), Package(STANDARD, 1), Package(PRO, 1), Package(STANDARD, 1)),
    ],
)
def test_what_comes_when(
    current: Package, ordered: Package, at_payment: Package, at_expiry: Package | None
) -> None:
    assert split_change(current, ordered, suspended=False) == (at_payment, at_expiry)


def test_a_package_is_a_bare_plan_unless_said_otherwise() -> None:
    assert [sizes(Package(plan)) for plan in SOLD_PLANS] == [(1, 0), (2, 3), (2, 8)]


@given(PACKAGES, PACKAGES)
def test_in_suspension_everything_comes_at_once(current: Package, ordered: Package) -> None:
    assert split_change(current, ordered, suspended=True) == (ordered, None)


@given(PACKAGES, PACKAGES)
def test_nothing_is_taken_away_before_the_old_expiry(current: Package, ordered: Package) -> None:
    at_payment, at_expiry = split_change(current, ordered, suspended=False)

    assert all(now >= before for now, before in zip(sizes(at_payment), sizes(current), strict=True))
    assert all(now >= then for now, then in zip(sizes(at_payment), sizes(ordered), strict=True))
    assert (at_expiry or at_payment) == ordered
