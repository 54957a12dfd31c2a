"""A hostile customer at every door of money: no effect without money, no money without effect, no double."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.app import create_app
from portal.domain.access import Subject, SubjectKind
from portal.domain.credit import LedgerAccount, PostingKind
from portal.domain.orders import OrderKind, OrderState
from portal.domain.plans import Plan
from portal.store.attempts import PaymentAttempt
from portal.store.orders import Order
from portal.store.outbox import OutboxRow
from portal.store.payments import Payment
from portal.store.stored_methods import StoredMethod
from portal.usecases import wallets
from portal.usecases.audit import audit
from portal.usecases.wallets import Why
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.card_numbers import card_numbers_in_database
from tests.factories import NOW, make_account, make_mailbox, make_order, make_prices
from tests.tills import NUMBER, Till, open_till

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
VICTIM = "vittima@pec.example"
SPACE = f"/caselle/{VICTIM}/spazio"
ATTEMPT = "p-00000000000000000000"


@dataclass
class Scene:
    """A victim with an unpaid order, 50 euros of credit and a stored method; a thief with an account."""

    till: Till
    app: Flask
    victim: Browser
    thief: Browser
    thief_subject: Subject

    @property
    def services(self) -> Services:
        return self.till.services

    def traces(self) -> tuple[object, ...]:
        """Return all that money has left behind: what an attack must not change."""
        with self.services.reading() as session:
            counts = [
                session.scalar(select(func.count()).select_from(table))
                for table in (Payment, PaymentAttempt, Order, StoredMethod)
            ]
            works = session.scalar(
                select(func.count()).where(OutboxRow.kind.in_(("platform.renew", "platform.space")))
            )
            states = session.scalars(select(Order.state).order_by(Order.id)).all()
            return (
                *counts,
                works,
                *states,
                self.balance(self.till.subject),
                self.balance(self.thief_subject),
            )

    def balance(self, owner: Subject) -> int:
        with self.services.reading() as session:
            return wallets.balance_of(session, owner, today=self.services.today())

    def is_sound(self) -> bool:
        with self.services.reading() as session:
            return not [*audit(session, today=self.services.today(), now=self.services.now())]


@pytest.fixture
def scene(services: Services) -> Scene:
    till = open_till(services)
    with till.services.transaction() as session:
        make_prices(session)
        account_id = till.subject.account_id
        make_mailbox(session, account_id=account_id, address=VICTIM, plan=Plan.PRO, expires_in=200)
        why = Why(PostingKind.ADJUSTMENT, "gift")
        wallets.put_in(session, till.subject, why, 5000, LedgerAccount.ADJUSTMENTS, now=NOW)
        thief = make_account(session)
        make_order(session, [make_mailbox(session, thief)])
    app = create_app(till.services)
    app.testing = True
    subject = Subject(SubjectKind.ACCOUNT, account_id=thief.id)
    return Scene(
        till,
        app,
        Browser(app).enter(till.services, till.subject),
        Browser(app).enter(till.services, subject),
        subject,
    )


def nowhere(path: str) -> str:
    """Return the same path about an order or a mailbox that does not exist."""
    return path.replace(NUMBER, "K7MP2XQ9AB").replace(VICTIM, "nessuno@pec.example")


@pytest.mark.parametrize(
    ("verb", "path", "fields"),
    [
        ("post", f"/ordini/{NUMBER}/paga", {"method": "card"}),
        ("post", f"/ordini/{NUMBER}/paga-con-credito", {}),
        ("post", f"/ordini/{NUMBER}/metodo", {"method": "card"}),
        ("get", f"/ordini/{NUMBER}/metodo", {}),
        ("post", f"/ordini/{NUMBER}/annulla", {"confirmed": "1"}),
        ("post", f"/ordini/{NUMBER}/ho-pagato", {"reference": "CRO1", "sent_on": "24/11/2026"}),
        ("get", f"/ordini/{NUMBER}/ordine.pdf", {}),
        ("get", f"/ordini/{NUMBER}/codice.svg", {}),
        ("get", f"/ordini/{NUMBER}/pagamento/{ATTEMPT}", {}),
        ("post", SPACE, {"mailbox_gb": "1", "archive_gb": "0", "shown_due_cents": "366"}),
        ("get", SPACE, {}),
    ],
)
def test_anothers_order_mailbox_and_credit_do_not_exist(
    scene: Scene, verb: str, path: str, fields: dict[str, str]
) -> None:
    before = scene.traces()

    def ask(where: str) -> TestResponse:
        return scene.thief.post(where, fields) if verb == "post" else scene.thief.get(where)

    theirs, nobodys = ask(path), ask(nowhere(path))

    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.data.replace(NUMBER.encode(), b"") == nobodys.data.replace(b"K7MP2XQ9AB", b"")
    assert scene.traces() == before
    assert scene.is_sound()


STRANGE = """-20,00|0|0,01|4,999|1e3|20,00 USD|$20|NaN|Infinity|٢٠|500,01|20,00;20,00"""


@pytest.mark.parametrize("amount", [*STRANGE.split("|"), "20,00\n20,00", "9" * 40])
def test_a_top_up_of_a_strange_amount_is_none(scene: Scene, amount: str) -> None:
    before = scene.traces()

    assert scene.victim.post("/credito/ricarica", {"amount": amount}).status_code == 422
    assert scene.traces() == before


@pytest.mark.parametrize(
    "fields",
    [
        {"mailbox_gb": "-1", "archive_gb": "0", "shown_due_cents": "-366"},
        {"mailbox_gb": "1", "archive_gb": "0", "shown_due_cents": "0"},
        {"mailbox_gb": "1", "archive_gb": "0", "shown_due_cents": "-366"},
        {"mailbox_gb": "0", "archive_gb": "0", "shown_due_cents": "0"},
        {"mailbox_gb": "1000000000", "archive_gb": "0", "shown_due_cents": "366"},
        {"mailbox_gb": "1", "archive_gb": "-1", "shown_due_cents": "0"},
        {"mailbox_gb": "1", "archive_gb": "0"},
        {"mailbox_gb": "1.5", "archive_gb": "0", "shown_due_cents": "366"},
    ],
)
def test_space_at_a_price_of_ones_own_is_not_sold(scene: Scene, fields: dict[str, str]) -> None:
    before = scene.traces()

    assert scene.victim.post(SPACE, fields).status_code in (409, 422)
    assert scene.traces() == before
    assert scene.is_sound()


def test_s41_a_card_number_typed_by_mistake_is_not_kept(scene: Scene) -> None:
    scene.victim.post(f"/ordini/{NUMBER}/metodo", {"method": "bank_transfer"})
    typed = {"reference": "4242 4242-4242 4242", "sent_on": "2026-11-24"}

    answer = scene.victim.post(f"/ordini/{NUMBER}/ho-pagato", typed)

    assert answer.status_code == 422
    assert "sembra il numero di una carta" in answer.text
    assert card_numbers_in_database(scene.services.engine) == []


def test_coming_back_without_having_paid_pays_nothing(scene: Scene) -> None:
    reference = scene.till.opened()
    lies = "?status=paid&amount=610&payment_status=succeeded&redirect_status=succeeded"

    for _ in range(3):
        scene.victim.get(f"/ordini/{NUMBER}/pagamento/{reference}{lies}")

    assert scene.till.payments() == []
    assert scene.till.order().state is OrderState.AWAITING_PAYMENT


def test_the_tills_page_knows_the_amount_and_is_told_none(scene: Scene) -> None:
    scene.till.opened()
    key = scene.till.attempts()[-1].gateway_key
    services = replace(scene.services, settings=replace(scene.services.settings, demo=True))
    visitor = Browser(create_app(services)).enter(services, scene.till.subject)
    tampered = {"decision": "approve", "amount": "1", "amount_cents": "1", "currency": "XXX", "about": "x"}

    assert visitor.post(f"/demo/cassa/{key}", tampered).status_code == 303
    visitor.post(f"/demo/cassa/{key}", {"decision": "decline"})
    scene.till.come_back(scene.till.attempts()[-1].reference)

    assert [payment.amount_cents for payment in scene.till.payments()] == [610]
    assert scene.till.effects() == 1
    assert scene.is_sound()


def test_an_attempt_of_one_order_pays_no_other(scene: Scene) -> None:
    """A cheap top-up's paid reference at the address of a dear order, and the other way round."""
    scene.victim.post("/credito/ricarica", {"amount": "5,00"})
    scene.till.decide()
    cheap = scene.till.attempts()[-1].reference
    dear = scene.till.opened()

    assert scene.victim.get(f"/ordini/{NUMBER}/pagamento/{cheap}").status_code == 404
    assert scene.thief.get(f"/ordini/{NUMBER}/pagamento/{dear}").status_code == 404
    assert scene.till.order().state is OrderState.AWAITING_PAYMENT


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b'{"id": "evt_1", "reference": "REF"}'),
        ({"simulated-signature": "t=1795510800,v1=00"}, b'{"id": "evt_1", "reference": "REF"}'),
        ({"simulated-signature": "v1="}, b"{}"),
        ({"simulated-signature": "t=,v1="}, b""),
        ({"simulated-signature": "t=99999999999999999999,v1=aa"}, b"\x00\xff"),
        ({"stripe-signature": "t=1,v1=a"}, b'{"data": {"object": {"amount": 610}}}'),
    ],
)
def test_s38_forged_news_of_money_are_no_news(scene: Scene, headers: dict[str, str], body: bytes) -> None:
    reference = scene.till.opened()
    before = scene.traces()

    for name in ("simulated", "stripe", "paypal", "nobody"):
        told = body.replace(b"REF", reference.encode())
        answer = scene.app.test_client().post(f"/notifiche/{name}", data=told, headers=headers)
        assert answer.status_code in (400, 404)

    assert scene.traces() == before


