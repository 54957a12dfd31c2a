"""The end of a term: planned once, skipped when renewed, and a cancellation that meets money (R20, R23)."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.orders import OrderState
from portal.domain.plans import Plan
from portal.store import chunks, locks
from portal.store.lifecycle_steps import LifecycleStep, StepKind
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.store.outbox import OutboxRow
from portal.usecases import fulfilment, lifecycle
from portal.usecases.lifecycle import StepAsked, StepTask
from portal.usecases.line_tasks import LineTask, Refusal
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.spread import every_database
from workers.clock import Job, do_job

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SUSPEND = Job("suspend", "0 * * * *", lifecycle.plan_suspensions)
CANCEL = Job("cancel", "0 * * * *", lifecycle.plan_cancellations)
BOTH_RENEWED = (None, True)
BOTH_CANCELLED = (Refusal.MAILBOX_CANCELLED, False)


def box(services: Services, expires_in: int, **fields: object) -> Mailbox:
    with services.transaction() as session:
        values: dict[str, object] = {"created_at": LONG_AGO} | fields
        return make_mailbox(session, make_account(session), expires_in=expires_in, **values)


def steps(services: Services) -> list[tuple[int, date, StepKind]]:
    with services.reading() as session:
        rows = session.scalars(select(LifecycleStep).order_by(LifecycleStep.mailbox_id, LifecycleStep.step))
        return [(row.mailbox_id, row.expires_on, row.step) for row in rows]


def rows_of(services: Services, kind: str) -> list[OutboxRow]:
    with services.reading() as session:
        return list(session.scalars(select(OutboxRow).where(OutboxRow.kind == kind).order_by(OutboxRow.id)))


def asked(mailbox: Mailbox) -> StepAsked:
    return StepAsked(mailbox.id, mailbox.expires_on)


@pytest.mark.parametrize(
    ("expires_in", "planned"),
    [
        (0, []),
        (-1, [StepKind.SUSPEND]),
        (-90, [StepKind.SUSPEND]),
        (-91, [StepKind.CANCEL]),
        (-400, [StepKind.CANCEL]),
    ],
)
def test_each_step_is_planned_on_its_day(
    services: Services, expires_in: int, planned: list[StepKind]
) -> None:
    box(services, expires_in)

    for job in (SUSPEND, CANCEL):
        do_job(services, job, TODAY)

    assert [step for _, _, step in steps(services)] == planned


def test_a_step_is_planned_once_however_often_the_clock_strikes(services: Services) -> None:
    mailbox = box(services, -1)

    counts = [do_job(services, SUSPEND, TODAY + timedelta(days=day)) for day in (0, 0, 1, 5)]

    (row,) = rows_of(services, "platform.suspend")
    assert counts == [1, 0, 0, 0]
    assert row.key == f"platform.suspend:{mailbox.id}:{mailbox.expires_on}"
    assert row.payload == {"mailbox_id": mailbox.id, "expires_on": mailbox.expires_on.isoformat()}


@pytest.mark.parametrize(
    "fields",
    [
        {"plan": Plan.DOMAIN},
        {"created_at": NOW},
        {"cancelled_on": TODAY - timedelta(days=2), "created_at": NOW},
    ],
)
def test_what_is_not_ours_to_end_is_left_alone(services: Services, fields: dict[str, object]) -> None:
    """The hosting area's, and what was due before the register came to us, out of date perhaps."""
    box(services, -40, **fields)
    box(services, -140, **fields)

    for job in (SUSPEND, CANCEL):
        do_job(services, job, TODAY)

    assert steps(services) == []


def test_an_early_termination_is_cancelled_from_its_day(services: Services) -> None:
    mailbox = box(services, 100, cancelled_on=TODAY)
    box(services, 100, cancelled_on=TODAY + timedelta(days=1))

    do_job(services, CANCEL, TODAY)

    assert steps(services) == [(mailbox.id, mailbox.expires_on, StepKind.CANCEL)]


