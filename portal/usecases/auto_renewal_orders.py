"""The order that auto-renewal generates fifteen days before the expiry: an ordinary renewal, without a draft.

One order a mailbox, so that one can be cancelled, refused or paid by hand without the others.
Source: domain.md 6, docs/adr/0021-auto-renewal-one-order-a-mailbox.md.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.auto_renewal import CycleEnd, CycleState
from portal.domain.history import Deed
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import LineState, OrderState
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.domain.pricing import line_costs
from portal.domain.quotes import ToldQuote
from portal.domain.terms import new_expiry
from portal.store import auto_renewal_facts, auto_renewal_queries, locks, order_people, order_queries
from portal.store.auto_renewal_facts import RenewalFacts
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.orders import Order
from portal.store.prices import prices_on
from portal.usecases import auto_renewal_notices, history
from portal.usecases.auto_renewal_prices import PricedRenewal, price_renewal
from portal.usecases.billing import Billing, look_at_billing
from portal.usecases.quotes import keep_quote
from portal.usecases.withdrawal_terms import keep_terms_of_itself

AT_ONCE = 50
"""Orders in one transaction: each locks its account and its mailbox."""


def place_due(
    session: Session, cursor: int | None, *, today: date, now: datetime, calendar: BankCalendar
) -> tuple[int, int | None]:
    """Generate some of the orders due by today; return how many, and the last cycle if not done.

    What was renewed otherwise meanwhile, or has expired, ends here.
    """
    if cursor is None:
        auto_renewal_queries.end_renewed(session, now=now)
        auto_renewal_queries.end_lapsed(session, today, now=now)
    due = auto_renewal_queries.to_order(session, cursor or 0, today, AT_ONCE)
    placed = [_place(session, *ids, today=today, calendar=calendar, now=now) for ids in due]
    return sum(placed), due[-1][0] if len(due) == AT_ONCE else None


def _place(
    session: Session, cycle_id: int, mailbox_id: int, *, today: date, calendar: BankCalendar, now: datetime
) -> bool:
    """Generate the order of a cycle; False where it has to wait, or where there can be none."""
    locks.lock_owner(session, Subject(SubjectKind.MAILBOX, mailbox_id=mailbox_id))
    cycle = auto_renewal_queries.locked_cycle(session, cycle_id)
    facts = auto_renewal_facts.facts_of(session, [mailbox_id], today)[mailbox_id]
    if cycle is None or cycle.state is not CycleState.ANNOUNCED or facts.method is None or facts.reason:
        return False
    renewal = _cheaper(session, cycle, facts, today)
    billing = look_at_billing(session, _payer(facts), today=today)
    if renewal is None:
        return False
    if billing.profile is None or not billing.is_complete:
        _end_without_order(session, cycle, facts, now)
        return False
    try:
        with session.begin_nested():
            order = _store(session, cycle, renewal, billing, facts.method, now)
    except IntegrityError:  # another order holds the mailbox since a moment ago
        return False
    keep_terms_of_itself(session, order, closed=calendar.holidays)
    cycle.state, cycle.order_id, cycle.updated_at = CycleState.ORDERED, order.id, now
    session.flush()
    return True


def _cheaper(
    session: Session, cycle: AutoRenewalCycle, facts: RenewalFacts, today: date
) -> PricedRenewal | None:
    """Return the renewal at today's list price, or at that of the announcement if it was lower.

    Of a bigger package than was announced the order is not charged by itself: `begin_charge` sees to it.
    Source: domain.md 6.
    """
    days = (today, cycle.announced_on)
    found = [price_renewal(facts, prices_on(session, day), cycle.term_years) for day in days]
    return min((each for each in found if each is not None), key=lambda each: each.due_cents, default=None)


def _end_without_order(session: Session, cycle: AutoRenewalCycle, facts: RenewalFacts, now: datetime) -> None:
    """End a cycle whose order nobody could be invoiced for, and say so."""
    cycle.state, cycle.ended_by, cycle.updated_at = CycleState.FAILED, CycleEnd.DATA_MISSING, now
    auto_renewal_notices.charge_failed(
        session,
        facts,
        number=None,
        amount_cents=cycle.announced_cents,
        why=CycleEnd.DATA_MISSING.value,
        milestone=CycleEnd.DATA_MISSING.value,
        next_on=None,
        now=now,
    )


def _payer(facts: RenewalFacts) -> Subject:
    if facts.account_id is not None:
        return Subject(SubjectKind.ACCOUNT, account_id=facts.account_id)
    return Subject(SubjectKind.MAILBOX, mailbox_id=facts.mailbox_id)


def _store(
    session: Session,
    cycle: AutoRenewalCycle,
    renewal: PricedRenewal,
    billing: Billing,
    method: PaymentMethod,
    now: datetime,
) -> Order:
    """Store the order with quote, line and people. Raises IntegrityError for a held mailbox."""
    facts, told = renewal.facts, _told(cycle, renewal)
    order = Order(
        number=new_order_number(secrets.token_bytes(RANDOM_BYTES)),
        account_id=facts.account_id,
        mailbox_id=facts.mailbox_id,
        state=OrderState.AWAITING_PAYMENT,
        payment_method=method,
        **asdict(told.amounts),
        quote_id=keep_quote(session, None, told, now=now).id,
        contact_email=facts.account_email or facts.holder_email,
        placed_at=now,
    )
    session.add(order)
    session.flush()
    owner = history.owner_subject(facts.account_id, facts.mailbox_id)
    history.record(session, Deed.ORDER_PLACED, owner, now=now, about=order.number)
    order_queries.insert_lines(session, [_line(order.id, renewal)])
    order_people.keep_holders(session, order.id)
    assert billing.profile is not None
    order_people.keep_billing(session, order.id, billing.profile)
    return order


def _told(cycle: AutoRenewalCycle, renewal: PricedRenewal) -> ToldQuote:
    """Return the price as it was announced: it holds until the expiry. Source: domain.md 6."""
    facts = renewal.facts
    led_by = f"auto_renewal_cycle {cycle.id}"
    return ToldQuote(led_by, 0, 1, renewal.day, renewal.quote, facts.split_payment, facts.expires_on)


def _line(order_id: int, renewal: PricedRenewal) -> dict[str, object]:
    facts, choice = renewal.facts, renewal.choice
    return {
        "order_id": order_id,
        "position": 1,
        "mailbox_id": facts.mailbox_id,
        "address": facts.address,
        "holder_id": facts.holder_id,
        "is_open": True,
        "state": LineState.WAITING,
        "plan_before": facts.plan_before,
        "plan": choice.plan,
        "extra_mailbox_gb": choice.extra_mailbox_gb,
        "extra_archive_gb": choice.extra_archive_gb,
        "term_years": choice.years,
        **line_costs(renewal.quote),
        "archive_deletion_accepted": False,
        "expires_before": facts.expires_on,
        "expires_after": new_expiry(facts.expires_on, choice.years),
    }
