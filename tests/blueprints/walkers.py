"""Walks over every route of the application; each returns what it found wrong, so that a plant can be found.

Routes that somebody adds are walked at once; an argument with a new name must be taught here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.domain.mail_codes import new_mail_code
from portal.domain.order_numbers import new_order_number
from portal.policies import Policy, policy_of
from portal.store import every_table
from tests.blueprints.world import Belongings, World, browser_of, token_of

SAFE = ("GET", "HEAD", "OPTIONS")
HTMX = {"HX-Request": "true"}
NOBODYS: Mapping[str, str] = {
    "address": "nessuno@pec.example",
    "draft": "questa-bozza-non-esiste",
    "number": new_order_number(bytes([250] * 9)),
    "mail_code": new_mail_code(bytes([250] * 12)),
    "id": "999999",
    "name": "privacy.mai-scritta.it",
    "holder": "999999",
    "document": "999999",
    "what": "password",
    "token": "nessun-collegamento-porta-qui",
    "filename": "questo-file-non-esiste.css",
    "reference": "p-nessuno",
    "gateway": "nessuno",
    "key": "nessuno",
}
"""A value for each argument that nothing in the database has."""
CHANGING = {"X-Request-ID", "Date"}
"""Headers that differ between any two answers."""


@dataclass(frozen=True)
class Route:
    """One rule with one of its methods."""

    rule: Rule
    method: str

    @property
    def endpoint(self) -> str:
        return str(self.rule.endpoint)

    @property
    def is_private(self) -> bool:
        return policy_of(self.endpoint) not in (Policy.PUBLIC, Policy.WEBHOOK)

    def path(self, values: Mapping[str, str]) -> str:
        """Return an address of this route; raises KeyError for an argument the walkers do not know."""
        known = {name: values[name] for name in self.rule.arguments}
        built = self.rule.build(known, append_unknown=False)
        assert built is not None, (self.rule, known)
        return str(built[1])


def routes(app: Flask) -> list[Route]:
    """Return every route of the application with every method it takes."""
    found = [
        Route(rule, method) for rule in app.url_map.iter_rules() for method in sorted(rule.methods or ())
    ]
    assert len(found) > 40
    return found


def unsafe_routes(app: Flask) -> list[Route]:
    """Return what a form of ours can send; webhooks are signed instead, and have tests of their own."""
    found = [route for route in routes(app) if route.method not in SAFE]
    return [route for route in found if policy_of(route.endpoint) is not Policy.WEBHOOK]


@dataclass(frozen=True)
class Pair:
    """The same question about another's thing and about one that does not exist."""

    anothers: dict[str, str]
    nobodys: dict[str, str]


def pairs(route: Route, own: Belongings, others: Iterable[Belongings]) -> Iterator[Pair]:
    """Give questions with at least one argument of another's; the rest is one's own, or nobody's."""
    strangers = list(others)
    names = [name for name in vars(Belongings()) if name in route.rule.arguments]
    fixed = {name: NOBODYS[name] for name in set(route.rule.arguments) - set(names)}
    mine = {name: (getattr(own, name) or [NOBODYS[name]])[0] for name in names}
    theirs = {name: list(_first_strange(name, own, strangers)) for name in names}
    for foreign in _some_of(names):
        for values in itertools.product(*(theirs[name] for name in foreign)):
            chosen = dict(zip(foreign, values, strict=True))
            nobodys = {name: NOBODYS[name] for name in foreign}
            yield Pair(fixed | mine | chosen, fixed | mine | nobodys)


def _first_strange(name: str, own: Belongings, strangers: Iterable[Belongings]) -> Iterator[str]:
    """Give one thing of each stranger that is not also one's own."""
    for each in strangers:
        yield from [value for value in getattr(each, name) if value not in getattr(own, name)][:1]


