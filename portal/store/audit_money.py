"""What must be true of money: each query finds what contradicts it, and nothing where all is well.

Source: hardening.md 3.3, lessons.md 2 (L14).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    String,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
)

from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.orders import OrderKind, OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.domain.refunds import RefundState
from portal.store.attempts import PaymentAttempt
from portal.store.ledger import CreditLot, LedgerEntry, LedgerPosting, Wallet
from portal.store.orders import Order, OrderLine
from portal.store.payments import Payment
from portal.store.refunds import GatewayRefund
from portal.store.withdrawals import Withdrawal

APPLIED = (PaymentState.SUCCEEDED, PaymentState.REGISTERED)
PAID = (
    OrderState.PAID,
    OrderState.FULFILLED,
    OrderState.CREDITED,
    OrderState.REFUNDED,
)
_KEPT = (PostingKind.LEFTOVER, PostingKind.UNCLAIMED)


def unbalanced_postings() -> Select[Any]:
    """Postings without entries, or whose entries do not sum to 0."""
    return (
        select(LedgerPosting.kind + " " + LedgerPosting.source)
        .outerjoin(LedgerEntry, LedgerEntry.posting_id == LedgerPosting.id)
        .group_by(LedgerPosting.id, LedgerPosting.kind, LedgerPosting.source)
        .having(or_(func.count(LedgerEntry.id) == 0, func.sum(LedgerEntry.amount_cents) != 0))
    )


def wrong_lots() -> Select[Any]:
    """Lots of which more or less is left than their entries say."""
    return (
        select(CreditLot.id)
        .outerjoin(LedgerEntry, LedgerEntry.lot_id == CreditLot.id)
        .group_by(CreditLot.id, CreditLot.left_cents)
        .having(CreditLot.left_cents != func.coalesce(func.sum(LedgerEntry.amount_cents), 0))
    )


def wrong_balances() -> Select[Any]:
    """Wallets whose balance is not the sum of their lots, or is negative."""
    return (
        select(Wallet.id)
        .outerjoin(CreditLot, CreditLot.wallet_id == Wallet.id)
        .group_by(Wallet.id, Wallet.balance_cents)
        .having(
            or_(
                Wallet.balance_cents != func.coalesce(func.sum(CreditLot.left_cents), 0),
                Wallet.balance_cents < 0,
            )
        )
    )


def strange_entries() -> Select[Any]:
    """Entries on the lot of another wallet than their posting's."""
    return (
        select(LedgerEntry.id)
        .join(LedgerPosting, LedgerPosting.id == LedgerEntry.posting_id)
        .join(CreditLot, CreditLot.id == LedgerEntry.lot_id)
        .where(
            LedgerEntry.account == LedgerAccount.WALLET,
            CreditLot.wallet_id != func.coalesce(LedgerPosting.wallet_id, 0),
        )
    )


def paid_without_one_payment() -> Select[Any]:
    """Paid orders that cost something and were not paid by exactly one amount."""
    return (
        select(Order.number)
        .outerjoin(Payment, (Payment.order_id == Order.id) & Payment.state.in_(APPLIED))
        .where(Order.state.in_(PAID), Order.due_cents > 0)
        .group_by(Order.number)
        .having(func.count(Payment.id) != 1)
    )


def payments_without_paid_order() -> Select[Any]:
    """Money that was applied to an order nobody has marked paid, or to none."""
    return (
        select(Payment.reference)
        .outerjoin(Order, Order.id == Payment.order_id)
        .where(Payment.state.in_(APPLIED), Order.paid_at.is_(None))
    )


def unapplied_without_credit(currency: str) -> Select[Any]:
    """Money of that currency that paid no order and is in nobody's credit."""
    kept = select(LedgerPosting.id).where(
        LedgerPosting.kind.in_(_KEPT), LedgerPosting.source == cast(Payment.id, String)
    )
    return select(Payment.reference).where(
        Payment.state == PaymentState.UNAPPLIED, Payment.currency == currency, ~kept.exists()
    )


def credit_payments_without_purchase() -> Select[Any]:
    """Orders paid from credit from which no credit was taken."""
    return _without_posting(PostingKind.PURCHASE).where(
        Order.id.in_(
            select(Payment.order_id).where(Payment.method == PaymentMethod.CREDIT, Payment.state.in_(APPLIED))
        )
    )


def purchases_without_payment() -> Select[Any]:
    """Credit that was taken and paid nothing."""
    paid = select(Payment.id).where(
        Payment.order_id == LedgerPosting.order_id,
        Payment.method == PaymentMethod.CREDIT,
        Payment.state.in_(APPLIED),
    )
    return select(LedgerPosting.source).where(LedgerPosting.kind == PostingKind.PURCHASE, ~paid.exists())


def top_ups_without_credit() -> Select[Any]:
    """Paid top-ups whose credit was never given."""
    return _without_posting(PostingKind.TOP_UP).where(
        Order.kind == OrderKind.TOP_UP, Order.paid_at.is_not(None)
    )


def refunds_apart() -> Select[Any]:
    """Refunds done by a gateway that are in no ledger, gave too much, or were sent in another way too."""
    posted = select(LedgerPosting.id).where(
        LedgerPosting.kind == PostingKind.WITHDRAWAL, LedgerPosting.order_id == Withdrawal.order_id
    )
    return (
        select(GatewayRefund.reference)
        .join(Withdrawal, Withdrawal.id == GatewayRefund.withdrawal_id)
        .join(PaymentAttempt, PaymentAttempt.id == GatewayRefund.attempt_id)
        .where(
            GatewayRefund.state == RefundState.DONE,
            or_(
                ~posted.exists(),
                GatewayRefund.amount_cents > PaymentAttempt.amount_cents,
                GatewayRefund.amount_cents != Withdrawal.refund_cents,
                Withdrawal.refund_reference.is_distinct_from(GatewayRefund.reference),
            ),
        )
    )


def charges_not_sent_back() -> Select[Any]:
    """Charges of cancelled orders that are neither on their way back, nor back, nor in somebody's credit."""
    back = and_(GatewayRefund.state == RefundState.DONE, _posted(PostingKind.REFUND, GatewayRefund.reference))
    kept = and_(
        GatewayRefund.state == RefundState.REFUSED,
        _posted(PostingKind.LEFTOVER, cast(GatewayRefund.payment_id, String)),
    )
    under_way = GatewayRefund.state.in_((RefundState.OPEN, RefundState.UNKNOWN))
    return (
        select(GatewayRefund.reference)
        .join(Payment, Payment.id == GatewayRefund.payment_id)
        .where(or_(~or_(back, kept, under_way), GatewayRefund.amount_cents != Payment.amount_cents))
    )


def _posted(kind: PostingKind, source: SQLColumnExpression[str]) -> ColumnElement[bool]:
    return exists().where(LedgerPosting.kind == kind, LedgerPosting.source == source)


def wrong_order_sums() -> Select[Any]:
    """Renewals whose lines cost more than the order; what else is in one is sent by the piece."""
    lines = (
        select(func.sum(OrderLine.net_cents))
        .where(OrderLine.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
    )
    return select(Order.number).where(Order.kind == OrderKind.RENEWAL, lines > Order.net_cents)


def _without_posting(kind: PostingKind) -> Select[Any]:
    posted = select(LedgerPosting.id).where(LedgerPosting.kind == kind, LedgerPosting.source == Order.number)
    return select(Order.number).where(~posted.exists())
