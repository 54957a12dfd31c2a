"""Requests no page of ours sent: without a good token, from elsewhere, with a field twice. S08, S24-S26."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from portal.policies import POLICIES, REPEATED_FIELDS, Policy
from portal.wiring import Services
from tests.blueprints.walkers import HTMX, NOBODYS, Route, checksum, routes, unsafe_routes
from tests.blueprints.world import (
    BOX,
    OWNER,
    World,
    browser_of,
    make_world,
    token_in,
    token_of,
    try_to_sign_in,
)

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is refused before the database is asked needs no second one."""
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://altrove.example"},
    {"Origin": "http://localhost:8001"},
    {"Origin": "null"},
]
OURS = [
    {},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://localhost"},
]


@pytest.fixture
def world(services: Services) -> World:
    """Everybody's things at once."""
    return make_world(services)


def bad_tokens(app: Flask, client: FlaskClient, before: str) -> dict[str, str]:
    """Return what is no token of this browser's present session; `before` is one of its earlier session."""
    good = token_of(client)
    return {
        "none": "",
        "another browser's": token_of(app.test_client()),
        "the session's before": before,
        "truncated": good[:-1],
        "changed": ("Q" if good[0] != "Q" else "R") + good[1:],
        "a word": "csrf_token",
    }


def own_path(route: Route, world: World, person: str) -> str:
    """Return an address that does something for this person, so that a refusal is the token's doing."""
    own = {name: value[0] for name, value in vars(world.belongings[person]).items() if value}
    return route.path({**NOBODYS, **own})


def forged(app: Flask, engine: Engine, world: World, person: str) -> list[str]:
    """Return the unsafe routes that take a request without a good token, or change anything because of it."""
    client = app.test_client()
    before = token_in(client.get("/accedi"))
    assert try_to_sign_in(client, person).status_code == 303
    good, tokens = token_of(client), bad_tokens(app, client, before)
    untouched = checksum(engine)
    wrong = []
    for route in unsafe_routes(app):
        path = own_path(route, world, person)
        answers = {f"the query: {path}": client.post(f"{path}?csrf_token={good}")}
        for kind, token in tokens.items():
            answers[f"a field with {kind}: {path}"] = client.post(path, data={"csrf_token": token})
            answers[f"a header with {kind}: {path}"] = client.post(path, headers={"X-CSRFToken": token})
        wrong += [how for how, answer in answers.items() if answer.status_code not in (403, 404)]
        if checksum(engine) != untouched:
            wrong.append(f"{path}: the database has changed")
            untouched = checksum(engine)
    return wrong


@pytest.mark.parametrize("person", [OWNER, BOX])
def test_no_unsafe_route_takes_a_bad_token(app: Flask, services: Services, world: World, person: str) -> None:
    assert forged(app, services.engine, world, person) == []


