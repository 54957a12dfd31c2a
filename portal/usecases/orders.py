"""Placing an order out of a draft, once and at the price that was shown, and cancelling it while unpaid."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.contracts import Agreement
from portal.domain.dates import rome_day
from portal.domain.errors import (
    DraftClosed,
    DraftStale,
    EmptySelection,
    LineBlocked,
    MailboxNotRenewable,
    NotFound,
    OpenOrderExists,
    OrderNotCancellable,
    PriceChanged,
    QuoteChanged,
)
from portal.domain.history import Deed
from portal.domain.money import Cents
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import LineState, OrderState, is_cancellable
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, Quote, line_costs, quote_for
from portal.domain.quotes import ToldQuote
from portal.domain.renewability import NotRenewable
from portal.domain.space import BlockedLine, check_fit
from portal.domain.terms import new_expiry
from portal.failpoints import Failpoint, reach
from portal.store import locks, order_facts, order_queries
from portal.store.accounts import Account, Holder
from portal.store.draft_expiries import ExpiryGroup
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.extras import store_order_extras
from portal.store.mailboxes import Mailbox
from portal.store.order_queries import LineToOrder
from portal.store.orders import Order
from portal.store.prices import prices_on
from portal.store.selections import unselect_ordered
from portal.usecases import (
    auto_renewal_effects,
    credit_payments,
    declarations,
    draft_people,
    history,
    notices,
)
from portal.usecases.auto_renewal_consents import consent_for_order
from portal.usecases.contracts import check_agreement, record_agreement
from portal.usecases.draft_payments import check_in_time, offer_of
from portal.usecases.quotes import fingerprint_of, keep_quote, tell_quote
from portal.usecases.withdrawal_terms import keep_terms


@dataclass(frozen=True, slots=True)
class Shown:
    """What the customer had before the eyes when confirming."""

    due_cents: Cents
    version: int
    """The draft's, since two different carts may cost the same."""
    quote: str
    """The fingerprint of the quote, since one total can come about in two ways."""


def place_order(
    session: Session,
    subject: Subject,
    draft_public_id: str,
    *,
    shown: Shown,
    agreement: Agreement,
    calendar: BankCalendar,
    now: datetime,
) -> Order:
    """Return the order that the draft becomes; the same one every time it is asked for.

    Mailboxes that cannot be renewed any more are left out, which the total tells. Raises NotFound,
    DraftClosed, DraftStale, EmptySelection, MailboxNotRenewable, LineBlocked, PaymentTooLate, PriceMissing,
    TermNotOffered, PriceChanged, QuoteChanged, ContractMissing, ContractChanged, ContractNotAccepted,
    StartNotRequested, DataMissing, ConsentTooSmall, OpenOrderExists; then nothing is ordered.
    Source: domain.md 5, 9.
    """
    locks.lock_owner(session, subject)
    draft = locks.lock_draft(session, subject, draft_public_id)
    if draft is None:
        raise NotFound
    if draft.state is not DraftState.OPEN:
        return _order_before(session, draft)
    locks.lock_drafted_mailboxes(session, draft.id)
    today = rome_day(now)
    lines = _checked_lines(session, subject, draft.id, today)
    prices = prices_on(session, today)
    people = draft_people.look_at_people(session, subject, draft.id, today=today, now=now)
    choices = Counter(map(_choice, lines))
    told = tell_quote(session, draft, choices, prices, split_payment=people.pays_net_alone)
    _check_shown(told, shown)
    texts = check_agreement(session, agreement, today=today)
    method = _checked_method(draft, lines, today, calendar)
    consent_id = consent_for_order(session, draft, told.quote.due_cents)
    order = _stored(session, subject, draft, lines, method, told, now)
    order.auto_renewal_consent_id = consent_id
    _store_lines(session, order, draft.id, lines, prices)
    store_order_extras(session, order.id, told.quote.lines)
    record_agreement(session, order, texts, agreement, subject, now=now)
    reach(Failpoint.ORDER_STORED)
    draft_people.keep_people(session, order, people)
    keep_terms(session, order, agreement, closed=calendar.holidays)
    draft.state = DraftState.ORDERED
    draft.updated_at = now
    unselect_ordered(session, order.id)
    notices.order_placed(session, order, calendar, now=now)
    credit_payments.pay_if_enough(session, subject, order, now=now)
    reach(Failpoint.ORDER_TOLD)
    return order


def cancel_order(
    session: Session, subject: Subject, number: str, *, confirmed: bool = False, now: datetime
) -> Order:
    """Cancel an unpaid order and free its mailboxes at once; a second time is a quiet success.

    `confirmed`: knowing that a payment was declared. Raises NotFound, OrderNotCancellable, PaymentDeclared.
    Source: domain.md 5 (5), lessons.md 1 (22).
    """
    visible = order_queries.visible_order(session, subject, number)
    if visible is None:
        raise NotFound
    order = order_facts.locked_order(session, visible.id)
    if order.state is OrderState.CANCELLED:
        return order
    if not is_cancellable(order.state):
        raise OrderNotCancellable(order.state)
    if not confirmed:
        declarations.check_undeclared(session, order)
    order.state = OrderState.CANCELLED
    order.closed_at = now
    history.record(session, Deed.ORDER_CANCELLED, subject, now=now, about=order.number)
    order_queries.close_lines(session, order.id, now)
    notices.order_cancelled(session, order, now=now)
    auto_renewal_effects.order_cancelled(session, order, now=now)
    return order