def test_s38_true_news_again_and_again_and_about_another_have_one_effect(scene: Scene) -> None:
    reference = scene.till.opened()
    scene.till.decide()
    headers, body = scene.till.gateway.event(reference, "evt_1")
    client = scene.app.test_client()

    for _ in range(10):
        client.post("/notifiche/simulated", data=body, headers=headers)
    changed = client.post("/notifiche/simulated", data=body.replace(b"evt_1", b"evt_2"), headers=headers)

    assert changed.status_code == 400
    assert (len(scene.till.payments()), scene.till.effects()) == (1, 1)
    assert scene.is_sound()


def test_s38_whoever_forges_much_is_heard_no_more_and_the_gateway_is(scene: Scene) -> None:
    """Each forgery could cost a question to the gateway, and a thread that waits for its answer."""
    reference = scene.till.opened()
    scene.till.decide()
    headers, body = scene.till.gateway.event(reference, "evt_1")
    forger, gateway = scene.app.test_client(), scene.app.test_client()
    forger.environ_base["REMOTE_ADDR"] = "203.0.113.9"

    answers = [forger.post("/notifiche/simulated", data=b"{}").status_code for _ in range(61)]
    heard = [gateway.post("/notifiche/simulated", data=body, headers=headers) for _ in range(61)]

    assert (set(answers[:60]), answers[60]) == ({400}, 429)
    assert {answer.status_code for answer in heard} == {204}
    assert len(scene.till.payments()) == 1