def _some_of(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    for count in range(1, len(names) + 1):
        yield from itertools.combinations(names, count)


def look(response: TestResponse, values: Mapping[str, str]) -> tuple[object, ...]:
    """Return all that an asker can see of an answer, but for the question itself and what always differs.

    Where a redirect repeats the question, its length is the question's too.
    """
    left_out = CHANGING | ({"Content-Length"} if response.location else set())
    headers = sorted(f"{name}: {value}" for name, value in response.headers if name not in left_out)
    return response.status_code, *(_blank(part, values) for part in (response.text, *headers))


def _blank(text: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        text = text.replace(value, f"<{name}>").replace(quote(value), f"<{name}>")
    return text


def ask(client: FlaskClient, route: Route, path: str, token: str, **headers: str) -> TestResponse:
    """Send a request with an otherwise empty form."""
    data = None if route.method in SAFE else {"csrf_token": token}
    return client.open(path, method=route.method, data=data, headers=headers, buffered=True)


def doors_open_to_nobody(app: Flask) -> list[str]:
    """Return private routes that answer somebody who is not signed in with anything but «sign in» (S02)."""
    wrong = []
    client = app.test_client()
    token = token_of(client)
    for route in routes(app):
        if not route.is_private or route.method == "OPTIONS":
            continue
        path = route.path(NOBODYS)
        page, part = ask(client, route, path, token), ask(client, route, path, token, **HTMX)
        to_sign_in = page.headers.get("Location", "").startswith("/accedi")
        if page.status_code != 302 or not to_sign_in:
            wrong.append(f"{route.method} {path}: {page.status}")
        if part.status_code != 401 or part.data or not part.headers["HX-Redirect"].startswith("/accedi"):
            wrong.append(f"{route.method} {path} by htmx: {part.status}")
    return wrong


def strangers_things(app: Flask, world: World, person: str) -> list[str]:
    """Return the routes by which a person learns anything about what is another's (S03, S05).

    An answer about another's thing must be, to the byte, the answer about a thing that does not exist.
    """
    wrong = []
    client = browser_of(app, person)
    token = token_of(client)
    others = [world.belongings[name] for name in world.people if name != person]
    for route in routes(app):
        if not route.is_private or route.method in ("HEAD", "OPTIONS"):
            continue
        answers: dict[str, tuple[object, ...]] = {}
        for pair in pairs(route, world.belongings[person], others):
            path, missing = route.path(pair.anothers), route.path(pair.nobodys)
            if missing not in answers:
                answers[missing] = look(ask(client, route, missing, token), pair.nobodys)
                if answers[missing][0] == 200:
                    wrong.append(f"{route.method} {missing}: there is no such thing, and yet an answer")
            if look(ask(client, route, path, token), pair.anothers) != answers[missing]:
                wrong.append(f"{route.method} {path}: not as if it did not exist")
    return wrong


def rooms_of_accounts(app: Flask, person: str) -> list[str]:
    """Return what only accounts may ask for and yet answers this person other than a wrong address (S05)."""
    client = browser_of(app, person)
    token = token_of(client)
    nowhere = look(client.get("/qui-non-c-e-nulla"), {})
    return [
        f"{route.method} {route.rule}"
        for route in routes(app)
        if policy_of(route.endpoint) is Policy.ACCOUNT
        and route.method in ("GET", "POST")
        and look(ask(client, route, route.path(NOBODYS), token), {}) != nowhere
    ]


def checksum(engine: Engine, *, without: Sequence[str] = ("login_session",)) -> dict[str, str]:
    """Return a digest of each table's rows."""
    found = {}
    with engine.connect() as connection:
        for table in every_table().sorted_tables:
            if table.name not in without:
                rows = sorted(repr(tuple(row)) for row in connection.execute(select(table)))
                found[table.name] = sha256("\n".join(rows).encode()).hexdigest()
        connection.rollback()
    return found


def reads_that_write(app: Flask, engine: Engine, world: World, person: str | None) -> list[str]:
    """Return the tables that safe requests to the whole site have changed (S09)."""
    client = browser_of(app, person)
    own = world.belongings.get(person or "", Belongings())
    values = {name: (getattr(own, name, None) or [value])[0] for name, value in NOBODYS.items()}
    asked = [
        (method, route.path(values))
        for route in routes(app)
        for method in ({*SAFE, "TRACE"} if route.method == "GET" else {"GET", "HEAD"})
    ]
    untouched = checksum(engine)
    for method, path in asked:
        client.open(path, method=method, buffered=True)
    now = checksum(engine)
    return [f"the walk as {person} changed {name}" for name in now if now[name] != untouched[name]]
