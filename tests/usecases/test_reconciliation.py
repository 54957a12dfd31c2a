"""Statements against orders: certain money settles, the rest waits, nothing counts twice or gets lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.errors import DomainError, NotFound, OrderNumberInvalid
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod, PaymentState
from portal.domain.statements import Entry, EntryState, TaskReason, identify
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.store.outbox import OutboxRow
from portal.store.payments import Payment
from portal.store.session import make_engine
from portal.store.statement_lines import StatementLine
from portal.usecases import reconciliation
from portal.usecases.payments import Outcome, register_payment
from portal.usecases.reconciliation import (
    AlreadyResolved,
    NotOurMoney,
    PartsDiffer,
    Recorded,
    dismiss,
    keep_unapplied,
    record_line,
    settle_for,
)
from portal.wiring import Services
from tests.databases import Databases
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.spread import every_database

IBAN, POSTAL = "IT60X0542811101000000123456", "000012345678"
FIRST, SECOND, THIRD = (new_order_number(bytes([place] * RANDOM_BYTES)) for place in (1, 2, 3))


@pytest.fixture
def orders(services: Services) -> None:
    """Three unpaid orders of 6.10 euros each."""
    store_orders(services)


def store_orders(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        for number in (FIRST, SECOND, THIRD):
            make_order(session, [make_mailbox(session, account)], number=number)


def entry(text: str = FIRST, **fields: Any) -> Entry:
    values: dict[str, Any] = {
        "account": IBAN,
        "booked_on": TODAY,
        "value_on": TODAY,
        "amount_cents": 610,
        "currency": "EUR",
        "is_credit": True,
        "text": text,
        "bank_reference": f"REF-{text}",
    }
    return Entry(**values | fields)


def bring_in(services: Services, *entries: Entry) -> list[Recorded]:
    """Import a statement as the command does: a transaction a line."""
    outcomes = []
    for line in identify(entries):
        with services.transaction() as session:
            outcomes.append(record_line(session, line, now=services.now()))
    return outcomes


def states(services: Services) -> dict[str, OrderState]:
    with services.reading() as session:
        return dict(session.execute(select(Order.number, Order.state)).all())


def lines(services: Services) -> Sequence[StatementLine]:
    with services.reading() as session:
        return session.scalars(select(StatementLine).order_by(StatementLine.id)).all()


def sums(services: Services) -> dict[str, object]:
    """Return everything that money did, without ids and times."""
    with services.reading() as session:
        return {
            "payments": session.execute(
                select(Payment.reference, Payment.state, Payment.amount_cents).order_by(Payment.reference)
            ).all(),
            "orders": session.execute(select(Order.number, Order.state).order_by(Order.number)).all(),
            "lines": session.execute(
                select(StatementLine.identity, StatementLine.state).order_by(StatementLine.identity)
            ).all(),
            "work": session.execute(
                select(OutboxRow.kind, func.count()).group_by(OutboxRow.kind).order_by(OutboxRow.kind)
            ).all(),
            "mails": sorted(session.scalars(select(Mail.kind))),
        }


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        FIRST.lower(),
        f"{FIRST[:4]} {FIRST[4:]}",
        f"{FIRST[:5]}-{FIRST[5:]}",
        f"PAGAMENTO ORDINE N.{FIRST} DEL 24/11/2026 ROSSI MARIO",
        f"ORDINE{FIRST}",
    ],
)
def test_the_number_in_the_text_pays_its_order(services: Services, text: str) -> None:
    assert bring_in(services, entry(text)) == [Recorded.PAID]

    (line,) = lines(services)
    assert states(services)[FIRST] is OrderState.PAID
    assert (line.state, line.reason) == (EntryState.SETTLED, None)
    with services.reading() as session:
        payment = session.get_one(Payment, line.payment_id)
    assert (payment.method, payment.amount_cents) == (PaymentMethod.BANK_TRANSFER, 610)


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"text": "BONIFICO DI MARIO ROSSI"}, TaskReason.NO_NUMBER),
        ({"text": f"{FIRST} {SECOND}"}, TaskReason.SEVERAL_NUMBERS),
        ({"currency": "USD"}, TaskReason.FOREIGN_CURRENCY),
        ({"is_reversal": True, "is_credit": False}, TaskReason.REVERSAL),
        ({"is_unclear_batch": True}, TaskReason.BATCH_UNCLEAR),
    ],
)
def test_what_is_not_certain_waits_for_a_person(
    services: Services, fields: dict[str, Any], reason: TaskReason
) -> None:
    assert bring_in(services, entry(**fields)) == [Recorded.TASK]

    (line,) = lines(services)
    assert (line.state, line.reason, line.resolved_at) == (EntryState.TASK, reason, None)
    assert set(states(services).values()) == {OrderState.AWAITING_PAYMENT}


@pytest.mark.usefixtures("orders")
def test_a_debit_is_not_ours_to_book(services: Services) -> None:
    assert bring_in(services, entry(is_credit=False)) == [Recorded.DISMISSED]
    assert states(services)[FIRST] is OrderState.AWAITING_PAYMENT


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize("cents", [1, 609, 611, 61_000])
def test_a_wrong_amount_is_kept_and_told(services: Services, cents: int) -> None:
    assert bring_in(services, entry(amount_cents=cents)) == [Recorded.UNAPPLIED]

    with services.reading() as session:
        payment = session.scalars(select(Payment)).one()
        assert set(session.scalars(select(Mail.kind))) == {"order_credited"}
    assert (payment.state, payment.amount_cents) == (PaymentState.UNAPPLIED, cents)
    assert states(services)[FIRST] is OrderState.AWAITING_PAYMENT


@pytest.mark.usefixtures("orders")
def test_money_for_a_paid_order_may_be_the_one_registered_by_hand(services: Services) -> None:
    with services.transaction() as session:
        register_payment(session, FIRST, 610, TODAY, PaymentMethod.BANK_TRANSFER, "TRN", now=NOW)

    assert bring_in(services, entry()) == [Recorded.TASK]

    assert lines(services)[0].reason is TaskReason.ALREADY_PAID
    with services.reading() as session:
        assert session.scalar(select(func.count(Payment.id))) == 1


@pytest.mark.usefixtures("orders")
def test_two_transfers_of_one_day_are_two(services: Services) -> None:
    twin = entry(f"{FIRST} prima", bank_reference="")

    assert bring_in(services, twin, replace(twin, text=f"{FIRST} seconda")) == [Recorded.PAID, Recorded.TASK]
    assert bring_in(services, entry("nulla", bank_reference=""), entry("nulla", bank_reference="")) == [
        Recorded.TASK,
        Recorded.TASK,
    ]
    assert len(lines(services)) == 4


STATEMENT = (
    entry(),
    entry(SECOND, amount_cents=600),
    entry("SENZA NUMERO", bank_reference=""),
    entry("SENZA NUMERO", bank_reference=""),
    entry("COMMISSIONI", is_credit=False),
    entry(f"{THIRD[:5]} {THIRD[5:]}"),
    entry(f"{THIRD} ANCORA"),
)
ALL = [
    Recorded.PAID,
    Recorded.UNAPPLIED,
    Recorded.TASK,
    Recorded.TASK,
    Recorded.DISMISSED,
    Recorded.PAID,
    Recorded.TASK,
]


@pytest.mark.usefixtures("orders")
def test_the_same_statement_again_changes_nothing(services: Services) -> None:
    assert bring_in(services, *STATEMENT) == ALL
    before = sums(services)

    assert bring_in(services, *STATEMENT) == [Recorded.REPEATED] * len(STATEMENT)
    assert sums(services) == before


@pytest.mark.usefixtures("orders")
def test_overlapping_statements_share_their_lines(services: Services) -> None:
    bring_in(services, *STATEMENT[:4])

    assert bring_in(services, *STATEMENT[2:]) == [Recorded.REPEATED, Recorded.REPEATED, *ALL[4:]]


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, dict[str, object]]:
    """What `expected` found out, by kind of database."""
    return {}


@pytest.fixture
def expected(
    services: Services, orders: None, databases: Databases, undisturbed: dict[str, dict[str, object]]
) -> dict[str, object]:
    """What an undisturbed import of the statement leads to, on a database of its own."""
    kind = services.engine.dialect.name
    if kind not in undisturbed:
        engine = make_engine(databases.migrated(kind))
        apart = replace(services, engine=engine)
        store_orders(apart)
        bring_in(apart, *STATEMENT)
        undisturbed[kind] = sums(apart)
        engine.dispose()
    return undisturbed[kind]


class Killed(Exception):
    """The process died."""


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, name: str, at: int) -> Iterator[None]:
    """Let the `at`-th call of a function of reconciliation be the last thing the process does."""
    true, left = getattr(reconciliation, name), [at]

    def call(*arguments: Any, **options: Any) -> Any:
        left[0] -= 1
        done = true(*arguments, **options)
        if left[0] == 0:
            raise Killed
        return done

    with monkeypatch.context() as patch:
        patch.setattr(reconciliation, name, call)
        yield


@pytest.mark.parametrize("line", range(len(STATEMENT)))
@pytest.mark.parametrize("place", ["before", "judge", "_row", "settle", "after"])
def test_a_crash_at_any_line_and_a_second_run_end_the_same(
    services: Services,
    expected: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    line: int,
    place: str,
) -> None:
    if place in ("before", "after"):
        bring_in_until(services, line + (place == "after"))
    else:
        with dying(monkeypatch, place, at=line + 1), suppress(Killed):
            bring_in(services, *STATEMENT)

    bring_in(services, *STATEMENT)

    assert sums(services) == expected


def bring_in_until(services: Services, count: int) -> None:
    for identified in identify(STATEMENT)[:count]:
        with services.transaction() as session:
            record_line(session, identified, now=services.now())


def test_a_line_and_its_money_are_one_transaction(services: Services) -> None:
    """The control: a line that is committed before its money loses it in a crash."""
    with services.transaction() as session:
        make_order(session, [make_mailbox(session, make_account(session))], number=FIRST)
    (identified,) = identify([entry()])
    with services.transaction() as session:
        session.add(reconciliation._row(identified, reconciliation.Judgement(number=FIRST), NOW))

    assert bring_in(services, entry()) == [Recorded.REPEATED]
    assert states(services)[FIRST] is OrderState.AWAITING_PAYMENT


@every_database
def test_two_imports_at_once_count_each_line_once(services: Services, expected: dict[str, object]) -> None:
    gate = Barrier(4)

    def run(_number: int) -> list[Recorded]:
        gate.wait()
        return bring_in(services, *STATEMENT)

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(run, range(4)))

    done = list(zip(*outcomes, strict=True))
    assert [sorted(set(each) - {Recorded.REPEATED}) for each in done] == [[outcome] for outcome in ALL]
    assert sums(services) == expected


def task(services: Services, *entries: Entry) -> int:
    bring_in(services, *entries)
    return lines(services)[-1].id


@pytest.mark.usefixtures("orders")
def test_a_person_gives_the_money_to_its_order(services: Services) -> None:
    line_id = task(services, entry("PEC STUDIO ROSSI"))

    with services.transaction() as session:
        (settlement,) = settle_for(session, line_id, [SECOND.lower()], now=NOW)

    (line,) = lines(services)
    assert settlement.outcome is Outcome.APPLIED
    assert states(services)[SECOND] is OrderState.PAID
    assert (line.state, line.resolved_at, line.reason) == (EntryState.SETTLED, NOW, TaskReason.NO_NUMBER)
    assert bring_in(services, entry("PEC STUDIO ROSSI")) == [Recorded.REPEATED]


@pytest.mark.usefixtures("orders")
def test_one_sum_pays_several_orders_that_owe_exactly_that(services: Services) -> None:
    line_id = task(services, entry(f"{FIRST} {SECOND}", amount_cents=1220))

    with services.transaction() as session:
        settlements = settle_for(session, line_id, [FIRST, SECOND, FIRST], now=NOW)

    assert [settlement.outcome for settlement in settlements] == [Outcome.APPLIED] * 2
    assert {states(services)[number] for number in (FIRST, SECOND)} == {OrderState.PAID}


@pytest.mark.usefixtures("orders")
def test_what_several_orders_do_not_owe_together_is_refused(services: Services) -> None:
    line_id = task(services, entry(f"{FIRST} {SECOND}", amount_cents=1221))

    refuse(services, PartsDiffer, lambda session: settle_for(session, line_id, [FIRST, SECOND], now=NOW))

    assert lines(services)[0].state is EntryState.TASK
    assert states(services)[FIRST] is OrderState.AWAITING_PAYMENT


def refuse(services: Services, kind: type[DomainError], act: Any) -> None:
    with pytest.raises(kind), services.transaction() as session:
        act(session)


@pytest.mark.usefixtures("orders")
def test_money_for_nobody_is_kept(services: Services) -> None:
    line_id = task(services, entry("chi sarà"))

    with services.transaction() as session:
        settlement = keep_unapplied(session, line_id, now=NOW)

    assert settlement.outcome is Outcome.UNAPPLIED
    assert (settlement.order, settlement.payment.remittance) == (None, "chi sarà")
    assert lines(services)[0].state is EntryState.SETTLED


@pytest.mark.usefixtures("orders")
def test_a_task_is_resolved_once(services: Services) -> None:
    line_id = task(services, entry("chi sarà"))
    with services.transaction() as session:
        dismiss(session, line_id, "interessi", now=NOW)

    refuse(services, AlreadyResolved, lambda session: settle_for(session, line_id, [FIRST], now=NOW))
    refuse(services, AlreadyResolved, lambda session: keep_unapplied(session, line_id, now=NOW))
    refuse(services, AlreadyResolved, lambda session: dismiss(session, line_id, "ancora", now=NOW))

    (line,) = lines(services)
    assert (line.state, line.note) == (EntryState.DISMISSED, "interessi")


@pytest.mark.usefixtures("orders")
def test_what_cannot_be_resolved_so(services: Services) -> None:
    reversal = task(services, entry(is_credit=False, is_reversal=True))
    unknown = task(services, entry("chi sarà"))

    refuse(services, NotOurMoney, lambda session: settle_for(session, reversal, [FIRST], now=NOW))
    refuse(services, NotOurMoney, lambda session: keep_unapplied(session, reversal, now=NOW))
    refuse(services, NotFound, lambda session: dismiss(session, 999, "", now=NOW))
    refuse(services, OrderNumberInvalid, lambda session: settle_for(session, unknown, ["A"], now=NOW))
    missing = new_order_number(bytes([9] * RANDOM_BYTES))
    refuse(services, OrderNumberInvalid, lambda session: settle_for(session, unknown, [missing], now=NOW))


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("chosen", "booked"),
    [
        (PaymentMethod.PREFILLED_SLIP, PaymentMethod.PREFILLED_SLIP),
        (PaymentMethod.POSTAL_SLIP, PaymentMethod.POSTAL_SLIP),
        (PaymentMethod.BANK_TRANSFER, PaymentMethod.POSTAL_SLIP),
    ],
)
def test_what_comes_to_the_postal_account_is_a_slip(
    services: Services, chosen: PaymentMethod, booked: PaymentMethod
) -> None:
    with services.transaction() as session:
        of_number(session, FIRST).payment_method = chosen

    assert bring_in(services, entry(account=POSTAL)) == [Recorded.PAID]

    with services.reading() as session:
        assert session.scalars(select(Payment.method)).one() is booked


def of_number(session: Session, number: str) -> Order:
    return session.scalars(select(Order).where(Order.number == number)).one()


def test_the_day_of_the_payment_is_the_value_date(services: Services) -> None:
    with services.transaction() as session:
        make_order(session, [make_mailbox(session, make_account(session))], number=FIRST)

    bring_in(services, entry(value_on=date(2026, 11, 20)))

    with services.reading() as session:
        assert session.scalars(select(Payment.paid_on)).one() == date(2026, 11, 20)
