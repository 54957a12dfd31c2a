"""The demo has doors that a real portal has not: they show, they never change, and they wear every header."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from portal.app import create_app
from portal.policies import DEMO_ONLY
from portal.wiring import Services
from tests.blueprints.test_headers import POLICY, missing_headers
from tests.blueprints.walkers import NOBODYS, Route, routes

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def demo_of(services: Services) -> Flask:
    return create_app(replace(services, settings=replace(services.settings, demo=True)))


def demo_routes(app: Flask) -> list[Route]:
    return [route for route in routes(app) if route.endpoint in DEMO_ONLY]


def test_the_demos_doors_are_the_declared_ones(services: Services) -> None:
    assert {route.endpoint for route in demo_routes(demo_of(services))} == set(DEMO_ONLY)


def test_a_real_portal_has_none_of_them(app: Flask) -> None:
    assert demo_routes(app) == []


def test_they_only_show(services: Services) -> None:
    changing = {
        (route.endpoint, route.method)
        for route in demo_routes(demo_of(services))
        if route.method not in ("GET", "HEAD", "OPTIONS")
    }

    assert changing == {("demo_till.page", "POST")}, "deciding what a bank would is all one can do there"


def test_their_answers_have_every_header(services: Services) -> None:
    app = demo_of(services)
    client = app.test_client()

    answers = [
        client.get(route.path({**NOBODYS, "number": "999999"}), buffered=True)
        for route in demo_routes(app)
        if route.method == "GET"
    ]

    assert {answer.status_code for answer in answers} <= {200, 404}
    assert {answer.headers["Content-Security-Policy"] for answer in answers} == {
        f"{POLICY}; frame-src 'self'"
    }
    wrong = [found for answer in answers for found in missing_headers(answer)]
    assert [found for found in wrong if not found.endswith("Content-Security-Policy")] == []
