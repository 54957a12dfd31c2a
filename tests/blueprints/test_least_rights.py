"""Under the roles of docs/database-roles.md the portal works, and what they may not do is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from click.testing import CliRunner
from psycopg import sql
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import ProgrammingError

from portal.app import create_app
from portal.cli.main import main
from portal.domain.auto_renewal import CycleState
from portal.domain.orders import OrderState
from portal.rate_limits import limiter
from portal.store.base import Base
from portal.store.grants import Role, rights_of, statements
from portal.store.session import make_engine
from portal.usecases import wallets
from portal.usecases.audit import audit
from portal.usecases.credit_corrections import adjust
from portal.usecases.orders import cancel_order
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, password_hash
from tests.blueprints.shop import Shopper, shopper
from tests.conftest import Clock
from tests.factories import make_account
from tests.tills import open_till, with_simulated
from tests.usecases.renewing import renewing
from workers.clock import JOBS, do_day

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
NAMES = {role: f"portal_{role.value}" for role in Role}
REFUSED_TO_BOTH = [
    "UPDATE ledger_posting SET reason = ''",
    "DELETE FROM ledger_entry",
    "TRUNCATE ledger_entry",
    "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
    "UPDATE history_event SET about = ''",
    "UPDATE quote SET due_cents = 1",
    "DELETE FROM quote",
    "UPDATE contract_text SET body = ''",
    "DELETE FROM contract_acceptance",
    "UPDATE auto_renewal_consent SET text_version = ''",
    "DELETE FROM auto_renewal_consent",
    "UPDATE mandate SET maximum_cents = 100000",
    "DELETE FROM mandate",
    "UPDATE payment SET amount_cents = 1",
    "DELETE FROM customer_order",
    "DELETE FROM webhook_event",
    "UPDATE alembic_version SET version_num = ''",
    "CREATE TABLE mine (id int)",
    "DROP TABLE ledger_entry",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "SET session_replication_role = replica",
    "SET ROLE postgres",
    "SELECT pg_read_file('/etc/hostname')",
]
REFUSED_TO_SERVING = [
    "INSERT INTO contract_text (kind) VALUES ('privacy')",
    "UPDATE price SET net_cents = 1",
    "DELETE FROM history_event",
    "DELETE FROM outbox",
    "DELETE FROM mailbox",
]


def engine_of(role: Role, owner: Engine) -> Engine:
    """Return an engine that signs in as that role, with its rights given as the command writes them."""
    with psycopg.connect(
        owner.url.set(drivername="postgresql").render_as_string(False), autocommit=True
    ) as connection:
        make = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(NAMES[role]))
        known = "SELECT FROM pg_roles WHERE rolname = %s"
        if connection.execute(known, (NAMES[role],)).fetchone() is None:
            connection.execute(make)
        for statement in printed(role).split(";\n"):
            if statement.strip():
                connection.execute(statement)  # type: ignore[call-overload]
    return make_engine(make_url(str(owner.url)).set(username=NAMES[role]).render_as_string(False))


def printed(role: Role) -> str:
    return CliRunner().invoke(main, ["db", "grants", NAMES[role], "--for", role.value]).output


@pytest.fixture
def serving(services: Services) -> Iterator[Services]:
    """The web and the workers."""
    engine = engine_of(Role.SERVING, services.engine)
    yield with_simulated(replace(services, engine=engine))
    engine.dispose()


@pytest.fixture
def keeping(services: Services) -> Iterator[Services]:
    """The clock and the commands."""
    engine = engine_of(Role.KEEPING, services.engine)
    yield with_simulated(replace(services, engine=engine))
    engine.dispose()


def renewed_by_transfer(services: Services, serving: Services) -> Shopper:
    """Walk through the pages to an order, its rows, prices and account made by the owner."""
    app = create_app(serving)
    app.testing = True
    limiter.reset()
    made = shopper(app, services, {}, {})
    made.start().change(years=2, extra_mailbox_gb=1)
    return made


def test_every_table_has_its_rights() -> None:
    assert set(rights_of(Role.SERVING)) == set(Base.metadata.tables)
    for table, rights in rights_of(Role.SERVING).items():
        assert rights <= rights_of(Role.KEEPING)[table]


def test_a_name_that_is_no_name_writes_nothing() -> None:
    answer = CliRunner().invoke(main, ["db", "grants", 'x"; DROP TABLE mail; --'])

    assert (answer.exit_code, answer.stdout) == (2, "")
    assert 'GRANT SELECT, INSERT ON ledger_entry TO "a_role"' in [*statements(Role.KEEPING, '"a_role"')]


@on_postgresql
def test_customers_sign_in_order_and_pay(services: Services, serving: Services) -> None:
    made = renewed_by_transfer(services, serving)
    browser = Browser(made.browser.client.application)
    with services.transaction() as session:
        name = make_account(session, password_hash=password_hash()).username

    assert browser.sign_in(name, "sbagliata").status_code != 303
    assert browser.sign_in(name, PASSWORD).status_code == 303
    for page in ("/", "/caselle", "/ordini", "/comunicazioni", "/profilo", "/profilo/attivita"):
        assert browser.get(page).status_code == 200, page
    number = made.order()
    assert made.browser.get(f"/ordini/{number}").status_code == 200
    with serving.transaction() as session:
        assert cancel_order(session, made.subject, number, now=serving.now()).number == number


@on_postgresql
def test_gateways_credit_and_workers_do_their_work(services: Services, serving: Services) -> None:
    till = replace(open_till(services), services=serving)
    reference = till.opened()
    till.decide()
    till.webhook(reference)
    till.come_back(reference)

    assert till.order().state is OrderState.PAID
    with serving.transaction() as session:
        assert adjust(session, till.subject, 500, "R1", "a test", now=serving.now())
        assert adjust(session, till.subject, -200, "R2", "a test", now=serving.now())
        assert wallets.balance_of(session, till.subject, today=serving.today()) == 300


@on_postgresql
def test_the_clock_plans_what_workers_do(
    services: Services, serving: Services, keeping: Services, clock: Clock
) -> None:
    days = renewing(services, clock)
    for left in (30, 15, 7):
        clock.set(clock().replace(hour=9))
        clock.forward(days=(days.expiry() - services.today()).days - left)
        do_day(keeping, keeping.today(), JOBS)
        days.send_mails()
        days.services = serving
        days.do_rows()

    assert days.states() == [CycleState.DONE]
    with keeping.reading() as session:
        assert [*audit(session, today=keeping.today(), now=keeping.now())] == []


@on_postgresql
@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_may_not_do_is_refused(services: Services, role: Role) -> None:
    engine = engine_of(role, services.engine)
    refused = REFUSED_TO_BOTH + (REFUSED_TO_SERVING if role is Role.SERVING else [])

    allowed = []
    for statement in refused:
        with engine.connect() as connection:
            try:
                connection.execute(text(statement))
            except ProgrammingError as failure:
                words = str(failure.orig)
                assert "permission denied" in words or "must be owner" in words, words
            else:
                allowed.append(statement)
    engine.dispose()

    assert allowed == []
