"""`/healthz` and `/readyz`: what a load balancer asks, and what nobody may learn there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, text

from portal.app import create_app
from portal.domain.orders import OrderState
from portal.store.outbox import enqueue
from portal.store.session import make_engine
from portal.usecases import lifecycle
from portal.wiring import Services
from tests.factories import make_account, make_mailbox, make_order
from workers.clock import Clock, Job


def test_a_living_process_answers_without_the_database(client: FlaskClient, services: Services) -> None:
    asked: list[str] = []
    event.listen(services.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))

    answer = client.get("/healthz")

    assert (answer.status_code, answer.json, asked) == (200, {"status": "ok"}, [])


def test_a_ready_process_says_how_late_its_work_is(client: FlaskClient, services: Services) -> None:
    now = services.now()
    with services.transaction() as session:
        enqueue(session, "mail.send", "a", {}, now=now - timedelta(seconds=90))
        enqueue(session, "mail.send", "b", {}, now=now)
        enqueue(session, "mail.send", "later", {}, now=now, not_before=now + timedelta(days=30))

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json) == (200, {"status": "ok", "outbox_late_seconds": 90})


def test_nothing_waits_when_nothing_is_due(client: FlaskClient) -> None:
    assert client.get("/readyz").json == {"status": "ok", "outbox_late_seconds": 0}


def test_work_for_later_is_not_late(client: FlaskClient, services: Services) -> None:
    now = services.now()
    with services.transaction() as session:
        enqueue(session, "platform.change", "later", {}, now=now, not_before=now + timedelta(days=30))

    assert client.get("/readyz").json == {"status": "ok", "outbox_late_seconds": 0}


def test_a_schema_of_another_version_is_not_ready(client: FlaskClient, services: Services) -> None:
    with services.transaction() as session:
        (known,) = session.execute(text("SELECT version_num FROM alembic_version")).one()
        session.execute(text("UPDATE alembic_version SET version_num = 'another'"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["status"] != "ok"
    with services.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = :known"), {"known": known})


def test_a_lost_database_is_not_ready(services: Services) -> None:
    lost = make_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    client = create_app(replace(services, engine=lost)).test_client()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "127.0.0.1" not in answer.text
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_health_tells_nothing_about_the_inside(client: FlaskClient, services: Services, path: str) -> None:
    answer = client.get(path).text.lower()

    secrets = ("sqlite", "postgres", "redis", "secret", "/tmp", services.settings.secret_key)
    assert [word for word in secrets if word in answer] == []


def working(services: Services) -> None:
    """Let the clock have done its turn just now."""
    Clock(services, [Job("suspend", "0 * * * *", lifecycle.plan_suspensions)]).once()


def test_a_monitor_of_this_machine_reads_the_numbers(client: FlaskClient, services: Services) -> None:
    working(services)

    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["ailments"] == []
    assert (answer.json["dead_letters"], answer.json["clock_silent_seconds"]) == (0, 0)
    metrics = client.get("/metrics")
    assert metrics.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert b"portal_outbox_late_seconds 0.0" in metrics.data


def test_what_is_wrong_has_a_name(client: FlaskClient, services: Services) -> None:
    now = services.now()
    with services.transaction() as session:
        enqueue(session, "mail.send", "a", {}, now=now - timedelta(hours=1))
        make_order(
            session,
            [make_mailbox(session, make_account(session))],
            state=OrderState.PAID,
            paid_at=now - timedelta(hours=2),
        )

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["ailments"] == ["clock_silent", "mails_not_sent", "work_late", "renewals_stuck"]


@pytest.mark.parametrize("path", ["/health", "/metrics"])
@pytest.mark.parametrize(
    ("address", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "192.0.2.7"}, 404),
        ("192.0.2.7", {"Authorization": "Bearer wrong"}, 404),
        ("192.0.2.7", {"Authorization": "Bearer a token of monitors, long enough 0123456789"}, 200),
    ],
)
def test_the_numbers_are_for_monitors(
    services: Services, path: str, address: str, headers: dict[str, str], status: int
) -> None:
    working(services)
    token = "a token of monitors, long enough 0123456789"
    known = replace(services, settings=replace(services.settings, monitor_token=token))

    answer = create_app(known).test_client().get(path, headers=headers, environ_base={"REMOTE_ADDR": address})

    assert answer.status_code == status


def test_without_a_token_in_the_settings_none_is_right(services: Services) -> None:
    answer = (
        create_app(services)
        .test_client()
        .get("/health", headers={"Authorization": "Bearer "}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    )

    assert answer.status_code == 404
