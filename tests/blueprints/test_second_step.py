"""The second step: optional, on both ways in, each code once, and no way around it (S23)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from pyotp import TOTP
from sqlalchemy import select

from portal.adapters.sealing import KeySealer
from portal.app import create_app
from portal.domain.second_step import step_of
from portal.store.mails import Mail
from portal.store.second_steps import Totp
from portal.usecases import second_steps
from portal.usecases.access import set_password
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, People, Person
from tests.blueprints.test_recovery_pages import NEW, choose, link_for, open_link
from tests.conftest import Clock

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Enter = Callable[[Person], Browser]
SECRET = re.compile(r"<code>([A-Z2-7]{32})</code>")
CODES = re.compile(r"<code>([a-z2-7-]{27})</code>")


class Phone:
    """An authenticator app that knows one secret."""

    def __init__(self, secret: str, services: Services) -> None:
        self.secret = secret
        self._services = services

    def code(self, steps: int = 0) -> str:
        return str(TOTP(self.secret).generate_otp(step_of(self._services.now()) + steps))


def switch_on(browser: Browser, services: Services) -> tuple[Phone, list[str]]:
    """Tell an app the secret, prove that it knows it; return it and the recovery codes."""
    browser.post("/profilo/verifica/app/inizia")
    found = SECRET.search(browser.get("/profilo/verifica/app").text)
    assert found
    phone = Phone(found[1], services)
    answer = browser.post("/profilo/verifica/app", {"code": phone.code(-1)})
    assert answer.status_code == 200
    return phone, CODES.findall(answer.text)


def knows_password(app: Flask, person: Person, *, goal: str = "", address: str = "127.0.0.1") -> Browser:
    """Return a browser that has the second step before it."""
    browser = Browser(app, address=address)
    answer = browser.sign_in(person.identifier, PASSWORD, goal=goal)
    assert (answer.status_code, answer.location) == (303, "/accedi/verifica")
    return browser


def verify(browser: Browser, code: str) -> tuple[int, str]:
    answer = browser.post("/accedi/verifica", {"conferma-codice": code})
    return answer.status_code, answer.location or ""


@ONE_DATABASE
@pytest.mark.parametrize("who", ["owner", "mailbox"])
def test_both_ways_in_ask_for_the_code(
    app: Flask, services: Services, people: People, enter: Enter, who: str
) -> None:
    person: Person = getattr(people, who)
    phone, codes = switch_on(enter(person), services)
    assert len(set(codes)) == 10

    browser = knows_password(app, person, goal="/ordini")

    assert not browser.is_signed_in
    assert verify(browser, phone.code()) == (303, "/ordini")
    assert browser.is_signed_in


@ONE_DATABASE
def test_who_has_none_is_not_asked(app: Flask, people: People) -> None:
    assert Browser(app).sign_in(people.owner.identifier, PASSWORD).location == "/"


@ONE_DATABASE
def test_a_secret_that_was_not_proved_is_not_asked_for(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    browser = enter(people.owner)
    browser.post("/profilo/verifica/app/inizia")

    assert browser.post("/profilo/verifica/app", {"code": "000000"}).status_code == 422
    assert Browser(app).sign_in(people.owner.identifier, PASSWORD).location == "/"


@ONE_DATABASE
def test_a_code_works_once(app: Flask, services: Services, people: People, enter: Enter) -> None:
    phone, _ = switch_on(enter(people.owner), services)
    code = phone.code()
    assert verify(knows_password(app, people.owner), code)[0] == 303

    thief = knows_password(app, people.owner)

    assert verify(thief, code)[0] == 422
    assert verify(thief, phone.code(-1))[0] == 422, "and none from before it"
    assert verify(thief, phone.code(1))[0] == 303


@ONE_DATABASE
@pytest.mark.parametrize("steps", [-2, 2])
def test_old_and_coming_codes_are_wrong(
    app: Flask, services: Services, people: People, enter: Enter, clock: Clock, steps: int
) -> None:
    phone, _ = switch_on(enter(people.owner), services)
    clock.forward(minutes=5)

    assert verify(knows_password(app, people.owner), phone.code(steps))[0] == 422


@ONE_DATABASE
def test_a_recovery_code_works_once_however_it_is_typed(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    _, codes = switch_on(enter(people.owner), services)
    typed = codes[0].upper().replace("-", " ")

    assert verify(knows_password(app, people.owner), typed)[0] == 303
    assert verify(knows_password(app, people.owner), codes[0])[0] == 422
    assert verify(knows_password(app, people.owner), codes[1])[0] == 303
    with services.reading() as session:
        told = [mail.context.get("what") for mail in session.scalars(select(Mail).order_by(Mail.id))]
    assert told == ["totp_on", "code_used", "code_used"]


@ONE_DATABASE
def test_another_persons_codes_are_wrong(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    switch_on(enter(people.owner), services)
    phone, codes = switch_on(enter(people.other), services)
    browser = knows_password(app, people.owner)

    assert [verify(browser, code)[0] for code in (phone.code(), codes[0])] == [422, 422]


@ONE_DATABASE
def test_five_wrong_codes_lead_back_to_the_password(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    phone, _ = switch_on(enter(people.owner), services)
    browser = knows_password(app, people.owner)

    statuses = [verify(browser, "000000") for _ in range(5)]

    assert [status for status, _ in statuses] == [422] * 4 + [303]
    assert statuses[-1][1] == "/accedi"
    assert verify(browser, phone.code()) == (303, "/accedi")
    assert not browser.is_signed_in


@ONE_DATABASE
def test_guessing_on_is_slowed_although_the_password_is_known(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    phone, _ = switch_on(enter(people.owner), services)
    known = knows_password(app, people.owner, address="10.5.5.5")
    verify(known, phone.code())
    known.post("/esci")

    statuses = []
    for place in range(3):
        thief = knows_password(app, people.owner, address=f"10.0.{place}.1")
        statuses += [verify(thief, "000000")[0] for _ in range(4)]

    assert statuses == [422] * 10 + [429] * 2
    again = known.sign_in(people.owner.identifier, PASSWORD)
    assert again.location == "/accedi/verifica"
    assert verify(known, phone.code(1))[0] == 303, "the owner's browser is not kept out"


@ONE_DATABASE
def test_the_half_way_browser_has_nothing(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    switch_on(enter(people.owner), services)
    browser = knows_password(app, people.owner)

    for path in ("/", "/caselle", "/profilo", "/profilo/verifica", "/profilo/password", "/ordini"):
        assert browser.get(path).status_code == 302, path
    assert browser.post("/profilo/verifica/app/rimuovi").status_code == 302
    assert browser.client.get_cookie("portal_device") is None


@ONE_DATABASE
def test_waiting_ends_with_time_and_with_another_password(
    app: Flask, services: Services, people: People, enter: Enter, clock: Clock
) -> None:
    phone, _ = switch_on(enter(people.owner), services)
    slow, robbed = knows_password(app, people.owner), knows_password(app, people.owner)
    with services.transaction() as session:
        another = services.hasher.hash("tutt'altra frase")
        set_password(session, people.owner.subject, another, now=services.now())
    assert verify(robbed, phone.code()) == (303, "/accedi")

    with services.transaction() as session:
        set_password(session, people.owner.subject, services.hasher.hash(PASSWORD), now=services.now())
    slow = knows_password(app, people.owner)
    clock.forward(minutes=10)

    assert verify(slow, phone.code()) == (303, "/accedi")


@ONE_DATABASE
def test_a_cookie_from_the_half_way_is_dead_once_used(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    phone, _ = switch_on(enter(people.owner), services)
    browser = knows_password(app, people.owner)
    before = browser.session_cookie
    verify(browser, phone.code())

    thief = Browser(app)
    thief.client.set_cookie("portal", before or "")

    assert thief.get("/accedi/verifica").location == "/accedi"
    assert thief.session_cookie != browser.session_cookie


@ONE_DATABASE
def test_a_delicate_thing_asks_for_the_code_too(
    app: Flask, services: Services, people: People, enter: Enter, clock: Clock
) -> None:
    browser = enter(people.owner)
    phone, _ = switch_on(browser, services)
    clock.forward(minutes=16)

    alone = browser.post("/conferma-identita", {"conferma-password": PASSWORD})
    both = browser.post(
        "/conferma-identita", {"conferma-password": PASSWORD, "conferma-codice": phone.code()}
    )

    assert (alone.status_code, both.status_code) == (422, 303)
    assert browser.get("/profilo/sessioni").status_code == 200


@ONE_DATABASE
def test_the_secret_is_shown_until_it_is_proved_and_kept_sealed(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    browser = enter(people.owner)
    phone, codes = switch_on(browser, services)

    with services.reading() as session:
        row = session.scalars(select(Totp)).one()
    assert phone.secret not in row.sealed_secret
    assert services.sealer.open(row.sealed_secret) == phone.secret
    assert browser.get("/profilo/verifica/app").status_code == 303
    assert browser.post("/profilo/verifica/app/inizia").status_code == 404
    assert phone.secret not in browser.get("/profilo/verifica").text
    assert codes[0] not in browser.get("/profilo/verifica").text


@ONE_DATABASE
def test_switching_off_takes_the_codes_along(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    browser = enter(people.owner)
    switch_on(browser, services)

    assert browser.post("/profilo/verifica/app/rimuovi").status_code == 303

    assert Browser(app).sign_in(people.owner.identifier, PASSWORD).location == "/"
    with services.reading() as session:
        assert not second_steps.look_at_ways(session, people.owner.subject).codes_left


@ONE_DATABASE
def test_new_codes_take_the_place_of_the_old(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    browser = enter(people.owner)
    _, old = switch_on(browser, services)
    new = CODES.findall(browser.post("/profilo/verifica/codici").text)

    assert len(new) == 10
    assert verify(knows_password(app, people.owner), old[0])[0] == 422
    assert verify(knows_password(app, people.owner), new[0])[0] == 303


@ONE_DATABASE
def test_nobody_makes_codes_without_a_second_step(people: People, enter: Enter) -> None:
    assert enter(people.owner).post("/profilo/verifica/codici").status_code == 404


@ONE_DATABASE
def test_a_mailbox_has_no_passkeys(people: People, enter: Enter) -> None:
    browser = enter(people.mailbox)

    assert "Passkey" not in browser.get("/profilo/verifica").text
    assert browser.post("/profilo/verifica/passkey/sfida").status_code == 404


@ONE_DATABASE
@pytest.mark.parametrize(
    "answer", ["", "{}", "[]", "null", "x" * 30_000, "[" * 19_000, '{"id": 5, "response": 7}']
)
def test_what_is_no_passkey_is_refused(
    app: Flask, services: Services, people: People, enter: Enter, answer: str
) -> None:
    browser = enter(people.owner)
    switch_on(browser, services)
    half = knows_password(app, people.owner)

    assert browser.post("/profilo/verifica/passkey", {"passkey": answer}).status_code == 303
    assert half.post("/accedi/verifica", {"conferma-passkey": answer}).status_code == 422
    with services.reading() as session:
        assert second_steps.look_at_ways(session, people.owner.subject).passkeys == 0


@ONE_DATABASE
def test_recovery_leaves_the_second_step_on(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    switch_on(enter(people.owner), services)

    assert choose(open_link(app, link_for(app, services, people.owner))) == 303

    answer = Browser(app).sign_in(people.owner.identifier, NEW)
    assert (answer.status_code, answer.location) == (303, "/accedi/verifica")


def race(services: Services, person: Person, code: str, *, claimed: bool) -> int:
    """Take one code from two threads at once; return how often it was right.

    Unclaimed, as if the step were compared and then kept: the negative control.
    """
    right: list[bool] = []
    start = threading.Barrier(2)

    def take() -> None:
        start.wait()
        if claimed:
            with services.transaction() as session:
                right.append(
                    second_steps.take_code(
                        session, person.subject, code, sealer=services.sealer, now=services.now()
                    )
                )
            return
        with services.reading() as reading:
            row = reading.scalars(select(Totp)).one()
        start.wait()
        fits = TOTP(services.sealer.open(row.sealed_secret)).verify(code, for_time=services.now())
        right.append(fits and row.last_step < step_of(services.now()))

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(right)


def test_of_two_with_the_same_code_one_gets_in(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    phone, _ = switch_on(enter(people.owner), services)

    assert race(services, people.owner, phone.code(), claimed=True) == 1


def test_without_the_claim_both_would(app: Flask, services: Services, people: People, enter: Enter) -> None:
    phone, _ = switch_on(enter(people.owner), services)

    assert race(services, people.owner, phone.code(), claimed=False) == 2


def test_of_two_with_the_same_recovery_code_one_gets_in(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    _, codes = switch_on(enter(people.owner), services)

    assert race(services, people.owner, codes[0], claimed=True) == 1


@ONE_DATABASE
def test_switching_on_ends_every_other_session(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    here, there = enter(people.owner), enter(people.owner)
    before = here.session_cookie

    switch_on(here, services)

    thief = Browser(app)
    thief.client.set_cookie("portal", before or "")
    assert [each.is_signed_in for each in (here, there, thief)] == [True, False, False]


@ONE_DATABASE
def test_the_half_way_ends_who_was_signed_in_before(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    switch_on(enter(people.owner), services)
    browser = enter(people.other)
    before = browser.session_cookie

    browser.sign_in(people.owner.identifier, PASSWORD)

    thief = Browser(app)
    thief.client.set_cookie("portal", before or "")
    assert not thief.is_signed_in
    assert not browser.is_signed_in


@ONE_DATABASE
def test_with_the_key_gone_a_recovery_code_still_helps(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    phone, codes = switch_on(enter(people.owner), services)
    settings = replace(services.settings, secret_key="another key, of more than thirty-two characters")
    elsewhere = create_app(replace(services, settings=settings, sealer=KeySealer([settings.secret_key])))
    browser = knows_password(elsewhere, people.owner)

    assert verify(browser, phone.code())[0] == 422
    assert verify(browser, codes[0])[0] == 303


@ONE_DATABASE
def test_a_newer_key_seals_the_secret_anew(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    phone, _ = switch_on(enter(people.owner), services)
    keys = ["the next key, of more than thirty-two characters", services.settings.secret_key]
    verify(knows_password(create_app(replace(services, sealer=KeySealer(keys))), people.owner), phone.code())

    with services.reading() as session:
        row = session.scalars(select(Totp)).one()
    assert KeySealer(keys[:1]).open(row.sealed_secret) == phone.secret


@ONE_DATABASE
def test_the_operator_takes_it_away(services: Services, people: People, enter: Enter, app: Flask) -> None:
    browser = enter(people.owner)
    switch_on(browser, services)
    with services.transaction() as session:
        assert second_steps.remove_all(session, people.owner.subject, now=services.now())
        assert not second_steps.remove_all(session, people.owner.subject, now=services.now())

    assert not browser.is_signed_in
    assert Browser(app).sign_in(people.owner.identifier, PASSWORD).location == "/"
