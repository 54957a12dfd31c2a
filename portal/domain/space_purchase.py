"""More space in the middle of a term: when it can be had, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from portal.domain.extra_space import ExtraSpaceCharge, ExtraSpacePolicy, extra_space_charge
from portal.domain.money import Cents
from portal.domain.plans import PLANS, Plan


class NoSpace(StrEnum):
    """Why no space can be bought now. Source: domain.md 3.1, 8.4."""

    GONE = "gone"
    SUSPENDED = "suspended"
    """Only together with the renewal."""
    DOMAIN_PLAN = "domain_plan"
    OPEN_ORDER = "open_order"
    """The ordered term would not have it: the order is a snapshot."""
    WAITING_CHANGE = "waiting_change"
    """A smaller package waits for the expiry and would take it away."""
    UNDER_WAY = "under_way"
    """Space that was paid is being set up."""
    FULL = "full"
    """The mailbox has all that its plan permits."""


@dataclass(frozen=True, slots=True)
class SpaceWanted:
    """So many GB more."""

    mailbox_gb: int = 0
    archive_gb: int = 0

    def __bool__(self) -> bool:
        return bool(self.mailbox_gb or self.archive_gb)


@dataclass(frozen=True, slots=True)
class SpaceConfirmed:
    """What the customer confirmed: how much, and the total that was shown."""

    wanted: SpaceWanted
    shown_due_cents: Cents


@dataclass(frozen=True, slots=True)
class GbPrices:
    """Net cents for one GB and one year; None: not sold."""

    mailbox_cents: Cents | None
    archive_cents: Cents | None


@dataclass(frozen=True, slots=True)
class SpacePrice:
    """What space costs now, net, and at the renewal; each kind is a line of its own."""

    mailbox: ExtraSpaceCharge
    archive: ExtraSpaceCharge

    @property
    def net_cents(self) -> Cents:
        return self.mailbox.net_cents + self.archive.net_cents

    @property
    def renewal_net_cents(self) -> Cents:
        return self.mailbox.renewal_net_cents + self.archive.renewal_net_cents

    @property
    def months(self) -> int:
        return self.mailbox.months

    @property
    def is_free(self) -> bool:
        return self.mailbox.is_free


def most_space(plan: Plan, extra_mailbox_gb: int, extra_archive_gb: int) -> SpaceWanted:
    """Return how much more the plan permits. Source: domain.md 3.1."""
    facts = PLANS[plan]
    return SpaceWanted(
        max(facts.max_extra_mailbox_gb - extra_mailbox_gb, 0),
        max(facts.max_extra_archive_gb - extra_archive_gb, 0),
    )


def permits(most: SpaceWanted, wanted: SpaceWanted) -> bool:
    """Say whether so much more, and some at all, is within what the plan permits."""
    within = 0 <= wanted.mailbox_gb <= most.mailbox_gb and 0 <= wanted.archive_gb <= most.archive_gb
    return within and bool(wanted)


def space_price(
    policy: ExtraSpacePolicy, today: date, expires_on: date, wanted: SpaceWanted, prices: GbPrices
) -> SpacePrice:
    """Return what so much space costs; preview and charge are this one function.

    Raises ExtraSpaceNotSold after the expiry. Source: domain.md 8.4, lessons.md 1 (19).
    """
    return SpacePrice(
        extra_space_charge(policy, today, expires_on, wanted.mailbox_gb, prices.mailbox_cents or 0),
        extra_space_charge(policy, today, expires_on, wanted.archive_gb, prices.archive_cents or 0),
    )
