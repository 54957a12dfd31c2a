"""R32: web, workers, clock, broker and mail server die at random while people renew; then all is in order.

`make soak` does it for five minutes; here it is a short while.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.utils import parseaddr
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import ColumnElement, func, select

from portal.store.lifecycle_steps import LifecycleStep
from portal.store.mails import Mail, MailState
from portal.store.notices import Notice, NoticeState
from portal.store.outbox import OutboxRow, OutboxState
from portal.wiring import Services, system_clock
from tests.kills.customers import Customer, is_up
from tests.kills.town import settle
from tests.servers.processes import NotReady, free_port, wait_until
from tests.servers.smtp import SmtpSink
from tests.servers.stripe_fake import WEBHOOK_SECRET, FakeStripe
from tests.servers.supervised import Supervised
from tests.servers.valkey import ValkeyServer
from tests.workers.audit import audit
from tests.workers.crew import THREADS, Crew
from workers.mail import message_id

SEED = 20261126
EVERY_SECONDS = 2.0
TO_COME_UP = 4.0
"""What was started a moment ago is left alone, or nothing would ever work on a slow machine."""
REST_SECONDS = 60
HURRY = {
    "PORTAL_OUTBOX_POLL_MS": "100",
    "PORTAL_OUTBOX_LEASE_SECONDS": "6",
    "PORTAL_OUTBOX_RETRY_SECONDS": "1",
    "PORTAL_SMTP_TIMEOUT_SECONDS": "2",
}

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def services(services: Services) -> Services:
    """Services whose time goes by, as it does in the processes."""
    return replace(services, clock=system_clock)


@pytest.fixture
def stripe() -> Iterator[FakeStripe]:
    fake = FakeStripe(system_clock)
    yield fake
    fake.stop()


class Installation:
    """All that an operator runs, each under its supervisor, and what can die of it."""

    def __init__(
        self, folder: Path, environment: dict[str, str], broker: ValkeyServer, sink: SmtpSink
    ) -> None:
        port = free_port()
        self.site = f"http://127.0.0.1:{port}"
        self._broker, self._sink = broker, sink
        own = environment | HURRY | {"PORTAL_REDIS_URL": broker.url, "PORTAL_URL": self.site}
        commands = {
            "web": ("portal", "serve", "--processes", "2", "--bind", f"127.0.0.1:{port}"),
            "clock": ("portal", "clock"),
            "tick": ("portal", "tick"),
        }
        self.running: dict[str, Supervised] = {}
        for name, command in commands.items():
            (folder / name).mkdir()
            pause = 1.0 if name == "tick" else 0.05
            self.running[name] = Supervised(
                *command, folder=folder / name, environment=own, pause_seconds=pause
            ).start()
        self.running["workers"] = Crew(folder, own, processes=1).start()
        self.killed: Counter[str] = Counter()

    def kill_one(self, chance: random.Random) -> None:
        """Kill somebody who has been up for long enough."""
        victim = chance.choice(["web", "workers", "clock", "tick", "broker", "sink"])
        pause = chance.uniform(0.1, 1.5)
        if victim == "broker":
            self._broker.kill()
            time.sleep(pause)
            self._broker.start()
        elif victim == "sink":
            self._sink.stop()
            time.sleep(pause)
            self._sink.start()
        elif self._is_up(victim):
            self.running[victim].kill()
        else:
            return
        self.killed[victim] += 1

    def _is_up(self, victim: str) -> bool:
        if victim == "web" and not is_up(self.site):
            return False
        return victim == "tick" or self.running[victim].age > TO_COME_UP

    def stop(self) -> None:
        for process in self.running.values():
            process.stop()


@pytest.mark.parametrize("seconds", [15, pytest.param(300, marks=pytest.mark.soak)])
def test_whoever_dies_nothing_is_lost_or_done_twice(
    seconds: int,
    services: Services,
    environment: dict[str, str],
    tmp_path: Path,
    smtp_sink: SmtpSink,
    new_valkey: Callable[[], ValkeyServer],
    stripe: FakeStripe,
) -> None:
    chance, over = random.Random(SEED), Event()
    environment |= {
        "PORTAL_STRIPE_KEY": "sk_test_of_the_tests",
        "PORTAL_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "PORTAL_STRIPE_API": stripe.url,
        "PORTAL_STRIPE_PAGES": stripe.url,
    }
    town = settle(services, customers=3, mailboxes=20 + seconds)
    portal = Installation(tmp_path, environment, new_valkey(), smtp_sink)
    try:
        wait_until(lambda: is_up(portal.site), "the site", seconds=90, pause=0.2)
        customers = [
            Customer(name, boxes, services, portal.site, stripe, SEED + place, over)
            for place, (name, boxes) in enumerate(town.customers.items())
        ]
        threads = [customer.in_thread() for customer in customers]
        began, done = time.monotonic(), 0
        while (now := time.monotonic() - began) < seconds:
            done += town.let_more_fall_due(until=int(now * 20), so_far=done)
            portal.kill_one(chance)
            time.sleep(EVERY_SECONDS)
        over.set()
        for thread in threads:
            thread.join(REST_SECONDS)
            assert not thread.is_alive(), f"{thread.name} still waits for an answer"
        rested = wait_for_rest(services, portal)
    finally:
        over.set()
        portal.stop()

    assert [trouble for customer in customers for trouble in customer.trouble] == []
    assert all(customer.orders for customer in customers)
    received = Counter(mail.message_id for mail in smtp_sink.received)
    doubles = received.total() - len(received)
    steps, fates = assert_nothing_was_lost(services, set(received))
    assert switched(tmp_path) == steps
    assert doubles <= THREADS * (portal.killed["workers"] + portal.killed["sink"])
    print(f"\nseed {SEED}, {seconds} s, killed {dict(portal.killed)}, at rest after {rested:.0f} s")
    print(f"{sum(len(each.orders) for each in customers)} orders, {steps} steps, mails {fates}")
    print(f"{sum(each.retries for each in customers)} times pressed again, {doubles} mails came twice")


def assert_nothing_was_lost(services: Services, received: set[str]) -> tuple[int, dict[str, int]]:
    """See what the database says of it; return how many steps and mails there are."""
    domain = parseaddr(services.settings.smtp.sender)[1].rpartition("@")[2]
    with services.reading() as session:
        assert audit(session, services.now()) == []
        assert session.scalar(select(func.count()).where(Notice.state == NoticeState.PLANNED)) == 0
        sent = session.scalars(select(Mail.key).where(Mail.state == MailState.SENT))
        assert {message_id(key, domain) for key in sent} == received
        fates = dict(session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all())
        assert set(fates) <= {MailState.SENT, MailState.SKIPPED}
        steps = session.scalar(select(func.count()).select_from(LifecycleStep)) or 0
    return steps, {state.value: count for state, count in fates.items()}


def wait_for_rest(services: Services, portal: Installation) -> float:
    """Return how long it took until nothing was left that is due."""
    began = time.monotonic()
    starts = portal.running["tick"].starts
    held = (OutboxState.QUEUED, OutboxState.CLAIMED)
    left: Counter[str] = Counter()

    def at_rest() -> bool:
        if portal.running["tick"].starts < starts + 2:
            return False
        with services.reading() as session:
            found = session.execute(
                select(OutboxRow.kind, OutboxRow.state, func.count())
                .where(OutboxRow.state.in_(held) | is_due(services))
                .group_by(OutboxRow.kind, OutboxRow.state)
            )
            left.clear()
            left.update({f"{kind} {state}": count for kind, state, count in found})
        return not left

    try:
        wait_until(at_rest, "all that is due is done", seconds=REST_SECONDS, pause=0.3)
    except NotReady as failure:
        raise NotReady(f"{failure}; left: {dict(left)}") from None
    return time.monotonic() - began


def is_due(services: Services) -> ColumnElement[bool]:
    """Say what is due now, or was and failed, and is tried again in a moment."""
    now_or_again = (OutboxRow.not_before <= services.now()) | (OutboxRow.last_error != "")
    return (OutboxRow.state == OutboxState.WAITING) & now_or_again


def switched(folder: Path) -> int:
    """Return how many mailboxes the platform was told to suspend or to delete."""
    with sqlite3.connect(folder / "platform.db") as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM switched WHERE state IN ('suspended', 'cancelled')"
        ).fetchone()
    return int(count)
