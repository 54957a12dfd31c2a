"""Bank statements against orders: what is certain is settled, the rest waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.errors import DomainError, NotFound, OrderNumberInvalid
from portal.domain.order_numbers import find_order_numbers, normalise_order_number
from portal.domain.payments import PaymentMethod
from portal.domain.statements import EntryState, Identified, Judgement, judge
from portal.store import order_facts, statement_queries
from portal.store.orders import Order
from portal.store.statement_lines import StatementLine
from portal.usecases.payments import Money, Outcome, Settlement, settle

IBAN_LETTERS = 2
_SLIPS = frozenset({PaymentMethod.PREFILLED_SLIP, PaymentMethod.POSTAL_SLIP})


class Recorded(StrEnum):
    """What became of a line of a statement that was brought in."""

    PAID = "paid"
    UNAPPLIED = "unapplied"
    TASK = "task"
    DISMISSED = "dismissed"
    REPEATED = "repeated"


@dataclass(eq=False)
class AlreadyResolved(DomainError):
    """Somebody has dealt with the line before."""

    line: StatementLine


@dataclass(eq=False)
class NotOurMoney(DomainError):
    """The line takes money away, so no order can be paid with it."""


@dataclass(eq=False)
class PartsDiffer(DomainError):
    """Several orders are paid by one sum only if that is exactly what they owe together."""

    due_cents: int
    received_cents: int


def record_line(session: Session, identified: Identified, *, now: datetime) -> Recorded:
    """Keep a line of a statement and settle its money if one order of ours is named; once.

    The same line again, from whatever file, changes nothing. Source: lessons.md 1 (5, 25), L10.
    """
    entry = identified.entry
    if statement_queries.is_known(session, entry.account, identified.identity):
        return Recorded.REPEATED
    judgement = judge(
        entry,
        statement_queries.orders_named(session, find_order_numbers(entry.text)),
        reference_seen=statement_queries.is_reference_known(session, entry.account, entry.bank_reference),
    )
    return _stored(session, identified, judgement, now)


def settle_for(
    session: Session, line_id: int, numbers: Sequence[str], *, now: datetime
) -> Sequence[Settlement]:
    """Pay the orders with the money of a line, on the word of the operator.

    One order is given all of it, and what does not fit is kept as ever. Several must owe exactly that
    together. Raises NotFound, AlreadyResolved, NotOurMoney, OrderNumberInvalid, PartsDiffer.
    """
    line = _task(session, line_id)
    if not line.is_credit:
        raise NotOurMoney
    orders = [_order(session, number) for number in dict.fromkeys(map(normalise_order_number, numbers))]
    if len(orders) == 1:
        settlements = [settle(session, _money(line, orders[0], line.amount_cents), now=now)]
    else:
        settlements = _parts(session, line, orders, now)
    _close(line, settlements[0], now)
    return settlements


def keep_unapplied(session: Session, line_id: int, *, now: datetime) -> Settlement:
    """Keep the money of a line as received for no order, so that it stays owed to whoever asks for it.

    Raises NotFound, AlreadyResolved, NotOurMoney.
    """
    line = _task(session, line_id)
    if not line.is_credit:
        raise NotOurMoney
    settlement = settle(session, _money(line, None, line.amount_cents), now=now)
    _close(line, settlement, now)
    return settlement


def dismiss(session: Session, line_id: int, note: str, *, now: datetime) -> None:
    """Close a line whose money is no payment, or was registered by hand before. `note` says why.

    Raises NotFound, AlreadyResolved.
    """
    line = _task(session, line_id)
    line.state, line.resolved_at, line.note = EntryState.DISMISSED, now, note[:200]


def _stored(session: Session, identified: Identified, judgement: Judgement, now: datetime) -> Recorded:
    """Store the line with what was judged; another import that was faster has done it already."""
    line = _row(identified, judgement, now)
    try:
        with session.begin_nested():
            session.add(line)
    except IntegrityError:
        return Recorded.REPEATED
    if judgement.number:
        return _settled(session, line, judgement.number, now)
    return Recorded.TASK if judgement.task else Recorded.DISMISSED


def _settled(session: Session, line: StatementLine, number: str, now: datetime) -> Recorded:
    order = _order(session, number)
    settlement = settle(session, _money(line, order, line.amount_cents), now=now)
    line.payment_id = settlement.payment.id
    return Recorded.PAID if settlement.outcome is Outcome.APPLIED else Recorded.UNAPPLIED


def _row(identified: Identified, judgement: Judgement, now: datetime) -> StatementLine:
    entry = identified.entry
    state = EntryState.SETTLED if judgement.number else EntryState.DISMISSED
    return StatementLine(
        account=entry.account,
        identity=identified.identity,
        bank_reference=entry.bank_reference,
        booked_on=entry.booked_on,
        value_on=entry.value_on,
        amount_cents=entry.amount_cents,
        currency=entry.currency,
        is_credit=entry.is_credit,
        payer=entry.payer[:140],
        text=entry.text[:1000],
        identifiers=" ".join(entry.references)[:400],
        state=EntryState.TASK if judgement.task else state,
        reason=judgement.task,
        imported_at=now,
        resolved_at=None if judgement.task else now,
    )


def _task(session: Session, line_id: int) -> StatementLine:
    line = statement_queries.locked_line(session, line_id)
    if line is None:
        raise NotFound
    if line.state is not EntryState.TASK:
        raise AlreadyResolved(line)
    return line


def _order(session: Session, number: str) -> Order:
    order = order_facts.locked_order_by_number(session, number)
    if order is None:
        raise OrderNumberInvalid(number)
    return order


def _parts(session: Session, line: StatementLine, orders: Sequence[Order], now: datetime) -> list[Settlement]:
    due = sum(order.due_cents for order in orders)
    if due != line.amount_cents:
        raise PartsDiffer(due, line.amount_cents)
    return [
        settle(session, _money(line, order, order.due_cents, part), now=now)
        for part, order in enumerate(orders, 1)
    ]


def _money(line: StatementLine, order: Order | None, cents: int, part: int = 0) -> Money:
    """Return the line's money as `settle` takes it; the line's identity keeps it one and the same."""
    return Money(
        number=order.number if order else "",
        amount_cents=cents,
        paid_on=line.value_on,
        method=_method(line.account, order),
        reference=f"{line.account}:{line.identity}" + (f"/{part}" if part else ""),
        currency=line.currency,
        remittance=line.text[:140],
    )


def _method(account: str, order: Order | None) -> PaymentMethod:
    """Return how the money came: transfers to the IBAN, slips to the postal account."""
    if account[:IBAN_LETTERS].isalpha():
        return PaymentMethod.BANK_TRANSFER
    return order.payment_method if order and order.payment_method in _SLIPS else PaymentMethod.POSTAL_SLIP


def _close(line: StatementLine, settlement: Settlement, now: datetime) -> None:
    line.state, line.resolved_at, line.payment_id = EntryState.SETTLED, now, settlement.payment.id
