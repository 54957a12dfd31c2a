"""Withdrawing from an order: what it would mean, and the request with its refund.

All the order's mailboxes go back together: the contract is one, and so is its payment. Locks: the order.
Source: domain.md 10.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound, WithdrawalNotPossible
from portal.domain.history import Deed
from portal.domain.listing import Standing, standing_on
from portal.domain.money import Cents
from portal.domain.orders import LineState, OrderState
from portal.domain.plans import PLANS, Plan
from portal.domain.withdrawal import (
    NoWithdrawal,
    WithdrawalState,
    expiry_without,
    kept_net_cents,
    last_day_to_refund,
    refund_cents,
    why_no_withdrawal,
)
from portal.store import order_facts, order_queries, withdrawals
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order, OrderLine
from portal.store.withdrawals import Withdrawal
from portal.usecases import history, withdrawal_notices

SHOWN_MAILBOXES = 50


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the customer declares: who withdraws and where the acknowledgment goes; and from which IP."""

    name: str
    email: str
    address: str


@dataclass(frozen=True, slots=True)
class Refund:
    """What goes back, and what stays for the days enjoyed: together what was paid and is not owed already."""

    refund_cents: Cents
    kept_cents: Cents


@dataclass(frozen=True, slots=True)
class MailboxBack:
    """Where one mailbox goes back to."""

    address: str
    expires_on: date
    standing: Standing
    plan: Plan
    plan_before: Plan
    loses_archive: bool
    lost_archive: bool
    """The archive was deleted with the renewal, and nothing brings it back."""


@dataclass(frozen=True, slots=True)
class WithdrawalPage:
    """An order as its withdrawal sees it."""

    order: Order
    hindrance: NoWithdrawal | None
    withdrawal: Withdrawal | None
    refund: Refund
    mailboxes: Sequence[MailboxBack]
    mailbox_count: int
    refund_due: date
    """The last day for the refund of a withdrawal of today."""
    name: str
    email: str


def look_at_withdrawal(session: Session, subject: Subject, number: str, *, today: date) -> WithdrawalPage:
    """Return what withdrawing from an order means today. Raises NotFound."""
    order = _visible(session, subject, number)
    lines = withdrawals.lines_with_mailboxes(session, order.id, limit=SHOWN_MAILBOXES)
    holder = order_facts.sole_holder(session, order.id)
    account = session.get(Account, order.account_id) if order.account_id else None
    return WithdrawalPage(
        order=order,
        hindrance=_hindrance(session, subject, order, today),
        withdrawal=withdrawals.withdrawal_of(session, order.id),
        refund=_refund(session, order, today),
        mailboxes=[_back(row.OrderLine, row.Mailbox, today) for row in lines],
        mailbox_count=sum(order_facts.count_lines(session, order.id).values()),
        refund_due=last_day_to_refund(today),
        name=holder.display_name if holder else "",
        email=account.email if account else order.contact_email,
    )


def can_withdraw(session: Session, subject: Subject, order: Order, *, today: date) -> bool:
    """Say whether the order's page shows the function."""
    return _hindrance(session, subject, order, today) is None


def withdraw(
    session: Session, subject: Subject, number: str, declaration: Declaration, *, now: datetime
) -> Withdrawal:
    """Return the withdrawal from an order, requested now or before: a second time is a quiet success.

    An unpaid order is cancelled at once. Of a paid one the refund is decided here; the mailboxes go back by
    the outbox, after whatever fulfilment has begun. Raises NotFound, WithdrawalNotPossible.
    Source: domain.md 10.
    """
    order = order_facts.locked_order(session, _visible(session, subject, number).id)
    known = withdrawals.withdrawal_of(session, order.id)
    if known is not None:
        return known
    today = rome_day(now)
    hindrance = _hindrance(session, subject, order, today)
    if hindrance is not None:
        raise WithdrawalNotPossible(hindrance)
    withdrawal = _stored(session, order, declaration, _refund(session, order, today), now)
    _begin(session, order, withdrawal, now)
    history.record(session, Deed.ORDER_WITHDRAWN, subject, now=now, about=order.number)
    withdrawal_notices.withdrawal_acknowledged(session, order, withdrawal, now=now)
    return withdrawal


def _visible(session: Session, subject: Subject, number: str) -> Order:
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    return order


def _hindrance(session: Session, subject: Subject, order: Order, today: date) -> NoWithdrawal | None:
    by_account = subject.kind is SubjectKind.ACCOUNT
    is_party = by_account or not withdrawals.was_placed_by_account(session, order.id)
    return why_no_withdrawal(order.kind, order.state, order.withdrawable_until, today, is_party=is_party)


def _refund(session: Session, order: Order, today: date) -> Refund:
    """Return what goes back and what stays; nothing of an order that nobody paid."""
    if order.paid_at is None:
        return Refund(0, 0)
    owed = order_facts.owed_for(order, order_facts.net_of_refused_lines(session, order.id))
    paid = order.due_cents - owed
    begun = withdrawals.begun_terms(session, order.id, today) if order.start_requested else []
    back = refund_cents(paid, kept_net_cents(begun, today), order.vat_rate, split_payment=order.split_payment)
    return Refund(back, paid - back)


def _stored(
    session: Session, order: Order, declaration: Declaration, refund: Refund, now: datetime
) -> Withdrawal:
    withdrawal = Withdrawal(
        order_id=order.id,
        state=WithdrawalState.REQUESTED,
        requested_at=now,
        name=declaration.name,
        email=declaration.email,
        address=declaration.address,
        refund_cents=refund.refund_cents,
        kept_cents=refund.kept_cents,
    )
    session.add(withdrawal)
    session.flush()
    return withdrawal


def _begin(session: Session, order: Order, withdrawal: Withdrawal, now: datetime) -> None:
    """Cancel what is unpaid, take back what is done; what fulfilment has in hand it finishes first."""
    if order.state is OrderState.AWAITING_PAYMENT:
        order.state, order.closed_at = OrderState.CANCELLED, now
        order_queries.close_lines(session, order.id, now)
        withdrawal.state, withdrawal.effective_at = WithdrawalState.EFFECTIVE, now
    elif order.state is OrderState.FULFILLED:
        withdrawals.start_undoing(session, order.id, now=now)


def _back(line: OrderLine, mailbox: Mailbox, today: date) -> MailboxBack:
    done = line.state is LineState.FULFILLED
    before, after = line.expires_before, line.expires_after
    expires_on = expiry_without(mailbox.expires_on, before, after, line.term_years) if done else before
    plan = PLANS[line.plan_before]
    standing = standing_on(today, expires_on, line.plan_before, mailbox.cancelled_on)
    loses = done and not plan.has_archive and PLANS[mailbox.plan].has_archive
    lost = (
        done and line.archive_deletion_accepted and plan.has_archive and not PLANS[mailbox.plan].has_archive
    )
    return MailboxBack(line.address, expires_on, standing, mailbox.plan, line.plan_before, loses, lost)
