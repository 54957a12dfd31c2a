"""Extra space whose paid term is not the mailbox's: when its renewal is due, and what is told before.

Our own orders renew and pay mailbox and extra space together. Where somebody else renews the mailbox, the
space falls behind, and is renewed from credit or switched off. Source: domain.md 7.3.
"""

from __future__ import annotations

from datetime import date, timedelta

from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.space_purchase import GbPrices, SpacePrice, SpaceWanted, space_price
from portal.domain.terms import new_expiry

CREDIT_TOLD = (90, 30, 7)
"""Days before the paid term's end on which missing credit is told. Source: domain.md 12 `credit_needed`."""

LAST_CALL = 1
"""The milestone of a term that was over before anybody was told: the register moved the expiry past it."""
NOTICE_DAYS = 7
"""So many days lie between the first mail about missing credit and the end of the space, at the least."""


def extra_due_on(paid_until: date | None, expires_on: date) -> date | None:
    """Return the first day that is not paid, None where the space is paid as long as the mailbox.

    Source: domain.md 7.3.
    """
    if paid_until is None or paid_until >= expires_on:
        return None
    return paid_until + timedelta(days=1)


def extra_renewal_price(
    policy: ExtraSpacePolicy, paid_until: date, until: date, held: SpaceWanted, prices: GbPrices
) -> SpacePrice:
    """Return what the space that a mailbox has costs from the end of its paid term to the new expiry.

    The same rule as for space bought on that last day: a register that moves an expiry by some days costs
    nothing, a term of three years three. Source: domain.md 7.3, 8.4.
    """
    return space_price(policy, paid_until, until, held, prices)


def paid_after_order(
    paid_until: date | None, expired_on: date, expires_on: date, years: int, *, has_extra: bool
) -> date | None:
    """Return until when extra space is paid once an order of ours has renewed the mailbox for so many years.

    What was paid up to the old expiry is paid up to the new one; what lay behind stays behind as long.
    """
    if not has_extra:
        return paid_until
    if paid_until is None or paid_until >= expired_on:
        return expires_on
    return min(new_expiry(paid_until, years), expires_on)


def space_term(paid_until: date | None, expires_on: date) -> date:
    """Return the day to which more space is sold: one mailbox's extra space is paid to one day."""
    return min(paid_until or expires_on, expires_on)


def credit_milestone(paid_until: date, today: date) -> int | None:
    """Return the latest milestone that was reached, as days from the term's end; None before the first."""
    left = (paid_until - today).days
    if left < 0:
        return LAST_CALL
    reached = [days for days in CREDIT_TOLD if 0 <= left <= days]
    return -min(reached) if reached else None
