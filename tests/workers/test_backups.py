"""R26: a copy taken while others write is sound, and work that was done is not done again from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from threading import Event, Thread

import pytest
from sqlalchemy import select

from portal.store.mails import Mail, MailState
from portal.store.session import make_engine
from portal.usecases import notices
from portal.wiring import Services
from tests.databases import KINDS, Databases
from tests.factories import make_account, make_mailbox, make_order
from tests.servers.smtp import SmtpSink
from tests.workers.audit import audit
from workers.job import run
from workers.mail import MailWork
from workers.relay import Relay

pytestmark = pytest.mark.parametrize("database_url", KINDS, indirect=True)


def write(services: Services) -> None:
    """Let somebody place an order and cancel it: several rows and a mail, all or none."""
    with services.transaction() as session:
        account = make_account(session)
        order = make_order(session, [make_mailbox(session, account)])
        notices.order_cancelled(session, order, now=services.now())


@contextmanager
def somebody_writing(services: Services) -> Iterator[None]:
    """Keep writing beside what is done meanwhile."""
    over = Event()

    def go_on() -> None:
        while not over.is_set():
            write(services)
            over.wait(0.002)

    thread = Thread(target=go_on)
    thread.start()
    yield
    over.set()
    thread.join()


def copy_of(services: Services, databases: Databases) -> str:
    """Return the address of another database into which a backup of this one was put."""
    url = services.engine.url
    new = databases.unmigrated(url.get_backend_name())
    if url.get_backend_name() == "postgresql":
        databases.postgres.restore(databases.postgres.dump(url.database or ""), new.rsplit("/", 1)[1])
        return new
    source = sqlite3.connect(url.database or "")
    target = sqlite3.connect(new.removeprefix("sqlite:///"))
    with closing(source), closing(target):
        source.backup(target)
    return new


def work(services: Services) -> None:
    """Let the relay hand all mails over, and do with them what a worker does."""
    batches: list[Sequence[int]] = []
    Relay(services, {"mail.send": batches.append}, {"mail.send": 50}).once()
    for batch in batches:
        run(services, MailWork(services), batch, stopping=lambda: False)


def test_r26_a_backup_amid_writing_is_sound_and_sends_nothing_twice(
    services: Services, databases: Databases, smtp_sink: SmtpSink
) -> None:
    for _ in range(4):
        write(services)
    work(services)
    before = len(smtp_sink.received)
    for _ in range(2):
        write(services)

    with somebody_writing(services):
        copy = copy_of(services, databases)
    restored = replace(services, engine=make_engine(copy))
    work(restored)

    with restored.reading() as session:
        assert audit(session, services.now()) == []
        states = list(session.scalars(select(Mail.state)))
    restored.engine.dispose()
    assert set(states) == {MailState.SENT}
    assert 0 < before < len(states) == len(smtp_sink.received)
    assert smtp_sink.doubled() == set()