def test_many_are_planned_piece_by_piece(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks.next_chunk, "__defaults__", (3,))
    for number in range(10):
        box(services, -1 - number // 4)

    assert do_job(services, SUSPEND, TODAY) == 10
    assert len(steps(services)) == len(rows_of(services, "platform.suspend")) == 10


def begin(services: Services, mailbox: Mailbox, now: datetime = NOW) -> list[StepTask]:
    with services.transaction() as session:
        return list(lifecycle.begin_suspensions(session, [asked(mailbox)], now=now).values())


def test_whoever_renewed_meanwhile_is_not_suspended(services: Services) -> None:
    mailbox = box(services, -1)
    assert [task.address for task in begin(services, mailbox)] == [mailbox.address]
    with services.transaction() as session:
        session.execute(update(Mailbox).values(expires_on=mailbox.expires_on + timedelta(days=365)))

    assert begin(services, mailbox) == []


def test_whoever_renewed_while_the_platform_was_told_is_restored(services: Services) -> None:
    mailbox = box(services, -1)
    (task,) = begin(services, mailbox)
    with services.transaction() as session:
        session.execute(update(Mailbox).values(expires_on=mailbox.expires_on + timedelta(days=365)))

    with services.transaction() as session:
        lifecycle.complete_suspension(session, task, now=NOW)

    (row,) = rows_of(services, "platform.restore")
    assert row.payload["mailbox_id"] == mailbox.id
    with services.reading() as session:
        found = lifecycle.address_to_restore(session, [mailbox.id], now=NOW)
    assert found == {mailbox.id: mailbox.address}


def gone_but_paid(services: Services, *, paid_on_day: int) -> tuple[Mailbox, int]:
    """Return a mailbox whose day 91 is today, and its line, paid so many days after the expiry."""
    mailbox = box(services, -91)
    with services.transaction() as session:
        paid_at = NOW - timedelta(days=91 - paid_on_day)
        order = make_order(session, [mailbox], state=OrderState.PAID, paid_at=paid_at)
        line = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()
    return mailbox, line


def cancel(services: Services, mailbox: Mailbox) -> StepTask | None:
    with services.transaction() as session:
        return lifecycle.begin_cancellations(session, [asked(mailbox)], now=NOW).get(asked(mailbox))


def renewal(services: Services, line_id: int) -> LineTask:
    with services.transaction() as session:
        return fulfilment.begin_renewals(session, [line_id], now=NOW)[line_id]


def test_a_renewal_paid_in_time_is_waited_for(services: Services) -> None:
    mailbox, line_id = gone_but_paid(services, paid_on_day=90)

    waiting = cancel(services, mailbox)
    task = renewal(services, line_id)

    assert waiting is not None
    assert waiting.must_wait
    assert task.order is not None
    assert task.restores
    with services.transaction() as session:
        fulfilment.complete_renewal(session, line_id, task.order, now=NOW)
    assert cancel(services, mailbox) is None


def test_money_that_finds_the_mailbox_gone_is_not_lost(services: Services) -> None:
    mailbox = box(services, -91)
    told = cancel(services, mailbox)
    with services.transaction() as session:
        order = make_order(session, [mailbox], state=OrderState.PAID, paid_at=NOW - timedelta(days=1))
        line_id = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()

    task = renewal(services, line_id)

    assert told is not None
    assert not told.must_wait
    assert (task.order, task.refusal) == (None, Refusal.MAILBOX_CANCELLED)


def race(services: Services) -> tuple[StepTask | None, LineTask]:
    """Let money settled at midnight meet the cancellation that did not see it yet.

    The renewal begins while the decision is made but not committed: it has to wait for it.
    """
    mailbox = box(services, -91)
    with ThreadPoolExecutor(1) as pool:
        with services.transaction() as session:
            told = lifecycle.begin_cancellations(session, [asked(mailbox)], now=NOW)
            session.flush()
            waiting = pool.submit(_pay_and_begin, services, mailbox)
            _give_it_time(waiting)
        task = waiting.result()
    return told.get(asked(mailbox)), task


def _pay_and_begin(services: Services, mailbox: Mailbox) -> LineTask:
    with services.transaction() as session:
        paid_at = NOW - timedelta(days=1)
        order = make_order(
            session, [session.get_one(Mailbox, mailbox.id)], state=OrderState.PAID, paid_at=paid_at
        )
        line_id = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()
    return renewal(services, line_id)


def _give_it_time(waiting: Future[LineTask]) -> None:
    """Let the other side come as far as it can; with the lock it comes no further than that."""
    try:
        waiting.result(timeout=0.5)
    except StillWaiting:
        return


@every_database
def test_payment_and_cancellation_in_one_minute_end_in_one_of_both(services: Services) -> None:
    told, task = race(services)

    assert told is not None
    assert not told.must_wait
    assert (task.refusal, task.order is not None) == BOTH_CANCELLED


@every_database
def test_without_the_lock_both_happen(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    if services.engine.dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE serialises even the forgetful")
    monkeypatch.setattr(locks, "lock_mailboxes_of_lines", lambda *_what: None)

    told, task = race(services)

    assert told is not None
    assert (task.refusal, task.order is not None) == BOTH_RENEWED