def at_once(acts: list[Callable[[], object]]) -> None:
    gate = Barrier(len(acts))

    def one(act: Callable[[], object]) -> None:
        gate.wait(20)
        act()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(one, acts))


def test_credit_card_and_cancelling_at_once_end_as_one_of_them(scene: Scene) -> None:
    """Pay the same order from credit, on the card's page, and cancel it, all in the same moment."""
    reference = scene.till.opened()
    scene.till.decide()
    acts: list[Callable[[], object]] = []
    for _ in range(4):
        browsers = [Browser(scene.app).enter(scene.services, scene.till.subject) for _ in range(3)]
        acts += [
            lambda who=browsers[0]: who.post(f"/ordini/{NUMBER}/paga-con-credito", {}),
            lambda who=browsers[1]: who.get(f"/ordini/{NUMBER}/pagamento/{reference}"),
            lambda who=browsers[2]: who.post(f"/ordini/{NUMBER}/annulla", {"confirmed": "1"}),
        ]

    at_once(acts)

    paid = scene.till.order().paid_at is not None
    assert scene.till.effects() == (1 if paid else 0)
    applied = [payment for payment in scene.till.payments() if payment.unapplied_reason is None]
    assert len(applied) == (1 if paid else 0)
    money = 610 + 5000  # the card's, and the gift
    assert scene.balance(scene.till.subject) == money - (610 if paid else 0)
    assert scene.is_sound()


def test_two_who_buy_the_same_space_at_once_pay_for_what_they_get(scene: Scene) -> None:
    fields = {"mailbox_gb": "1", "archive_gb": "0", "shown_due_cents": "366"}
    browsers = [Browser(scene.app).enter(scene.services, scene.till.subject) for _ in range(8)]

    at_once([lambda who=who: who.post(SPACE, fields) for who in browsers])

    with scene.services.reading() as session:
        bought = session.scalar(select(func.count()).where(Order.kind == OrderKind.EXTRA_SPACE))
    assert bought == 1, "while one is being set up no other is sold"
    assert scene.balance(scene.till.subject) == 5000 - 366
    assert scene.is_sound()
