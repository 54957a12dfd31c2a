"""Migrations and models say the same, on both databases, and every migration can be taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from portal.migrate import alembic_config, downgrade, upgrade
from portal.store import every_table
from portal.store.session import make_engine
from tests.databases import KINDS, Databases


@pytest.fixture(params=KINDS)
def bare(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Engine]:
    """An engine on a database without tables."""
    engine = make_engine(databases.unmigrated(request.param))
    yield engine
    engine.dispose()


def differences(engine: Engine) -> list[object]:
    """Return what would have to change for the database to fit the models."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, every_table()))


def test_migrations_make_what_the_models_say(engine: Engine) -> None:
    assert differences(engine) == []


def test_a_column_without_a_migration_is_noticed(bare: Engine) -> None:
    upgrade(bare)
    with bare.begin() as connection:
        connection.execute(text("DROP TABLE clock_slot"))

    assert differences(bare)


def test_every_migration_goes_down_and_up_again(bare: Engine) -> None:
    revisions = [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()]
    for revision in reversed(revisions):
        upgrade(bare, revision)
        downgrade(bare, "-1")
        upgrade(bare, revision)

    downgrade(bare, "base")

    assert set(inspect(bare).get_table_names()) <= {"alembic_version"}


DAY = "2026-01-01"
ROWS: dict[str, dict[str, object]] = {
    "account": {
        "username": "100200@aruba.it",
        "email": "a@posta.example",
        "language": "it",
        "holder_tax_code": "",
        "created_at": DAY,
    },
    "renewal_draft": {
        "public_id": "draft",
        "account_id": 1,
        "state": "ordered",
        "version": 1,
        "created_at": DAY,
        "updated_at": DAY,
    },
    "customer_order": {
        "number": "N",
        "draft_id": 1,
        "account_id": 1,
        "state": "awaiting_payment",
        "payment_method": "card",
        "net_cents": 0,
        "vat_rate": 22,
        "vat_cents": 0,
        "gross_cents": 0,
        "split_payment": False,
        "due_cents": 0,
        "contact_email": "a@posta.example",
        "placed_at": DAY,
    },
    "payment": {
        "order_id": 1,
        "method": "card",
        "reference": "ref",
        "state": "registered",
        "amount_cents": 1,
        "currency": "EUR",
        "paid_on": DAY,
        "registered_at": DAY,
        "remittance": "",
        "vat_rate_differs": False,
    },
}
"""An order with what it refers to and what refers to it, as the first schema had them."""


def test_migrations_keep_the_rows_that_are_there(bare: Engine) -> None:
    first = [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()][-1]
    upgrade(bare, first)
    with bare.begin() as connection:
        for name, values in ROWS.items():
            places = ", ".join(f":{column}" for column in values)
            row = text(f"INSERT INTO {name} (id, {', '.join(values)}) VALUES (1, {places})")  # noqa: S608
            connection.execute(row, values)

    upgrade(bare)
    downgrade(bare, first)

    with bare.connect() as connection:
        kept = {name: connection.execute(text(f"SELECT id FROM {name}")).scalars().all() for name in ROWS}  # noqa: S608
    assert list(kept.values()) == [[1]] * len(ROWS)


def test_the_history_has_one_beginning_and_one_end() -> None:
    history = ScriptDirectory.from_config(alembic_config())

    assert len(history.get_heads()) == 1
    assert len(history.get_bases()) == 1
