"""Sessions end when they should: at the server, not in the browser (S06, S17, S18, S19)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.app import create_app
from portal.store import every_table
from portal.store.accounts import Account, LoginSession
from portal.usecases import access
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.blueprints.people import PASSWORD, People, Person
from tests.blueprints.world import token_in
from tests.conftest import Clock
from tests.factories import NOW

Enter = Callable[[Person], Browser]


def with_cookie(app: Flask, cookie: str | None) -> Browser:
    browser = Browser(app)
    browser.client.set_cookie("portal", cookie or "")
    return browser


def test_a_cookie_from_before_signing_in_lets_nobody_in(app: Flask, people: People) -> None:
    victim = Browser(app)
    victim.token()
    planted = victim.session_cookie

    victim.sign_in(people.owner.identifier, PASSWORD)

    assert victim.session_cookie != planted
    assert victim.is_signed_in
    assert not with_cookie(app, planted).is_signed_in


def test_the_form_token_changes_with_the_session(visitor: Browser, people: People) -> None:
    before = visitor.token()

    visitor.sign_in(people.owner.identifier, PASSWORD)

    assert visitor.post("/esci", token=before).status_code == 403
    assert visitor.is_signed_in


def test_a_copied_cookie_is_dead_after_signing_out(app: Flask, people: People, enter: Enter) -> None:
    browser = enter(people.owner)
    copied = browser.session_cookie
    assert with_cookie(app, copied).is_signed_in

    answer = browser.post("/esci")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/accedi")
    assert "storage" in answer.headers["Clear-Site-Data"]
    assert not browser.is_signed_in
    assert not with_cookie(app, copied).is_signed_in


def test_signing_out_ends_this_browser_only(people: People, enter: Enter) -> None:
    one, two = enter(people.owner), enter(people.owner)

    one.post("/esci")

    assert two.is_signed_in


def test_signing_out_twice_is_quiet(people: People, enter: Enter) -> None:
    browser = enter(people.owner)
    browser.post("/esci")

    assert browser.post("/esci").status_code == 303


@pytest.mark.parametrize("who", ["owner", "mailbox"])
def test_a_new_password_ends_every_session(
    app: Flask, services: Services, people: People, enter: Enter, who: str
) -> None:
    person: Person = getattr(people, who)
    mine, neighbour = [enter(person), enter(person)], enter(people.other)

    with services.transaction() as session:
        access.set_password(session, person.subject, "another hash", now=services.now())

    assert [browser.is_signed_in for browser in mine] == [False, False]
    assert neighbour.is_signed_in


def test_a_disabled_account_is_out_at_its_next_request(
    services: Services, people: People, enter: Enter
) -> None:
    browser = enter(people.owner)
    with services.transaction() as session:
        session.execute(
            update(Account).where(Account.id == people.owner.subject.account_id).values(disabled_at=NOW)
        )

    answer = browser.get("/caselle")

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accedi?next=/caselle")


def test_half_an_hour_of_rest_ends_it(people: People, enter: Enter, clock: Clock) -> None:
    browser = enter(people.owner)

    clock.forward(minutes=29, seconds=59)
    still_in = browser.is_signed_in
    clock.forward(minutes=30)

    assert (still_in, browser.is_signed_in) == (True, False)


def test_use_keeps_it_alive_for_twelve_hours_and_no_longer(
    people: People, enter: Enter, clock: Clock
) -> None:
    browser = enter(people.owner)

    for _ in range(35):
        clock.forward(minutes=20)
        assert browser.is_signed_in
    clock.forward(minutes=19, seconds=59)
    assert browser.is_signed_in
    clock.forward(seconds=1)

    assert not browser.is_signed_in


def test_a_page_that_asks_by_itself_keeps_nothing_alive(people: People, enter: Enter, clock: Clock) -> None:
    browser = enter(people.owner)
    status_page = f"/ordini/{people.owner.order_number}/stato"

    for _ in range(29):
        clock.forward(minutes=1)
        assert browser.get(status_page, headers=HTMX).status_code == 200
    clock.forward(minutes=1)

    assert browser.get(status_page, headers=HTMX).status_code == 401
    assert not browser.is_signed_in


def test_use_is_noted_at_most_once_a_minute(
    services: Services, people: People, enter: Enter, clock: Clock
) -> None:
    browser = enter(people.owner)

    seen = []
    for seconds in (0, 59, 1, 30):
        clock.forward(seconds=seconds)
        browser.get("/caselle")
        seen.append(last_seen(services) - NOW)

    assert seen == [timedelta(0), timedelta(0), timedelta(minutes=1), timedelta(minutes=1)]


def last_seen(services: Services) -> datetime:
    with services.reading() as session:
        return session.scalars(select(LoginSession.last_seen_at)).one()


def test_the_database_holds_nothing_to_sign_in_with(app: Flask, services: Services, people: People) -> None:
    browser = Browser(app)
    browser.sign_in(people.owner.identifier, PASSWORD)
    with browser.client.session_transaction() as cookie:
        token = cookie["_user_id"]

    dump = everything_stored(services)

    assert access.hash_of(token) in dump  # the search works
    assert len(token) >= 43
    for secret in (token, browser.session_cookie or "", PASSWORD):
        assert secret not in dump


def everything_stored(services: Services) -> str:
    with services.reading() as session:
        return "\n".join(
            repr(row) for table in every_table().sorted_tables for row in session.execute(select(table))
        )


def test_what_the_database_holds_lets_nobody_in(app: Flask, people: People, enter: Enter) -> None:
    browser = enter(people.owner)
    with browser.client.session_transaction() as cookie:
        cookie["_user_id"] = access.hash_of(cookie["_user_id"])

    assert not browser.is_signed_in


@pytest.mark.parametrize("cookie", ["", "x", "eyJfdXNlcl9pZCI6IjEifQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb"])
def test_a_made_up_cookie_is_no_cookie(app: Flask, people: People, cookie: str) -> None:
    assert with_cookie(app, cookie).get("/caselle").status_code == 302


def test_a_cookie_signed_with_another_key_is_no_cookie(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    elsewhere = create_app(
        replace(services, settings=replace(services.settings, secret_key="another key of thirty-two chars!"))
    )
    cookie = Browser(elsewhere).enter(services, people.owner.subject).session_cookie

    assert not with_cookie(app, cookie).is_signed_in


def test_the_key_can_be_changed_without_signing_anybody_out(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    cookie = enter(people.owner).session_cookie
    settings = replace(
        services.settings,
        secret_key="the next key, of more than thirty-two characters",
        secret_key_fallbacks=(services.settings.secret_key,),
    )

    assert with_cookie(create_app(replace(services, settings=settings)), cookie).is_signed_in


def test_the_cookie_is_bound_to_this_host_and_to_https(services: Services, people: People) -> None:
    settings = replace(services.settings, secure_cookies=True)
    answer = create_app(replace(services, settings=settings)).test_client().get("https://localhost/accedi")

    (cookie,) = (value for value in answer.headers.getlist("Set-Cookie") if "portal" in value)
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert cookie.startswith("__Host-portal=")
    assert attributes == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}


def test_the_browsers_cookie_is_bound_as_well(services: Services, people: People) -> None:
    settings = replace(services.settings, secure_cookies=True)
    browser = create_app(replace(services, settings=settings)).test_client()
    token = token_in(browser.get("https://localhost/accedi"))

    answer = browser.post(
        "https://localhost/accedi",
        data={"identifier": people.owner.identifier, "password": PASSWORD, "csrf_token": token},
        headers={"Origin": "https://localhost"},
    )

    cookies = answer.headers.getlist("Set-Cookie")
    assert answer.status_code == 303
    assert len(cookies) == 2
    for cookie in cookies:
        assert cookie.startswith("__Host-portal")
        attributes = {part.strip() for part in cookie.split(";")}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
