"""R01: the process is killed at every named line; whoever repeats the same request gets the first result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests
from sqlalchemy import func, select

from portal.domain.order_numbers import new_order_number
from portal.failpoints import KILLED, Failpoint
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.store.outbox import OutboxRow
from portal.store.payments import Payment
from portal.wiring import Services, system_clock
from tests.blueprints.people import password_hash
from tests.blueprints.shop import ACCEPTED
from tests.factories import make_account, make_mailbox, make_order, make_prices
from tests.kills.acts import command
from tests.kills.customers import Visitor, is_up, ready_to_confirm, sign_in
from tests.servers.aside import done_aside
from tests.servers.portal import PortalProcess
from tests.servers.processes import free_port, wait_until
from tests.workers.audit import audit

WHILE_ORDERING = [point for point in Failpoint if point.startswith("order.")]
WHILE_PAYING = [point for point in Failpoint if point.startswith("payment.")]

Server = Callable[[Failpoint | None], str]


@pytest.fixture
def services(services: Services) -> Services:
    """Services whose time goes by, as it does in the processes."""
    return replace(services, clock=system_clock)


@pytest.fixture
def new_server(environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """Start the site with one process, which may be armed; return its address."""
    started: list[PortalProcess] = []

    def start(point: Failpoint | None) -> str:
        port, folder = free_port(), tmp_path / f"server-{len(started)}"
        folder.mkdir()
        command = ("portal", "serve", "--processes", "1", "--bind", f"127.0.0.1:{port}")
        armed = {"PORTAL_DEMO": "yes", "PORTAL_FAILPOINT": point or ""}
        started.append(PortalProcess(*command, folder=folder, environment=environment | armed).start())
        return f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        process.stop()


def orders_of(services: Services, address: str) -> list[str]:
    with services.reading() as session:
        found = select(Order.number).join(OrderLine).where(OrderLine.address == address)
        return list(session.scalars(found))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_order_confirmed_again_after_a_kill_is_the_first_one(
    services: Services, new_server: Server
) -> None:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session, "300100@aruba.it", password_hash=password_hash())
        boxes = {point: make_mailbox(session, account).address for point in WHILE_ORDERING}
    safe, armed = new_server(None), {point: new_server(point) for point in WHILE_ORDERING}
    wait_until(lambda: all(map(is_up, [safe, *armed.values()])), "the servers", seconds=60, pause=0.1)
    visitor = Visitor()
    sign_in(visitor, safe, "300100@aruba.it")

    for point, address in boxes.items():
        confirm = ready_to_confirm(visitor, safe, address)
        fields = visitor.fields_of(f"{safe}{confirm}") | ACCEPTED
        with pytest.raises(requests.ConnectionError):
            visitor.post(f"{armed[point]}{confirm}", fields)
        first = orders_of(services, address)
        answers = {visitor.post(f"{safe}{confirm}", fields).headers["Location"] for _ in range(2)}

        (number,) = orders_of(services, address)
        assert answers == {f"/ordini/{number}"}
        assert first == ([number] if point is Failpoint.ORDER_COMMITTED else [])
    with services.reading() as session:
        told = session.execute(select(Mail.kind, func.count()).group_by(Mail.kind)).all()
        assert {tuple(row) for row in told} == {("order_confirmation", 2 * len(WHILE_ORDERING))}
        assert audit(session, services.now()) == []


def test_a_payment_registered_again_after_a_kill_is_the_first_one(
    services: Services, environment: dict[str, str]
) -> None:
    with services.transaction() as session:
        account = make_account(session)
        numbers = [new_order_number(bytes([place] * 9)) for place in range(len(WHILE_PAYING))]
        orders = {
            point: make_order(session, [make_mailbox(session, account)], number=number)
            for point, number in zip(WHILE_PAYING, numbers, strict=True)
        }

    for point, order in orders.items():
        killed = register(environment, order, PORTAL_DEMO="yes", PORTAL_FAILPOINT=point)
        first = payments_of(services, order)
        again = [register(environment, order) for _ in range(2)]

        assert (killed, again) == (KILLED, [0, 0])
        assert first == (1 if point is Failpoint.PAYMENT_COMMITTED else 0)
        assert payments_of(services, order) == 1
    with services.reading() as session:
        renewals = session.scalar(select(func.count()).where(OutboxRow.kind == "platform.renew"))
        assert renewals == len(WHILE_PAYING)
        assert audit(session, services.now()) == []


def register(environment: dict[str, str], order: Order, **more: str) -> int:
    """Register the order's money as the operator does; return the exit code."""
    words = f"register {order.number} --amount {order.due_cents // 100}.{order.due_cents % 100:02}"
    words += f" --on {order.placed_at.date()} --method bank_transfer --reference TRN-{order.number}"
    return done_aside(command, "payments", *words.split(), environment=environment | more)


def payments_of(services: Services, order: Order) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count()).where(Payment.order_id == order.id)) or 0
