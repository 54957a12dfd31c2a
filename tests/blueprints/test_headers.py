"""What every answer carries, whatever it is: S27, S28, S30, and nothing kept that should not be."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace

import brotli
import pytest
from flask import Flask, Response, abort, make_response
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.policies import POLICIES, Policy
from portal.slimming import slim_css
from portal.wiring import Services
from tests.blueprints.walkers import HTMX, NOBODYS, routes
from tests.blueprints.world import BOX, OWNER, World, browser_of, make_world, token_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Headers do not depend on the database."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
WITH_SECRETS = ("/conferma-email", "/conferma-avvisi", "/recupero", "/calendario/")
INLINE = re.compile(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|\shx-on|javascript:|\snonce=", re.I)


@pytest.fixture
def world(services: Services) -> World:
    """Everybody's things at once."""
    return make_world(services)


def missing_headers(answer: TestResponse) -> list[str]:
    """Return what is not as it must be in the head of any answer."""
    where = f"{answer.request.method} {answer.request.path} ({answer.status_code})"
    hushed = {"Referrer-Policy": "no-referrer"} if answer.request.path.startswith(WITH_SECRETS) else {}
    expected = ALWAYS | hushed
    wrong = [
        f"{where}: {name}" for name, value in expected.items() if answer.headers.getlist(name) != [value]
    ]
    wrong += [f"{where}: {what}" for what in unasked(answer)]
    if answer.request.path.startswith("/static/") and answer.status_code in (200, 304):
        kept = answer.headers.get("Cache-Control") == "public, max-age=31536000, immutable"
        return wrong + ([] if kept else [f"{where}: not kept"])
    vary = {name.lower() for name in answer.vary}
    wrong += [f"{where}: Vary {name}" for name in {"hx-request", "cookie", "accept-encoding"} - vary]
    wrong += [] if answer.headers.get("Cache-Control") == "no-store" else [f"{where}: may be kept"]
    return wrong + ([f"{where}: Server"] if "Server" in answer.headers else [])


def unasked(answer: TestResponse) -> list[str]:
    """Return what an answer says or does that none of ours may."""
    kind = answer.mimetype or ""
    is_text = kind.startswith("text/") or kind.endswith("+xml")
    unknown_letters = is_text and answer.mimetype_params.get("charset") != "utf-8"
    return [
        *(name for name, _ in answer.headers if name.startswith("Access-Control-")),
        *(["no charset"] if unknown_letters else []),
        *(["TRACE is answered"] if answer.request.method == "TRACE" and answer.status_code < 400 else []),
    ]


def bare_answers(app: Flask, world: World, person: str | None) -> list[str]:
    """Walk the whole site with every method there is, as page and as part; return what lacks a header."""
    client = browser_of(app, person)
    own = world.belongings[person] if person else None
    values = NOBODYS | {name: value[0] for name, value in vars(own).items() if value} if own else NOBODYS
    wrong = []
    for path in sorted({route.path(values) for route in routes(app)} - {"/esci"}):
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE"):
            for headers in ({}, HTMX):
                wrong += missing_headers(client.open(path, method=method, headers=headers, buffered=True))
    return wrong


@pytest.mark.parametrize("person", [None, OWNER, BOX])
def test_every_answer_of_the_site_has_its_headers(app: Flask, world: World, person: str | None) -> None:
    assert bare_answers(app, world, person) == []


def test_a_route_with_a_weaker_policy_is_found(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POLICIES, "planted", Policy.PUBLIC)

    def planted() -> Response:
        response = make_response("")
        response.headers["Content-Security-Policy"] = "default-src *"
        return response

    app.add_url_rule("/piantata", "planted", planted)

    assert any(
        "/piantata" in found and "Content-Security" in found for found in bare_answers(app, world, None)
    )


