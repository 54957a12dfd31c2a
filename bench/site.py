"""A portal with data in it and browsers signed in, in this process."""

from __future__ import annotations

import gzip
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask, template_rendered
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.migrate import upgrade
from portal.settings import read_settings
from portal.wiring import Services, build_services
from tests.factories import fill_account, make_account, make_prices

PASSWORD = "una password per misurare"
SIZES = {"10": 10, "1k": 1_000, "100k": 100_000}


@dataclass
class Site:
    """The portal under measure and the usernames of its accounts by size."""

    app: Flask
    services: Services
    usernames: dict[str, str]
    _serial: int = 0

    def client(self, size: str) -> FlaskClient:
        """Return a browser signed in as the account of that size."""
        client = self.app.test_client()
        self._serial += 1
        client.environ_base["REMOTE_ADDR"] = f"127.1.{self._serial // 250}.{self._serial % 250 + 1}"
        post(client, "/accedi", {"identifier": self.usernames[size], "password": PASSWORD}, page="/accedi")
        return client


def build_site(database_url: str) -> Site:
    """Return a portal on a fresh database with accounts of 10, 1,000 and 100,000 mailboxes."""
    settings = read_settings(
        {
            "PORTAL_SECRET_KEY": "a secret key for the measurements, nothing else",
            "PORTAL_DATABASE_URL": database_url,
            "PORTAL_DATA": tempfile.mkdtemp(prefix="portal-bench-"),
            "PORTAL_SECURE_COOKIES": "no",
            "PORTAL_BANK_IBAN": "IT60X0542811101000000123456",
        }
    )
    services = build_services(settings)
    upgrade(services.engine)
    usernames = {}
    with services.transaction() as session:
        make_prices(session)
        for name, count in SIZES.items():
            account = make_account(session, password_hash=services.hasher.hash(PASSWORD))
            fill_account(session, account, count, first_expiry=services.today())
            usernames[name] = account.username
    settle(services.engine)
    return Site(create_app(services), services, usernames)


def settle(engine: Engine) -> None:
    """Do what a database does by itself after a while: the servers of the tests leave it to us."""
    command = "VACUUM ANALYZE" if engine.dialect.name == "postgresql" else "ANALYZE"
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(command)


def get(client: FlaskClient, path: str) -> TestResponse:
    """Return the page, which must have come."""
    response = client.get(path)
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status}")
    return response


def post(client: FlaskClient, path: str, fields: dict[str, Any], *, page: str, **more: Any) -> TestResponse:
    """Submit a form with the token of `page`."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', get(client, page).text)
    if token is None:
        raise RuntimeError(f"{page} has no form")
    response = client.post(path, data=fields | {"csrf_token": token.group(1)}, **more)
    if response.status_code >= 400:
        raise RuntimeError(f"{path}: {response.status} {response.text[:500]}")
    return response


def captured(app: Flask, client: FlaskClient, path: str) -> tuple[Any, dict[str, Any]]:
    """Return the template of a page and the values it was rendered with."""
    seen: list[tuple[Any, dict[str, Any]]] = []

    def note(_app: Flask, template: Any, context: dict[str, Any], **_rest: Any) -> None:
        seen.append((template, context))

    with template_rendered.connected_to(note, app):
        get(client, path)
    return seen[-1]


def sizes(body: bytes) -> tuple[float, float]:
    """Return the kilobytes of a body as it is and as gzip makes it."""
    return len(body) / 1024, len(gzip.compress(body, 6)) / 1024


def scratch_sqlite() -> str:
    """Return the address of a new SQLite database."""
    return f"sqlite:///{Path(tempfile.mkdtemp(prefix='portal-bench-')) / 'portal.db'}"
