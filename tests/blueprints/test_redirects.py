"""No address that somebody sends is gone to: every route, every field that says where to go on (S32, S33)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse

from portal import policies
from portal.policies import Policy, policy_of
from portal.wiring import Services
from tests.blueprints.walkers import NOBODYS, routes
from tests.blueprints.world import BOX, OWNER, World, browser_of, make_world, token_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where one goes on does not depend on the database."""
WHERE_TO = ("next", "torna")
"""The fields of ours that say where to go on."""
USUAL = ("url", "goto", "redirect", "redirect_uri", "return_to", "da", "back")
"""What others call them."""
GOALS = ("https://evil.example/", "//evil.example/", "/\\evil.example/")
"""The first is followed by whoever looks at nothing, the others by whoever looks at the beginning alone."""
LEADING = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url", "Refresh")
LINK = re.compile(r'\s(?:href|action|formaction|hx-get|hx-post)="([^"]*)"')
KEPT_PATH = re.compile(r'<input type="hidden" name="(\w+)" value="/[^"]*"')


@pytest.fixture
def world(services: Services) -> World:
    """Everybody's things at once."""
    return make_world(services)


def is_elsewhere(address: str) -> bool:
    """Say whether a browser would go there: it drops blanks and takes a backslash for a slash."""
    read = re.sub(r"[\t\r\n]", "", address.strip()).replace("\\", "/")
    return re.match(r"(https?:)?//evil\.example", read) is not None


def leads_to(answer: TestResponse) -> list[str]:
    """Return every address to which an answer leads by itself or by its links."""
    links = LINK.findall(answer.text) if answer.mimetype == "text/html" else []
    return [*(answer.headers.get(name, "/") for name in LEADING), *map(unescape, links)]


def ways_out(app: Flask, world: World, person: str | None) -> list[str]:
    """Send an address elsewhere to every route in every such field; return the routes that lead there."""
    own = vars(world.belongings[person]) if person else {}
    values = NOBODYS | {name: value[0] for name, value in own.items() if value}
    client = browser_of(app, person)
    token = token_of(client)
    headers = {"Referer": "https://evil.example/", "X-Forwarded-Host": "evil.example"}
    wrong = []
    for route in routes(app):
        if route.method not in ("GET", "POST") or route.endpoint == "access.sign_out":
            continue
        if policy_of(route.endpoint) is Policy.WEBHOOK:
            continue
        for goal in GOALS:
            fields = dict.fromkeys((*WHERE_TO, *USUAL), goal)
            form = (
                {"query_string": fields}
                if route.method == "GET"
                else {"data": {**fields, "csrf_token": token}}
            )
            answer = client.open(route.path(values), method=route.method, headers=headers, **form)
            gone = [each for each in leads_to(answer) if is_elsewhere(each)]
            wrong += [f"{route.method} {route.rule} with {goal}: {each}" for each in gone]
    return wrong


@pytest.mark.parametrize("person", [None, OWNER])
def test_nobody_is_led_elsewhere(app: Flask, world: World, person: str | None) -> None:
    assert ways_out(app, world, person) == []


def test_a_route_that_leads_elsewhere_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planted() -> ResponseReturnValue:
        goal = request.values.get("torna", "/")
        return redirect(goal if goal.startswith("/") else "/")

    monkeypatch.setitem(policies.POLICIES, "planted", Policy.PUBLIC)
    app.add_url_rule("/pianta", "planted", planted)

    assert {found.split(": ")[0] for found in ways_out(app, world, None)} == {
        "GET /pianta with //evil.example/",
        "GET /pianta with /\\evil.example/",
    }


@pytest.mark.parametrize("person", [None, OWNER, BOX])
def test_no_page_has_such_a_field_that_is_not_tried(app: Flask, world: World, person: str | None) -> None:
    own = vars(world.belongings[person]) if person else {}
    values = NOBODYS | {name: value[0] for name, value in own.items() if value}
    client = browser_of(app, person)

    pages = [client.get(route.path(values)) for route in routes(app) if route.method == "GET"]

    html = [page.text for page in pages if page.mimetype == "text/html"]
    found = {name for page in html for name in KEPT_PATH.findall(page)}
    assert "next" in found
    assert found <= set(WHERE_TO)
