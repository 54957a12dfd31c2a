"""When what was ordered with a renewal becomes real: more at payment, less at the old expiry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from portal.domain.plans import SOLD_PLANS, Plan

NOTICE_DAYS = 7
"""How long before a smaller package takes effect the customer is told again. Source: domain.md 3.4."""


@dataclass(frozen=True, slots=True)
class Package:
    """What a mailbox consists of at one time."""

    plan: Plan
    extra_mailbox_gb: int = 0
    extra_archive_gb: int = 0


@dataclass(frozen=True, slots=True)
class PackageFrom:
    """What was ordered for a term that begins later, or what holds from a day on."""

    day: date
    package: Package


def first_day_of_term(expires_on: date) -> date:
    """Return the first day after an expiry: a smaller package takes effect with it. Source: domain.md 3.4."""
    return expires_on + timedelta(days=1)


def biggest(packages: Iterable[Package]) -> Package:
    """Return the package that takes nothing away from any: the biggest plan, the most of each extra space."""
    each = list(packages)
    return Package(
        plan=max((package.plan for package in each), key=SOLD_PLANS.index),
        extra_mailbox_gb=max(package.extra_mailbox_gb for package in each),
        extra_archive_gb=max(package.extra_archive_gb for package in each),
    )


def from_payment(current: Package, ordered: Package, *, suspended: bool) -> Package:
    """Return what holds as soon as the payment is registered.

    The bigger plan and the added GB come at once; the smaller plan and the removed GB wait for the old
    expiry, so that the customer has time to save what would be lost. In suspension everything comes at
    once: the old term is over. Source: domain.md 3.4.
    """
    return ordered if suspended else biggest([current, ordered])


def held_on(day: date, ordered: Sequence[PackageFrom]) -> Package | None:
    """Return what holds on a day of the terms ordered, sorted by day; None before the first.

    A term has its own package, and of every later one what is bigger: that came when it was paid.
    What takes effect has to be checked for fit again. Source: domain.md 3.4.
    """
    begun = sum(1 for term in ordered if term.day <= day)
    return biggest(term.package for term in ordered[begun - 1 :]) if begun else None


def changes_ahead(current: Package, ordered: Sequence[PackageFrom]) -> list[PackageFrom]:
    """Return what will really change and when; a term that leaves everything as it is says nothing."""
    found: list[PackageFrom] = []
    for term in ordered:
        package = held_on(term.day, ordered)
        if package is not None and package != (found[-1].package if found else current):
            found.append(PackageFrom(term.day, package))
    return found
