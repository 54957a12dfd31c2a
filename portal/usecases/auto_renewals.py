"""The switch of a mailbox's auto-renewal: what it would do, on with a method and a maximum, off at once.

Source: domain.md 6, 13 (3), hardening.md S42, lessons.md 24, L8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Action, Subject, SubjectKind, allowed
from portal.domain.auto_renewal import (
    CYCLE_MOVES,
    OPEN_CYCLES,
    CycleEnd,
    CycleState,
)
from portal.domain.errors import AutoRenewalRefused, NotFound, PaymentDeclared
from portal.domain.history import Deed
from portal.domain.mandates import MAILBOX_CONSENT_VERSION, MandateLimits
from portal.domain.money import Cents
from portal.domain.orders import is_cancellable
from portal.domain.renewability import NotRenewable
from portal.domain.renewal_calendar import RenewalCalendar
from portal.store import attempts, auto_renewal_facts, auto_renewal_queries, locks, method_queries
from portal.store.auto_renewal_facts import RenewalFacts
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.house import renewal_calendar, renewal_terms
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.prices import prices_on
from portal.store.scope import visible_mailboxes
from portal.store.stored_methods import AutoRenewalConsent, StoredMethod
from portal.usecases import auto_renewal_notices, history, orders, stored_methods, wallets
from portal.usecases.auto_renewal_consents import shown_version
from portal.usecases.auto_renewal_prices import PricedRenewal, price_renewal
from portal.usecases.billing import look_at_billing
from portal.usecases.draft_lines import mailbox_relation

NEVER = (NotRenewable.DOMAIN_PLAN, NotRenewable.CONVENTION_BODY)
"""Where auto-renewal can mean nothing. Source: domain.md 3.6, 6."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What the customer asks for: which method, how much at most, from which network address."""

    reference: str
    maximum_cents: Cents
    address: str
    credit_first: bool = False


@dataclass(frozen=True, slots=True)
class CancelledOrder:
    """The generated order that was cancelled with the switch."""

    number: str
    charging: bool
    """The gateway had been asked to charge it: what it takes goes back."""


@dataclass(frozen=True, slots=True)
class Switch:
    """The switch as it stands, and what it does next."""

    facts: RenewalFacts
    renewal: PricedRenewal | None
    """What the renewal costs today; None where it is not sold."""
    cycle: AutoRenewalCycle | None
    order: Order | None
    """The order that was generated for this expiry."""
    methods: Sequence[StoredMethod]
    next_charge_on: date | None
    """None: this expiry is not charged by itself."""
    can_be_invoiced: bool
    credit_cents: Cents | None
    """What there is to spend on it first; None where it is not the subject's to spend."""
    greatest_maximum_cents: Cents

    @property
    def is_on(self) -> bool:
        return self.facts.method_id is not None

    @property
    def amount_cents(self) -> Cents:
        """Return the next charge: what was ordered or announced, else today's price."""
        if self.order is not None:
            return self.order.due_cents
        if self.cycle is not None and self.cycle.state in OPEN_CYCLES:
            return self.cycle.announced_cents
        return self.renewal.due_cents if self.renewal else 0

    def proposed_maximum(self, limits: MandateLimits) -> Cents:
        """Return the maximum to propose: the agreed one, else what the next charge suggests."""
        return self.facts.maximum_cents or limits.maximum_for(self.amount_cents)

    @property
    def is_allowed(self) -> bool:
        """Say whether the next charge keeps below what was agreed."""
        limit = self.facts.maximum_cents or self.facts.mandated_cents
        return self.amount_cents <= min(limit, self.facts.mandated_cents)


def look_at_switch(session: Session, subject: Subject, address: str, *, today: date) -> Switch:
    """Return the switch of a mailbox. Raises NotFound where it is not the subject's to turn."""
    return _switch(session, subject, _own(session, subject, address), today)


def switch_on(
    session: Session, subject: Subject, address: str, wish: Wish, *, today: date, now: datetime
) -> None:
    """Let the mailbox renew by itself, with what was agreed kept; again changes method and maximum.

    Raises NotFound, AutoRenewalRefused. Source: hardening.md S42.
    """
    locks.lock_owner(session, subject)
    mailbox = _locked(session, _own(session, subject, address))
    switch = _switch(session, subject, mailbox, today)
    method = _checked(switch, wish)
    consent = AutoRenewalConsent(
        wanted=True,
        text_version=shown_version(MAILBOX_CONSENT_VERSION, renewal_calendar(session)),
        maximum_cents=wish.maximum_cents,
        given_at=now,
        address=wish.address,
    )
    session.add(consent)
    session.flush()
    stored_methods.give_mandate(session, method, consent)
    is_theirs = switch.credit_cents is not None
    credit_first = wish.credit_first if is_theirs else switch.facts.credit_first
    method_queries.renew_mailbox_with(session, mailbox, method.id, consent, credit_first=credit_first)
    history.record(session, Deed.AUTO_RENEWAL_ON, subject, now=now, about=mailbox.address)
    renewal = _switch(session, subject, mailbox, today).renewal
    assert renewal is not None
    auto_renewal_notices.switched_on(session, renewal, wish.maximum_cents, today, now=now)


