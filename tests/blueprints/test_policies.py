"""Who reaches what: every route declares it, and no asker learns of what is another's. S01-S03, S05, S09."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import text

from portal import login, policies
from portal.app import create_app
from portal.domain.errors import NotFound
from portal.policies import POLICIES, Policy
from portal.wiring import Services
from tests.blueprints.walkers import (
    NOBODYS,
    doors_open_to_nobody,
    reads_that_write,
    rooms_of_accounts,
    routes,
    strangers_things,
)
from tests.blueprints.world import (
    BOX,
    COLLEAGUE,
    ORPHAN,
    OTHERS,
    OWNER,
    SUSPENDED,
    World,
    browser_of,
    make_world,
)

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what is decided before the database is asked."""
PEOPLE = [OWNER, COLLEAGUE, BOX, SUSPENDED, OTHERS, ORPHAN]


@pytest.fixture
def world(services: Services) -> World:
    """Everybody's things at once."""
    return make_world(services)


@ONE_DATABASE
def test_every_endpoint_is_declared(app: Flask) -> None:
    policies.check(app)

    assert {route.endpoint for route in routes(app)} == set(POLICIES)


@ONE_DATABASE
def test_an_undeclared_endpoint_stops_the_start(app: Flask) -> None:
    app.add_url_rule("/dimenticata", "forgotten", lambda: "")

    with pytest.raises(RuntimeError, match=r"undeclared \['forgotten'\]"):
        policies.check(app)


@ONE_DATABASE
def test_a_policy_of_nothing_stops_the_start(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(POLICIES, "mailboxes.gone", Policy.SIGNED_IN)

    with pytest.raises(RuntimeError, match=r"stale \['mailboxes.gone'\]"):
        create_app(services)


@ONE_DATABASE
def test_the_walkers_know_every_argument(app: Flask) -> None:
    for route in routes(app):
        assert route.path(NOBODYS)


@ONE_DATABASE
def test_a_private_route_answers_nobody(app: Flask) -> None:
    assert doors_open_to_nobody(app) == []


@ONE_DATABASE
def test_a_missing_guard_is_found(app: Flask) -> None:
    app.before_request_funcs[None].remove(login._guard)
    app.testing = False  # without the guard views fail, and so be it

    assert len(doors_open_to_nobody(app)) > 20


@pytest.mark.parametrize("person", PEOPLE)
def test_what_is_anothers_is_as_what_does_not_exist(app: Flask, world: World, person: str) -> None:
    assert strangers_things(app, world, person) == []


@ONE_DATABASE
def test_what_is_for_accounts_is_nowhere_to_a_mailbox(app: Flask, world: World) -> None:
    assert rooms_of_accounts(app, BOX) == []


@ONE_DATABASE
def test_an_account_room_without_its_guard_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POLICIES, "planted", Policy.ACCOUNT)
    app.add_url_rule("/piantata", "planted", lambda: "Solo per account.")
    assert rooms_of_accounts(app, BOX) == []

    app.before_request_funcs[None].remove(login._guard)

    assert rooms_of_accounts(app, BOX) == ["GET /piantata"]


@ONE_DATABASE
def test_a_route_that_shows_anothers_thing_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POLICIES, "planted", Policy.SIGNED_IN)
    known = {value for each in world.belongings.values() for value in each.address}

    def planted(address: str) -> str:
        if address not in known:
            raise NotFound
        return "C'è."

    app.add_url_rule("/piantata/<address>", "planted", planted)

    assert any("/piantata/" in found for found in strangers_things(app, world, OTHERS))


@pytest.mark.parametrize("person", [None, OWNER, BOX])
def test_a_safe_request_changes_nothing(
    app: Flask, services: Services, world: World, person: str | None
) -> None:
    assert reads_that_write(app, services.engine, world, person) == []


@ONE_DATABASE
def test_a_get_that_writes_is_found(
    app: Flask, services: Services, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POLICIES, "planted", Policy.SIGNED_IN)

    def planted() -> str:
        with services.transaction() as session:
            session.execute(text("DELETE FROM selected_mailbox"))
        return ""

    app.add_url_rule("/piantata", "planted", planted)

    assert reads_that_write(app, services.engine, world, OWNER)


@pytest.mark.parametrize("person", [BOX, ORPHAN])
def test_a_mailbox_session_sees_no_other_mailbox(app: Flask, world: World, person: str) -> None:
    client = browser_of(app, person)
    own = world.belongings[person]
    values = NOBODYS | {name: value[0] for name, value in vars(own).items() if value}
    others = {address for each in world.belongings.values() for address in each.address} - set(own.address)
    seen = []

    for route in routes(app):
        if route.method == "GET":
            body = client.get(route.path(values), follow_redirects=True, buffered=True).get_data(as_text=True)
            seen += [(route.endpoint, address) for address in others if address in body]

    assert seen == []


@pytest.mark.parametrize("person", [OWNER, COLLEAGUE, ORPHAN])
def test_the_owner_sees_what_is_hidden_from_the_others(app: Flask, world: World, person: str) -> None:
    """Without this the walk for strangers would prove nothing."""
    client = browser_of(app, person)
    own = world.belongings[person]
    values = {name: value[0] for name, value in vars(own).items() if value}
    asked = [
        route
        for route in routes(app)
        if route.method == "GET" and route.rule.arguments and set(route.rule.arguments) <= set(values)
    ]

    answers = {route.endpoint: client.get(route.path(values), buffered=True).status_code for route in asked}

    assert len(answers) >= 2
    assert 404 not in answers.values(), answers
