"""When what was ordered with a renewal becomes real: more at payment, less at the old expiry."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.plans import Plan, PlanChange, compare_plans


@dataclass(frozen=True, slots=True)
class Package:
    """What a mailbox consists of at one time."""

    plan: Plan
    extra_mailbox_gb: int = 0
    extra_archive_gb: int = 0


def split_change(current: Package, ordered: Package, *, suspended: bool) -> tuple[Package, Package | None]:
    """Return what holds from the payment, and what from the day after the old expiry (None: nothing waits).

    The bigger plan and the added GB come at once; the smaller plan and the removed GB wait, so that the
    customer has time to save what would be lost. In suspension everything comes at once: the old term is
    over. What waits has to be checked for fit again when it comes. Source: domain.md 3.4.
    """
    if suspended:
        return ordered, None
    shrinks = compare_plans(current.plan, ordered.plan) is PlanChange.DOWNGRADE
    at_payment = Package(
        plan=current.plan if shrinks else ordered.plan,
        extra_mailbox_gb=max(current.extra_mailbox_gb, ordered.extra_mailbox_gb),
        extra_archive_gb=max(current.extra_archive_gb, ordered.extra_archive_gb),
    )
    return at_payment, None if at_payment == ordered else ordered