def switch_off(
    session: Session, subject: Subject, address: str, *, today: date, now: datetime
) -> CancelledOrder | None:
    """Let the mailbox renew by itself no more, from this transaction on; return the order cancelled with it.

    What the gateway has been asked to charge already goes back; an order that somebody says was paid by hand
    stays. A second time is a quiet success. Raises NotFound. Source: lessons.md 24.
    """
    locks.lock_owner(session, subject)
    mailbox = _locked(session, _own(session, subject, address))
    switch = _switch(session, subject, mailbox, today)
    if not switch.is_on and not mailbox.auto_renewal:
        return None
    method_queries.stop_renewing(session, mailbox, now)
    history.record(session, Deed.AUTO_RENEWAL_OFF, subject, now=now, about=mailbox.address)
    cancelled = _cancel(session, subject, switch, now)
    _end(session, switch.cycle, now)
    number, charging = (cancelled.number, cancelled.charging) if cancelled else (None, False)
    auto_renewal_notices.switched_off(session, switch.facts, number, charging=charging, now=now)
    return cancelled


def _own(session: Session, subject: Subject, address: str) -> Mailbox:
    known = address.lower() if address.isprintable() else ""
    mailbox = session.scalar(select(Mailbox).where(Mailbox.address == known, visible_mailboxes(subject)))
    if mailbox is None or not allowed(mailbox_relation(subject.kind, mailbox), Action.TOGGLE_AUTO_RENEWAL):
        raise NotFound
    return mailbox


def _locked(session: Session, mailbox: Mailbox) -> Mailbox:
    session.refresh(mailbox, with_for_update={"key_share": True})
    return mailbox


def _switch(session: Session, subject: Subject, mailbox: Mailbox, today: date) -> Switch:
    facts = auto_renewal_facts.facts_of(session, [mailbox.id], today)[mailbox.id]
    if facts.reason in NEVER or facts.reason == NotRenewable.CANCELLED:
        raise NotFound
    cycle = auto_renewal_queries.current_cycle(session, mailbox.id, mailbox.expires_on)
    order = session.get(Order, cycle.order_id) if cycle is not None and cycle.order_id else None
    payer = _payer(facts)
    return Switch(
        facts=facts,
        renewal=price_renewal(facts, prices_on(session, today)),
        cycle=cycle,
        order=order,
        methods=method_queries.chargeable_methods(session, mailbox.account_id, mailbox.id),
        next_charge_on=_next_charge(renewal_calendar(session), cycle, facts, today),
        can_be_invoiced=look_at_billing(session, payer, today=today).is_ready,
        credit_cents=wallets.balance_of(session, payer, today=today) if payer == subject else None,
        greatest_maximum_cents=renewal_terms(session).greatest_maximum_cents,
    )


def _payer(facts: RenewalFacts) -> Subject:
    if facts.account_id is not None:
        return Subject(SubjectKind.ACCOUNT, account_id=facts.account_id)
    return Subject(SubjectKind.MAILBOX, mailbox_id=facts.mailbox_id)


def _next_charge(
    calendar: RenewalCalendar, cycle: AutoRenewalCycle | None, facts: RenewalFacts, today: date
) -> date | None:
    if cycle is None or cycle.ended_by is CycleEnd.SWITCHED_OFF:
        return calendar.charge_on(today, facts.expires_on)
    if cycle.state not in OPEN_CYCLES:
        return None
    return calendar.promised(cycle.try_days).next_try_on(cycle.expires_on, cycle.announced_on, cycle.last_try)


def _checked(switch: Switch, wish: Wish) -> StoredMethod:
    """Return the chosen method. Raises AutoRenewalRefused."""
    chosen = [method for method in switch.methods if method.reference == wish.reference]
    if not chosen:
        raise AutoRenewalRefused("method", "missing")
    if switch.renewal is None:
        raise AutoRenewalRefused("method", "not_sold")
    if not switch.can_be_invoiced:
        raise AutoRenewalRefused("method", "not_invoiced")
    if wish.maximum_cents < switch.renewal.due_cents:
        raise AutoRenewalRefused("maximum", "too_small")
    if wish.maximum_cents > switch.greatest_maximum_cents:
        raise AutoRenewalRefused("maximum", "too_big")
    return chosen[0]


def _cancel(session: Session, subject: Subject, switch: Switch, now: datetime) -> CancelledOrder | None:
    """Cancel the generated order, unless it is paid, or said to be."""
    if switch.order is None or not is_cancellable(switch.order.state):
        return None
    try:
        order = orders.cancel_order(session, subject, switch.order.number, now=now)
    except (PaymentDeclared, NotFound):
        return None
    return CancelledOrder(order.number, attempts.count_charging(session, [order.id]) > 0)


def _end(session: Session, cycle: AutoRenewalCycle | None, now: datetime) -> None:
    """End this expiry's cycle; switched on again in time it may begin anew."""
    if cycle is None:
        return
    session.refresh(cycle)
    was_cancelled_now = cycle.ended_by is CycleEnd.ORDER_CANCELLED and cycle.updated_at == now
    if was_cancelled_now or CycleState.SKIPPED in CYCLE_MOVES[cycle.state]:
        cycle.state, cycle.ended_by, cycle.updated_at = CycleState.SKIPPED, CycleEnd.SWITCHED_OFF, now
        session.flush()
