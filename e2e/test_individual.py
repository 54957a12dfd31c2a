"""A person with one suspended mailbox renews it for three years, after some mistakes at «Dati»."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from e2e.customers import PASSWORD, new_customer, pay_in_full
from e2e.steps import (
    accept_the_texts,
    add_nothing,
    due_of_order,
    no_barriers,
    order_number,
    pay_by_transfer,
    press,
    sign_in,
    total_due,
)
from portal.demo.holders import person
from portal.domain.dates import add_years
from portal.formats import long_day
from tests.servers.portal import DemoPortal

MARIO = person("individual", "Mario", "Moretti", 61)


def test_three_years_for_a_suspended_mailbox(any_page: Page, demo: DemoPortal, tmp_path: Path) -> None:
    page = any_page
    mine = new_customer(demo, tmp_path, MARIO, days=-20)
    sign_in(page, mine.address, at=f"/caselle/{mine.address}/rinnova", password=PASSWORD)
    expect(page.locator("main")).to_contain_text("La nuova durata si conta dalla vecchia scadenza")
    no_barriers(page)

    press(page, "Continua")
    expect(page.locator("#totals")).to_contain_text("6,10")
    page.get_by_role("radio", name="3 anni").check()
    if page.get_by_role("button", name="Aggiorna il totale").is_visible():
        press(page, "Aggiorna il totale")
    expect(page.locator("#totals")).to_contain_text("18,30")
    expect(page.locator("main")).to_contain_text(long_day(add_years(mine.expires_on, 3)))
    no_barriers(page)
    press(page, "Prosegui e completa l'ordine")
    add_nothing(page)
    be_corrected_at_the_fields(page, mine.address)
    pay_by_transfer(page)
    say_no_first(page)
    accept_the_texts(page)
    assert total_due(page) == 1830
    press(page, "Conferma l'ordine con obbligo di pagare")
    number = order_number(page)
    assert due_of_order(page) == 1830
    no_barriers(page)

    pay_in_full(demo, page, number)
    no_barriers(page)
    page.goto(f"/caselle/{mine.address}")
    expect(page.locator("main")).to_contain_text(long_day(add_years(mine.expires_on, 3)))
    expect(page.locator("main")).to_contain_text("Attiva")
    no_barriers(page)


def be_corrected_at_the_fields(page: Page, own_address: str) -> None:
    """Type what cannot be, be told at each field, lose nothing, and set it right."""
    expect(page.get_by_text("Come ricevi la fattura elettronica?")).to_have_count(0)
    email = page.get_by_label("E-mail di riferimento", exact=True)
    postal_code = page.get_by_label("CAP", exact=True).first
    before = {field: field.input_value() for field in (email, postal_code)}
    email.fill(own_address)
    page.get_by_label("Ripeti l'e-mail di riferimento").fill(own_address)
    postal_code.fill("5210")
    press(page, "Prosegui")

    expect(page.locator("#errori")).to_contain_text("Il CAP ha 5 cifre, es. 52100")
    expect(page.locator("#errori")).to_contain_text("gli avvisi devono arrivare a un altro indirizzo")
    expect(postal_code).to_have_value("5210")
    expect(postal_code).to_have_attribute("aria-invalid", "true")
    expect(email).to_have_value(own_address)
    no_barriers(page)
    for field, value in before.items():
        field.fill(value)
    page.get_by_label("Ripeti l'e-mail di riferimento").fill("")
    press(page, "Prosegui")


def say_no_first(page: Page) -> None:
    """Confirm without an answer, then with a refusal: nothing is ordered and each text says why."""
    press(page, "Conferma l'ordine con obbligo di pagare")
    errors = page.locator("#errori")
    expect(errors).to_contain_text("Per ordinare serve accettare le condizioni generali di contratto")
    page.get_by_role("radio", name="Accetto", exact=True).first.check()
    page.get_by_role("radio", name="Non accetto", exact=True).last.check()
    press(page, "Conferma l'ordine con obbligo di pagare")
    expect(errors).to_contain_text("Per ordinare serve accettare l'informativa privacy")
    expect(errors).not_to_contain_text("condizioni generali")
    expect(page.get_by_role("radio", name="Accetto", exact=True).first).to_be_checked()
    no_barriers(page)


@pytest.mark.parametrize("step", ["", "/extra", "/dati", "/pagamento", "/conferma"])
def test_the_steps_of_nobodys_renewal_do_not_exist(desktop: Page, step: str) -> None:
    sign_in(desktop, "studio.rossi@pec.example")

    answer = desktop.goto(f"/rinnovo/{'A' * 22}{step}")

    assert answer is not None
    assert answer.status == 404
