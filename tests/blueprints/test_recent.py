"""What hurts needs a password given lately, and a form that comes too late loses nothing (S17, S20)."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from io import BytesIO

import pytest
from flask import Flask, request
from werkzeug.test import TestResponse

from portal import policies
from portal.policies import FRESH, OWN_PROOF, POLICIES, Policy
from portal.usecases.access import set_password
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.blueprints.people import PASSWORD, People, Person
from tests.blueprints.walkers import NOBODYS, routes
from tests.conftest import Clock

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Enter = Callable[[Person], Browser]
ASKED = "Conferma che sei tu"
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@pytest.fixture
def stale(people: People, enter: Enter, clock: Clock) -> Browser:
    """The owner's browser, signed in 16 minutes ago."""
    browser = enter(people.owner)
    clock.forward(minutes=16)
    return browser


def form_in(page: TestResponse) -> str:
    """Return the page's own form, without those of its head and foot."""
    return page.text.partition('<form class="form"')[2].partition("</form>")[0]


def kept_in(page: TestResponse) -> dict[str, str]:
    """Return the hidden fields of the page's own form."""
    form = form_in(page)
    found = {name: unescape(text) for name, text in HIDDEN.findall(form)}
    found.pop("csrf_token")
    return found


def ungated(app: Flask, browser: Browser) -> list[str]:
    """Return the routes of FRESH that answer a stale session with anything but the question."""
    wrong = []
    for route in routes(app):
        if route.endpoint not in FRESH - OWN_PROOF or route.method in ("HEAD", "OPTIONS"):
            continue
        path = route.path(NOBODYS)
        answer = browser.get(path) if route.method == "GET" else browser.post(path, {"x": "1"})
        asked = answer.location or "" if route.method == "GET" else answer.text
        question = "/conferma-identita" if route.method == "GET" else ASKED
        wrong += [] if question in asked else [f"{route.method} {path}: {answer.status}"]
    return wrong


def test_every_fresh_route_asks_a_stale_session(app: Flask, stale: Browser) -> None:
    assert ungated(app, stale) == []


def test_a_route_that_does_not_ask_is_found(app: Flask, people: People, enter: Enter, stale: Browser) -> None:
    assert len(ungated(app, enter(people.owner))) >= 5  # this one has just signed in


def test_the_list_names_only_routes_that_exist(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(POLICIES) >= FRESH
    assert FRESH >= OWN_PROOF


def test_a_page_asks_and_then_shows_itself(stale: Browser) -> None:
    asked = stale.get("/profilo/sessioni")
    assert asked.location == "/conferma-identita?next=/profilo/sessioni"

    answer = stale.post("/conferma-identita", {"next": "/profilo/sessioni", "conferma-password": PASSWORD})

    assert answer.location == "/profilo/sessioni"
    assert stale.get("/profilo/sessioni").status_code == 200


def test_a_form_goes_on_with_what_it_held(
    app: Flask, services: Services, stale: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []
    app.view_functions["profile.end_session"] = lambda: heard.append(_form()) or "done"
    fields = {"session": "7", "note": 'due\nrighe "<b>"', "casella": ["1", "2"]}

    asked = stale.post("/profilo/sessioni/chiudi", fields)
    assert (asked.status_code, heard) == (403, [])
    form = form_in(asked)
    assert 'action="/profilo/sessioni/chiudi"' in form
    assert kept_in(asked)["note"] == fields["note"]
    assert HIDDEN.findall(form).count(("casella", "2")) == 1

    answer = stale.post("/profilo/sessioni/chiudi", {**fields, "conferma-password": PASSWORD})

    assert answer.text == "done"
    assert len(heard) == 1


def _form() -> object:
    return request.form.to_dict(flat=False)


def test_a_wrong_password_keeps_the_input_and_does_nothing(
    app: Flask, services: Services, stale: Browser
) -> None:
    asked = stale.post("/profilo/sessioni/chiudi-altre", {"a": "b", "conferma-password": "sbagliata davvero"})

    assert asked.status_code == 422
    assert asked.text.count("Password non valida.") == 2, "above, and at the field"
    assert 'aria-invalid="true"' in asked.text
    assert kept_in(asked) == {"a": "b"}
    assert "sbagliata davvero" not in asked.text


def test_a_proof_is_another_session_with_the_same_pages(
    app: Flask, services: Services, stale: Browser
) -> None:
    page_token, before = stale.token(), stale.session_cookie
    stale.post("/conferma-identita", {"conferma-password": PASSWORD})

    thief = Browser(app)
    thief.client.set_cookie("portal", before or "")
    assert not thief.is_signed_in
    assert stale.is_signed_in
    assert stale.post("/caselle/selezione/svuota", token=page_token).status_code == 303


def test_a_part_is_told_by_a_header(stale: Browser) -> None:
    answer = stale.post("/profilo/sessioni/chiudi-altre", headers=HTMX)

    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/conferma-identita")


@pytest.mark.parametrize(
    "goal", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x"]
)
def test_it_leads_nowhere_else(stale: Browser, goal: str) -> None:
    asked = stale.get(f"/conferma-identita?next={goal}")
    answer = stale.post("/conferma-identita", {"next": goal, "conferma-password": PASSWORD})

    assert "evil" not in form_in(asked)
    assert answer.location == "/profilo"


def test_another_persons_password_is_no_proof(
    app: Flask, services: Services, people: People, stale: Browser
) -> None:
    with services.transaction() as session:
        set_password(
            session, people.other.subject, services.hasher.hash("tutt'altra frase"), now=services.now()
        )

    asked = stale.post(
        "/conferma-identita",
        {"conferma-password": "tutt'altra frase", "conferma-nome": people.other.identifier},
    )

    assert asked.status_code == 422


def test_guessing_in_a_stolen_session_is_slowed(stale: Browser) -> None:
    fields = {"conferma-password": "sbagliata davvero"}

    statuses = [stale.post("/conferma-identita", fields).status_code for _ in range(11)]

    assert statuses == [422] * 10 + [429]


def test_nobody_is_asked_right_after_signing_in(people: People, enter: Enter) -> None:
    assert enter(people.owner).get("/profilo/sessioni").status_code == 200


def test_a_forged_form_tries_no_password(stale: Browser, services: Services) -> None:
    answer = stale.post("/conferma-identita", {"conferma-password": PASSWORD}, token="")

    assert answer.status_code == 403
    assert stale.get("/profilo/sessioni").status_code == 303


def test_an_undeclared_fresh_route_stops_the_start(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "FRESH", FRESH | {"profile.gone"})

    with pytest.raises(RuntimeError, match=r"stale \['profile.gone'\]"):
        policies.check(app)
    assert POLICIES["profile.sessions_page"] is Policy.SIGNED_IN


def test_a_file_is_chosen_again_on_the_page_it_came_from(people: People, stale: Browser) -> None:
    path = f"/caselle/{people.owner.address}/documento"

    answer = stale.post(path, {"document": (BytesIO(b"x"), "x.jpg", "image/jpeg")})

    assert (answer.status_code, answer.location) == (303, f"/conferma-identita?next={path}")
