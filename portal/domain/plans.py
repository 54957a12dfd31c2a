"""What each plan contains, what may be added to it, and which of two is the bigger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

UNLIMITED_GB = 99
"""What «unlimited» extra space means in one order line. Source: domain.md 3.1."""


class Plan(StrEnum):
    """The kinds of mailbox (tipologie), smallest first; DOMAIN stands apart."""

    STANDARD = "standard"
    PRO = "pro"
    PREMIUM = "premium"
    DOMAIN = "domain"


class PlanChange(StrEnum):
    """How a plan compares with the one before it."""

    SAME = "same"
    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What a plan gives, whatever it costs. Spaces in GB, grace in days."""

    base_mailbox_gb: int
    base_archive_gb: int
    sms: bool
    max_extra_mailbox_gb: int
    max_extra_archive_gb: int
    grace_days: int
    renewable_here: bool

    @property
    def has_archive(self) -> bool:
        return self.base_archive_gb > 0


PLANS: Mapping[Plan, PlanFacts] = MappingProxyType(
    {
        Plan.STANDARD: PlanFacts(
            base_mailbox_gb=1,
            base_archive_gb=0,
            sms=False,
            max_extra_mailbox_gb=1,
            max_extra_archive_gb=0,
            grace_days=90,
            renewable_here=True,
        ),
        Plan.PRO: PlanFacts(
            base_mailbox_gb=2,
            base_archive_gb=3,
            sms=True,
            max_extra_mailbox_gb=UNLIMITED_GB,
            max_extra_archive_gb=UNLIMITED_GB,
            grace_days=90,
            renewable_here=True,
        ),
        Plan.PREMIUM: PlanFacts(
            base_mailbox_gb=2,
            base_archive_gb=8,
            sms=True,
            max_extra_mailbox_gb=UNLIMITED_GB,
            max_extra_archive_gb=UNLIMITED_GB,
            grace_days=90,
            renewable_here=True,
        ),
        Plan.DOMAIN: PlanFacts(
            base_mailbox_gb=1,
            base_archive_gb=0,
            sms=False,
            max_extra_mailbox_gb=0,
            max_extra_archive_gb=0,
            grace_days=30,
            renewable_here=False,
        ),
    }
)
"""Source: domain.md 3.1, C3, 3.6."""

SOLD_PLANS = tuple(plan for plan in Plan if PLANS[plan].renewable_here)
"""The plans of the cards, smallest first."""


def compare_plans(before: Plan, after: Plan) -> PlanChange:
    """Return whether `after` is the same plan, a bigger or a smaller one.

    Raises ValueError for the domain plan, which is never changed. Source: domain.md 3.1, 3.3.
    """
    if before == after:
        return PlanChange.SAME
    if Plan.DOMAIN in {before, after}:
        raise ValueError("the domain plan is never changed")
    bigger = SOLD_PLANS.index(after) > SOLD_PLANS.index(before)
    return PlanChange.UPGRADE if bigger else PlanChange.DOWNGRADE