def test_routes_without_the_check_are_found(app: Flask, services: Services, world: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    app.testing = False  # an empty form may be a bug to a view, which is another test's business

    assert len(forged(app, services.engine, world, OWNER)) > 10


def test_every_unsafe_route_takes_a_good_token(app: Flask, world: World) -> None:
    """Without this the walk above would prove nothing."""
    client = browser_of(app, OWNER)
    ways = {"csrf_token": "field", "X-CSRFToken": "header"}
    refused = []

    for route in unsafe_routes(app):
        for name, way in ways.items():
            token = {name: token_of(client)}
            asked = {"data": token} if way == "field" else {"headers": token}
            answer = client.open(own_path(route, world, OWNER), method=route.method, **asked)
            refused += [f"{route.endpoint} by {way}"] if answer.status_code == 403 else []
        if route.endpoint in ("access.sign_out", "access.sign_in"):
            client = browser_of(app, OWNER)

    assert refused == []


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_an_unsafe_request_from_elsewhere_is_refused(
    app: Flask, services: Services, world: World, headers: Mapping[str, str]
) -> None:
    client = browser_of(app, OWNER)
    token, untouched = token_of(client), checksum(services.engine)

    taken = [
        route.endpoint
        for route in unsafe_routes(app)
        if client.open(
            own_path(route, world, OWNER), method=route.method, data={"csrf_token": token}, headers=headers
        ).status_code
        != 403
    ]

    assert taken == []
    assert checksum(services.engine) == untouched
    assert client.get("/").status_code == 200, "still signed in"


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_part_is_not_given_to_a_page_from_elsewhere(
    app: Flask, world: World, headers: Mapping[str, str]
) -> None:
    client = browser_of(app, OWNER)

    given = [
        route.endpoint
        for route in routes(app)
        if route.method == "GET"
        and client.get(own_path(route, world, OWNER), headers={**headers, **HTMX}, buffered=True).status_code
        != 403
    ]

    assert given == []


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_a_request_from_our_pages_is_taken(app: Flask, world: World, headers: Mapping[str, str]) -> None:
    client = browser_of(app, OWNER)

    answer = client.post("/caselle/selezione/svuota", data={"csrf_token": token_of(client)}, headers=headers)

    assert answer.status_code == 303


def test_a_link_from_elsewhere_still_opens_a_page(app: Flask, world: World) -> None:
    answer = browser_of(app, OWNER).get("/caselle", headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 200


def test_nobody_is_signed_in_by_a_page_from_elsewhere(app: Flask, world: World) -> None:
    client = app.test_client()

    answer = client.post("/accedi", data={"identifier": OWNER, "password": "prova-portale-2026"})

    assert answer.status_code == 403
    assert client.get("/caselle").status_code == 302


def test_nobody_is_signed_out_by_a_page_from_elsewhere(app: Flask, world: World) -> None:
    client = browser_of(app, OWNER)

    answer = client.post("/esci", data={"csrf_token": token_of(app.test_client())})

    assert answer.status_code == 403
    assert client.get("/caselle").status_code == 200


def test_a_refusal_says_what_to_do(app: Flask, world: World) -> None:
    client = browser_of(app, OWNER)

    page, part = client.post("/rinnovo"), client.post("/rinnovo", headers=HTMX)

    assert "torna indietro, ricaricala e riprova" in page.text
    assert "Ricaricala e riprova" in part.text
    assert "<html" not in part.text


def doubled(app: Flask, engine: Engine, world: World, person: str) -> list[str]:
    """Return the unsafe routes that take a field twice, or change anything because of it (S08)."""
    client = browser_of(app, person)
    token, untouched = token_of(client), checksum(engine)
    wrong = []
    for route in unsafe_routes(app):
        path = own_path(route, world, person)
        for name in ("csrf_token", "step"):
            answer = client.post(path, data={"csrf_token": [token], name: [token, token]})
            wrong += [f"{path} with {name} twice: {answer.status}"] if answer.status_code != 400 else []
        if checksum(engine) != untouched:
            wrong.append(f"{path}: the database has changed")
            untouched = checksum(engine)
    return wrong


def test_a_field_twice_is_refused(app: Flask, services: Services, world: World) -> None:
    assert doubled(app, services.engine, world, OWNER) == []


def test_a_field_that_may_be_repeated_is_taken(app: Flask, world: World) -> None:
    client = browser_of(app, OWNER)

    answer = client.post(
        "/caselle/selezione",
        data={"csrf_token": token_of(client), **{name: ["1", "2"] for name in REPEATED_FIELDS}},
    )

    assert answer.status_code == 303


def test_a_route_around_the_checks_is_found(
    app: Flask, services: Services, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever happens before the checks, the walk sees in the database."""
    monkeypatch.setitem(POLICIES, "planted", Policy.SIGNED_IN)

    @app.before_request
    def _early() -> None:
        if request.path == "/piantata":
            with services.transaction() as session:
                session.execute(text("DELETE FROM selected_mailbox"))

    app.before_request_funcs[None].insert(0, app.before_request_funcs[None].pop())
    app.add_url_rule("/piantata", "planted", lambda: "", methods=["POST"])

    assert forged(app, services.engine, world, OWNER) == ["/piantata: the database has changed"]
