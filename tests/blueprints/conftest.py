"""The web application on the services of the test, a browser without scripts, and the people who use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from portal import error_pages, languages
from portal.app import create_app
from portal.rate_limits import limiter
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import People, Person, settle_in
from tests.databases import Databases


class _Compiled(BytecodeCache):
    """Compiled templates of this process: every test makes an application of its own."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._kept:
            bucket.bytecode_from_string(self._kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key] = bucket.bytecode_to_string()


@pytest.fixture(scope="session", autouse=True)
def _templates_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": _Compiled()})
        yield


@pytest.fixture(scope="session", autouse=True)
def _error_pages_drawn_once() -> Iterator[None]:
    """Pages that every application draws at its start; of one configuration they are the same."""
    drawn: dict[tuple[object, ...], str] = {}
    draw = error_pages._draw

    def draw_once(status: int, *, part: bool) -> str:
        brand, language = current_app.extensions["portal"].settings.brand, languages.current().code
        key = (str(brand), current_app.debug, language, status, part)
        if key not in drawn:
            drawn[key] = draw(status, part=part)
        return drawn[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(error_pages, "_draw", draw_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _addresses_compiled_once() -> Iterator[None]:
    """What builds the address of each route: most of the time an application takes to be made."""
    builders: dict[tuple[object, ...], Callable[..., tuple[str, str]]] = {}
    compile_builder = Rule._compile_builder

    def compile_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        key = (rule.rule, append_unknown, repr(rule.defaults), tuple(rule._trace))
        if key not in builders:
            builders[key] = compile_builder(rule, append_unknown)
        return builders[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_once)
        yield


@pytest.fixture(params=["sqlite"])
def database_url(request: pytest.FixtureRequest, databases: Databases) -> str:
    """Pages on one kind of database: what the kinds may disagree on is tried on both below, in the use cases.

    `ON_BOTH` (people.py) asks for the two, where a walk through pages should hold on either.
    """
    return databases.emptied(request.param)


@pytest.fixture(autouse=True)
def _own_counters() -> Iterator[None]:
    """The limiter as it was before the test: one that has lost its Redis tries again by the machine's clock.

    Without this a later test would be counted apart until that moment, and begin anew in the middle of it.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name, value in vars(limiter).items():
            patch.setattr(limiter, name, value)
        yield


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    """The web application; bugs come through as exceptions instead of a 500 page."""
    application = create_app(services)
    application.testing = True
    limiter.reset()
    yield application
    limiter.reset()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without scripts, not signed in."""
    return app.test_client()


@pytest.fixture
def visitor(app: Flask) -> Browser:
    """The browser of somebody not signed in yet; it knows how to send our forms."""
    return Browser(app)


@pytest.fixture
def people(services: Services) -> People:
    """Two accounts alike, and the own session of one's mailbox."""
    return settle_in(services)


@pytest.fixture
def enter(app: Flask, services: Services) -> Callable[[Person], Browser]:
    """Gives the browser of a person who has already signed in."""
    return lambda person: Browser(app).enter(services, person.subject)
