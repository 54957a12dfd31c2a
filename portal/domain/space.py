"""Whether what a mailbox holds fits into what is chosen for it, and what would make it fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from portal.domain.plans import PLANS, Plan

MB_PER_GB = 1024


class FitProblemKind(StrEnum):
    """What stands against a choice, in the order of a report."""

    EXTRA_MAILBOX_NOT_OFFERED = "extra_mailbox_not_offered"
    EXTRA_ARCHIVE_NOT_OFFERED = "extra_archive_not_offered"
    MAILBOX_TOO_SMALL = "mailbox_too_small"
    ARCHIVE_TOO_SMALL = "archive_too_small"
    ARCHIVE_DELETION_NOT_ACCEPTED = "archive_deletion_not_accepted"


@dataclass(frozen=True, slots=True)
class FitProblem:
    """One reason why a choice cannot stand, and what ends it.

    TOO_SMALL: choose `fix_extra_gb`, the smallest that holds what is used; where that is None the plan
    cannot hold it, and `free_mb` is what the customer has to delete to fit into the plan at its largest.
    NOT_OFFERED: `fix_extra_gb` is the most that the plan permits.
    ARCHIVE_DELETION_NOT_ACCEPTED: `used_mb` would be deleted; only the customer's own tick permits it.
    """

    kind: FitProblemKind
    used_mb: int
    capacity_mb: int
    fix_extra_gb: int | None = None
    free_mb: int = 0


@dataclass(frozen=True, slots=True)
class BlockedLine:
    """A mailbox of a draft with what stands against its choice."""

    address: str
    problems: Sequence[FitProblem]


def check_fit(
    plan: Plan,
    extra_mailbox_gb: int,
    extra_archive_gb: int,
    mailbox_used_mb: int,
    archive_used_mb: int,
    archive_deletion_accepted: bool,
) -> list[FitProblem]:
    """Return everything that stands against the choice: an empty list if it may be ordered.

    Asked in the cart, at the order, and again when the change takes effect. A use of exactly the capacity
    fits. Source: domain.md 3.3.
    """
    facts = PLANS[plan]
    mailbox = _Space(facts.base_mailbox_gb, extra_mailbox_gb, facts.max_extra_mailbox_gb, mailbox_used_mb)
    archive = _Space(facts.base_archive_gb, extra_archive_gb, facts.max_extra_archive_gb, archive_used_mb)
    problems = [
        *mailbox.beyond_offer(FitProblemKind.EXTRA_MAILBOX_NOT_OFFERED),
        *archive.beyond_offer(FitProblemKind.EXTRA_ARCHIVE_NOT_OFFERED),
        *mailbox.too_small(FitProblemKind.MAILBOX_TOO_SMALL),
    ]
    if facts.has_archive:
        problems += archive.too_small(FitProblemKind.ARCHIVE_TOO_SMALL)
    elif archive_used_mb > 0 and not archive_deletion_accepted:
        problems.append(
            FitProblem(FitProblemKind.ARCHIVE_DELETION_NOT_ACCEPTED, archive_used_mb, capacity_mb=0)
        )
    return problems


@dataclass(frozen=True, slots=True)
class _Space:
    base_gb: int
    extra_gb: int
    max_extra_gb: int
    used_mb: int

    @property
    def capacity_mb(self) -> int:
        """Return what the plan really gives: extra space beyond its offer does not count."""
        return (self.base_gb + min(self.extra_gb, self.max_extra_gb)) * MB_PER_GB

    def beyond_offer(self, kind: FitProblemKind) -> Iterator[FitProblem]:
        if not 0 <= self.extra_gb <= self.max_extra_gb:
            yield FitProblem(kind, self.used_mb, self.capacity_mb, fix_extra_gb=self.max_extra_gb)

    def too_small(self, kind: FitProblemKind) -> Iterator[FitProblem]:
        if self.used_mb > self.capacity_mb:
            needed_gb = -(-self.used_mb // MB_PER_GB) - self.base_gb
            over_mb = self.used_mb - (self.base_gb + self.max_extra_gb) * MB_PER_GB
            fix = needed_gb if needed_gb <= self.max_extra_gb else None
            yield FitProblem(kind, self.used_mb, self.capacity_mb, fix, max(over_mb, 0))
