"""«Recedi dal contratto qui» in two steps, what is told instead, and what nobody else learns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.domain.access import Subject, SubjectKind
from portal.domain.customers import CustomerKind
from portal.domain.orders import LineState, OrderState
from portal.domain.withdrawal import WithdrawalState
from portal.letters import render
from portal.store.accounts import Holder
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.store.withdrawals import Withdrawal
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.shop import Shopper, shopper
from tests.conftest import Clock
from tests.factories import make_account
from workers.mail import surroundings

STEP = {"name": "Mario Rossi", "email": "mario@posta.example"}


def buy(app: Flask, services: Services, *each: dict[str, Any]) -> tuple[Shopper, str]:
    person = shopper(app, services, *(each or ({},))).start()
    return person, person.order()


def paid(services: Services, number: str) -> None:
    """Make the order one that was paid and fulfilled, as far as its page can tell."""
    with services.transaction() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        order.state, order.paid_at = OrderState.FULFILLED, services.now()


def withdrawals_made(services: Services) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count(Withdrawal.id))) or 0


def test_the_order_leads_to_it_by_the_words_of_the_law(app: Flask, services: Services) -> None:
    person, number = buy(app, services)

    page = person.browser.get(f"/ordini/{number}").text

    assert f'href="/recesso/{number}"><span>Recedi dal contratto qui</span>' in page
    assert "Fino al 9 dicembre 2026" in page
    assert page.count("/contratti/") >= 3


def test_two_steps_and_a_receipt(app: Flask, services: Services) -> None:
    person, number = buy(app, services, {}, {})
    paid(services, number)
    first = person.browser.get(f"/recesso/{number}").text
    assert 'value="Mario Rossi"' not in first
    assert number in first

    step = person.browser.post(f"/recesso/{number}", STEP)
    second = person.browser.get(step.headers["Location"]).text
    done = person.browser.post(f"/recesso/{number}/conferma")

    assert (step.status_code, done.status_code) == (303, 303)
    assert "<span>Conferma recesso</span>" in second
    assert "<dd>€\u00a012,20</dd>" in second
    assert "In scadenza" in second
    assert "entro l'8 dicembre 2026" in second
    page = person.browser.get(done.headers["Location"]).text
    assert "le caselle stanno tornando come prima" in page
    assert "Recedi dal contratto qui" not in page
    assert withdrawals_made(services) == 1


@pytest.mark.parametrize("state", [LineState.WITHDRAWING, LineState.WITHDRAWN])
def test_the_order_can_be_looked_at_on_its_way_back_and_after(
    app: Flask, services: Services, state: LineState
) -> None:
    person, number = buy(app, services)
    paid(services, number)
    person.browser.post(f"/recesso/{number}", STEP)
    person.browser.post(f"/recesso/{number}/conferma")
    with services.transaction() as session:
        session.scalars(select(OrderLine)).one().state = state
        if state is LineState.WITHDRAWN:
            session.scalars(select(Order)).one().state = OrderState.WITHDRAWN
            session.scalars(select(Withdrawal)).one().state = WithdrawalState.EFFECTIVE

    for path in (f"/ordini/{number}", "/ordini", f"/caselle/{person.addresses[0]}", "/"):
        assert person.browser.get(path).status_code == 200
    page = person.browser.get(f"/ordini/{number}").text
    assert page.count("entro l'8 dicembre 2026") == (2 if state is LineState.WITHDRAWN else 1)
    assert "24/12/2027" not in page, "the expiry that was taken back"
    assert page.index('id="recesso"') < page.index('id="caselle"')


def test_pressing_twice_withdraws_once(app: Flask, services: Services) -> None:
    person, number = buy(app, services)
    person.browser.post(f"/recesso/{number}", STEP)
    token = person.browser.token()

    answers = [person.browser.post(f"/recesso/{number}/conferma", token=token) for _ in range(3)]

    assert {answer.headers["Location"] for answer in answers} == {f"/ordini/{number}"}
    assert withdrawals_made(services) == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Scrivi il tuo nome e cognome."),
        ({"name": "M" * 121}, "al massimo 120 caratteri"),
        ({"name": "-1"}, "contiene caratteri che qui non possono stare"),
        ({"name": "Mario\u202eRossi"}, "contiene caratteri che qui non possono stare"),
        ({"email": ""}, "Scrivi l&#39;indirizzo e-mail"),
        ({"email": "mario"}, "Scrivi un indirizzo completo"),
        ({"email": "a@b.example\nBcc: x@y.example"}, "Scrivi un indirizzo completo"),
    ],
)
def test_what_is_wrong_is_told_at_the_field_and_kept(
    app: Flask, services: Services, fields: dict[str, str], words: str
) -> None:
    person, number = buy(app, services)

    answer = person.browser.post(f"/recesso/{number}", STEP | fields)

    assert answer.status_code == 422
    (field,) = fields
    assert answer.text.count(words.replace("&#39;", "'")) == 2
    assert f'<a href="#{field}">' in answer.text
    (other,) = {"name", "email"} - {field}
    assert f'value="{STEP[other]}"' in answer.text


def test_the_receipt_cannot_go_to_the_mailbox_itself(app: Flask, services: Services) -> None:
    person, number = buy(app, services)

    answer = person.browser.post(f"/recesso/{number}", STEP | {"email": person.addresses[0]})

    assert answer.status_code == 422
    assert "Serve un altro indirizzo" in answer.text


def test_step_two_needs_step_one_of_the_same_order(app: Flask, services: Services) -> None:
    person, number = buy(app, services)

    assert person.browser.get(f"/recesso/{number}/conferma").headers["Location"] == f"/recesso/{number}"
    assert person.browser.post(f"/recesso/{number}/conferma").status_code == 303
    assert withdrawals_made(services) == 0


def test_a_suspended_mailbox_is_warned_of_hard(app: Flask, services: Services) -> None:
    person, number = buy(app, services, {"expires_in": -10})
    paid(services, number)
    with services.transaction() as session:
        session.scalars(select(Mailbox)).one().expires_on += timedelta(days=365)

    person.browser.post(f"/recesso/{number}", STEP)
    page = person.browser.get(f"/recesso/{number}/conferma").text

    assert "smettono di funzionare" in page
    assert "Sospesa (scaduta)" in page


def test_who_is_no_consumer_is_told_what_to_do_instead(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
    person, number = buy(app, services)
    with services.transaction() as session:
        session.scalars(select(Order)).one().withdrawable_until = None
        session.scalars(select(Holder)).first().kind = CustomerKind.COMPANY  # type: ignore[union-attr]

    assert "Recedi dal contratto qui" not in person.browser.get(f"/ordini/{number}").text
    page = person.browser.get(f"/recesso/{number}")
    assert page.status_code == 200
    assert "spetta ai consumatori" in page.text
    assert person.browser.post(f"/recesso/{number}", STEP).status_code == 409
    assert account.id


def test_after_the_last_day_the_page_says_what_to_do(app: Flask, services: Services, clock: Clock) -> None:
    person, number = buy(app, services)
    person.browser.post(f"/recesso/{number}", STEP)
    with services.transaction() as session:
        session.scalars(select(Order)).one().withdrawable_until = services.today() - timedelta(days=1)

    assert "I 14 giorni per il recesso sono finiti." in person.browser.get(f"/recesso/{number}").text
    assert person.browser.post(f"/recesso/{number}/conferma").status_code == 409
    assert withdrawals_made(services) == 0


def test_another_learns_nothing_and_changes_nothing(app: Flask, services: Services) -> None:
    _, number = buy(app, services)
    with services.transaction() as session:
        stranger = make_account(session)
    other = Browser(app).enter(services, Subject(SubjectKind.ACCOUNT, account_id=stranger.id))

    for path in (f"/recesso/{number}", f"/recesso/{number}/conferma"):
        assert other.get(path).status_code == other.post(path, STEP).status_code == 404
    assert withdrawals_made(services) == 0


def test_the_mails_carry_the_texts_and_the_way_out(app: Flask, services: Services) -> None:
    person, number = buy(app, services)
    paid(services, number)
    person.browser.post(f"/recesso/{number}", STEP)
    person.browser.post(f"/recesso/{number}/conferma")

    with services.reading() as session:
        mails = {mail.kind: mail for mail in session.scalars(select(Mail))}
    words = {
        kind: render(kind, "it", mail.context, surroundings(services.settings))
        for kind, mail in mails.items()
    }
    placed, receipt = words["order_confirmation"], words["withdrawal_ack"]
    for body in (placed.text, placed.html):
        assert "http://localhost/contratti/general_terms.2020-1.it" in body
        assert "Recedi dal contratto qui" in body
        assert f"http://localhost/recesso/{number}" in body
    for body in (receipt.text, receipt.html.replace("<wbr>", "")):
        assert "24 novembre 2026 alle 10:00" in body
        assert "Mario Rossi recede" in body
        assert "€\u00a06,10" in body.replace("&nbsp;", "\u00a0")
        assert person.addresses[0] in body
    assert number in receipt.subject
