"""Paying by hand on the order's page: instructions, code, papers, «Ho pagato», another method."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select, update

from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.store.declarations import PaymentDeclaration
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.wiring import Services
from tests.blueprints.shop import Shopper, shopper
from tests.factories import TODAY

SLIPS = (PaymentMethod.PREFILLED_SLIP, PaymentMethod.POSTAL_SLIP)
DECLARED = {"reference": "0306 9123-456", "sent_on": "2026-11-24"}


@pytest.fixture
def person(app: Flask, services: Services) -> Shopper:
    return shopper(app, services, {}, {}).start()


def pay_by(services: Services, method: PaymentMethod) -> None:
    with services.transaction() as session:
        session.execute(update(Order).values(payment_method=method))


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text().replace("\u00a0", " ") for page in PdfReader(io.BytesIO(pdf)).pages)


def test_a_transfer_has_a_code_for_the_banks_app(person: Shopper) -> None:
    number = person.order()

    page = person.browser.get(f"/ordini/{number}").text
    code = person.browser.get(f"/ordini/{number}/codice.svg")

    assert f'src="/ordini/{number}/codice.svg"' in page
    assert (code.status_code, code.mimetype) == (200, "image/svg+xml")
    assert "script-src 'self'" in code.headers["Content-Security-Policy"]


@pytest.mark.parametrize("method", SLIPS)
def test_a_slip_has_a_postal_account_and_no_code(
    services: Services, person: Shopper, method: PaymentMethod
) -> None:
    number = person.order()
    pay_by(services, method)

    page = person.browser.get(f"/ordini/{number}").text

    assert 'data-copy="000012345678"' in page
    assert "IBAN" not in page
    assert person.browser.get(f"/ordini/{number}/codice.svg").status_code == 404


@pytest.mark.parametrize("method", [PaymentMethod.BANK_TRANSFER, *SLIPS])
def test_the_instructions_are_a_pdf(services: Services, person: Shopper, method: PaymentMethod) -> None:
    number = person.order()
    pay_by(services, method)

    answer = person.browser.get(f"/ordini/{number}/istruzioni.pdf")

    assert answer.mimetype == "application/pdf"
    assert number in answer.headers["Content-Disposition"]
    assert all(part in text_of(answer.data) for part in (number, "12,20"))


def test_the_order_is_a_pdf(person: Shopper) -> None:
    number = person.order()

    text = text_of(person.browser.get(f"/ordini/{number}/ordine.pdf").data)

    assert all(part in text for part in (number, "€ 12,20", "Bonifico bancario", "In attesa di pagamento"))
    assert all(address in text for address in person.addresses)


def test_a_paid_order_has_no_instructions(services: Services, person: Shopper) -> None:
    number = person.order()
    with services.transaction() as session:
        session.execute(update(Order).values(state=OrderState.PAID))

    for name in ("codice.svg", "istruzioni.pdf"):
        assert person.browser.get(f"/ordini/{number}/{name}").status_code == 404
    assert person.browser.get(f"/ordini/{number}/ordine.pdf").status_code == 200
    for name in ("metodo", "ho-pagato"):
        assert person.browser.get(f"/ordini/{number}/{name}").status_code == 409


def declare(person: Shopper, number: str, **fields: str) -> int:
    return person.browser.post(f"/ordini/{number}/ho-pagato", {**DECLARED, **fields}).status_code


def declarations(services: Services) -> list[tuple[str, str]]:
    with services.reading() as session:
        rows = session.scalars(select(PaymentDeclaration))
        return [(row.reference, row.sent_on.isoformat()) for row in rows]


def test_i_have_paid(services: Services, person: Shopper) -> None:
    number = person.order()

    assert declare(person, number) == 303

    page = person.browser.get(f"/ordini/{number}").text
    assert declarations(services) == [("03069123456", "2026-11-24")]
    assert page.count("Hai detto di aver pagato il 24 novembre 2026") == 1
    assert page.count("Pagamento dichiarato") == 2, "badge and the order's way"
    assert "tra il 25 novembre 2026 e il 27 novembre 2026" in page
    assert "pagando oggi" not in page.lower()


def test_what_was_declared_is_not_asked_for_again(services: Services, person: Shopper) -> None:
    number = person.order()
    declare(person, number)
    mailbox = f"/caselle/{person.addresses[0]}"

    page = person.browser.get(f"/ordini/{number}").text
    assert page.index("Paga in un altro modo") < page.index("vuol dire pagare due volte") < page.index("IBAN")
    assert "Da pagare" not in page
    for path in ("/", "/caselle", mailbox, f"{mailbox}/rinnova"):
        elsewhere = person.browser.get(path).text
        assert ">Paga<" not in elsewhere, path
        assert f"/ordini/{number}" in elsewhere, path
        assert "dichiarato" in elsewhere or "Hai detto di aver pagato" in elsewhere, path


def test_a_declared_payment_that_did_not_come_says_what_to_do(services: Services, person: Shopper) -> None:
    number = person.order()
    declare(person, number)
    with services.transaction() as session:
        session.execute(update(PaymentDeclaration).values(sent_on=TODAY - timedelta(days=20)))

    page = person.browser.get(f"/ordini/{number}").text

    assert "Doveva risultarci entro il 9 novembre 2026" in page
    assert 'scrivi a <a href="mailto:' in page


def test_saying_it_again_corrects_it(services: Services, person: Shopper) -> None:
    number = person.order()
    declare(person, number)

    assert declare(person, number, reference="TRN77777") == 303

    assert declarations(services) == [("TRN77777", "2026-11-24")]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"reference": ""}, "Scrivi il codice che trovi sulla ricevuta."),
        ({"reference": "abc"}, "Il codice ha da 4 a 35 lettere e cifre"),
        ({"reference": "<script>"}, "Il codice ha da 4 a 35 lettere e cifre"),
        ({"sent_on": ""}, "Scrivi in che giorno hai pagato."),
        ({"sent_on": "24/11/2026"}, "Scrivi il giorno come anno-mese-giorno"),
        ({"sent_on": "2026-11-25"}, "Questo giorno deve ancora venire."),
        ({"sent_on": "2026-11-23"}, "Quel giorno l'ordine non c'era ancora"),
    ],
)
def test_a_declaration_that_cannot_be_right(
    services: Services, person: Shopper, fields: dict[str, str], words: str
) -> None:
    number = person.order()

    answer = person.browser.post(f"/ordini/{number}/ho-pagato", {**DECLARED, **fields})

    assert answer.status_code == 422
    assert words in answer.text
    assert declarations(services) == []


def test_a_declaration_can_be_taken_back(services: Services, person: Shopper) -> None:
    number = person.order()
    declare(person, number)

    for _ in range(2):
        assert person.browser.post(f"/ordini/{number}/ho-pagato/ritira").status_code == 303

    assert declarations(services) == []


def test_cancelling_a_declared_order_takes_a_second_word(services: Services, person: Shopper) -> None:
    number = person.order()
    declare(person, number)

    first = person.browser.post(f"/ordini/{number}/annulla")

    assert first.status_code == 422
    assert "Per annullare spunta questa casella." in first.text
    assert state(services) is OrderState.AWAITING_PAYMENT
    assert person.browser.post(f"/ordini/{number}/annulla", {"confirmed": "1"}).status_code == 303
    assert state(services) is OrderState.CANCELLED


def state(services: Services) -> OrderState:
    with services.reading() as session:
        return session.scalars(select(Order.state)).one()


def method(services: Services) -> PaymentMethod:
    with services.reading() as session:
        return session.scalars(select(Order.payment_method)).one()


def test_another_method_can_be_chosen_while_it_waits(services: Services, person: Shopper) -> None:
    number = person.order()

    page = person.browser.get(f"/ordini/{number}/metodo").text
    answer = person.browser.post(f"/ordini/{number}/metodo", {"method": "postal_slip"})

    assert "Bollettino precompilato" in page
    assert answer.status_code == 303
    assert method(services) is PaymentMethod.POSTAL_SLIP
    assert "Paga con bollettino postale" in person.browser.get(f"/ordini/{number}").text


@pytest.mark.parametrize("wrong", [{}, {"method": "gold"}, {"method": "credit"}])
def test_a_method_that_is_not_offered(services: Services, person: Shopper, wrong: dict[str, str]) -> None:
    number = person.order()

    answer = person.browser.post(f"/ordini/{number}/metodo", wrong)

    assert answer.status_code == 422
    assert "Scegli come vuoi pagare." in answer.text


def test_a_method_that_would_come_too_late_is_not_offered(services: Services, person: Shopper) -> None:
    number = person.order()
    gone_soon = services.today() - timedelta(days=86)
    with services.transaction() as session:
        session.execute(update(Mailbox).values(expires_on=gone_soon))

    page = person.browser.get(f"/ordini/{number}/metodo").text
    answer = person.browser.post(f"/ordini/{number}/metodo", {"method": "postal_slip"})

    assert "Bollettino postale: troppo lento per questo ordine" in page
    assert 'value="postal_slip"' not in page
    assert answer.status_code == 422
    assert "Questo pagamento arriverebbe troppo tardi" in answer.text
    assert method(services) is PaymentMethod.BANK_TRANSFER


def test_what_is_on_its_way_is_not_changed(services: Services, person: Shopper) -> None:
    number = person.order()
    declare(person, number)

    answer = person.browser.post(f"/ordini/{number}/metodo", {"method": "postal_slip"})

    assert answer.status_code == 409
    assert "ritira prima la dichiarazione" in answer.text
    assert method(services) is PaymentMethod.BANK_TRANSFER


def test_an_order_by_card_leads_to_the_other_methods(services: Services, person: Shopper) -> None:
    number = person.order()
    pay_by(services, PaymentMethod.CARD)

    page = person.browser.get(f"/ordini/{number}").text

    assert f'href="/ordini/{number}/metodo"' in page
    assert person.browser.get(f"/ordini/{number}/istruzioni.pdf").status_code == 404
    assert person.browser.get(f"/ordini/{number}/ho-pagato").status_code == 409