def _order_before(session: Session, draft: RenewalDraft) -> Order:
    order = order_queries.order_of_draft(session, draft.id)
    if order is None:
        raise DraftClosed(None)
    return order


def _checked_lines(session: Session, subject: Subject, draft_id: int, today: date) -> list[LineToOrder]:
    """Return the lines that can be ordered; raises if none can, or if one does not fit its choice."""
    lines = order_queries.lines_to_order(session, subject, draft_id, today)
    renewable = [line for line in lines if line.reason is None]
    if not renewable:
        raise _nothing_to_order(lines)
    blocked = [blocked for line in renewable if (blocked := _blocked(line))]
    if blocked:
        raise LineBlocked(blocked)
    return renewable


def _nothing_to_order(lines: Sequence[LineToOrder]) -> EmptySelection | MailboxNotRenewable:
    if len(lines) == 1 and lines[0].reason:
        return MailboxNotRenewable(lines[0].address, NotRenewable(lines[0].reason))
    return EmptySelection()


def _blocked(line: LineToOrder) -> BlockedLine | None:
    problems = check_fit(
        line.plan,
        line.extra_mailbox_gb,
        line.extra_archive_gb,
        line.mailbox_used_mb,
        line.archive_used_mb,
        line.archive_deletion_accepted,
    )
    return BlockedLine(line.address, problems) if problems else None


def _choice(line: LineToOrder) -> Choice:
    return Choice(
        line.plan, line.extra_mailbox_gb, line.extra_archive_gb, line.term_years, line.convention_code
    )


def _check_shown(told: ToldQuote, shown: Shown) -> None:
    if told.quote.due_cents != shown.due_cents:
        raise PriceChanged(shown.due_cents, told.quote.due_cents)
    if told.version != shown.version:
        raise DraftStale
    if fingerprint_of(told) != shown.quote:
        raise QuoteChanged


def _checked_method(
    draft: RenewalDraft, lines: Sequence[LineToOrder], today: date, calendar: BankCalendar
) -> PaymentMethod:
    """Return how the order is paid; raises DraftStale if nobody chose, PaymentTooLate."""
    if draft.payment_method is None:
        raise DraftStale
    groups = Counter((line.expires_on, line.cancelled_on, line.plan_before) for line in lines)
    days = [ExpiryGroup(*key, count, "") for key, count in groups.items()]
    check_in_time(offer_of(draft.payment_method, days, today, calendar))
    return draft.payment_method


def _stored(
    session: Session,
    subject: Subject,
    draft: RenewalDraft,
    lines: Sequence[LineToOrder],
    method: PaymentMethod,
    told: ToldQuote,
    now: datetime,
) -> Order:
    first = session.get_one(Mailbox, lines[0].mailbox_id)
    account_id = subject.account_id or first.account_id
    order = Order(
        number=new_order_number(secrets.token_bytes(RANDOM_BYTES)),
        draft_id=draft.id,
        account_id=account_id,
        mailbox_id=first.id if len(lines) == 1 else None,
        state=OrderState.AWAITING_PAYMENT,
        payment_method=method,
        **asdict(told.amounts),
        quote_id=keep_quote(session, draft.id, told, now=now).id,
        payable_until=told.quote.payable_until,
        contact_email=_contact(session, subject, first),
        placed_at=now,
    )
    session.add(order)
    session.flush()
    history.record(session, Deed.ORDER_PLACED, subject, now=now, about=order.number)
    return order


def _contact(session: Session, subject: Subject, first: Mailbox) -> str:
    if subject.account_id is not None:
        return session.get_one(Account, subject.account_id).email
    return session.get_one(Holder, first.holder_id).contact_email


def _store_lines(
    session: Session, order: Order, draft_id: int, lines: Sequence[LineToOrder], prices: PriceList
) -> None:
    """Store every line; raises OpenOrderExists, should another order hold a mailbox all the same."""
    quotes = {choice: quote_for(choice, prices, day=prices.day) for choice in set(map(_choice, lines))}
    rows = [_row(order.id, position, line, quotes[_choice(line)]) for position, line in enumerate(lines, 1)]
    try:
        with session.begin_nested():
            order_queries.insert_lines(session, rows)
    except IntegrityError as failure:
        address = order_queries.held_address(session, draft_id)
        if address is None:
            raise
        raise OpenOrderExists(address) from failure


def _row(order_id: int, position: int, line: LineToOrder, cost: Quote) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "position": position,
        "mailbox_id": line.mailbox_id,
        "address": line.address,
        "holder_id": line.holder_id,
        "is_open": True,
        "state": LineState.WAITING,
        "plan_before": line.plan_before,
        "plan": line.plan,
        "extra_mailbox_gb": line.extra_mailbox_gb,
        "extra_archive_gb": line.extra_archive_gb,
        "term_years": line.term_years,
        **line_costs(cost),
        "archive_deletion_accepted": line.archive_deletion_accepted,
        "expires_before": line.expires_on,
        "expires_after": new_expiry(line.expires_on, line.term_years),
    }
