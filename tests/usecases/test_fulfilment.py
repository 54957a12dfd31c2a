"""From paid lines to renewed mailboxes: terms, refusals, and the last line of an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.domain.credit import leftover_expires_on
from portal.domain.dates import add_years, rome_day
from portal.domain.orders import LineState, OrderState
from portal.domain.plans import Plan
from portal.store import order_facts
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine, Renewal
from portal.usecases import fulfilment
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_order
from tests.spread import every_database
from tests.usecases.paid_lines import (
    EXPIRY,
    begin,
    line_of,
    mailbox_of,
    mails,
    order_of,
    pay_for,
    renew,
    waiting,
)


@pytest.mark.parametrize(
    ("expires_in", "years"), [(30, 1), (0, 2), (-1, 1), (-90, 5)], ids=["early", "last day", "late", "latest"]
)
def test_the_expiry_moves_by_the_term_from_the_old_expiry(
    services: Services, expires_in: int, years: int
) -> None:
    old = TODAY + timedelta(days=expires_in)
    promised = {"term_years": years, "expires_after": add_years(old, years)}
    (line_id,) = pay_for(services, {"expires_in": expires_in}, line=promised)

    (told,) = renew(services, line_id)

    assert told.expires_on == mailbox_of(services, line_id).expires_on == add_years(old, years)
    assert told.key == f"renew:{line_id}"


def test_the_effect_is_a_row_of_its_own(services: Services) -> None:
    (line_id,) = pay_for(services)

    renew(services, line_id)

    with services.reading() as session:
        (renewal,) = session.scalars(select(Renewal))
    assert (renewal.order_line_id, renewal.granted_at) == (line_id, NOW)
    assert (renewal.starts_on, renewal.ends_on) == (EXPIRY + timedelta(days=1), add_years(EXPIRY, 1))


def test_a_line_is_in_progress_while_the_platform_is_asked(services: Services) -> None:
    (line_id,) = pay_for(services)

    begin(services, line_id)

    assert line_of(services, line_id).state is LineState.IN_PROGRESS


def test_a_line_waits_again_when_it_is_put_off(services: Services) -> None:
    (line_id,) = pay_for(services)
    begin(services, line_id)

    with services.transaction() as session:
        fulfilment.put_off_renewals(session, [line_id])

    assert line_of(services, line_id).state is LineState.WAITING


def test_renewing_twice_grants_one_term(services: Services) -> None:
    (line_id,) = pay_for(services)
    (task,) = begin(services, line_id)
    assert task.order is not None
    renew(services, line_id)

    with services.transaction() as session:
        fulfilment.complete_renewal(session, line_id, task.order, now=NOW)

    assert begin(services, line_id) == []
    assert mailbox_of(services, line_id).expires_on == add_years(EXPIRY, 1)
    assert len(mails(services)) == 2


def test_a_term_cannot_be_granted_twice_by_two_orders(services: Services) -> None:
    """Should the register ever be set back, the schema stops the second term that begins on the same day."""
    (line_id,) = pay_for(services)
    renew(services, line_id)
    with services.transaction() as session:
        mailbox = session.get_one(Mailbox, line_of(services, line_id).mailbox_id)
        mailbox.expires_on = EXPIRY
        order = make_order(session, [mailbox], state=OrderState.PAID, paid_at=NOW)
        second = session.scalars(select(OrderLine.id).where(OrderLine.order_id == order.id)).one()

    with pytest.raises(IntegrityError):
        renew(services, second)


def test_an_expiry_that_moved_since_the_order_is_the_new_anchor(services: Services) -> None:
    moved = EXPIRY + timedelta(days=10)
    (line_id,) = pay_for(services)
    with services.transaction() as session:
        session.get_one(Mailbox, line_of(services, line_id).mailbox_id).expires_on = moved

    renew(services, line_id)

    line = line_of(services, line_id)
    assert mailbox_of(services, line_id).expires_on == add_years(moved, 1)
    assert (line.expires_before, line.expires_after) == (moved, add_years(moved, 1))


def test_a_line_of_an_unpaid_order_is_left_alone(services: Services) -> None:
    (line_id,) = pay_for(services, state=OrderState.AWAITING_PAYMENT, paid_at=None)

    assert begin(services, line_id) == []


# Plans and space


def test_a_bigger_plan_holds_at_once(services: Services) -> None:
    (line_id,) = pay_for(services, line={"plan": Plan.PRO, "extra_archive_gb": 2})

    (told,) = renew(services, line_id)

    mailbox = mailbox_of(services, line_id)
    assert (told.plan, told.extra_archive_gb) == (mailbox.plan, mailbox.extra_archive_gb) == (Plan.PRO, 2)
    assert waiting(services, mailbox.id) == []


# Mailboxes that are gone


@pytest.mark.parametrize(
    ("mailbox", "gone"),
    [
        ({"expires_in": -90}, False),
        ({"expires_in": -91}, True),
        ({"cancelled_on": TODAY + timedelta(days=1)}, False),
        ({"cancelled_on": TODAY}, True),
    ],
)
def test_a_mailbox_that_is_gone_is_refused(services: Services, mailbox: dict[str, Any], gone: bool) -> None:
    (line_id,) = pay_for(services, mailbox)

    renew(services, line_id)

    line = line_of(services, line_id)
    expected = (LineState.REFUSED, "mailbox_cancelled") if gone else (LineState.FULFILLED, None)
    assert (line.state, line.refusal) == expected
    assert (line.is_open, line.closed_at) == (False, NOW)


def test_money_registered_on_the_last_day_saves_the_mailbox(services: Services) -> None:
    (line_id,) = pay_for(services, {"expires_in": -90})

    renew(services, line_id, now=NOW + timedelta(days=3))

    assert line_of(services, line_id).state is LineState.FULFILLED


def test_an_order_with_one_refused_line_is_fulfilled_and_the_rest_owed(services: Services) -> None:
    line_ids = pay_for(services, {}, {"expires_in": -91})

    renew(services, *line_ids)

    order, confirmation = order_of(services, line_ids[0]), mails(services)[0]
    assert (order.state, order.closed_at) == (OrderState.FULFILLED, NOW)
    assert (confirmation.context["line_count"], confirmation.context["refused_count"]) == (1, 1)
    assert confirmation.context["owed_cents"] == 610
    assert confirmation.context["credit_until"] == leftover_expires_on(rome_day(NOW)).isoformat()


def test_an_order_without_any_fulfilled_line_is_credited(services: Services) -> None:
    line_ids = pay_for(services, {"expires_in": -91}, {"expires_in": -100})

    renew(services, *line_ids)

    assert order_of(services, line_ids[0]).state is OrderState.CREDITED
    assert mails(services)[0].context["owed_cents"] == 1220


# The end of an order


def test_an_order_stays_paid_until_its_last_line_is_closed(services: Services) -> None:
    first, second = pay_for(services, {}, {})

    renew(services, first)
    before = order_of(services, first).state
    renew(services, second)

    assert (before, order_of(services, first).state) == (OrderState.PAID, OrderState.FULFILLED)
    assert [mail.kind for mail in mails(services)] == ["payment_confirmation"] * len(mails(services))


def at_once(*acts: Callable[[], object]) -> None:
    """Run each act in a thread of its own, all starting at the same instant."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        act()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@every_database
