"""The broker that carries wake-ups, in Redis or in this process, and the actors that answer them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import redis
from dramatiq import Actor, Broker, Middleware, Worker, actor
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit, Retries, TimeLimit

from portal.wiring import Services
from workers.charges import ChargeWork
from workers.documents import DropWork, SweepWork
from workers.job import Work, run
from workers.lifecycle import CancelWork, RestoreWork, SuspendWork
from workers.mail import MailWork
from workers.methods import AskMethodWork, ForgetMethodWork
from workers.passwords import PasswordWork
from workers.payments import AskWork
from workers.platform import ChangeWork, RenewWork, WithdrawWork
from workers.progress import notice_works
from workers.recovery import RecoveryWork
from workers.refunds import RefundWork
from workers.relay import Relay
from workers.space import SpaceWork
from workers.space_ends import SpaceEndWork
from workers.usage import UsageWork
from workers.waiting import in_thread

HEARTBEAT_MS = 15_000
"""A worker silent for this long is dead, and its messages go to others. Source: hardening.md 1.6."""
MAINTENANCE_CHANCE = 1_000_000
"""Look for dead workers at every command, not at one in a thousand."""
OLDEST_MS = 60 * 60 * 1000
"""A wake-up older than this is dropped: the relay has sent others. Long enough for clocks that differ."""
SOCKET_SECONDS = 5


@dataclass(frozen=True)
class Shop:
    """A broker with its actors, and what hands rows over to them."""

    broker: Broker
    relay: Relay
    stopping: Event


class Shift(Middleware):
    """Begins and ends with the worker process: the relay runs beside the workers, and rows are not begun
    any more once the process is told to stop.
    """

    def __init__(self, stopping: Event) -> None:
        self.relay: Relay | None = None
        self._stopping = stopping
        self._thread: Thread | None = None

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        if self.relay is not None:
            self._thread = in_thread("relay", self.relay.run, self._stopping)

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(SOCKET_SECONDS)


def make_shop(services: Services) -> Shop:
    """Return a broker, its actors and the relay; nothing runs yet."""
    stopping = Event()
    shift = Shift(stopping)
    broker = make_broker(services, shift)
    works = all_works(services)
    senders = {work.kind: declare(broker, services, work, stopping.is_set).send for work in works}
    shift.relay = Relay(services, senders, {work.kind: work.batch for work in works})
    return Shop(broker, shift.relay, stopping)


def all_works(services: Services) -> Sequence[Work[Any, Any]]:
    """Return what can be done with rows, one for each kind."""
    return (
        MailWork(services),
        RenewWork(services),
        ChangeWork(services),
        WithdrawWork(services),
        SpaceWork(services),
        SpaceEndWork(services),
        RecoveryWork(services),
        PasswordWork(services),
        AskWork(services),
        RefundWork(services),
        AskMethodWork(services),
        ForgetMethodWork(services),
        ChargeWork(services),
        *notice_works(),
        SuspendWork(services),
        CancelWork(services),
        RestoreWork(services),
        UsageWork(services),
        DropWork(services),
        SweepWork(services),
    )


def make_broker(services: Services, *more: Middleware) -> Broker:
    """Return the broker of this installation: in this process unless Redis has an address."""
    middleware = [AgeLimit(), TimeLimit(), Retries(max_retries=0), *more]
    url = services.settings.redis_url
    if not url:
        return StubBroker(middleware=middleware)
    client = redis.Redis.from_url(url, socket_timeout=SOCKET_SECONDS, socket_connect_timeout=SOCKET_SECONDS)
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client,
        middleware=middleware,
        heartbeat_timeout=HEARTBEAT_MS,
        maintenance_chance=MAINTENANCE_CHANCE,
        dead_message_ttl=OLDEST_MS,
    )


def declare(
    broker: Broker, services: Services, work: Work[Any, Any], stopping: Callable[[], bool]
) -> Actor[[list[int]], None]:
    """Return the actor for one kind of row: no retries of the broker's own, and an end to its patience.

    Retries are the outbox's business; a job that outlives its lease does what somebody else does too.
    """

    @actor(
        broker=broker,
        actor_name=work.kind,
        queue_name=work.queue,
        max_retries=0,
        max_age=OLDEST_MS,
        time_limit=services.settings.outbox_lease_seconds * 1000,
    )
    def work_on(ids: list[int]) -> None:
        run(services, work, ids, stopping=stopping)

    return work_on
