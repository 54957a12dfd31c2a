"""Signing in: two ways, one answer to every failure, and nothing to be learnt from it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher as Argon2
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from portal.adapters.credentials.argon2 import Argon2Hasher
from portal.adapters.credentials.local import LocalVerifier
from portal.app import create_app
from portal.domain.plans import Plan
from portal.login import local_path
from portal.ports import PasswordHasher
from portal.store.mailboxes import Mailbox
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, People, Person, password_hash, store_hash, stored_hash
from tests.factories import NOW, TODAY, make_account, make_mailbox
from tests.statements import counted

WRONG = "pioggia forte sui tetti"
REFUSED = "Credenziali non valide."
ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\x00/evil.example",
    "/\x7f/evil.example",
    "http://evil.example",
    "https:evil.example",
    "http:/evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    ".evil.example",
    "http://localhost@evil.example",
    "/ordini\r\nSet-Cookie: a=b",
    "/ordini\\..\\x",
    "",
]
"""What must not follow a sign-in; the tricks that other sites were taken in by."""
TOKENS = re.compile(r"[\w-]{20,}\.[\w-]{6}\.[\w-]{20,}")


class CountingHasher:
    """The real hasher, and how often it was asked."""

    def __init__(self) -> None:
        self._real = Argon2Hasher()
        self.verified = 0

    def hash(self, password: str) -> str:
        return self._real.hash(password)

    def verify(self, stored_hash: str | None, password: str) -> bool:
        self.verified += 1
        return self._real.verify(stored_hash, password)

    def needs_rehash(self, stored_hash: str) -> bool:
        return self._real.needs_rehash(stored_hash)


def with_hasher(services: Services, hasher: PasswordHasher) -> Services:
    return replace(services, hasher=hasher, verifier=LocalVerifier(hasher))


def masked(answer: TestResponse, identifier: str) -> tuple[int, str, list[str]]:
    """Return status, body and header names without what must differ: the token and what was typed."""
    body = TOKENS.sub("TOKEN", answer.text).replace(identifier, "IDENTIFIER")
    return answer.status_code, body, sorted(name for name, _ in answer.headers)


def test_an_account_enters_with_its_name(visitor: Browser, people: People) -> None:
    answer = visitor.sign_in(people.owner.identifier, PASSWORD)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert people.owner.identifier in visitor.get("/").text


def test_a_mailbox_enters_with_its_address_and_sees_itself(visitor: Browser, people: People) -> None:
    visitor.sign_in(people.mailbox.identifier, PASSWORD)

    page = visitor.client.get("/", follow_redirects=True)

    assert page.request.path == f"/caselle/{people.mailbox.identifier}"
    assert page.status_code == 200


def test_the_name_is_read_as_people_write_it(visitor: Browser, people: People) -> None:
    written = ["  111111@aruba.it ", "111111@ARUBA.IT", "111111@Aruba.It\t"]

    assert [visitor.sign_in(typed, PASSWORD).status_code for typed in written] == [303] * 3


def test_the_password_is_read_to_the_letter(visitor: Browser, people: People) -> None:
    nearly = [PASSWORD + " ", PASSWORD.upper(), PASSWORD[:-1], PASSWORD + "\0"]

    statuses = [visitor.sign_in(people.owner.identifier, password).status_code for password in nearly]

    assert statuses == [422, 422, 422, 400]
    assert not visitor.is_signed_in


def strange_principals(services: Services) -> dict[str, str]:
    """Store everybody who may not enter, and return their names: all of one length."""
    fields: dict[str, Any] = {"password_hash": password_hash()}
    with services.transaction() as session:
        make_account(session, "777771@aruba.it", disabled_at=NOW, **fields)
        make_account(session, "777772@aruba.it", password_hash=None)
        make_mailbox(session, None, "cancelled@p.it", cancelled_on=TODAY, **fields)
        make_mailbox(session, None, "lapsedlap@p.it", expires_in=-400, **fields)
        make_mailbox(session, None, "nohashnoh@p.it", password_hash=None)
    return {
        "disabled account": "777771@aruba.it",
        "account without a password": "777772@aruba.it",
        "unknown account": "777773@aruba.it",
        "cancelled mailbox": "cancelled@p.it",
        "lapsed mailbox": "lapsedlap@p.it",
        "mailbox without a password": "nohashnoh@p.it",
        "unknown mailbox": "unknownun@p.it",
    }


def test_every_failure_has_the_same_answer(app: Flask, services: Services, people: People) -> None:
    attempts = [(name, PASSWORD) for name in strange_principals(services).values()]
    attempts += [(people.owner.identifier, WRONG), (people.mailbox.identifier, WRONG), ("non un nome", WRONG)]

    answers = {
        name: masked(Browser(app, address=f"10.0.0.{place}").sign_in(name, password), name)
        for place, (name, password) in enumerate(attempts)
    }

    status, body, _ = answers["777771@aruba.it"]
    assert (status, body.count(REFUSED)) == (422, 1)
    assert {name for name, answer in answers.items() if answer != answers["777771@aruba.it"]} == set()


def test_every_attempt_costs_exactly_one_check(services: Services, people: People) -> None:
    hasher = CountingHasher()
    app = create_app(with_hasher(services, hasher))
    attempts = [(name, PASSWORD) for name in strange_principals(services).values()]
    attempts += [(people.owner.identifier, WRONG), (people.owner.identifier, PASSWORD)]
    attempts += [(people.mailbox.identifier, WRONG), (people.mailbox.identifier, PASSWORD)]

    counts = {}
    for identifier, password in attempts:
        before = hasher.verified
        Browser(app).sign_in(identifier, password)
        counts[identifier, password] = hasher.verified - before

    assert set(counts.values()) == {1}, counts


@ONE_DATABASE
def test_every_failure_asks_the_database_as_much(app: Flask, services: Services, people: People) -> None:
    attempts = [(name, PASSWORD) for name in strange_principals(services).values()]
    attempts += [(people.owner.identifier, WRONG), (people.mailbox.identifier, WRONG)]

    sent = {}
    for place, (identifier, password) in enumerate(attempts):
        browser = Browser(app, address=f"10.0.1.{place}")
        with counted(services.engine) as statements:
            browser.sign_in(identifier, password)
        sent[identifier] = len(statements)

    assert len(set(sent.values())) == 1, sent


@pytest.mark.parametrize("who", ["owner", "mailbox"])
def test_a_hash_of_older_parameters_is_renewed(services: Services, people: People, who: str) -> None:
    person: Person = getattr(people, who)
    old = Argon2(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    store_hash(services, person, old)

    Browser(create_app(services)).sign_in(person.identifier, PASSWORD)

    renewed = stored_hash(services, person)
    assert renewed != old
    assert "m=19456,t=2,p=1" in renewed
    assert services.hasher.verify(renewed, PASSWORD)


def test_a_wrong_password_renews_nothing(services: Services, people: People) -> None:
    old = Argon2(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    store_hash(services, people.owner, old)

    Browser(create_app(services)).sign_in(people.owner.identifier, WRONG)

    assert stored_hash(services, people.owner) == old


def test_a_suspended_mailbox_may_enter_to_renew(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        box = make_mailbox(
            session, None, plan=Plan.STANDARD, expires_in=-5, password_hash=password_hash()
        ).address

    assert Browser(app).sign_in(box, PASSWORD).status_code == 303


def test_the_link_of_a_mail_leads_on_after_signing_in(visitor: Browser, people: People) -> None:
    goal = f"/caselle/{people.owner.address}/rinnova"
    sent_to = visitor.get(goal).headers["Location"]
    page = visitor.get(sent_to).text
    hidden = re.search(r'name="next" value="([^"]*)"', page)
    assert hidden

    answer = visitor.sign_in(people.owner.identifier, PASSWORD, goal=hidden[1])

    assert answer.headers["Location"] == goal
    assert visitor.get(goal).status_code == 200


def test_a_failure_keeps_where_one_was_going(visitor: Browser, people: People) -> None:
    answer = visitor.sign_in(people.owner.identifier, WRONG, goal="/ordini")

    assert 'name="next" value="/ordini"' in answer.text


def test_no_answer_repeats_the_password(visitor: Browser, people: People) -> None:
    assert WRONG not in visitor.sign_in(people.owner.identifier, WRONG).text
    assert WRONG not in visitor.post("/accedi", {"identifier": "", "password": WRONG}).text


def test_an_incomplete_form_is_shown_again(visitor: Browser, people: People) -> None:
    name = people.owner.identifier
    incomplete = [
        {},
        {"identifier": name},
        {"password": PASSWORD},
        {"identifier": "", "password": ""},
        {"identifier": "a" * 255, "password": PASSWORD},
        {"identifier": name, "password": "p" * 1025},
    ]

    statuses = [visitor.post("/accedi", fields).status_code for fields in incomplete]

    assert statuses == [422] * len(incomplete)
    assert not visitor.is_signed_in


def test_odd_names_are_only_wrong(app: Flask, people: People) -> None:
    odd = [
        "'; DROP TABLE x; --",
        "%@aruba.it",
        "_11111@aruba.it",
        "{{7*7}}",
        "\u202e@aruba.it",
        "é@x.it",
        "🙂",
    ]

    answers = [Browser(app).sign_in(name, PASSWORD) for name in odd]

    assert [answer.status_code for answer in answers] == [422] * len(odd)
    assert all(REFUSED in answer.text for answer in answers)


@pytest.mark.parametrize("goal", ELSEWHERE)
def test_an_address_elsewhere_is_no_path_of_ours(goal: str) -> None:
    assert local_path(goal) is None


def test_only_a_path_of_ours_follows_a_sign_in(visitor: Browser, people: People) -> None:
    visitor.sign_in(people.owner.identifier, PASSWORD)  # known from here on: more tries

    followed = {
        visitor.sign_in(people.owner.identifier, PASSWORD, goal=goal).headers["Location"]
        for goal in ELSEWHERE
        if "\0" not in goal
    }

    assert followed == {"/"}


@pytest.mark.parametrize("goal", ["/", "/ordini", "/caselle?q=a&pagina=2", "/caselle/a@b.it", "/a//b"])
def test_a_path_of_ours_does(goal: str) -> None:
    assert local_path(goal) == goal


def test_who_is_already_in_goes_on(people: People, enter: Callable[[Person], Browser]) -> None:
    answer = enter(people.owner).get("/accedi")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_a_second_sign_in_ends_the_first(app: Flask, people: People) -> None:
    browser = Browser(app)
    browser.sign_in(people.owner.identifier, PASSWORD)
    kept = browser.session_cookie

    browser.sign_in(people.other.identifier, PASSWORD)

    thief = Browser(app)
    thief.client.set_cookie("portal", kept or "")
    assert not thief.is_signed_in
    assert people.other.identifier in browser.get("/").text


def test_the_page_tells_no_browser_to_keep_the_password_from_managers(visitor: Browser) -> None:
    page = visitor.get("/accedi").text

    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert 'type="password"' in page


def test_the_session_lasts_no_longer_than_the_mailbox(
    app: Flask, services: Services, people: People, enter: Callable[[Person], Browser]
) -> None:
    browser = enter(people.mailbox)
    assert browser.is_signed_in
    with services.transaction() as session:
        session.execute(
            update(Mailbox)
            .where(Mailbox.id == people.mailbox.subject.mailbox_id)
            .values(cancelled_on=TODAY - timedelta(days=1))
        )

    assert not browser.is_signed_in


def test_asking_for_the_head_is_asking_for_the_page_and_no_try(app: Flask, people: People) -> None:
    browser = Browser(app)

    heads = [
        browser.client.head("/accedi", query_string={"identifier": people.owner.identifier}) for _ in "12"
    ]

    assert [answer.status_code for answer in heads] == [200, 200]
