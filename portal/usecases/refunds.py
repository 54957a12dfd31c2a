"""Giving the money of a withdrawal back: by the way it came, once, whoever dies in between.

Credit goes back to credit in the withdrawal's own transaction. Money of a gateway goes back through it: our
reference is committed, a worker asks the gateway with it as idempotency key, the answer moves the row on.
What came by bank or post the operator sends and records. Each has one posting in the ledger and one mail.
Locks: the order. Source: domain.md 10, hardening.md 3.2 (2, 4).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.attempts import Standing
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.credit_errors import RefundUndecided
from portal.domain.dates import rome_day
from portal.domain.errors import NotFound, WithdrawalNotRefundable
from portal.domain.refunds import RefundState, asked_again_after, can_move_refund
from portal.domain.withdrawal import WithdrawalState
from portal.failpoints import Failpoint, reach
from portal.ports import PaymentRequest, RefundReport, RefundRequest
from portal.store import ledger, ledger_queries, order_facts, refunds, withdrawals
from portal.store.attempts import PaymentAttempt
from portal.store.ledger import LedgerPosting
from portal.store.orders import Order
from portal.store.outbox import enqueue
from portal.store.refunds import GatewayRefund
from portal.store.withdrawals import Withdrawal
from portal.usecases import credit_effects, refund_rows, returned_charges, withdrawal_notices

UNDECIDED = frozenset({RefundState.OPEN, RefundState.UNKNOWN})
"""Money may be on its way in these: nobody sends it a second time by hand."""
WORDS_LENGTH = 200


@dataclass(frozen=True, slots=True)
class OpenedRefund:
    """What a gateway is to be asked for a refund."""

    gateway: str
    request: RefundRequest


@dataclass(frozen=True, slots=True)
class Sent:
    """That the money went back: by which way (credit, by_hand, else the method), under which name, when."""

    way: str
    reference: str
    on: date


def send_back(session: Session, order: Order, withdrawal: Withdrawal, *, now: datetime) -> None:
    """Begin to give back what an effective withdrawal is owed, by the means it was paid with."""
    if not withdrawal.refund_cents:
        return
    if ledger_queries.buyer_of(session, order.number) is not None:
        cents = withdrawal.refund_cents
        credit_effects.give_back(session, order, PostingKind.WITHDRAWAL, cents, now=now)
        sent = Sent("credit", f"credit:{order.number}", rome_day(now))
        _refunded(session, order, withdrawal, sent, now)
        return
    attempt = refunds.attempt_paid_by(session, order.id)
    if attempt is not None:
        cents = withdrawal.refund_cents
        refund_rows.open_refund(session, attempt, cents, withdrawal_id=withdrawal.id, now=now)


def begin_refunds(session: Session, references: Collection[str]) -> dict[str, OpenedRefund]:
    """Return by reference what gateways are to be asked for those refunds that are not decided yet."""
    found = refunds.refunds_with_attempts(session, references)
    return {
        refund.reference: _opened(refund, attempt, order)
        for refund, attempt, order in found
        if refund.state in UNDECIDED
    }


def record_report(session: Session, reference: str, report: RefundReport, *, now: datetime) -> None:
    """Record what the gateway said of a refund; again, or once it is done, changes nothing."""
    reach(Failpoint.REFUND_ANSWERED)
    found = _locked(session, reference)
    if found is None:
        return
    refund, order = found
    refund.gateway_key = report.key or refund.gateway_key
    if report.standing is Standing.DONE:
        _done(session, order, refund, now)
    elif report.standing is Standing.FAILED:
        _refused(session, order, refund, report.words, now)


def not_asked(session: Session, reference: str, words: str, *, is_refused: bool, now: datetime) -> None:
    """Record that a refund was given up: refused by the gateway for good, or nobody knows."""
    found = _locked(session, reference)
    if found is None:
        return
    refund, order = found
    if is_refused:
        _refused(session, order, refund, words, now)
    else:
        _end(refund, RefundState.UNKNOWN, words, now)


def ask_later(session: Session, reference: str, number: int, opened_at: datetime, *, now: datetime) -> None:
    """Have the gateway asked again about a refund that its bank is still at."""
    after = asked_again_after(number)
    if after is not None:
        payload = {"reference": reference, "number": number + 1}
        key = f"payment.refund:{reference}:{number + 1}"
        enqueue(session, "payment.refund", key, payload, now=now, not_before=max(opened_at + after, now))


def hear(session: Session, reference: str, event_id: str, *, now: datetime) -> None:
    """Have the gateway asked at once about a refund that it told something of."""
    _ask_now(session, reference, f"event:{event_id}", now)


def retry(session: Session, number: str, *, now: datetime) -> bool:
    """Have a refund that is not done asked for once more; False where there is none. Raises NotFound."""
    _, withdrawal = _of_order(session, number)
    refund = refunds.refund_of(session, withdrawal.id)
    if refund is None or refund.state is RefundState.DONE:
        return False
    if refund.state is RefundState.REFUSED:
        return False
    return _ask_now(session, refund.reference, f"retry:{now:%Y%m%dT%H%M%S}", now)


def mark_refunded(
    session: Session,
    number: str,
    reference: str,
    *,
    refunded_on: date,
    now: datetime,
    was_checked: bool = False,
) -> Withdrawal:
    """Record that the operator sent the money of a withdrawal; the same reference again is a quiet success.

    Money that a gateway may be sending is not sent by hand besides, unless somebody has checked there that it
    is not. Raises NotFound, WithdrawalNotRefundable, RefundUndecided.
    """
    order, withdrawal = _of_order(session, number)
    if withdrawal.state is WithdrawalState.REFUNDED and withdrawal.refund_reference == reference:
        return withdrawal
    if withdrawal.state is not WithdrawalState.EFFECTIVE or not withdrawal.refund_cents:
        raise WithdrawalNotRefundable(withdrawal.state)
    refund = refunds.refund_of(session, withdrawal.id)
    if refund is not None and refund.state in UNDECIDED:
        if refund.state is RefundState.OPEN or not was_checked:
            raise RefundUndecided(refund.state)
        _end(refund, RefundState.REFUSED, "checked by the operator", now)
    _post(session, order, withdrawal, now)
    _refunded(session, order, withdrawal, Sent("by_hand", reference, refunded_on), now)
    return withdrawal


def _ask_now(session: Session, reference: str, why: str, now: datetime) -> bool:
    payload = {"reference": reference, "number": 0}
    return enqueue(session, "payment.refund", f"payment.refund:{reference}:{why}", payload, now=now)


def _opened(refund: GatewayRefund, attempt: PaymentAttempt, order: Order) -> OpenedRefund:
    payment = PaymentRequest(
        reference=attempt.reference,
        method=attempt.method,
        amount_cents=attempt.amount_cents,
        about=order.number,
        return_url="",
        opened_at=attempt.opened_at,
        key=attempt.gateway_key,
        may_charge=False,
    )
    return OpenedRefund(attempt.gateway, RefundRequest(refund.reference, refund.amount_cents, payment))


def _locked(session: Session, reference: str) -> tuple[GatewayRefund, Order] | None:
    order_id = refunds.order_of_refund(session, reference)
    if order_id is None:
        return None
    order = order_facts.locked_order(session, order_id)
    return refunds.refund_named(session, reference), order


def _of_order(session: Session, number: str) -> tuple[Order, Withdrawal]:
    order = order_facts.locked_order_by_number(session, number)
    withdrawal = withdrawals.withdrawal_of(session, order.id) if order else None
    if order is None or withdrawal is None:
        raise NotFound
    return order, withdrawal


def _done(session: Session, order: Order, refund: GatewayRefund, now: datetime) -> None:
    if not can_move_refund(refund.state, RefundState.DONE):
        return
    was_undecided = refund.state in UNDECIDED
    _end(refund, RefundState.DONE, "", now)
    if refund.withdrawal_id is not None:
        _withdrawal_done(session, order, refund, now)
    elif was_undecided:  # a refused one is credit already, and nobody asks about it any more
        returned_charges.went_back(session, refund, order, now=now)
    reach(Failpoint.REFUND_RECORDED)


def _withdrawal_done(session: Session, order: Order, refund: GatewayRefund, now: datetime) -> None:
    withdrawal = session.get_one(Withdrawal, refund.withdrawal_id, populate_existing=True)
    _post(session, order, withdrawal, now)
    if withdrawal.state is WithdrawalState.EFFECTIVE:
        attempt = session.get_one(PaymentAttempt, refund.attempt_id)
        sent = Sent(attempt.method.value, refund.reference, rome_day(now))
        _refunded(session, order, withdrawal, sent, now)


def _refused(session: Session, order: Order, refund: GatewayRefund, words: str, now: datetime) -> None:
    is_new = can_move_refund(refund.state, RefundState.REFUSED)
    _end(refund, RefundState.REFUSED, words, now)
    if is_new and refund.payment_id is not None:
        returned_charges.stays_here(session, refund, order, now=now)


def _end(refund: GatewayRefund, state: RefundState, words: str, now: datetime) -> None:
    if can_move_refund(refund.state, state):
        refund.state, refund.words, refund.ended_at = state, words[:WORDS_LENGTH], now


def _post(session: Session, order: Order, withdrawal: Withdrawal, now: datetime) -> None:
    """Write into the ledger that so much earned went out again; (kind, order) is in it once."""
    if ledger.is_posted(session, PostingKind.WITHDRAWAL, order.number):
        return
    posting = LedgerPosting(
        kind=PostingKind.WITHDRAWAL, source=order.number, order_id=order.id, posted_at=now
    )
    cents = withdrawal.refund_cents
    sides = [(LedgerAccount.CASH_IN, None, cents), (LedgerAccount.REVENUE, None, -cents)]
    ledger.write_posting(session, posting, sides)


def _refunded(session: Session, order: Order, withdrawal: Withdrawal, sent: Sent, now: datetime) -> None:
    withdrawal.state = WithdrawalState.REFUNDED
    withdrawal.refunded_on, withdrawal.refund_reference = sent.on, sent.reference
    withdrawal_notices.refund_sent(session, order, withdrawal, sent.way, now=now)