def test_every_kind_of_error_has_its_headers(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    failures = {"400": 400, "405": 405, "409": 409, "410": 410, "413": 413, "429": 429, "503": 503}
    for name, status in failures.items():
        monkeypatch.setitem(POLICIES, name, Policy.PUBLIC)
        app.add_url_rule(f"/{name}", name, lambda status=status: abort(status))
    for name, error in {"busy": OperationalError("", None, Exception()), "bug": ZeroDivisionError()}.items():
        monkeypatch.setitem(POLICIES, name, Policy.PUBLIC)
        app.add_url_rule(f"/{name}", name, _raising(error))
    client = app.test_client()

    answers = [client.get(f"/{name}") for name in [*failures, "busy", "bug", "nowhere"]]
    answers.append(client.get("/", headers={"Host": "altrove.example"}))

    assert [answer.status_code for answer in answers] == [*failures.values(), 503, 500, 404, 400]
    assert [wrong for answer in answers for wrong in missing_headers(answer)] == []


def _raising(error: Exception) -> object:
    def view() -> str:
        raise error

    return view


def test_a_secure_site_says_so(app: Flask, services: Services) -> None:
    secure = create_app(replace(services, settings=replace(services.settings, secure_cookies=True)))

    told = [
        secure.test_client().get(path).headers["Strict-Transport-Security"] for path in ("/", "/accedi", "/x")
    ]

    assert told == ["max-age=63072000; includeSubDomains"] * 3
    assert "Strict-Transport-Security" not in app.test_client().get("/").headers


def test_a_changed_static_file_has_another_address(app: Flask) -> None:
    page = app.test_client().get("/accedi").text

    assert re.search(r"/static/portal\.css\?v=[0-9a-f]{12}", page)


def test_signing_out_leaves_nothing_in_the_browser(app: Flask, world: World) -> None:
    client = browser_of(app, OWNER)

    answer = client.post("/esci", data={"csrf_token": token_of(client)})

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Location"] == "/accedi"
    assert client.get_cookie("portal") is None


@pytest.mark.parametrize("person", [None, OWNER, BOX])
def test_nothing_is_inline(app: Flask, world: World, person: str | None) -> None:
    client = browser_of(app, person)
    own = world.belongings[person] if person else None
    values = NOBODYS | {name: value[0] for name, value in vars(own).items() if value} if own else NOBODYS

    found = [
        (route.endpoint, inline[0])
        for route in routes(app)
        if route.method == "GET" and route.endpoint != "static"
        for answer in [client.get(route.path(values))]
        if answer.mimetype == "text/html"  # documents are not pages
        for inline in [INLINE.search(answer.text)]
        if inline
    ]

    assert found == []


@pytest.mark.parametrize(
    ("path", "read", "sent"),
    [
        ("/accedi", "gzip, br", "gzip"),
        ("/static/portal.css", "gzip, deflate, br, zstd", "br"),
        ("/static/portal.css", "gzip", "gzip"),
        ("/static/portal.css", "br;q=0, gzip", "gzip"),
    ],
)
def test_long_texts_are_packed_in_the_way_the_browser_reads(
    app: Flask, path: str, read: str, sent: str
) -> None:
    client = app.test_client()

    plain = client.get(path, buffered=True)
    packed = client.get(path, buffered=True, headers={"Accept-Encoding": read})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == sent
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    text = plain.text if path == "/accedi" else slim_css(plain.text)
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}[sent]
    assert len(unpack(packed.data)) == len(text.encode())


def test_short_answers_are_not_compressed(app: Flask) -> None:
    answer = app.test_client().get("/healthz", headers={"Accept-Encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers


def test_a_static_file_seen_before_is_not_sent_again(app: Flask) -> None:
    client = app.test_client()
    known = client.get("/static/portal.css", buffered=True).headers["ETag"]

    again = client.get(
        "/static/portal.css", buffered=True, headers={"If-None-Match": known, "Accept-Encoding": "gzip"}
    )

    assert (again.status_code, again.data) == (304, b"")
    assert missing_headers(again) == []


@pytest.mark.parametrize("junk", ["HX-Current-URL", "HX-Target", "HX-Prompt", "HX-Trigger", "HX-Boosted"])
def test_what_htmx_says_about_itself_decides_nothing(app: Flask, world: World, junk: str) -> None:
    client = browser_of(app, OWNER)
    evil = {junk: 'https://altrove.example/"><script>'}

    page, odd = client.get("/caselle"), client.get("/caselle", headers=evil)
    signed_out = app.test_client().get("/caselle", headers={**evil, **HTMX})

    assert _without_token(odd.text) == _without_token(page.text)
    assert signed_out.headers["HX-Redirect"] == "/accedi?next=/caselle"


def _without_token(text: str) -> str:
    return re.sub(r'(csrf_token" value=|X-CSRFToken": )"[^"]+"', "", text)