def test_two_workers_with_the_last_two_lines_close_the_order_once(services: Services) -> None:
    for _ in range(5):
        first, second = pay_for(services, {}, {})

        at_once(*(partial(renew, services, line_id) for line_id in (first, second)))

        assert order_of(services, first).state is OrderState.FULFILLED
    assert len(mails(services)) == 5


@every_database
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_the_lock_nobody_sees_the_last_line(services: Services) -> None:
    """The negative control: each looks before the other commits. (SQLite has one writer only.)"""
    line_ids = pay_for(services, {}, {})
    looked, seen = Barrier(2), []

    def close_carelessly(line_id: int) -> None:
        with services.transaction() as session:
            line = session.get_one(OrderLine, line_id)
            line.is_open = False
            session.flush()
            seen.append(order_facts.has_open_line(session, line.order_id))
            looked.wait()

    at_once(*(partial(close_carelessly, line_id) for line_id in line_ids))

    assert seen == [True, True]


# Slow work


@pytest.mark.parametrize(("fulfilled", "kinds"), [(False, ["payment_received"]), (True, [])])
def test_slow_work_is_told_once_and_only_while_it_lasts(
    services: Services, fulfilled: bool, kinds: list[str]
) -> None:
    (line_id,) = pay_for(services)
    if fulfilled:
        renew(services, line_id)

    for _ in range(2):
        with services.transaction() as session:
            fulfilment.report_progress(session, line_of(services, line_id).order_id, now=NOW)

    told = {mail.kind for mail in mails(services)} - {"payment_confirmation"}
    assert sorted(told) == kinds
    assert len({mail.key for mail in mails(services)}) == len(mails(services))
