"""The step «Extra»: skipped with nothing to offer, «No» unless somebody says so, once whatever the term."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from portal.domain.orders import OrderState
from portal.store.drafts import RenewalDraft
from portal.store.extras import DraftExtra, ExtraRow, OrderExtra
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.usecases.extras import extras_waiting, mark_sent
from portal.wiring import Services
from tests.blueprints.shop import Shopper, shopper
from tests.factories import DOCTORS, TODAY, make_conventions, make_promotion

KIT_NAMES = {
    "it": "Kit di Firma Digitale",
    "en": "Digital signature kit",
    "de": "Kit für die digitale Signatur",
}


def offer_kit(services: Services) -> None:
    with services.transaction() as session:
        session.add(
            ExtraRow(
                code="kit",
                **{f"name_{language}": name for language, name in KIT_NAMES.items()},
                net_cents=3600,
                valid_from=TODAY - timedelta(days=1),
            )
        )


def answer(person: Shopper, pieces: object) -> int:
    return person.browser.post(f"{person.plan}/extra", {"pieces-kit": pieces}).status_code


def chosen(services: Services) -> tuple[bool, list[int]]:
    with services.reading() as session:
        answered = session.scalars(select(RenewalDraft.extras_answered)).one()
        return answered, list(session.scalars(select(DraftExtra.pieces)))


def test_without_anything_on_offer_there_is_no_such_step(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    led = person.browser.get(f"{person.plan}/extra")
    assert (led.status_code, led.headers["Location"]) == (303, f"{person.plan}/dati")
    assert "Extra" not in person.browser.get(person.plan).text


@pytest.mark.parametrize("pieces", ["1", "-1"])
def test_on_a_conventions_short_way_nothing_can_be_added(app: Flask, services: Services, pieces: str) -> None:
    offer_kit(services)
    with services.transaction() as session:
        make_conventions(session)
    person = shopper(app, services, {"convention_code": DOCTORS.code}).start()

    led = person.browser.post(f"{person.plan}/extra", {"pieces-kit": pieces})

    assert (led.status_code, led.headers["Location"]) == (303, f"{person.plan}/dati")
    assert chosen(services) == (False, [])


def test_nobody_pays_before_the_offer_was_answered(app: Flask, services: Services) -> None:
    offer_kit(services)
    person = shopper(app, services, {}).start()

    led = person.browser.get(f"{person.plan}/pagamento")

    assert led.headers["Location"] == f"{person.plan}/extra"
    assert "Prima di «Pagamento» rispondi qui" in person.browser.get(f"{person.plan}/extra").text
    person.browser.get(f"{person.plan}/dati")
    page = person.browser.get(f"{person.plan}/extra").text
    assert "rispondi qui" not in page, "the ordinary way skips nothing"
    answer(person, 0)
    led = person.browser.get(f"{person.plan}/conferma")
    assert led.headers["Location"] == f"{person.plan}/pagamento"
    assert "Prima di «Conferma» scegli qui come paghi" in person.browser.get(f"{person.plan}/pagamento").text


def test_no_is_chosen_unless_somebody_says_yes(app: Flask, services: Services) -> None:
    offer_kit(services)
    person = shopper(app, services, {}).start()

    page = person.browser.get(f"{person.plan}/extra").text

    no, yes = (page.split(f'name="pieces-kit" value="{value}"')[1].split(">")[0] for value in "01")
    assert "checked" in no
    assert "checked" not in yes
    assert "€\u00a036,00 + IVA" in page


def test_the_draft_remembers_and_the_total_follows(app: Flask, services: Services) -> None:
    offer_kit(services)
    person = shopper(app, services, {}).start()
    person.change(years=5)

    assert answer(person, "1") == 303

    assert chosen(services) == (True, [1])
    person.pay_by_transfer()
    page = person.browser.get(f"{person.plan}/conferma").text
    assert "Kit di Firma Digitale" in page
    assert "si paga una volta sola" in page
    assert person.summary()["shown_due_cents"] == str((5 * 500 + 3600) * 122 // 100)
    assert answer(person, "0") == 303
    assert chosen(services) == (True, [])


@pytest.mark.parametrize("wrong", ["", "-1", "2", "uno", "1.5", "9" * 30])
def test_a_single_mailbox_takes_one_or_none(app: Flask, services: Services, wrong: str) -> None:
    offer_kit(services)
    person = shopper(app, services, {}).start()

    assert answer(person, wrong) == 422
    assert chosen(services) == (False, [])


@pytest.mark.parametrize("wrong", ["", "-1", "4", "1000", "tre"])
def test_of_many_mailboxes_the_number_is_kept_beside_its_error(
    app: Flask, services: Services, wrong: str
) -> None:
    offer_kit(services)
    person = shopper(app, services, {}, {}, {}).start()
    page = person.browser.post(f"{person.plan}/extra", {"pieces-kit": wrong})

    assert page.status_code == 422
    assert "Scrivi un numero da 0 a 3: al massimo uno per ogni casella" in page.text
    assert f'value="{wrong}"' in page.text
    assert answer(person, "3") == 303
    assert chosen(services) == (True, [3])


def test_an_extra_that_nobody_offers_is_not_taken(app: Flask, services: Services) -> None:
    offer_kit(services)
    person = shopper(app, services, {}).start()

    person.browser.post(f"{person.plan}/extra", {"pieces-kit": "0", "pieces-oro": "1"})

    assert chosen(services) == (True, [])


def test_what_went_off_offer_is_left_out_and_told(app: Flask, services: Services) -> None:
    offer_kit(services)
    person = shopper(app, services, {}).start()
    answer(person, "1")
    person.pay_by_transfer()
    seen = person.summary()
    with services.transaction() as session:
        session.scalars(select(ExtraRow)).one().valid_to = TODAY - timedelta(days=1)

    refused = person.confirm(seen)

    assert refused.status_code == 409
    assert "Il totale è cambiato" in refused.text
    with services.reading() as session:
        assert session.scalars(select(Order)).all() == []


def test_from_the_order_to_the_parcel(app: Flask, services: Services) -> None:
    offer_kit(services)
    person = shopper(app, services, {}, {}).start()
    answer(person, "2")
    number = person.order()

    page = person.browser.get(f"/ordini/{number}").text
    assert "Kit di Firma Digitale" in page
    assert "Attende il pagamento" in page
    with services.transaction() as session:
        assert extras_waiting(session, limit=10) == []
        assert session.scalars(select(Mail)).first().context["extras"] == [  # type: ignore[union-attr]
            {"names": KIT_NAMES, "pieces": 2}
        ]
        order = session.scalars(select(Order)).one()
        order.state, order.paid_at = OrderState.PAID, services.now()
    with services.transaction() as session:
        (waiting,) = extras_waiting(session, limit=10)
        assert (waiting.number, waiting.extra.pieces) == (number, 2)
        mark_sent(session, number, "KIT", now=services.now())
        mark_sent(session, number, "kit", now=services.now() + timedelta(days=1))

    assert "Spedito il 24 novembre 2026" in person.browser.get(f"/ordini/{number}").text
    person.browser.post("/lingua", {"language": "de", "next": "/"})
    assert KIT_NAMES["de"] in person.browser.get(f"/ordini/{number}").text
    with services.reading() as session:
        assert extras_waiting(session, limit=10) == []
        assert session.scalars(select(OrderExtra.sent_at)).one() == services.now()


def promote(services: Services, *, first_year_only: bool = False) -> None:
    with services.transaction() as session:
        make_promotion(session, first_year_only=first_year_only)


def test_a_promotion_shows_its_end_and_the_price_that_follows(app: Flask, services: Services) -> None:
    promote(services)
    person = shopper(app, services, {}).start()

    short = person.change(plan="pro", years=2).text
    long = person.change(plan="pro", years=3).text

    assert "in promozione fino al 14/12/2026, poi €\u00a025,00 + IVA all'anno" in short
    assert "promozione AUTUNNO per gli ordini fino al 14/12/2026" in short
    assert "a prezzo di listino; per 1 o 2 anni è in promozione a €\u00a015,00 + IVA all'anno" in long


def test_the_button_binds_to_the_whole_term(app: Flask, services: Services) -> None:
    """Neither the year in promotion nor what is paid once is a term of its own."""
    promote(services, first_year_only=True)
    offer_kit(services)
    person = shopper(app, services, {}).start()
    person.change(plan="pro", years=2)
    answer(person, "1")
    person.keep_data()
    person.pay_by_transfer()

    summary = person.browser.get(f"{person.plan}/conferma").text

    assert "rinnovo di 1 casella PEC per 2 anni" in summary


def text_of(pdf: bytes) -> str:
    return "".join(page.extract_text().replace("\u00a0", " ") for page in PdfReader(io.BytesIO(pdf)).pages)


def test_the_quote_can_be_downloaded_before_the_order_and_after(app: Flask, services: Services) -> None:
    promote(services)
    offer_kit(services)
    person = shopper(app, services, {}, {}).start()
    for which in (0, 1):
        person.change(which, plan="pro", years=2)
    answer(person, "1")
    person.pay_by_transfer()

    led = person.browser.post(f"{person.plan}/preventivo")
    assert led.status_code == 303
    before = person.browser.get(led.headers["Location"])
    number = person.order()
    after = person.browser.get(f"/ordini/{number}/preventivo")

    assert before.mimetype == after.mimetype == "application/pdf"
    for part in ("2 caselle × 2 anni × € 15,00", "Promozione AUTUNNO", "Kit di Firma Digitale", "€ 117,12"):
        assert part in text_of(before.data)
        assert part in text_of(after.data)
    assert number in text_of(after.data)
    assert f"/ordini/{number}/preventivo" in person.browser.get(f"/ordini/{number}").text
