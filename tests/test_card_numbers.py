"""S41: no card number anywhere after a whole run; and the scan finds one wherever it is put."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import select, update

from portal import till
from portal.adapters.gateways.choice import Gateways
from portal.adapters.gateways.paypal.gateway import PayPalGateway
from portal.adapters.gateways.stripe.gateway import StripeGateway
from portal.app import create_app
from portal.gateway_settings import PayPalAccount, StripeAccount
from portal.letters import Surroundings, render
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.wiring import Services
from tests.card_numbers import (
    card_numbers_in,
    card_numbers_in_database,
    card_numbers_in_folder,
    card_numbers_in_redis,
)
from tests.conftest import Clock
from tests.servers import stripe_fake
from tests.servers.gateways import FakeGateway
from tests.servers.paypal_fake import FakePayPal
from tests.servers.stripe_fake import FakeStripe
from tests.tills import CARD, PAYPAL, Till, open_till
from workers.broker import make_shop

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

PAN = "4242424242424242"
AROUND = Surroundings("Posta Sicura", "aiuto@posta.example", "http://portal", "", "", "", "")


@pytest.mark.parametrize(
    "text",
    [
        PAN,
        "carta 4242 4242 4242 4242.",
        '{"pan": "5555-5555-5555-4444"}',
        "378282246310005",
        "6011111111111117",
    ],
)
def test_a_card_number_is_found_however_it_is_written(text: str) -> None:
    assert len(card_numbers_in(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "4242424242424241",
        '{"seconds": 0.5277350957499407}',
        "p-4242424242424242aa",
        "1795510800000",
        "IT60X0542811101000000123456",
        "12345678903",
        "+393331234567890",
        "K7MP2XQ9AB",
        "000012345678",
    ],
)
def test_what_is_no_card_number_is_left_alone(text: str) -> None:
    assert card_numbers_in(text) == []


@pytest.fixture
def outside(clock: Clock) -> Iterator[tuple[FakeStripe, FakePayPal]]:
    fakes = FakeStripe(clock), FakePayPal()
    yield fakes
    for fake in fakes:
        fake.stop()


@pytest.fixture
def environment(environment: dict[str, str], redis_url: str) -> dict[str, str]:
    """An installation that counts tries and wakes its workers by Redis."""
    return {**environment, "PORTAL_REDIS_URL": redis_url}


def try_to_sign_in(services: Services) -> None:
    """Let somebody type a card's number where a name belongs: its tries are counted."""
    client = create_app(services).test_client()
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/accedi").text)[0]
    client.post("/accedi", data={"csrf_token": token, "identifier": PAN, "password": PAN})


@pytest.fixture
def paid(services: Services, clock: Clock, outside: tuple[FakeStripe, FakePayPal]) -> Services:
    """Orders paid on both gateways' pages, a card kept for later: with everything the gateways tell us."""
    stripe, paypal = outside
    card = StripeAccount("sk_test_1", stripe_fake.WEBHOOK_SECRET, api=stripe.url, pages=stripe.url)
    account = PayPalAccount("client", "secret", "webhook-1", api=paypal.url, pages=paypal.url)
    gateways = Gateways({CARD: StripeGateway(card, 5), PAYPAL: PayPalGateway(account, 5, clock)})
    made = open_till(services)
    desk = Till(replace(made.services, gateways=gateways), made.subject)
    stripe.decide(desk.pay(CARD).page_url, "insufficient_funds")
    desk.come_back(desk.attempts()[-1].reference)
    for method, fake in ((CARD, stripe), (PAYPAL, paypal)):
        with services.transaction() as session:
            session.execute(update(Order).values(state="awaiting_payment", paid_at=None))
        answer = desk.pay(method)
        fake.decide(answer.page_url)
        reference = desk.attempts()[-1].reference
        headers, body = fake.event(reference, f"evt-{method}")
        till.hear(desk.services, fake_name(fake), headers, body)
        desk.come_back(reference)
    try_to_sign_in(desk.services)
    make_shop(desk.services).relay.once()
    return desk.services


def fake_name(fake: FakeGateway) -> str:
    return "stripe" if isinstance(fake, FakeStripe) else "paypal"


def places(
    services: Services, outside: tuple[FakeStripe, FakePayPal], caplog: pytest.LogCaptureFixture
) -> dict[str, list[str]]:
    """Return what is found in each place a run leaves something in."""
    with services.reading() as session:
        mails = [render(mail.kind, "it", mail.context, AROUND) for mail in session.scalars(select(Mail))]
    asked = "\n".join(text for fake in outside for text in fake.received)
    return {
        "database": card_numbers_in_database(services.engine),
        "mails": card_numbers_in("\n".join(mail.text + mail.html for mail in mails)),
        "asked of gateways": card_numbers_in(asked),
        "logs": card_numbers_in(caplog.text),
        "Redis": card_numbers_in_redis(services.settings.redis_url),
    }


@on_sqlite
def test_s41_after_a_whole_run_there_is_no_card_number_anywhere(
    paid: Services, outside: tuple[FakeStripe, FakePayPal], caplog: pytest.LogCaptureFixture
) -> None:
    assert all(fake.received for fake in outside), "the calls were kept"
    assert all(fake.charged == [610] for fake in outside)
    with Redis.from_url(paid.settings.redis_url) as client:
        kept = {key.partition(b":")[0] for key in client.scan_iter()}
    assert len(kept) > 1, "counters of tries, and messages of the broker"

    assert not any(places(paid, outside, caplog).values())


@on_sqlite
@pytest.mark.parametrize("where", ["database", "mails", "asked of gateways", "logs", "Redis"])
def test_the_scan_finds_one_in_every_place(
    paid: Services, outside: tuple[FakeStripe, FakePayPal], caplog: pytest.LogCaptureFixture, where: str
) -> None:
    def in_mail() -> None:
        with paid.transaction() as session:
            mail = session.scalars(select(Mail).limit(1)).one()
            mail.context = mail.context | {"number": PAN}

    def in_database() -> None:
        with paid.transaction() as session:
            session.execute(update(Order).values(contact_email=f"{PAN}@posta.example".replace("@", " @")))

    def in_redis() -> None:
        with Redis.from_url(paid.settings.redis_url) as client:
            client.hset("dramatiq:default.msgs", "1", json.dumps({"args": [PAN]}))

    plant: dict[str, Callable[[], None]] = {
        "database": in_database,
        "mails": in_mail,
        "asked of gateways": lambda: outside[0].received.append(json.dumps({"number": PAN})),
        "Redis": in_redis,
        "logs": lambda: logging.getLogger("portal").warning("card %s", PAN),
    }
    plant[where]()

    assert PAN in places(paid, outside, caplog)[where]


def test_the_scan_of_a_portals_folder_finds_one_in_a_database_and_in_a_log(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "portal.db")) as connection, connection:
        connection.execute("CREATE TABLE t (a TEXT, b TEXT)")
        connection.execute("INSERT INTO t VALUES ('x', ?)", (PAN,))
    (tmp_path / "portal.log").write_text(f'{{"card": "{PAN}"}}')
    (tmp_path / "innocent.log").write_text("nothing")

    assert card_numbers_in_folder(tmp_path) == [PAN, PAN]
