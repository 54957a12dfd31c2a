"""Real worker processes, broker, database and mail server, and what happens when one of them dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from portal.domain.payments import BankCalendar
from portal.store.mails import Mail, MailState
from portal.store.outbox import OutboxRow, OutboxState, enqueue_for_each
from portal.usecases import notices
from portal.wiring import Services, system_clock
from tests.factories import make_account, make_mailbox, make_order
from tests.servers.processes import wait_until
from tests.servers.smtp import Script, SmtpSink
from tests.servers.valkey import ValkeyServer
from tests.workers.audit import audit
from tests.workers.crew import THREADS, Crew

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
MANY = 1000
HURRY = {
    "PORTAL_OUTBOX_POLL_MS": "50",
    "PORTAL_OUTBOX_RETRY_SECONDS": "1",
    "PORTAL_SMTP_TIMEOUT_SECONDS": "2",
}


@pytest.fixture
def services(services: Services) -> Services:
    """Services whose time goes by."""
    return replace(services, clock=system_clock)


@pytest.fixture
def new_crew(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., Crew]]:
    """Start worker processes on a broker; they end with the test."""
    made: list[Crew] = []

    def start(redis_url: str, *, processes: int = 1, lease_seconds: int = 6) -> Crew:
        lease = {"PORTAL_OUTBOX_LEASE_SECONDS": str(lease_seconds)}
        variables = {**environment, **HURRY, **lease, "PORTAL_REDIS_URL": redis_url}
        made.append(Crew(tmp_path, variables, processes=processes).start())
        return made[-1]

    yield start
    for crew in made:
        crew.stop()


def write_mails(services: Services, count: int) -> None:
    """Write so many mails to different people, as rows of the outbox."""
    now = services.now()
    with services.transaction() as session:
        order = make_order(session, [make_mailbox(session, make_account(session))])
        notices.order_cancelled(session, order, now=now)
        context = session.scalars(select(Mail.context)).first()
        mails = [
            {
                "kind": "order_cancelled",
                "key": f"test:{number}",
                "recipient": f"n{number}@posta.example",
                "context": context,
                "created_at": now,
            }
            for number in range(count)
        ]
        session.execute(insert(Mail), mails)
        made = select(Mail.id).where(Mail.key.like("test:%"))
        enqueue_for_each(session, "mail.send", "mail_id", made, now=now)


def sent(services: Services) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count()).where(Mail.state == MailState.SENT)) or 0


def until(ready: Callable[[], bool], what: str) -> None:
    """Wait patiently: the machine may be busy with other tests while processes start."""
    wait_until(ready, what, seconds=60, pause=0.05)


def wait_for_rest(services: Services, *, seconds: float = 90) -> None:
    """Return when nothing is left to do; then the data must be in order."""

    def at_rest() -> bool:
        with services.reading() as session:
            left = session.scalar(select(func.count()).where(OutboxRow.state != OutboxState.DONE))
        return left == 0

    wait_until(at_rest, "all rows done", seconds=seconds, pause=0.1)
    with services.reading() as session:
        assert audit(session, services.now()) == []


def arrived(sink: SmtpSink, count: int) -> bool:
    """Say whether each of the first `count` people got a mail."""
    return {f"n{number}@posta.example" for number in range(count)} <= {
        mail.recipients[0] for mail in sink.received
    }


def test_a_killed_worker_and_a_lost_broker_lose_no_mail(
    services: Services,
    smtp_sink: SmtpSink,
    new_valkey: Callable[[], ValkeyServer],
    new_crew: Callable[..., Crew],
) -> None:
    """R08: kill -9 one worker; R09: kill -9 all of them; R11: the broker forgets everything. In one run."""
    broker = new_valkey()
    write_mails(services, MANY)
    smtp_sink.behave(Script(slow_seconds=0.01))
    crew = new_crew(broker.url)
    until(lambda: sent(services) >= 20, "20 mails")

    crew.kill_one_worker()
    until(lambda: crew.starts == 2, "a new start")
    until(lambda: sent(services) >= 120, "120 mails")
    crew.kill()
    until(lambda: sent(services) >= 220, "220 mails")
    broker.flush()
    wait_for_rest(services)

    assert crew.starts == 3
    assert arrived(smtp_sink, MANY)
    assert len(smtp_sink.doubled()) <= 2 * THREADS


def test_a_deploy_in_the_middle_of_a_batch_loses_and_doubles_nothing(
    services: Services, smtp_sink: SmtpSink, new_crew: Callable[..., Crew], redis_url: str
) -> None:
    """R10: SIGTERM; R20: two relays side by side all the while. No lease ends here."""
    write_mails(services, 200)
    smtp_sink.behave(Script(slow_seconds=0.03))
    crew = new_crew(redis_url, processes=2, lease_seconds=60)
    until(lambda: sent(services) >= 30, "30 mails")

    began = system_clock()
    code = crew.stop()
    took = system_clock() - began

    with services.reading() as session:
        states = set(session.scalars(select(OutboxRow.state)))
    assert (code, took < timedelta(seconds=30)) == (0, True)
    assert OutboxState.CLAIMED not in states
    assert 0 < sent(services) < 200
    new_crew(redis_url, lease_seconds=60)
    wait_for_rest(services)
    assert arrived(smtp_sink, 200)
    assert not smtp_sink.doubled()


def test_workers_outlive_a_broker_that_is_away(
    services: Services,
    smtp_sink: SmtpSink,
    new_valkey: Callable[[], ValkeyServer],
    new_crew: Callable[..., Crew],
) -> None:
    """R12: away when the workers start, and again in the middle of the work."""
    broker = new_valkey()
    broker.stop()
    write_mails(services, 100)
    crew = new_crew(broker.url, lease_seconds=12)
    until(lambda: "relay: next try" in crew.log, "the relay to notice")

    broker.start()
    until(lambda: sent(services) >= 100, "100 mails")
    broker.kill()
    write_more = services.now()
    with services.transaction() as session:
        order = make_order(session, [make_mailbox(session, make_account(session))])
        notices.order_placed(session, order, BankCalendar(), now=write_more)
    until(lambda: crew.log.count("relay: next try") >= 3, "the relay to notice")
    broker.start()
    wait_for_rest(services)

    assert crew.starts == 1
    assert arrived(smtp_sink, 100)
    assert not smtp_sink.doubled()
