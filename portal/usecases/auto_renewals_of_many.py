"""The switch of auto-renewal for many mailboxes: what it would do, on with one agreement, off at once.

Source: domain.md 6, 13 (1, 3), product.md 3.2, hardening.md S42.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import AutoRenewalRefused
from portal.domain.history import Deed
from portal.domain.mandates import MAILBOX_CONSENT_VERSION, MandateLimits
from portal.domain.money import Cents
from portal.domain.price_list import PriceList
from portal.domain.renewability import NotRenewable
from portal.store import attempts, auto_renewal_bulk, auto_renewal_facts, locks, method_queries
from portal.store.auto_renewal_facts import RenewalFacts
from portal.store.house import renewal_calendar, renewal_terms
from portal.store.prices import prices_on
from portal.store.stored_methods import AutoRenewalConsent, StoredMethod
from portal.usecases import auto_renewal_notices, history, stored_methods, wallets
from portal.usecases.auto_renewal_consents import shown_version
from portal.usecases.auto_renewal_prices import PricedRenewal, price_renewal
from portal.usecases.auto_renewals import Wish
from portal.usecases.billing import look_at_billing
from portal.usecases.selection import account_of


class LeftOut(StrEnum):
    """Why one of the mailboxes is not switched on with the others."""

    DOMAIN_PLAN = "domain_plan"
    CONVENTION_BODY = "convention_body"
    CANCELLED = "cancelled"
    NOT_SOLD = "not_sold"
    OVER_MAXIMUM = "over_maximum"
    """It costs more than the limit for one charge."""


_NEVER: Mapping[str, LeftOut] = {
    NotRenewable.DOMAIN_PLAN: LeftOut.DOMAIN_PLAN,
    NotRenewable.CONVENTION_BODY: LeftOut.CONVENTION_BODY,
    NotRenewable.CANCELLED: LeftOut.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """How many mailboxes renew by themselves no more."""

    count: int = 0
    orders: int = 0
    """How many generated orders were cancelled with them."""
    charging: int = 0
    """Of how many of those a gateway had been asked to charge: what it takes goes back."""


@dataclass(frozen=True, slots=True)
class Month:
    """The charges of one month."""

    first_day: date
    count: int
    cents: Cents


@dataclass(frozen=True, slots=True)
class Refused:
    """A mailbox that is left out, and why."""

    address: str
    expires_on: date
    reason: LeftOut


@dataclass(frozen=True, slots=True)
class Preview:
    """What switching on would do for the mailboxes of the selection."""

    ready: Sequence[PricedRenewal]
    refused: Sequence[Refused]
    months: Sequence[Month]
    by_hand: int
    """How many of them expire too soon to be charged for this expiry."""
    already_on: int
    on_in_account: int
    maximum_cents: Cents
    methods: Sequence[StoredMethod]
    can_be_invoiced: bool
    credit_cents: Cents

    @property
    def count(self) -> int:
        return len(self.ready) + len(self.refused)

    @property
    def total_cents(self) -> Cents:
        return sum(month.cents for month in self.months)

    @property
    def refused_counts(self) -> Mapping[LeftOut, int]:
        return Counter(each.reason for each in self.refused)


def look_at_many(
    session: Session, subject: Subject, maximum_cents: Cents | None, limits: MandateLimits, *, today: date
) -> Preview:
    """Return what switching the selection on would do with that limit, or with the proposed one.

    Raises NotFound for a mailbox's own session. A fixed number of statements.
    """
    account_id = account_of(subject)
    facts = auto_renewal_facts.facts_where(session, auto_renewal_bulk.selected_of(account_id), today)
    priced = _priced(facts, prices_on(session, today))
    dearest = max((each.due_cents for each in priced.values() if each), default=0)
    maximum = maximum_cents or limits.maximum_for(dearest)
    ready, refused = _sorted(facts, priced, maximum)
    months, by_hand = _months(session, ready, today)
    return Preview(
        ready=ready,
        refused=refused,
        months=months,
        by_hand=by_hand,
        already_on=sum(each.method_id is not None for each in facts),
        on_in_account=auto_renewal_bulk.count_on(session, account_id),
        maximum_cents=maximum,
        methods=method_queries.chargeable_methods(session, account_id, 0),
        can_be_invoiced=look_at_billing(session, subject, today=today).is_ready,
        credit_cents=wallets.balance_of(session, subject, today=today),
    )


def switch_many_on(session: Session, subject: Subject, wish: Wish, *, today: date, now: datetime) -> int:
    """Let what is selected renew by itself, but for what the preview leaves out; return how many.

    Raises NotFound, AutoRenewalRefused. One consent and one mandate for all. Source: hardening.md S42.
    """
    account_id = account_of(subject)
    locks.lock_owner(session, subject)
    facts = auto_renewal_bulk.locked_facts(session, auto_renewal_bulk.selected_of(account_id), today)
    ready, _ = _sorted(facts, _priced(facts, prices_on(session, today)), wish.maximum_cents)
    method = _checked(session, subject, wish, ready, today)
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
    ids = [renewal.facts.mailbox_id for renewal in ready]
    auto_renewal_bulk.renew_these_with(session, ids, method.id, consent, credit_first=wish.credit_first)
    history.record(session, Deed.AUTO_RENEWAL_ON, subject, now=now, about=str(len(ids)))
    auto_renewal_notices.many_switched_on(
        session, [each.facts for each in ready], method, consent, credit_first=wish.credit_first, now=now
    )
    return len(ids)


def switch_many_off(
    session: Session, subject: Subject, *, everything: bool, today: date, now: datetime
) -> SwitchedOff:
    """Let what is selected, or all of the account's, renew by itself no more.

    Off from this transaction on, whatever was on its way. Raises NotFound. Source: lessons.md 24.
    """
    account_id = account_of(subject)
    locks.lock_owner(session, subject)
    which = auto_renewal_bulk.on_of(account_id)
    if not everything:
        which = which & auto_renewal_bulk.selected_of(account_id)
    facts = auto_renewal_bulk.locked_facts(session, which, today)
    if not facts:
        return SwitchedOff()
    ids = [each.mailbox_id for each in facts]
    auto_renewal_bulk.stop_renewing(session, ids, now)
    cancelled = auto_renewal_bulk.cancel_generated(session, ids, now)
    history.record(session, Deed.AUTO_RENEWAL_OFF, subject, now=now, about=str(len(ids)))
    off = SwitchedOff(len(ids), len(cancelled), attempts.count_charging(session, cancelled))
    auto_renewal_notices.many_switched_off(session, facts, off.orders, charging=off.charging > 0, now=now)
    return off


def _checked(
    session: Session, subject: Subject, wish: Wish, ready: Sequence[PricedRenewal], today: date
) -> StoredMethod:
    """Return the chosen method. Raises AutoRenewalRefused."""
    methods = method_queries.chargeable_methods(session, subject.account_id, 0)
    chosen = [method for method in methods if method.reference == wish.reference]
    if not chosen:
        raise AutoRenewalRefused("method", "missing")
    if not look_at_billing(session, subject, today=today).is_ready:
        raise AutoRenewalRefused("method", "not_invoiced")
    if wish.maximum_cents > renewal_terms(session).greatest_maximum_cents:
        raise AutoRenewalRefused("maximum", "too_big")
    if not ready:
        raise AutoRenewalRefused("maximum", "too_small")
    return chosen[0]


def _priced(facts: Iterable[RenewalFacts], prices: PriceList) -> Mapping[int, PricedRenewal | None]:
    """Return by mailbox what its renewal costs; equal packages are priced once."""
    known: dict[tuple[object, ...], PricedRenewal | None] = {}
    found: dict[int, PricedRenewal | None] = {}
    for each in facts:
        package = (
            each.plan,
            each.extra_mailbox_gb,
            each.extra_archive_gb,
            each.convention_code,
            each.agreed_years,
            each.last_years,
            each.split_payment,
        )
        if package not in known:
            known[package] = price_renewal(each, prices)
        priced = known[package]
        found[each.mailbox_id] = (
            PricedRenewal(each, priced.choice, priced.quote, priced.day) if priced else None
        )
    return found


def _sorted(
    facts: Iterable[RenewalFacts], priced: Mapping[int, PricedRenewal | None], maximum_cents: Cents
) -> tuple[Sequence[PricedRenewal], Sequence[Refused]]:
    """Part what can be switched on from what is left out."""
    ready, refused = [], []
    for each in facts:
        renewal = priced[each.mailbox_id]
        reason = _NEVER.get(each.reason or "")
        if reason is None and renewal is None:
            reason = LeftOut.NOT_SOLD
        elif reason is None and renewal and renewal.due_cents > maximum_cents:
            reason = LeftOut.OVER_MAXIMUM
        if reason is None and renewal is not None:
            ready.append(renewal)
        elif reason is not None:
            refused.append(Refused(each.address, each.expires_on, reason))
    return ready, refused


def _months(session: Session, ready: Iterable[PricedRenewal], today: date) -> tuple[Sequence[Month], int]:
    """Return the charges to come by month, and how many expire too soon to be charged."""
    calendar, by_hand = renewal_calendar(session), 0
    sums: dict[date, tuple[int, Cents]] = defaultdict(lambda: (0, 0))
    for renewal in ready:
        day = calendar.charge_on(today, renewal.facts.expires_on)
        if day is None:
            by_hand += 1
            continue
        count, cents = sums[day.replace(day=1)]
        sums[day.replace(day=1)] = (count + 1, cents + renewal.due_cents)
    return [Month(month, *sums[month]) for month in sorted(sums)], by_hand
