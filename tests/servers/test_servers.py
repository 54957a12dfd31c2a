"""The test servers do what tests rely on: keep data or lose it, refuse, break off, come back."""

from __future__ import annotations

import smtplib
from collections.abc import Callable

import pytest
import redis
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from portal.store.session import transaction
from tests.databases import Databases
from tests.factories import make_account
from tests.servers.postgres import PostgresServer
from tests.servers.smtp import Script, SmtpSink
from tests.servers.valkey import ValkeyServer

MAIL = "Subject: Rinnovo\r\nMessage-ID: <1@portal>\r\n\r\nTesto\r\n"


def send(sink: SmtpSink, recipient: str = "anna@example.it") -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
        client.sendmail("avvisi@example.it", [recipient], MAIL)


def test_the_sink_keeps_what_it_is_given(smtp_sink: SmtpSink) -> None:
    send(smtp_sink)

    [mail] = smtp_sink.to("anna@example.it")

    assert (mail.subject, mail.message_id, mail.text.strip()) == ("Rinnovo", "<1@portal>", "Testo")


def test_the_sink_refuses_as_often_as_it_is_told(smtp_sink: SmtpSink) -> None:
    smtp_sink.behave(Script(refuse_data="451 4.3.0 later", times=1))
    with pytest.raises(smtplib.SMTPDataError):
        send(smtp_sink)

    send(smtp_sink)

    assert len(smtp_sink.received) == 1


def test_the_sink_refuses_one_recipient_and_takes_the_others(smtp_sink: SmtpSink) -> None:
    smtp_sink.behave(Script(refuse_recipient="550 5.1.1 unknown", only_for="bruno"))
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp_sink, "bruno@example.it")

    send(smtp_sink, "anna@example.it")

    assert len(smtp_sink.received) == 1


def test_the_sink_takes_a_mail_and_breaks_off(smtp_sink: SmtpSink) -> None:
    smtp_sink.behave(Script(drop_before_answer=True, times=1))
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(smtp_sink)

    send(smtp_sink)

    assert smtp_sink.doubled() == {"<1@portal>"}


def test_the_sink_goes_away_and_comes_back(smtp_sink: SmtpSink) -> None:
    smtp_sink.stop()
    with pytest.raises(ConnectionRefusedError):
        send(smtp_sink)
    smtp_sink.start()

    send(smtp_sink)

    assert len(smtp_sink.received) == 1


def test_a_killed_broker_comes_back_with_its_data(new_valkey: Callable[[], ValkeyServer]) -> None:
    server = new_valkey()
    with redis.Redis.from_url(server.url) as client:
        client.set("order", "A1")

    server.kill()
    server.start()

    with redis.Redis.from_url(server.url) as client:
        assert client.get("order") == b"A1"


def test_a_crashed_database_comes_back_with_its_data() -> None:
    server = PostgresServer().start()
    try:
        engine = create_engine(server.create("crash"), pool_pre_ping=True)
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE kept AS SELECT 1 AS id"))

        server.stop("immediate")
        with pytest.raises(OperationalError):
            engine.connect()
        server.start()

        with engine.connect() as connection:
            assert connection.execute(text("SELECT count(*) FROM kept")).scalar_one() == 1
        engine.dispose()
    finally:
        server.remove()


@pytest.mark.parametrize("round_", [1, 2])
def test_a_database_is_empty_and_counts_from_one(engine: Engine, round_: int) -> None:
    with transaction(engine) as session:
        number = make_account(session).id

    assert number == 1


def test_databases_of_their_own_do_not_meet(databases: Databases) -> None:
    assert databases.migrated("postgresql") != databases.migrated("postgresql")
    assert databases.migrated("sqlite") != databases.migrated("sqlite")
