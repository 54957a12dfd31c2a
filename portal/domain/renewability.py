"""Whether a mailbox can be renewed here today, and if not, why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from portal.domain.conventions import ConventionStanding
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.plans import PLANS, Plan


class NotRenewable(StrEnum):
    """The reasons, the strongest first: a mailbox that has several shows the first."""

    CANCELLED = "cancelled"
    DOMAIN_PLAN = "domain_plan"
    OPEN_ORDER = "open_order"
    CONVENTION_BODY = "convention_body"
    """The body of the convention renews it and pays."""
    CONVENTION_NOT_IN_FORCE = "convention_not_in_force"
    """Nobody here can say what its renewal costs."""


OF_CONVENTION: Mapping[ConventionStanding, NotRenewable] = MappingProxyType(
    {
        ConventionStanding.BODY_PAYS: NotRenewable.CONVENTION_BODY,
        ConventionStanding.NOT_IN_FORCE: NotRenewable.CONVENTION_NOT_IN_FORCE,
    }
)
"""What stands against the renewal of a mailbox by its convention. Source: domain.md 8.6."""


def renews_by_itself(plan: Plan, convention: ConventionStanding | None) -> bool:
    """Say whether auto-renewal can mean anything for such a mailbox.

    Not for one that is renewed with its domain, nor where the body of a convention pays. Source: domain.md
    3.6, 6.
    """
    return PLANS[plan].renewable_here and convention is not ConventionStanding.BODY_PAYS


def why_not_renewable(
    today: date,
    plan: Plan,
    expires_on: date,
    *,
    cancelled_on: date | None = None,
    has_open_order: bool = False,
    convention: ConventionStanding | None = None,
) -> NotRenewable | None:
    """Return the reason why «Rinnova» is missing, or None if the mailbox can be renewed.

    Auto-renewal is no reason: only an open order hides the button. Nor is a convention that the member
    pays. Source: domain.md C4, 3.6, 4, 8.6.
    """
    facts = PLANS[plan]
    if state_on(today, expires_on, facts.grace_days, cancelled_on) is MailboxState.CANCELLED:
        return NotRenewable.CANCELLED
    if not facts.renewable_here:
        return NotRenewable.DOMAIN_PLAN
    if has_open_order:
        return NotRenewable.OPEN_ORDER
    return OF_CONVENTION.get(convention) if convention else None
