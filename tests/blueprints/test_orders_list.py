"""The list of orders answers «ho pagato?»: by number, amount, day, reference or mailbox, and by state."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from portal.domain.order_numbers import new_order_number
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.store.declarations import PaymentDeclaration
from portal.store.mailboxes import Mailbox
from portal.usecases.payments import register_payment
from portal.wiring import Services
from tests.blueprints.browser import HTMX
from tests.blueprints.shop import Shopper, shopper
from tests.factories import NOW, TODAY, make_account, make_mailbox, make_order
from tests.statements import counted

NUMBERS = [new_order_number(bytes([place] * 9)) for place in (1, 2, 3)]
PAID, DECLARED, CANCELLED = NUMBERS


@pytest.fixture
def person(app: Flask, services: Services) -> Shopper:
    """Somebody with a paid, a declared and a cancelled order; another's order is like the first."""
    person = shopper(app, services, {}, {}, {})
    with services.transaction() as session:
        boxes = session.scalars(select(Mailbox).order_by(Mailbox.id)).all()
        make_order(session, [boxes[0]], number=PAID)
        declared = make_order(session, [boxes[1]], number=DECLARED)
        make_order(session, [boxes[2]], number=CANCELLED, state=OrderState.CANCELLED)
        session.add(
            PaymentDeclaration(order_id=declared.id, reference="CRO0306", sent_on=TODAY, declared_at=NOW)
        )
        stranger = make_mailbox(session, make_account(session))
        make_order(session, [stranger], number=new_order_number(bytes([9] * 9)))
        session.flush()
        register_payment(session, PAID, 610, TODAY, PaymentMethod.BANK_TRANSFER, "TRN 77-1", now=NOW)
    return person


def found(person: Shopper, query: str) -> list[str]:
    page = person.browser.get(f"/ordini?{query}").text
    return sorted(re.findall(r'<a class="number" href="/ordini/([A-Z2-9]{10})"', page))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", NUMBERS),
        (f"cerca={PAID}", [PAID]),
        (f"cerca={PAID[:4].lower()}%20{PAID[4:]}", [PAID]),
        ("cerca=6,10", NUMBERS),
        ("cerca=%E2%82%AC%206.10", NUMBERS),
        ("cerca=6,11", []),
        ("cerca=24/11/2026", NUMBERS),
        ("cerca=9999-12-31", []),
        ("cerca=1/1/0001", []),
        ("cerca=2026-11-24", NUMBERS),
        ("cerca=23/11/2026", []),
        ("cerca=99/99/2026", []),
        ("cerca=TRN77", [PAID]),
        ("cerca=trn 77", [PAID]),
        ("cerca=cro-0306", [DECLARED]),
        ("cerca=%25", []),
        ("cerca=%27%20OR%201=1", []),
        ("stato=da-pagare", [DECLARED]),
        ("stato=in-corso", [PAID]),
        ("stato=chiusi", [CANCELLED]),
        ("stato=evasi", []),
        ("stato=boh", NUMBERS),
        ("stato=da-pagare&cerca=6,10", [DECLARED]),
        (f"stato=chiusi&cerca={PAID}", []),
    ],
)
def test_an_order_is_found_again(person: Shopper, query: str, expected: list[str]) -> None:
    assert found(person, query) == sorted(expected)


def test_a_mailbox_leads_to_its_order(person: Shopper) -> None:
    assert found(person, f"cerca={person.addresses[1]}") == [DECLARED]


def test_what_was_declared_is_said_and_not_asked_again(person: Shopper) -> None:
    page = person.browser.get("/ordini?stato=da-pagare").text

    assert "Pagamento dichiarato" in page
    assert "Paga l&#39;ordine" not in page


def test_nothing_found_says_what_to_try(person: Shopper) -> None:
    assert "Nessun ordine trovato" in person.browser.get("/ordini?cerca=zzz").text


def test_the_part_is_the_list_alone(person: Shopper) -> None:
    part = person.browser.get("/ordini?stato=chiusi", headers=HTMX).text

    assert CANCELLED in part
    assert "<html" not in part


def test_searching_takes_no_more_statements(services: Services, person: Shopper) -> None:
    with counted(services.engine) as statements:
        person.browser.get("/ordini?cerca=24/11/2026&stato=chiusi")

    assert len(statements) == 2
