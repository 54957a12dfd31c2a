"""Forgotten passwords and names: equal answers, links that work once, nobody signed in by them (S12, S22)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.app import create_app
from portal.store.mails import Mail
from portal.store.outbox import Claim, OutboxRow
from portal.store.recovery import RecoveryLink, RecoveryRequest
from portal.usecases import recovery
from portal.usecases.access import set_password
from portal.usecases.mail_rows import SEALED
from portal.usecases.passwords import NewPassword
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.people import PASSWORD, People, Person, store_hash, stored_hash
from tests.blueprints.test_limits import attempts
from tests.conftest import Clock
from tests.factories import NOW, TAX_CODE, TODAY, make_account, make_mailbox
from workers.passwords import PasswordWork

ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Enter = Callable[[Person], Browser]
NEW = "sette gatti sotto la luna"
TOKENS = re.compile(r"[\w-]{20,}\.[\w-]{6}\.[\w-]{20,}")


def ask(browser: Browser, name: str, code: str = "", *, what: str = "password") -> tuple[int, str]:
    answer = browser.post(f"/recupero/{what}", {"identifier": name, "code": code})
    return answer.status_code, answer.location or ""


def work(services: Services) -> None:
    """Do what a worker does with all that was asked."""
    with services.transaction() as session:
        for number in list(session.scalars(select(RecoveryRequest.id))):
            recovery.answer(
                session, number, account_domain="aruba.it", sealer=services.sealer, now=services.now()
            )


def mails(services: Services) -> list[Mail]:
    with services.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def tokens(services: Services) -> list[str]:
    """Return what the links in the mails carry, the oldest first."""
    sealed = [mail.context[SEALED]["token"] for mail in mails(services) if mail.kind == "password_reset"]
    return [services.sealer.open(each) for each in sealed]


def link_for(app: Flask, services: Services, person: Person, code: str = TAX_CODE) -> str:
    ask(Browser(app), person.identifier, code)
    work(services)
    return tokens(services)[-1]


def open_link(app: Flask, token: str) -> Browser:
    browser = Browser(app)
    answer = browser.get(f"/recupero/link/{token}")
    assert (answer.status_code, answer.location) == (303, "/recupero/nuova-password")
    return browser


def choose(browser: Browser, new: str = NEW) -> int:
    fields = {"new_password": new, "new_password_again": new}
    return browser.post("/recupero/nuova-password", fields).status_code


@pytest.mark.parametrize("who", ["owner", "mailbox"])
def test_a_link_lets_choose_a_password(app: Flask, services: Services, people: People, who: str) -> None:
    person: Person = getattr(people, who)
    browser = open_link(app, link_for(app, services, person))

    assert person.identifier in browser.get("/recupero/nuova-password").text
    assert choose(browser) == 303

    assert not browser.is_signed_in
    assert Browser(app).sign_in(person.identifier, PASSWORD).status_code == 422
    assert Browser(app).sign_in(person.identifier, NEW).status_code == 303
    assert [mail.kind for mail in mails(services)] == ["password_reset", "password_changed"]


@ONE_DATABASE
def test_a_stolen_password_is_not_taken(app: Flask, services: Services, people: People) -> None:
    browser = open_link(app, link_for(app, services, people.owner))

    assert choose(browser, "momsanaladventure") == 422
    assert choose(browser) == 303


@ONE_DATABASE
def test_the_link_works_once(app: Flask, services: Services, people: People) -> None:
    token = link_for(app, services, people.owner)
    first, second = open_link(app, token), open_link(app, token)
    assert second.get("/recupero/nuova-password").status_code == 200

    assert choose(first) == 303

    assert second.get("/recupero/nuova-password").status_code == 410
    assert choose(second, "un'altra frase ancora, lunga") == 410
    assert Browser(app).sign_in(people.owner.identifier, NEW).status_code == 303


@ONE_DATABASE
def test_a_newer_link_ends_the_older(app: Flask, services: Services, people: People) -> None:
    older = link_for(app, services, people.owner)
    newer = link_for(app, services, people.owner)

    assert open_link(app, older).get("/recupero/nuova-password").status_code == 410
    assert open_link(app, newer).get("/recupero/nuova-password").status_code == 200


def test_whoever_asks_again_is_answered_again(app: Flask, services: Services, people: People) -> None:
    for _ in range(2):
        ask(Browser(app), people.owner.identifier)
        work(services)
    with services.reading() as session:
        waiting = session.scalars(select(OutboxRow.key).where(OutboxRow.kind == "recovery.answer")).all()

    assert len(waiting) == 2


@ONE_DATABASE
def test_the_link_lasts_an_hour(app: Flask, services: Services, people: People, clock: Clock) -> None:
    browser = open_link(app, link_for(app, services, people.owner))
    clock.forward(minutes=59)
    assert browser.get("/recupero/nuova-password").status_code == 200

    clock.forward(minutes=1)

    assert choose(browser) == 410


@ONE_DATABASE
def test_with_another_password_the_link_is_dead(app: Flask, services: Services, people: People) -> None:
    browser = open_link(app, link_for(app, services, people.owner))
    with services.transaction() as session:
        another = services.hasher.hash("tutt'altra frase")
        set_password(session, people.owner.subject, another, now=services.now())

    assert choose(browser) == 410
    assert Browser(app).sign_in(people.owner.identifier, "tutt'altra frase").status_code == 303


@ONE_DATABASE
def test_open_sessions_end(app: Flask, services: Services, people: People, enter: Enter) -> None:
    thief = enter(people.owner)

    choose(open_link(app, link_for(app, services, people.owner)))

    assert not thief.is_signed_in


def strangers(services: Services, people: People) -> dict[str, tuple[str, str]]:
    """Return what is nobody's, or not to be recovered."""
    with services.transaction() as session:
        make_account(session, "777771@aruba.it", disabled_at=NOW, password_hash="x")
        make_mailbox(session, None, "finita@pec.example", cancelled_on=TODAY)
    return {
        "unknown account": ("999999@aruba.it", ""),
        "unknown mailbox": ("nessuno@pec.example", TAX_CODE),
        "disabled account": ("777771@aruba.it", ""),
        "cancelled mailbox": ("finita@pec.example", TAX_CODE),
        "mailbox with a wrong code": (people.mailbox.identifier, "VRDLGI80A01H501X"),
        "mailbox without a code": (people.mailbox.identifier, ""),
        "not a name": ("'; DROP TABLE x; --", "{{7*7}}"),
    }


