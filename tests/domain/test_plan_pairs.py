"""Every plan to every other, with use below, at and above what it gives. Source: domain.md 3.1, 3.3, 3.4."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.changes import Package, from_payment
from portal.domain.plans import SOLD_PLANS, Plan
from portal.domain.space import FitProblemKind, check_fit

STANDARD, PRO, PREMIUM, _ = Plan
GB = 1024
TABLE = {STANDARD: (1, 0, 1, 0), PRO: (2, 3, 99, 99), PREMIUM: (2, 8, 99, 99)}
"""domain.md 3.1 once more, on purpose: GB of mailbox and archive, and how many of each may be added."""
USES = [-1, 0, 1]
"""In MB against the exact capacity."""


def oracle(plan: Plan, extra: tuple[int, int], used_mb: tuple[int, int], accepted: bool) -> set[str]:
    """Return the problems by the words of domain.md 3.3, in whole MB and without the code's help."""
    mailbox_gb, archive_gb, most_mailbox, most_archive = TABLE[plan]
    found = set()
    if extra[0] > most_mailbox:
        found.add("extra_mailbox_not_offered")
    if extra[1] > most_archive:
        found.add("extra_archive_not_offered")
    if used_mb[0] > 1024 * (mailbox_gb + min(extra[0], most_mailbox)):
        found.add("mailbox_too_small")
    if archive_gb and used_mb[1] > 1024 * (archive_gb + min(extra[1], most_archive)):
        found.add("archive_too_small")
    if not archive_gb and used_mb[1] and not accepted:
        found.add("archive_deletion_not_accepted")
    return found


def kinds(plan: Plan, extra: tuple[int, int], used_mb: tuple[int, int], accepted: bool) -> set[str]:
    return {problem.kind.value for problem in check_fit(plan, *extra, *used_mb, accepted)}


@pytest.mark.parametrize(
    ("before", "after", "at_payment", "waits", "deletes"),
    [
        (STANDARD, STANDARD, STANDARD, False, False),
        (STANDARD, PRO, PRO, False, False),
        (STANDARD, PREMIUM, PREMIUM, False, False),
        (PRO, STANDARD, PRO, True, True),
        (PRO, PRO, PRO, False, False),
        (PRO, PREMIUM, PREMIUM, False, False),
        (PREMIUM, STANDARD, PREMIUM, True, True),
        (PREMIUM, PRO, PREMIUM, True, False),
        (PREMIUM, PREMIUM, PREMIUM, False, False),
    ],
)
def test_each_pair_of_plans(before: Plan, after: Plan, at_payment: Plan, waits: bool, deletes: bool) -> None:
    held = from_payment(Package(before), Package(after), suspended=False)
    asked = kinds(after, (0, 0), (0, 1), False)

    assert (held.plan, held != Package(after)) == (at_payment, waits)
    assert (TABLE[before][1] > 0 and "archive_deletion_not_accepted" in asked) is deletes


@pytest.mark.parametrize(("before", "after"), [*product(SOLD_PLANS, SOLD_PLANS)])
@pytest.mark.parametrize(("over_mailbox", "over_archive"), [*product(USES, USES)])
def test_each_pair_with_use_around_the_capacity(
    before: Plan, after: Plan, over_mailbox: int, over_archive: int
) -> None:
    """What was used under the old plan is held against the new one, exactly full passing."""
    mailbox_gb, archive_gb, _, _ = TABLE[after]
    had_archive = TABLE[before][1] > 0
    archive_mb = archive_gb * GB + over_archive if archive_gb else 1 + over_archive
    used = (mailbox_gb * GB + over_mailbox, archive_mb if had_archive else 0)

    found = kinds(after, (0, 0), used, False)

    assert ("mailbox_too_small" in found) == (over_mailbox > 0)
    assert ("archive_too_small" in found) == (had_archive and archive_gb > 0 and over_archive > 0)
    assert ("archive_deletion_not_accepted" in found) == (not archive_gb and used[1] > 0)


@given(
    plan=st.sampled_from(SOLD_PLANS),
    extra=st.tuples(st.integers(0, 101), st.integers(0, 101)),
    blocks=st.tuples(st.integers(0, 110), st.integers(0, 110)),
    around=st.tuples(st.sampled_from(USES), st.sampled_from(USES)),
    accepted=st.booleans(),
)
def test_any_choice_meets_what_the_words_say(
    plan: Plan, extra: tuple[int, int], blocks: tuple[int, int], around: tuple[int, int], accepted: bool
) -> None:
    used = (max(0, blocks[0] * GB + around[0]), max(0, blocks[1] * GB + around[1]))

    assert kinds(plan, extra, used, accepted) == oracle(plan, extra, used, accepted)


def test_the_words_know_every_kind_of_problem() -> None:
    every = [
        oracle(STANDARD, (2, 1), (5 * GB, 1), False),
        oracle(PRO, (0, 0), (0, 4 * GB), False),
    ]

    assert set().union(*every) == {kind.value for kind in FitProblemKind}
