"""No form sets what only money, a worker or the operator may set, whatever fields are added to it (S07)."""

from __future__ import annotations

import pytest
from flask import Flask, request
from sqlalchemy import Engine

from portal.policies import POLICIES, Policy
from portal.store import every_table
from portal.store.mailboxes import Mailbox
from portal.wiring import Services
from tests.blueprints.test_forgery import own_path
from tests.blueprints.walkers import checksum, unsafe_routes
from tests.blueprints.world import BOX, OWNER, World, browser_of, make_world, token_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOT_BY_CUSTOMERS = ("account", "holder", "mailbox", "price", "payment", "renewal")
VALUES = ("1", "9999-12-31", "paid")
"""As a number, a day and a state: one of them fits each column."""


@pytest.fixture
def world(services: Services) -> World:
    """Everybody's things at once."""
    return make_world(services)


def every_column() -> set[str]:
    return {column.name for table in every_table().sorted_tables for column in table.columns}


def kept_tables(engine: Engine) -> dict[str, str]:
    return {name: digest for name, digest in checksum(engine).items() if name in NOT_BY_CUSTOMERS}


def tables_set_by_forms(app: Flask, services: Services, world: World, person: str) -> list[str]:
    """Post every column's name to every form; return the forms after which such a table is another."""
    client = browser_of(app, person)
    before, wrong = kept_tables(services.engine), []
    for route in unsafe_routes(app):
        if route.endpoint in ("access.sign_out", "access.sign_in"):
            continue
        for value in VALUES:
            fields = {**dict.fromkeys(every_column(), value), "csrf_token": token_of(client)}
            answer = client.post(own_path(route, world, person), data=fields)
            after = kept_tables(services.engine)
            changed = [name for name in after if after[name] != before[name]]
            wrong += [f"{route.endpoint} ({answer.status}) changed {changed}"] if changed else []
            before = after
    return wrong


@pytest.mark.parametrize("person", [OWNER, BOX])
def test_no_form_sets_more_than_its_fields(app: Flask, services: Services, world: World, person: str) -> None:
    assert {name for name in NOT_BY_CUSTOMERS if name not in every_table().tables} == set()

    assert tables_set_by_forms(app, services, world, person) == []


def test_a_form_that_takes_whatever_comes_is_found(
    app: Flask, services: Services, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POLICIES, "planted", Policy.SIGNED_IN)

    def planted() -> str:
        with services.transaction() as session:
            session.get_one(Mailbox, 1).extra_mailbox_gb = int(request.form.get("extra_mailbox_gb", "0"))
        return ""

    app.add_url_rule("/piantata", "planted", planted, methods=["POST"])
    app.testing = False

    assert any(found.startswith("planted") for found in tables_set_by_forms(app, services, world, OWNER))