@ONE_DATABASE
def test_every_answer_is_the_same(app: Flask, services: Services, people: People) -> None:
    asked = {"the owner": (people.owner.identifier, ""), "the mailbox": (people.mailbox.identifier, TAX_CODE)}
    answers = set()
    for place, (name, code) in enumerate({**strangers(services, people), **asked}.values()):
        browser = Browser(app, address=f"10.0.{place}.1")
        answers.add(
            (ask(browser, name, code), TOKENS.sub("T", browser.get("/recupero/password/inviato").text))
        )
    work(services)

    assert len(answers) == 1
    assert sorted(mail.recipient for mail in mails(services)) == sorted(
        {mail.recipient for mail in mails(services)}
    )
    assert len(mails(services)) == 2


def statements(services: Services, act: Callable[[], Any]) -> list[str]:
    """Return every statement that the web executes meanwhile."""
    heard: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        heard.append(statement)

    event.listen(services.engine, "before_cursor_execute", listen)
    act()
    event.remove(services.engine, "before_cursor_execute", listen)
    return heard


@ONE_DATABASE
def test_the_web_does_the_same_whoever_is_asked_for(app: Flask, services: Services, people: People) -> None:
    known, unknown = Browser(app), Browser(app)
    tokens_of = {known: known.token(), unknown: unknown.token()}

    def act(browser: Browser, name: str) -> Callable[[], Any]:
        fields = {"identifier": name, "code": TAX_CODE}
        return lambda: browser.post("/recupero/password", fields, token=tokens_of[browser])

    done = statements(services, act(known, people.owner.identifier))

    assert done == statements(services, act(unknown, "999999@aruba.it"))
    assert any("recovery_request" in each for each in done)
    assert not any("FROM account" in each for each in done)


@ONE_DATABASE
def test_nothing_that_was_typed_is_kept(app: Flask, services: Services, people: People) -> None:
    ask(Browser(app), people.owner.identifier)
    ask(Browser(app), "999999@aruba.it")
    work(services)

    with services.reading() as session:
        assert session.scalars(select(RecoveryRequest)).all() == []
        (link,) = session.scalars(select(RecoveryLink))
    token = tokens(services)[0]
    assert len(token) >= 43
    assert token not in f"{vars(link)}{[vars(mail) for mail in mails(services)]}"


@ONE_DATABASE
@pytest.mark.parametrize("code", [TAX_CODE, TAX_CODE.lower(), " RSSMRA 85T10 A562S "])
def test_the_code_is_read_as_people_write_it(
    app: Flask, services: Services, people: People, code: str
) -> None:
    assert link_for(app, services, people.mailbox, code)


@ONE_DATABASE
def test_a_day_brings_five_mails(app: Flask, services: Services, people: People, clock: Clock) -> None:
    for place in range(8):
        ask(Browser(app, address=f"10.0.{place}.1"), people.owner.identifier)
        work(services)
        clock.forward(minutes=1)
    assert len(mails(services)) == 5

    clock.forward(hours=24)
    ask(Browser(app), people.owner.identifier)
    work(services)

    assert len(mails(services)) == 6


@ONE_DATABASE
def test_one_address_asks_so_often_and_no_more(app: Flask, people: People) -> None:
    browser = Browser(app)

    statuses = [ask(browser, f"{300_000 + place}@aruba.it")[0] for place in range(12)]

    assert statuses == [303] * 10 + [429] * 2


@ONE_DATABASE
def test_a_reminder_lists_the_names_of_an_address(app: Flask, services: Services, people: People) -> None:
    ask(Browser(app), "Cliente.111111@posta.example", what="username")
    ask(Browser(app), "nessuno@posta.example", what="username")
    work(services)

    (mail,) = mails(services)
    assert (mail.kind, mail.recipient) == ("username_reminder", "cliente.111111@posta.example")
    assert mail.context["names"] == [people.owner.identifier]


