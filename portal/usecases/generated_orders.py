"""What the pages of an order say when auto-renewal has prepared it. Source: domain.md 6."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.attempts import GATEWAY_METHODS
from portal.domain.auto_renewal import OPEN_CYCLES
from portal.store import attempts, auto_renewal_facts, auto_renewal_queries, order_queries
from portal.store.auto_renewal_facts import RenewalFacts
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.declarations import declaration_of
from portal.store.house import renewal_calendar
from portal.store.orders import Order
from portal.usecases.auto_renewal_prices import may_be_charged


@dataclass(frozen=True, slots=True)
class GeneratedOrder:
    """The mailbox that an order renews by itself, and the charge to come."""

    facts: RenewalFacts
    charge_on: date | None
    """None: it is not charged, or not any more."""
    stays_on: bool
    """Whether auto-renewal is on for the expiries after this one."""
    is_charging: bool = False
    """The gateway has been asked already: if the order is cancelled, what it takes goes back."""


def of_number(session: Session, subject: Subject, number: str, *, today: date) -> GeneratedOrder | None:
    """Return the same for the number of an order that is the subject's to see."""
    order = order_queries.visible_order(session, subject, number)
    return generated_by(session, order, today=today) if order is not None else None


def generated_by(session: Session, order: Order, *, today: date) -> GeneratedOrder | None:
    """Return what auto-renewal has to say about an order; None, unasked, for one that had a draft."""
    cycle = auto_renewal_queries.cycle_of_order(session, order.id) if order.draft_id is None else None
    if cycle is None:
        return None
    facts = auto_renewal_facts.facts_of(session, [cycle.mailbox_id], today)[cycle.mailbox_id]
    will_be = _will_be_charged(session, order, cycle, facts, today)
    return GeneratedOrder(
        facts,
        _next_try(session, cycle) if will_be else None,
        stays_on=facts.method_id is not None,
        is_charging=attempts.count_charging(session, [order.id]) > 0,
    )


def _will_be_charged(
    session: Session, order: Order, cycle: AutoRenewalCycle, facts: RenewalFacts, today: date
) -> bool:
    return (
        cycle.state in OPEN_CYCLES
        and cycle.expires_on >= today
        and order.payment_method in GATEWAY_METHODS
        and facts.method_is_active
        and may_be_charged(facts, order.due_cents)
        and declaration_of(session, order.id) is None
    )


def _next_try(session: Session, cycle: AutoRenewalCycle) -> date | None:
    calendar = renewal_calendar(session).promised(cycle.try_days)
    return calendar.next_try_on(cycle.expires_on, cycle.announced_on, cycle.last_try)
