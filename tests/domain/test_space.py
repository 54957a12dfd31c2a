"""Whether a mailbox fits what is chosen for it: domain.md 3.3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.plans import PLANS, SOLD_PLANS, Plan
from portal.domain.space import FitProblem, FitProblemKind, check_fit

STANDARD, PRO, PREMIUM, DOMAIN = Plan
EXTRA_MAILBOX, EXTRA_ARCHIVE, MAILBOX, ARCHIVE, DELETION = FitProblemKind
GB = 1024


@pytest.mark.parametrize(
    ("plan", "extra_mailbox", "extra_archive", "mailbox_used", "archive_used", "problems"),
    [
        # Exactly full passes, a megabyte more does not.
        (STANDARD, 0, 0, GB, 0, []),
        (STANDARD, 0, 0, GB + 1, 0, [FitProblem(MAILBOX, GB + 1, GB, 1)]),
        (STANDARD, 1, 0, 2 * GB, 0, []),
        (PRO, 0, 0, 2 * GB, 3 * GB, []),
        (PREMIUM, 0, 0, 2 * GB, 8 * GB, []),
        (STANDARD, 0, 0, 0, 0, []),
        # Premium to Pro: buy the GB that cover the use.
        (PRO, 0, 0, 2 * GB + 1, 3 * GB, [FitProblem(MAILBOX, 2 * GB + 1, 2 * GB, 1)]),
        (PRO, 0, 0, GB, 3 * GB + 1, [FitProblem(ARCHIVE, 3 * GB + 1, 3 * GB, 1)]),
        (
            PRO,
            0,
            0,
            5 * GB,
            8 * GB,
            [FitProblem(MAILBOX, 5 * GB, 2 * GB, 3), FitProblem(ARCHIVE, 8 * GB, 3 * GB, 5)],
        ),
        (PRO, 3, 5, 5 * GB, 8 * GB, []),
        # To Standard: at most one GB more, beyond it the customer has to delete.
        (STANDARD, 0, 0, 2 * GB, 0, [FitProblem(MAILBOX, 2 * GB, GB, 1)]),
        (STANDARD, 0, 0, 2 * GB + 100, 0, [FitProblem(MAILBOX, 2 * GB + 100, GB, None, 100)]),
        (STANDARD, 1, 0, 2 * GB + 100, 0, [FitProblem(MAILBOX, 2 * GB + 100, 2 * GB, None, 100)]),
        # To Standard: the archive goes.
        (STANDARD, 0, 0, GB, 700, [FitProblem(DELETION, 700, 0)]),
        (STANDARD, 0, 0, GB, 1, [FitProblem(DELETION, 1, 0)]),
        (
            STANDARD,
            0,
            0,
            GB + 1,
            700,
            [FitProblem(MAILBOX, GB + 1, GB, 1), FitProblem(DELETION, 700, 0)],
        ),
        # Fewer extra GB than before: only if what remains covers the use.
        (PRO, 1, 0, 3 * GB + 1, 0, [FitProblem(MAILBOX, 3 * GB + 1, 3 * GB, 2)]),
        (PRO, 0, 1, 0, 4 * GB + 1, [FitProblem(ARCHIVE, 4 * GB + 1, 4 * GB, 2)]),
        # What the plan does not offer, whatever is used.
        (STANDARD, 2, 0, 0, 0, [FitProblem(EXTRA_MAILBOX, 0, 2 * GB, 1)]),
        (STANDARD, 0, 1, 0, 0, [FitProblem(EXTRA_ARCHIVE, 0, 0, 0)]),
        (PRO, 100, 0, 0, 0, [FitProblem(EXTRA_MAILBOX, 0, 101 * GB, 99)]),
        (PREMIUM, 0, 100, 0, 0, [FitProblem(EXTRA_ARCHIVE, 0, 107 * GB, 99)]),
        (PREMIUM, 99, 99, 101 * GB, 107 * GB, []),
        (DOMAIN, 1, 0, 0, 0, [FitProblem(EXTRA_MAILBOX, 0, GB, 0)]),
        (PRO, -1, 0, 0, 0, [FitProblem(EXTRA_MAILBOX, 0, GB, 99)]),
        # Space that is not offered holds nothing.
        (
            STANDARD,
            2,
            0,
            3 * GB,
            0,
            [FitProblem(EXTRA_MAILBOX, 3 * GB, 2 * GB, 1), FitProblem(MAILBOX, 3 * GB, 2 * GB, None, GB)],
        ),
    ],
)
def test_what_stands_against_a_choice(
    plan: Plan,
    extra_mailbox: int,
    extra_archive: int,
    mailbox_used: int,
    archive_used: int,
    problems: list[FitProblem],
) -> None:
    assert check_fit(plan, extra_mailbox, extra_archive, mailbox_used, archive_used, False) == problems


@pytest.mark.parametrize("plan", [STANDARD, DOMAIN])
def test_the_customer_may_accept_that_the_archive_is_deleted(plan: Plan) -> None:
    assert check_fit(plan, 0, 0, GB, 700, archive_deletion_accepted=True) == []


def test_accepting_the_deletion_does_not_make_an_archive_fit() -> None:
    (problem,) = check_fit(PRO, 0, 0, 0, 4 * GB, archive_deletion_accepted=True)

    assert problem.kind is ARCHIVE


@given(
    plan=st.sampled_from(SOLD_PLANS),
    extra_mailbox=st.integers(0, 99),
    mailbox_used=st.integers(0, 110 * GB),
    archive_used=st.integers(0, 110 * GB),
)
def test_the_fix_is_the_smallest_that_fits(
    plan: Plan, extra_mailbox: int, mailbox_used: int, archive_used: int
) -> None:
    largest = PLANS[plan].max_extra_mailbox_gb
    fitting = [
        extra
        for extra in range(largest + 1)
        if not any(p.kind is MAILBOX for p in check_fit(plan, extra, 0, mailbox_used, archive_used, True))
    ]

    problems = check_fit(plan, min(extra_mailbox, largest), 0, mailbox_used, archive_used, True)

    for problem in problems:
        if problem.kind is MAILBOX:
            assert problem.fix_extra_gb == min(fitting, default=None)
            assert (problem.free_mb > 0) == (not fitting)
            assert not any(
                p.kind is MAILBOX
                for p in check_fit(plan, largest, 0, mailbox_used - problem.free_mb, archive_used, True)
            )