@ONE_DATABASE
def test_the_links_host_is_ours_whatever_is_asked(app: Flask, services: Services, people: People) -> None:
    evil = {"Host": "evil.example"}
    assert Browser(app).post("/recupero/password", {"identifier": "x"}, headers=evil).status_code == 400
    forwarded = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
    answer = Browser(app).post(
        "/recupero/password", {"identifier": people.owner.identifier}, headers=forwarded
    )
    work(services)

    assert "evil" not in (answer.location or "") + str([vars(mail) for mail in mails(services)])


@ONE_DATABASE
@pytest.mark.parametrize("path", ["/recupero/link/abc", "/recupero/nuova-password"])
def test_nobody_is_told_whence_one_goes_on(app: Flask, path: str) -> None:
    assert Browser(app).get(path).headers["Referrer-Policy"] == "no-referrer"


@ONE_DATABASE
def test_recovery_opens_a_name_that_was_closed(app: Flask, services: Services, people: People) -> None:
    name = people.owner.identifier
    attempts(app, [name] * 12, addresses=lambda place: f"10.0.{place}.1")
    assert Browser(app).sign_in(name, PASSWORD).status_code == 429

    browser = open_link(app, link_for(app, services, people.owner))
    choose(browser)

    assert Browser(app, address="10.9.9.9").sign_in(name, NEW).status_code == 303
    attempts(app, [name] * 12, addresses=lambda place: f"10.1.{place}.1")
    assert browser.sign_in(name, NEW).status_code == 303, "and this browser is known from now on"


@ONE_DATABASE
def test_a_weak_password_keeps_the_link(app: Flask, services: Services, people: People) -> None:
    browser = open_link(app, link_for(app, services, people.owner))

    assert choose(browser, "corta") == 422
    assert choose(browser) == 303


@ONE_DATABASE
@pytest.mark.parametrize("token", ["x", "a" * 500, "%20", "'--"])
def test_a_made_up_link_leads_nowhere(app: Flask, people: People, token: str) -> None:
    assert open_link(app, token).get("/recupero/nuova-password").status_code == 410


def kept_as(services: Services, hashed: str) -> NewPassword:
    return NewPassword(hashed, services.sealer, kept_elsewhere=False)


def race(services: Services, token: str, *, checked: bool) -> list[str]:
    """Use one link from two threads at once; return whose password was kept.

    Unchecked, as if the link were looked at before and used after: the negative control.
    """
    kept: list[str] = []
    start = threading.Barrier(2)

    def use(name: str) -> None:
        start.wait()
        try:
            if checked:
                with services.transaction() as session:
                    recovery.choose_password(session, token, kept_as(services, name), [], now=services.now())
            else:
                with services.reading() as reading:
                    found = recovery.look_at_link(reading, token, now=services.now())
                start.wait()
                assert found is not None
                with services.transaction() as session:
                    set_password(session, found.subject, name, now=services.now())
        except recovery.NotFound:
            return
        kept.append(name)

    threads = [threading.Thread(target=use, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return kept


def test_of_two_uses_at_once_one_counts(app: Flask, services: Services, people: People) -> None:
    assert len(race(services, link_for(app, services, people.owner), checked=True)) == 1


def test_without_the_claim_both_would(app: Flask, services: Services, people: People) -> None:
    assert len(race(services, link_for(app, services, people.owner), checked=False)) == 2


class Elsewhere:
    """A mail server that holds the mailboxes' passwords."""

    keeps_hashes = False

    def verify(self, address: str, stored_hash: str | None, password: str) -> bool:
        return password == PASSWORD


@ONE_DATABASE
def test_where_the_mail_server_keeps_passwords_it_is_told_and_the_portal_keeps_none(
    services: Services, people: People
) -> None:
    elsewhere = replace(services, verifier=Elsewhere())
    app = create_app(elsewhere)
    store_hash(services, people.mailbox, "$argon2id$of-before")
    browser = open_link(app, link_for(app, services, people.mailbox))

    assert choose(browser) == 303

    assert stored_hash(services, people.mailbox) == "$argon2id$of-before"
    with services.reading() as session:
        (row,) = session.scalars(select(OutboxRow).where(OutboxRow.kind == "platform.password"))
    work_of = PasswordWork(services)
    with services.transaction() as session:
        (task,) = work_of.begin(session, [Claim(row.id, row.key, row.payload, 1)], now=NOW).values()
    assert (task.address, services.hasher.verify(task.hash, NEW)) == (people.mailbox.address, True)
    assert task.hash not in str(row.payload)
    with work_of.opened() as tell:
        tell(task)
        tell(task)  # harmless
    assert choose(browser) == 410


@ONE_DATABASE
def test_an_account_is_kept_here_even_so(services: Services, people: People) -> None:
    app = create_app(replace(services, verifier=Elsewhere()))

    choose(open_link(app, link_for(app, services, people.owner)))

    assert Browser(app).sign_in(people.owner.identifier, NEW).status_code == 303
