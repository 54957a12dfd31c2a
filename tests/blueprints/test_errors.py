"""When something breaks: a calm page, nothing about the inside, and no start with a bad key (S50)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from portal import error_pages, policies, rate_limits
from portal.app import create_app
from portal.policies import Policy
from portal.settings import SettingsError, read_settings
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser

KEY = "f3a1c59e0b7d42688e1c5a90d7b3f246"
ENVIRONMENT = {"PORTAL_SECRET_KEY": KEY, "PORTAL_BANK_IBAN": "IT60X0542811101000000123456"}
SECRET = "postgresql://portal:segreto@db/portal"


@pytest.fixture
def broken(services: Services, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application as in production, with routes that fail each in its way."""
    failures: dict[str, Exception] = {
        "bug": ZeroDivisionError(SECRET),
        "busy": OperationalError("SELECT", {}, Exception(SECRET)),
        "pool": PoolTimeout(SECRET),
        "unicode": UnicodeDecodeError("utf-8", b"\xff", 0, 1, SECRET),
        "key": KeyError(SECRET),
        "recursion": RecursionError(SECRET),
    }
    app = create_app(services)
    for name, failure in failures.items():
        monkeypatch.setitem(policies.POLICIES, name, Policy.PUBLIC)
        app.add_url_rule(f"/{name}", name, _raising(failure))
    return app


def _raising(failure: Exception) -> Callable[[], str]:
    def view() -> str:
        raise failure

    return view


@pytest.mark.parametrize(
    ("name", "status"),
    [("bug", 500), ("unicode", 500), ("key", 500), ("recursion", 500), ("busy", 503), ("pool", 503)],
)
def test_what_breaks_says_nothing_of_the_inside(broken: Flask, name: str, status: int) -> None:
    for headers in ({}, HTMX):
        answer = Browser(broken).get(f"/{name}", headers=headers)

        assert answer.status_code == status
        assert answer.headers["Content-Security-Policy"]
        for inside in ("segreto", "Traceback", "portal/", ".py", "sqlalchemy", "Error:"):
            assert inside not in answer.text


def test_the_page_of_a_bug_names_the_request(broken: Flask) -> None:
    answer = Browser(broken).get("/bug")

    assert answer.headers["X-Request-ID"] in answer.text


def test_a_busy_database_says_when_to_come_back(broken: Flask) -> None:
    assert Browser(broken).get("/busy").headers["Retry-After"] == "10"


def test_a_bug_is_in_the_log_with_its_trace(broken: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    answer = Browser(broken).get("/bug")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    (traced,) = (line for line in lines if "ZeroDivisionError" in line.get("exception", ""))
    assert traced["request_id"] == answer.headers["X-Request-ID"]


def test_a_bug_in_an_error_page_is_only_an_error(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaking() -> int:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr(rate_limits, "seconds_to_wait", breaking)
    app = create_app(services)
    thief = Browser(app)

    names = [f"{300_000 + number}@aruba.it" for number in range(41)]
    statuses = [thief.sign_in(name, "sbagliata e lunga").status_code for name in names]
    rate_limits.limiter.reset()

    assert statuses == [422] * 40 + [500]


def test_a_bug_while_an_answer_leaves_is_only_an_error(services: Services) -> None:
    app = create_app(services)

    def breaking(_response: Response) -> Response:
        raise ZeroDivisionError(SECRET)

    app.after_request(breaking)

    answer = app.test_client().get("/accedi")

    assert answer.status_code == 500
    assert "segreto" not in answer.text


def test_a_broken_error_page_keeps_the_application_from_starting(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_pages, "STATUSES", (*error_pages.STATUSES, 499))

    with pytest.raises(Exception, match=r"errors/499\.html"):
        create_app(services)


def test_every_answer_of_a_page_we_have_is_drawn_from_the_same_bytes(app: Flask) -> None:
    one, two = Browser(app).get("/non/esiste"), Browser(app).get("/nemmeno/questo")

    assert (one.status_code, one.data) == (404, two.data)


def test_a_good_key_is_taken() -> None:
    assert read_settings({**ENVIRONMENT, "PORTAL_SECRET_KEY_FALLBACKS": KEY}).secret_key_fallbacks == (KEY,)


def test_debug_is_off(app: Flask) -> None:
    assert not app.debug
    assert not app.config["PROPAGATE_EXCEPTIONS"]


@pytest.mark.parametrize("key", ["", "short", "x" * 31, KEY[:31], " " * 40, "a" * 64, "changeme" * 8])
def test_a_key_that_could_be_guessed_is_refused(key: str) -> None:
    with pytest.raises(SettingsError, match="PORTAL_SECRET_KEY must"):
        read_settings({**ENVIRONMENT, "PORTAL_SECRET_KEY": key})


def test_no_key_at_all_is_refused() -> None:
    with pytest.raises(SettingsError, match="PORTAL_SECRET_KEY must"):
        read_settings({})


def test_an_old_key_is_as_good_as_the_new_one() -> None:
    with pytest.raises(SettingsError, match="PORTAL_SECRET_KEY_FALLBACKS must"):
        read_settings({**ENVIRONMENT, "PORTAL_SECRET_KEY_FALLBACKS": f"{KEY},short"})
