"""Whether a mailbox can be renewed here today, and if not, why."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.plans import PLANS, Plan


class NotRenewable(StrEnum):
    """The reasons, the strongest first: a mailbox that has several shows the first."""

    CANCELLED = "cancelled"
    DOMAIN_PLAN = "domain_plan"
    OPEN_ORDER = "open_order"
    CONVENTION = "convention"


def why_not_renewable(
    today: date,
    plan: Plan,
    expires_on: date,
    *,
    cancelled_on: date | None = None,
    has_open_order: bool = False,
    has_convention: bool = False,
) -> NotRenewable | None:
    """Return the reason why «Rinnova» is missing, or None if the mailbox can be renewed.

    Auto-renewal is no reason: only an open order hides the button. Source: domain.md C4, 3.6, 4, 8.6.
    """
    facts = PLANS[plan]
    if state_on(today, expires_on, facts.grace_days, cancelled_on) is MailboxState.CANCELLED:
        return NotRenewable.CANCELLED
    if not facts.renewable_here:
        return NotRenewable.DOMAIN_PLAN
    if has_open_order:
        return NotRenewable.OPEN_ORDER
    return NotRenewable.CONVENTION if has_convention else None
