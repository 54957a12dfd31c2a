"""The log: one JSON line an event whatever is typed, and nothing in it to sign in with (S48, S49)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from flask import Flask

from portal.rate_limits import DEVICE_COOKIE
from tests.blueprints.browser import HTMX, Browser
from tests.blueprints.people import PASSWORD, People, Person, password_hash

WRONG = "questa non sembra quella giusta"
NASTY = 'a@b.it\r\n{"event": "signed_in", "who": "account:1"}\u2028\x1b[31m'

Capture = pytest.CaptureFixture[str]


def lines_of(capture: Capture) -> list[dict[str, Any]]:
    """Return what was logged since the last look; fails on a line that is not JSON."""
    return [json.loads(line) for line in capture.readouterr().err.split("\n") if line]


def events(capture: Capture) -> list[str]:
    return [line["event"] for line in lines_of(capture) if line["event"] != "request"]


def test_each_request_has_one_line(app: Flask, people: People, capsys: Capture) -> None:
    answer = Browser(app).get("/accedi")

    (line,) = lines_of(capsys)
    assert (line["method"], line["endpoint"], line["status"]) == ("GET", "access.sign_in", 200)
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert line["timestamp"].endswith("Z")


def test_a_line_says_who_by_number_and_not_by_name(
    app: Flask, people: People, enter: Callable[[Person], Browser], capsys: Capture
) -> None:
    enter(people.owner).get("/caselle")

    log = capsys.readouterr().err
    assert f'"who": "account:{people.owner.subject.account_id}"' in log
    assert people.owner.identifier not in log


def test_a_request_id_from_the_proxy_is_kept(app: Flask) -> None:
    for given in ("0123456789abcdef", "0123456789abcdef0123456789abcdef"):
        assert Browser(app).get("/accedi", headers={"X-Request-ID": given}).headers["X-Request-ID"] == given


def test_any_other_request_id_is_replaced(app: Flask) -> None:
    browser = Browser(app)

    for given in ("", "x", "a b", "0123456789abcdef\u00e9", "A" * 16, "a" * 33, '"}{"', "../../etc"):
        answer = browser.get("/accedi", headers={"X-Request-ID": given})
        assert answer.headers["X-Request-ID"] != given
        assert len(answer.headers["X-Request-ID"]) == 16


def test_nothing_that_is_typed_makes_a_line_of_its_own(app: Flask, people: People, capsys: Capture) -> None:
    browser = Browser(app)
    browser.sign_in(NASTY, NASTY, goal=NASTY)
    browser.get(f"/caselle/{NASTY}")
    browser.get("/caselle", headers={"User-Agent": '"}\x1b[31m{"event": "signed_in"}'})

    lines = lines_of(capsys)

    assert lines
    assert not [line for line in lines if line["event"] == "signed_in"]
    assert "\x1b" not in json.dumps(lines, ensure_ascii=False)


def test_no_secret_is_ever_logged(app: Flask, people: People, capsys: Capture) -> None:
    browser = Browser(app)
    form_token = browser.token()
    browser.sign_in(people.owner.identifier, WRONG)
    browser.sign_in(people.owner.identifier, PASSWORD)
    with browser.client.session_transaction() as cookie:
        session_token = cookie["_user_id"]
    device = browser.client.get_cookie(DEVICE_COOKIE)
    secrets = [PASSWORD, WRONG, form_token, session_token, browser.session_cookie, password_hash()]
    secrets += [device.value if device else None]
    browser.get(f"/caselle?password={PASSWORD}&token={session_token}")
    browser.post(
        "/caselle/selezione", {"password": PASSWORD}, headers={"Authorization": f"Bearer {PASSWORD}"}
    )
    browser.post("/esci", token=form_token)
    browser.post("/esci")

    log = json.dumps(lines_of(capsys), ensure_ascii=False)  # as it was before letters were escaped

    assert None not in secrets
    assert [secret for secret in secrets if secret and secret in log] == []


def test_a_password_in_a_careless_line_would_be_found(app: Flask, capsys: Capture) -> None:
    """Without this the walk above would prove nothing; under a telling name it is blanked besides."""
    structlog.get_logger("portal").warning("careless", typed=WRONG, password=PASSWORD)

    log = json.dumps(lines_of(capsys), ensure_ascii=False)
    assert (WRONG in log, PASSWORD in log) == (True, False)


def test_refusals_are_logged(
    app: Flask, people: People, enter: Callable[[Person], Browser], capsys: Capture
) -> None:
    account, mailbox, nobody = enter(people.owner), enter(people.mailbox), Browser(app)
    from_elsewhere = {**HTMX, "Sec-Fetch-Site": "cross-site"}
    asked: dict[str, Callable[[], object]] = {
        "not_signed_in": lambda: nobody.get("/caselle"),
        "sign_in_refused": lambda: nobody.sign_in(people.owner.identifier, WRONG),
        "csrf_refused": lambda: account.post("/esci", token=""),
        "foreign_request_refused": lambda: account.get("/caselle", headers=from_elsewhere),
        "access_refused": lambda: mailbox.post("/caselle/selezione/svuota"),
        "unreadable_input_refused": lambda: account.client.post("/esci", data={"a": ["1", "2"]}),
        "signed_in": lambda: nobody.sign_in(people.owner.identifier, PASSWORD),
        "signed_out": lambda: nobody.post("/esci"),
    }

    found = {}
    for event, ask in asked.items():
        capsys.readouterr()
        ask()
        found[event] = event in events(capsys)

    assert [event for event, was_logged in found.items() if not was_logged] == []


def test_meeting_a_limit_is_logged(app: Flask, people: People, capsys: Capture) -> None:
    for _ in range(11):
        Browser(app).sign_in("999999@aruba.it", WRONG)

    assert "rate_limited" in events(capsys)
