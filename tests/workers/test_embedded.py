"""The workers inside the web process: rows written by use cases become mails and renewed mailboxes."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal.domain.dates import add_years
from portal.domain.orders import OrderState
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.store import dead_letters
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail, MailState
from portal.store.orders import Order, OrderLine
from portal.store.outbox import OutboxRow, OutboxState
from portal.store.session import make_engine
from portal.usecases import notices
from portal.usecases.payments import register_payment
from portal.wiring import Services, system_clock
from tests.databases import migrate_once
from tests.factories import TODAY, make_account, make_holder, make_mailbox, make_order
from tests.servers.postgres import PostgresServer
from tests.servers.processes import wait_until
from tests.servers.smtp import Script, SmtpSink
from workers.main import start_embedded

NUMBER = "AAAAAAAAAA"


@pytest.fixture
def services(services: Services) -> Services:
    """Services whose time goes by, quickly polled."""
    settings = replace(services.settings, outbox_poll_seconds=0.02, outbox_retry_seconds=1)
    return replace(services, clock=system_clock, settings=settings)


@pytest.fixture
def workers(services: Services) -> Iterator[None]:
    handle = start_embedded(services)
    yield
    handle.stop()


def order(services: Services, mailboxes: int = 1) -> int:
    """Place an order over mailboxes of one holder as the portal does; return its id."""
    with services.transaction() as session:
        account = make_account(session, email="studio@posta.example")
        holder = make_holder(session, contact_email="mario@posta.example")
        boxes = [make_mailbox(session, account, holder=holder) for _ in range(mailboxes)]
        placed = make_order(session, boxes, number=NUMBER)
        notices.order_placed(session, placed, BankCalendar(), now=services.now())
        return placed.id


def pay(services: Services, cents: int) -> None:
    with services.transaction() as session:
        method = PaymentMethod.BANK_TRANSFER
        register_payment(session, NUMBER, cents, TODAY, method, "TRN-1", now=services.now())


def all_done(services: Services) -> bool:
    """Say whether nothing is left that is due."""
    with services.reading() as session:
        left = session.scalar(
            select(func.count())
            .select_from(OutboxRow)
            .where(OutboxRow.state != OutboxState.DONE, OutboxRow.kind != "order.progress")
        )
    return left == 0


@pytest.mark.usefixtures("workers")
def test_from_the_order_to_the_second_mail(services: Services, smtp_sink: SmtpSink) -> None:
    order_id = order(services, mailboxes=3)
    smtp_sink.wait_for(2)
    pay(services, 1830)
    smtp_sink.wait_for(4)
    wait_until(lambda: all_done(services), "all work")

    with services.reading() as session:
        placed = session.get_one(Order, order_id)
        lines = session.scalars(select(OrderLine).where(OrderLine.order_id == order_id)).all()
        expiries = set(session.scalars(select(Mailbox.expires_on)))
    with closing(sqlite3.connect(services.settings.data_folder / "platform.db")) as platform:
        keys = {key for (key,) in platform.execute("SELECT key FROM applied")}
    assert placed.state is OrderState.FULFILLED
    assert expiries == {add_years(TODAY + timedelta(days=30), 1)}
    assert keys == {f"renew:{line.id}" for line in lines}
    assert [mail.recipients for mail in smtp_sink.to("mario@posta.example")] == [("mario@posta.example",)] * 2
    assert len(smtp_sink.received) == 4
    assert not smtp_sink.doubled()


@pytest.mark.usefixtures("workers")
def test_a_mail_is_kept_as_it_went_out(services: Services, smtp_sink: SmtpSink) -> None:
    order(services)
    received = smtp_sink.wait_for(2)
    wait_until(lambda: all_done(services), "all work")

    with services.reading() as session:
        mails = session.scalars(select(Mail)).all()
    assert {mail.state for mail in mails} == {MailState.SENT}
    assert {mail.subject for mail in mails} == {mail.subject for mail in received}
    assert all(mail.last_answer.startswith("250") and mail.sent_at and mail.html for mail in mails)


@pytest.mark.usefixtures("workers")
def test_a_refused_recipient_bounces_and_the_others_get_theirs(
    services: Services, smtp_sink: SmtpSink
) -> None:
    smtp_sink.behave(Script(refuse_recipient="550 5.1.1 no such user", only_for="mario@"))
    order(services)

    def settled() -> bool:
        with services.reading() as session:
            states = sorted(session.scalars(select(Mail.state)))
        return states == [MailState.BOUNCED, MailState.SENT]

    wait_until(settled, "one bounced, one sent")
    with services.reading() as session:
        (dead,) = dead_letters.failed_rows(session, limit=10)
    assert dead.last_error == "550 5.1.1 no such user"


@pytest.mark.usefixtures("workers")
def test_a_mail_whose_answer_was_lost_goes_out_again_under_the_same_name(
    services: Services, smtp_sink: SmtpSink
) -> None:
    smtp_sink.behave(Script(drop_before_answer=True, only_for="mario@", times=1))
    order(services)

    smtp_sink.wait_for(3)
    wait_until(lambda: all_done(services), "all work")

    assert len(smtp_sink.doubled()) == 1
    assert len({mail.message_id for mail in smtp_sink.received}) == 2


def test_what_an_earlier_process_handed_to_itself_is_done_after_a_restart(
    services: Services, smtp_sink: SmtpSink
) -> None:
    order(services)
    with services.transaction() as session:
        later = services.now() + timedelta(minutes=10)
        session.execute(update(OutboxRow).values(state=OutboxState.QUEUED, not_before=later))

    handle = start_embedded(services)
    smtp_sink.wait_for(2)
    handle.stop()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_database_that_is_restarted_loses_and_doubles_no_mail(
    services: Services, smtp_sink: SmtpSink, mode: str
) -> None:
    """R14: the answer of the mail server is recorded when the database is back."""
    server = PostgresServer().start()
    url = server.create("restarted")
    migrate_once(url)
    services = replace(services, engine=make_engine(url))
    order(services)
    smtp_sink.behave(Script(slow_seconds=0.5))
    handle = start_embedded(services)
    wait_until(lambda: all_sending(services), "the mails to be on their way")

    server.stop(mode)
    time.sleep(1)
    server.start()
    smtp_sink.wait_for(2)
    wait_until(lambda: all_done(services), "all work")

    handle.stop()
    services.engine.dispose()
    server.remove()
    assert not smtp_sink.doubled()


def all_sending(services: Services) -> bool:
    with services.reading() as session:
        return set(session.scalars(select(Mail.state))) == {MailState.SENDING}


def test_stopping_leaves_nothing_half_done(services: Services, smtp_sink: SmtpSink) -> None:
    order(services)
    smtp_sink.behave(Script(slow_seconds=0.5))

    handle = start_embedded(services)
    smtp_sink.wait_for(1)
    handle.stop()

    with services.reading() as session:
        states = set(session.scalars(select(OutboxRow.state)))
    assert OutboxState.CLAIMED not in states
    assert not smtp_sink.doubled()
