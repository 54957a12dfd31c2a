"""What the portal does not even read: other hosts' names, and more than it asked for (S33, S34)."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from portal.app import create_app
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import People, Person

EVIL_HOSTS = [
    "evil.example",
    "evil.example:80",
    "localhost.evil.example",
    "evil.example.localhost",
    "localhost@evil.example",
    "localhost:80@evil.example",
    "localhost, evil.example",
    "localhost evil.example",
    "localhost/evil.example",
    "localhost#evil.example",
    "localhost?evil.example",
    "localhost\\evil.example",
    "localhost%00.evil.example",
    "localhost:evil",
    "localhost..evil.example",
    "127.0.0.1.evil.example",
    "[::1]evil.example",
    "xn--80ak6aa92e.com",
    "evil.example\t",
    "0177.0.0.1",
]
PROXY_HEADERS = [
    "X-Forwarded-Host",
    "X-Forwarded-Server",
    "X-Forwarded-Prefix",
    "X-Host",
    "X-Original-URL",
    "X-Rewrite-URL",
]


def test_a_request_for_another_host_is_refused(client_paths: list[str], app: Flask) -> None:
    wrong = []
    for host in EVIL_HOSTS:
        for path in client_paths:
            answer = app.test_client(use_cookies=False).get(path, headers={"Host": host})
            said = answer.text + str(answer.headers)
            if answer.status_code != 400 or "evil" in said or "Location" in answer.headers:
                wrong.append((host, path, answer.status_code))

    assert wrong == []


@pytest.fixture
def client_paths() -> list[str]:
    """A page, a private page, a redirect by the router, a file, what does not exist, and a probe."""
    return ["/accedi", "/caselle", "/static/portal.css", "/non/esiste", "/healthz"]


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1"])
def test_our_own_names_are_served(app: Flask, host: str) -> None:
    assert app.test_client().get("/accedi", headers={"Host": host}).status_code == 200


def test_headers_of_a_proxy_that_is_not_there_are_not_believed(
    app: Flask, people: People, enter: Callable[[Person], Browser]
) -> None:
    evil = dict.fromkeys(PROXY_HEADERS, "evil.example") | {"Forwarded": "host=evil.example"}

    for browser in (Browser(app), enter(people.owner)):
        for path in ("/accedi", "/", "/caselle"):
            answer = browser.get(path, headers=evil)
            assert answer.status_code < 400
            assert "evil" not in answer.text + str(answer.headers)


def test_as_many_proxies_are_believed_as_there_are(services: Services) -> None:
    app = create_app(replace(services, settings=replace(services.settings, proxy_count=1)))

    served = app.test_client().get("/accedi", headers={"X-Forwarded-Host": "localhost"})
    refused = app.test_client().get("/accedi", headers={"X-Forwarded-Host": "localhost, evil.example"})

    assert (served.status_code, refused.status_code) == (200, 400)


def too_much(visitor: Browser) -> dict[str, dict[str, Any]]:
    """Return bodies that no form of ours sends, by what is too much about them."""
    token = {"csrf_token": visitor.token()}
    many = {f"field{number}": "x" for number in range(600)}
    return {
        "a field": {"data": {**token, "identifier": "a" * 140_000, "password": "x"}},
        "a body": {"data": {**token, "identifier": "a" * 300_000}},
        "parts": {"data": {**token, **many}, "content_type": "multipart/form-data"},
        "a file": {"data": {**token, "file": (io.BytesIO(b"x" * 300_000), "a.pdf")}},
        "a part in memory": {
            "data": {**token, "identifier": "a" * 140_000},
            "content_type": "multipart/form-data",
        },
        "no form at all": {"data": b"[" * 300_000, "content_type": "application/json"},
    }


def test_more_than_a_form_holds_is_refused(visitor: Browser) -> None:
    statuses = {
        what: visitor.client.post("/accedi", **request).status_code
        for what, request in too_much(visitor).items()
    }

    assert statuses.pop("a field") in (413, 422)
    assert set(statuses.values()) == {413}, statuses


BROKEN_BODIES = [
    (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
    (b"--x", "multipart/form-data; boundary=x"),
    (b"--x\r\nContent-Disposition: form-data", "multipart/form-data; boundary=x"),
    (b"{", "application/json"),
    (b"a=%zz&%=%&&&==", "application/x-www-form-urlencoded"),
    (b"identifier=%00", "application/x-www-form-urlencoded"),
    (b"", "multipart/form-data"),
    (b"x", "multipart/form-data; boundary="),
]
BROKEN_PATHS = [
    "/%00",
    "/caselle/%00",
    "/caselle/%ff%fe",
    "/caselle/" + "a" * 5000,
    "/caselle?q=%00",
    "/caselle?q=%ff",
    "/caselle?" + "a&" * 5000,
    "/ordini/%0d%0aX:y",
    "/rinnovo/%F0%9F%99%82",
    "/..%2f..%2fetc/passwd",
    "/static/../app.py",
    "/static/..%2fapp.py",
    "/static/%2e%2e/app.py",
]


def test_a_broken_body_is_refused_without_a_bug(visitor: Browser) -> None:
    statuses = [
        visitor.client.post("/accedi", data=body, content_type=kind).status_code
        for body, kind in BROKEN_BODIES
    ]

    assert set(statuses) <= {400, 403}


def test_a_broken_address_is_refused_without_a_bug(
    people: People, enter: Callable[[Person], Browser]
) -> None:
    browser = enter(people.owner)

    statuses = {path[:40]: browser.get(path).status_code for path in BROKEN_PATHS}

    assert set(statuses.values()) <= {200, 308, 400, 404}, statuses
    assert {status for path, status in statuses.items() if "app.py" in path} == {404}


@pytest.mark.parametrize("number", [2**31, 2**63, 10**30, -1])
def test_a_number_that_no_database_counts_to_is_no_bug(
    app: Flask, people: People, enter: Callable[[Person], Browser], number: int
) -> None:
    browser, address = enter(people.owner), people.owner.address

    for page in ("/profilo/attivita", "/comunicazioni"):
        assert browser.get(f"{page}?prima={number}").status_code == 200
    assert browser.get(f"/caselle/{address}/documento/{number}").status_code == 404
    assert browser.post(f"/caselle/{address}/documento/{number}/elimina").status_code == 404
