"""The relay: hands over what is due, outlives whatever is away, and ends its process when it dies."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event

import pytest
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from redis import ConnectionError as RedisAway
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.store import outbox
from portal.store.outbox import OutboxRow, OutboxState
from portal.wiring import Services
from tests.conftest import Clock
from tests.servers.processes import wait_until
from tests.servers.valkey import ValkeyServer
from tests.statements import counted
from workers.broker import HEARTBEAT_MS, all_works, make_shop
from workers.relay import AWAY, Relay
from workers.waiting import in_thread


def fill(services: Services, count: int, kind: str = "mail.send") -> None:
    with services.transaction() as session:
        for number in range(count):
            outbox.enqueue(session, kind, f"{kind}:{number}", {}, now=services.now())


def states(services: Services) -> list[OutboxState]:
    with services.reading() as session:
        return list(session.scalars(select(OutboxRow.state).order_by(OutboxRow.id)))


def relay(services: Services, send: Callable[[Sequence[int]], object], size: int = 2) -> Relay:
    return Relay(services, {"mail.send": send}, {"mail.send": size})


def test_due_rows_reach_the_broker_in_batches(services: Services) -> None:
    fill(services, 5)
    sent: list[list[int]] = []

    handed = relay(services, lambda ids: sent.append([*ids])).once()

    assert handed == 3
    assert sent == [[1, 2], [3, 4], [5]]


def test_a_round_with_nothing_to_do_writes_nothing(services: Services) -> None:
    fill(services, 1, kind="mail.send")
    kinds = ("mail.send", "platform.renew", "refund.send")
    sent: list[list[int]] = []
    every = Relay(services, dict.fromkeys(kinds, sent.append), dict.fromkeys(kinds, 50))

    assert every.once() == 1
    with counted(services.engine) as statements:
        assert every.once() == 0

    assert sent == [[1]]
    assert len(statements) == 1


def test_a_kind_that_this_version_does_not_know_waits_for_the_next(services: Services) -> None:
    """R28: during a deploy the web may already write what these workers cannot do yet."""
    fill(services, 1, kind="mail.fax")

    assert relay(services, lambda ids: None).once() == 0
    assert states(services) == [OutboxState.WAITING]


def test_what_did_not_reach_the_broker_is_due_at_once(services: Services) -> None:
    fill(services, 5)
    sent: list[list[int]] = []

    def send(ids: Sequence[int]) -> None:
        if sent:
            raise RedisAway("Connection refused")
        sent.append([*ids])

    with pytest.raises(RedisAway):
        relay(services, send).once()

    assert states(services) == [OutboxState.QUEUED] * 2 + [OutboxState.WAITING] * 3


@pytest.mark.parametrize(
    "trouble",
    [RedisAway("Connection refused"), OperationalError("SELECT 1", {}, ConnectionError("gone"))],
    ids=["broker", "database"],
)
def test_the_relay_outlives_what_is_away(services: Services, clock: Clock, trouble: Exception) -> None:
    services = replace(services, settings=replace(services.settings, outbox_poll_seconds=0.001))
    fill(services, 1)
    tries: list[Sequence[int]] = []
    stopping = Event()

    def send(ids: Sequence[int]) -> None:
        tries.append(ids)
        if len(tries) < 3:
            clock.forward(seconds=60)
            raise trouble

    thread = in_thread("relay", relay(services, send).run, stopping)
    wait_until(lambda: len(tries) == 3, "the third try")
    stopping.set()
    thread.join()

    assert states(services) == [OutboxState.QUEUED]


def test_r13_what_a_full_redis_does_not_take_waits_until_there_is_room(
    services: Services, new_valkey: Callable[[], ValkeyServer]
) -> None:
    broker = new_valkey()
    settings = replace(services.settings, redis_url=broker.url)
    handing_over = make_shop(replace(services, settings=settings)).relay
    fill(services, 3)

    broker.fill()
    with pytest.raises(AWAY):
        handing_over.once()
    waiting = states(services)
    broker.fill(full=False)

    assert waiting == [OutboxState.WAITING] * 3
    assert handing_over.once() == 1
    assert states(services) == [OutboxState.QUEUED] * 3


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_relay_that_dies_of_a_bug_ends_its_process(services: Services) -> None:
    fill(services, 1)
    asked_to_end: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: asked_to_end.append(number))

    def send(ids: Sequence[int]) -> None:
        raise ZeroDivisionError("a bug")

    in_thread("relay", relay(services, send).run, Event()).join()
    wait_until(lambda: bool(asked_to_end), "the signal")
    signal.signal(signal.SIGTERM, before)

    assert asked_to_end == [signal.SIGTERM]


def test_without_an_address_the_broker_is_in_this_process(services: Services) -> None:
    assert isinstance(make_shop(services).broker, StubBroker)


def test_redis_is_set_up_for_quick_recovery_and_nothing_is_retried_there(services: Services) -> None:
    settings = replace(services.settings, redis_url="redis://127.0.0.1:1/0")

    broker = make_shop(replace(services, settings=settings)).broker

    assert isinstance(broker, RedisBroker)
    assert (broker.heartbeat_timeout, broker.maintenance_chance) == (HEARTBEAT_MS, 1_000_000)
    assert set(broker.actors) == {work.kind for work in all_works(services)}
    for actor in broker.actors.values():
        assert actor.options["max_retries"] == 0
        assert actor.options["max_age"] > 0
        assert actor.options["time_limit"] == settings.outbox_lease_seconds * 1000
