"""Who comes first decides: a charge against switching off, cancelling, another clock; on PostgreSQL (R20).

A charge is held just before it writes its attempt down. With the locks the other side waits for it; the
controls show that without them it would not, and the charge would go on as if nothing had happened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

import pytest
from sqlalchemy.orm import Session

from portal.domain.auto_renewal import CycleState
from portal.domain.orders import OrderState
from portal.store import attempts, auto_renewal_queries, locks, order_facts
from portal.store.auto_renewals import AutoRenewalCycle
from portal.store.orders import Order
from portal.usecases import auto_renewal_charges, auto_renewals, auto_renewals_of_many
from portal.usecases.audit import audit
from portal.usecases.orders import cancel_order
from portal.wiring import Services
from tests.conftest import Clock
from tests.usecases.renewing import Days, renewing
from workers.clock import do_day

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
WHILE_HELD_SECONDS = 1.0
"""How long the other side is given while the charge is held: it takes a few milliseconds where it may."""
JOINED_SECONDS = 20
Act = Callable[[Days, Session], object]


@dataclass
class Race:
    """What became of it: whether the other side was done while the charge was held, and what failed."""

    was_overtaken: bool
    failures: list[Exception]


@pytest.fixture
def days(services: Services, clock: Clock) -> Days:
    """A mailbox on the morning of its charge."""
    days = renewing(services, clock)
    days.before(8)
    days.clock.forward(days=1)
    return days


def charge(days: Days, session: Session) -> object:
    return auto_renewal_charges.begin_charge(session, days.cycles()[0].id, now=days.services.now())


def switch_off(days: Days, session: Session) -> object:
    address, now = days.mailbox().address, days.services.now()
    return auto_renewals.switch_off(session, days.subject, address, today=days.services.today(), now=now)


def switch_all_off(days: Days, session: Session) -> object:
    today, now = days.services.today(), days.services.now()
    return auto_renewals_of_many.switch_many_off(session, days.subject, everything=True, today=today, now=now)


def cancel(days: Days, session: Session) -> object:
    return cancel_order(session, days.subject, days.orders()[0].number, now=days.services.now())


def held_against(days: Days, other: Act, patch: pytest.MonkeyPatch) -> Race:
    """Begin a charge, hold it, let the other side try, let the charge go on."""
    inside, go_on, done = Event(), Event(), Event()
    failures: list[Exception] = []
    count_attempts = attempts.count_attempts

    def wait(session: Session, order_id: int) -> int:
        if not inside.is_set():
            inside.set()
            go_on.wait(JOINED_SECONDS)
        return count_attempts(session, order_id)

    def act(one: Act, ended: Event) -> None:
        try:
            with days.services.transaction() as session:
                one(days, session)
        except Exception as failure:  # noqa: BLE001 - the test looks at every failure
            failures.append(failure)
        ended.set()

    patch.setattr(attempts, "count_attempts", wait)
    first = Thread(target=act, args=(charge, Event()))
    second = Thread(target=act, args=(other, done))
    first.start()
    assert inside.wait(JOINED_SECONDS)
    second.start()
    overtaken = done.wait(WHILE_HELD_SECONDS)
    go_on.set()
    for thread in (first, second):
        thread.join(JOINED_SECONDS)
    return Race(overtaken, failures)


def forget_locks(patch: pytest.MonkeyPatch) -> None:
    """Look at things without holding them."""
    patch.setattr(locks, "lock_owner", lambda *_what: None)
    patch.setattr(auto_renewals, "_locked", lambda _session, mailbox: mailbox)
    patch.setattr(
        auto_renewal_queries,
        "locked_cycle",
        lambda session, cycle_id: session.get(AutoRenewalCycle, cycle_id, populate_existing=True),
    )
    patch.setattr(
        order_facts,
        "locked_order",
        lambda session, order_id: session.get(Order, order_id, populate_existing=True),
    )


def contradictions(days: Days) -> list[str]:
    with days.services.reading() as session:
        found = audit(session, today=days.services.today(), now=days.services.now())
        return [f"{each.check}: {each.what}" for each in found]


@pytest.mark.parametrize("other", [switch_off, switch_all_off, cancel])
def test_a_charge_that_was_begun_is_finished_before_the_other_side_acts(
    days: Days, other: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = held_against(days, other, monkeypatch)

    assert (race.was_overtaken, race.failures) == (False, [])
    assert len(days.attempts()) == 1
    assert [order.state for order in days.orders()] == [OrderState.CANCELLED]
    assert days.states() == [CycleState.SKIPPED]


@pytest.mark.parametrize("other", [switch_off, cancel])
def test_without_locks_it_would_be_overtaken_and_charge_all_the_same(
    days: Days, other: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    forget_locks(monkeypatch)

    race = held_against(days, other, monkeypatch)

    assert race.was_overtaken
    assert len(days.attempts()) == 1


@pytest.mark.parametrize("other", [switch_off, switch_all_off, cancel])
def test_whoever_acts_before_the_charge_is_not_charged(days: Days, other: Act) -> None:
    with days.services.transaction() as session:
        other(days, session)
    with days.services.transaction() as session:
        assert charge(days, session) is None

    assert (days.attempts(), contradictions(days)) == ([], [])


def test_two_workers_with_the_same_charge_make_one_attempt(
    days: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    race = held_against(days, charge, monkeypatch)

    assert (race.was_overtaken, race.failures) == (False, [])
    assert len(days.attempts()) == 1


def test_two_clocks_at_once_announce_order_and_charge_once(services: Services, clock: Clock) -> None:
    days = renewing(services, clock, mailboxes=20)
    for left in (30, 15, 7):
        days.clock.set(days.services.now().replace(hour=9))
        days.before(left + 1)
        days.clock.forward(days=1)
        failures = _together(days, 3)
        assert failures == []
        days.send_mails()
    days.do_rows()

    assert days.states() == [CycleState.DONE] * 20
    assert (len(days.orders()), len(days.attempts()), days.payments()) == (20, 20, 20)
    assert len(days.told("expiry_notice_auto")) == 2
    assert contradictions(days) == []


def _together(days: Days, clocks: int) -> list[Exception]:
    """Let several clocks do the same day at the same moment."""
    from tests.usecases.renewing import JOBS  # noqa: PLC0415

    failures: list[Exception] = []

    def strike() -> None:
        try:
            do_day(days.services, days.services.today(), JOBS)
        except Exception as failure:  # noqa: BLE001 - the test looks at every failure
            failures.append(failure)

    threads = [Thread(target=strike) for _ in range(clocks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(JOINED_SECONDS)
    return failures
