"""The renewal through its pages: forwards, backwards, out of turn, and with bad input."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.domain.plans import Plan
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.prices import PriceRow
from portal.wiring import Services
from tests.blueprints.browser import HTMX
from tests.blueprints.people import ON_BOTH
from tests.blueprints.shop import as_mailbox, confirmed, hidden, shopper
from tests.factories import make_account, make_mailbox, make_order, make_prices

pytestmark = ON_BOTH


def orders(services: Services) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count(Order.id))) or 0


def lines(services: Services) -> list[DraftLine]:
    with services.reading() as session:
        return list(session.scalars(select(DraftLine).order_by(DraftLine.id)))


def test_from_one_mailbox_to_its_order(app: Flask, services: Services) -> None:
    person = shopper(app, services, {})
    path = f"/caselle/{person.addresses[0]}/rinnova"

    page = person.browser.get(path)
    assert "24 dicembre 2027" in page.text
    assert "€\u00a05,00 + IVA" in page.text
    begun = person.browser.post(path)
    person.draft = begun.headers["Location"].split("/rinnovo/")[1]
    number = person.order()

    order = person.browser.get(f"/ordini/{number}")
    assert "In attesa di pagamento" in order.text
    assert "IT60 X054 2811 1010 0000 0123 456" in order.text
    assert "€\u00a06,10" in order.text
    assert orders(services) == 1


def test_from_a_selection_to_one_order(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {"plan": Plan.PRO}, {"plan": Plan.PREMIUM}).start()
    person.change(1, plan="pro", years=3, extra_mailbox_gb=2)

    number = person.order()

    page = person.browser.get(f"/ordini/{number}")
    assert all(address in page.text for address in person.addresses)
    assert f"€\u00a0{(500 + 3 * (2500 + 600) + 4000) // 100},00" in page.text


def test_every_step_asks_for_the_one_before(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    assert person.browser.get(f"{person.plan}/conferma").headers["Location"] == f"{person.plan}/pagamento"
    cold = person.confirm({"shown_due_cents": "610", "shown_version": "1"})
    assert cold.headers.get("Location") == f"{person.plan}/pagamento" or cold.status_code == 409
    assert orders(services) == 0


def test_what_is_to_fix_stops_at_the_plan(app: Flask, services: Services) -> None:
    person = shopper(app, services, {"mailbox_used_mb": 5000}, {}).start()

    answer = person.browser.get(f"{person.plan}/pagamento")

    assert answer.headers["Location"].startswith(person.plan)
    page = person.browser.get(answer.headers["Location"])
    assert "Manca ancora qualcosa" in page.text
    assert "1 casella da sistemare" in page.text


def test_a_row_changes_by_a_plain_form(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()

    answer = person.change(by_htmx=False, plan="pro", step="extra_mailbox_gb:+1")

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith(f"{person.plan}?apri=")
    assert "#spazio-" in answer.headers["Location"]
    assert (lines(services)[0].plan, lines(services)[0].extra_mailbox_gb) == (Plan.PRO, 1)
    assert "Aggiorna il totale" in person.browser.get(answer.headers["Location"]).text


@pytest.mark.parametrize("by_htmx", [True, False])
def test_a_plan_too_small_is_fixed_by_one_button(app: Flask, services: Services, by_htmx: bool) -> None:
    person = shopper(app, services, {"plan": Plan.PRO, "mailbox_used_mb": 1025}).start()
    page = person.browser.get(person.plan).text

    person.change(by_htmx=by_htmx, plan="pro", step="take:standard:1:0")

    assert 'name="step" value="take:standard:1:0">Aggiungi 1 GB<' in page
    assert (lines(services)[0].plan, lines(services)[0].extra_mailbox_gb) == (Plan.STANDARD, 1)
    assert "Dal 25 dicembre 2026:" in person.browser.get(person.plan).text


@pytest.mark.parametrize("step", ["take:standard:2:0", "take:domain:0:0", "take:pro:100:0", "take:pro:-1:0"])
def test_a_button_nobody_was_given_changes_nothing(app: Flask, services: Services, step: str) -> None:
    person = shopper(
        app, services, {"plan": Plan.PRO, "mailbox_used_mb": 2049, "extra_mailbox_gb": 1}
    ).start()

    person.change(plan="pro", extra_mailbox_gb=1, step=step)

    assert (lines(services)[0].plan, lines(services)[0].extra_mailbox_gb) == (Plan.PRO, 1)


def test_going_on_saves_the_only_row_first(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    plain = person.change(by_htmx=False, years=4, step="go_on")
    live = person.change(years=5, step="go_on")

    assert plain.headers["Location"] == f"{person.plan}/dati"
    assert live.headers["HX-Redirect"] == f"{person.plan}/dati"
    assert lines(services)[0].term_years == 5


@pytest.mark.parametrize(
    "choice",
    [
        {"plan": "domain"},
        {"plan": "gold"},
        {"plan": ""},
        {"extra_mailbox_gb": "-1"},
        {"extra_mailbox_gb": "1000000000"},
        {"extra_mailbox_gb": "1.5"},
        {"extra_mailbox_gb": ""},
        {"extra_archive_gb": "-1"},
        {"years": "0"},
        {"years": "11"},
        {"years": "uno"},
        {"version": "0"},
        {"page": "<script>"},
    ],
)
@pytest.mark.parametrize("by_htmx", [True, False])
def test_tampered_numbers_change_nothing(
    app: Flask, services: Services, choice: dict[str, str], by_htmx: bool
) -> None:
    person = shopper(app, services, {}).start()

    answer = person.change(by_htmx=by_htmx, **choice)

    assert answer.status_code == 422
    assert "La modifica non è stata salvata" in answer.text
    assert (lines(services)[0].plan, lines(services)[0].term_years) == (Plan.STANDARD, 1)


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"extra_mailbox_gb": "1,5"}, "spazio", "Scrivi un numero intero"),
        ({"extra_archive_gb": "due"}, "archivio", "Scrivi un numero intero"),
        ({"extra_mailbox_gb": "100"}, "spazio", "Scrivi un numero intero"),
    ],
)
def test_without_scripts_what_is_wrong_stands_at_its_field_and_the_rest_is_kept(
    app: Flask, services: Services, typed: dict[str, str], field: str, words: str
) -> None:
    person = shopper(app, services, {"plan": Plan.PRO}, {}).start()
    choice = {"plan": "premium", "extra_mailbox_gb": "3", "extra_archive_gb": "4", "years": "2"} | typed

    page = person.change(by_htmx=False, **choice).text

    line = lines(services)[0]
    assert (line.plan, line.term_years, line.extra_mailbox_gb) == (Plan.PRO, 1, 0)
    assert page.count(words) == 2
    assert f'<a href="#{field}-{line.id}">' in page
    assert re.search(r'value="premium" checked', page)
    assert re.search(r'name="years" value="2" checked', page)
    for name in ("extra_mailbox_gb", "extra_archive_gb"):
        assert f'name="{name}" value="{choice[name]}"' in page


def test_fields_that_are_not_the_forms_change_nothing(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    person.change(net_cents="1", price="1", expires_on="2099-01-01", account_id="1", state="ordered")

    with services.reading() as session:
        assert session.scalars(select(Mailbox.expires_on)).one().year == 2026
    assert orders(services) == 0


def test_a_plan_too_small_is_refused_in_its_row(app: Flask, services: Services) -> None:
    person = shopper(app, services, {"plan": Plan.PRO, "mailbox_used_mb": 1500}, {}).start()
    part = person.browser.get(f"{person.plan}?apri={person.addresses[0]}", headers=HTMX)
    assert "Con Standard serve almeno 1 GB" in part.text

    live = person.change(plan="standard")
    plain = person.change(by_htmx=False, plan="standard")

    assert live.status_code == plain.status_code == 422
    assert "Questa scelta non basta" in live.text
    assert "Questa scelta non basta" in plain.text


def test_a_second_tab_is_told_and_shown_the_present(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    first, second = person.open_row(), person.open_row()
    person.change(row=first, years=5)

    answer = person.change(row=second, years=2)

    assert answer.status_code == 409
    assert "la tua ultima modifica non è stata applicata" in answer.text
    assert 'value="5" checked' in answer.text
    assert lines(services)[0].term_years == 5


def test_applying_to_all_says_what_it_did(app: Flask, services: Services) -> None:
    person = shopper(app, services, {"plan": Plan.PRO}, {"plan": Plan.PRO, "archive_used_mb": 5}).start()

    answer = person.browser.post(f"{person.plan}/tutte", {"plan": "standard", "years": "2"})

    page = person.browser.get(answer.headers["Location"])
    assert "Applicato a 1 casella." in page.text
    assert "cancellerebbe il suo archivio" in page.text


@pytest.mark.parametrize("fields", [{}, {"plan": "", "years": ""}, {"plan": "domain"}, {"years": "99"}])
def test_applying_nothing_or_nonsense_is_refused(
    app: Flask, services: Services, fields: dict[str, str]
) -> None:
    person = shopper(app, services, {}, {}).start()

    answer = person.browser.post(f"{person.plan}/tutte", {"plan": "", "years": ""} | fields)

    assert answer.status_code == 422
    assert "Scegli un piano oppure una durata" in answer.text


def test_leaving_out_a_row(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()

    answer = person.change(by_htmx=False, step="leave_out")

    page = person.browser.get(answer.headers["Location"])
    assert f"{person.addresses[0]} non è più in questo rinnovo." in page.text
    assert len(lines(services)) == 1


def test_money_that_comes_too_late_is_refused_with_a_way_out(app: Flask, services: Services) -> None:
    person = shopper(app, services, {"expires_in": -88}, {}).start()

    page = person.browser.get(f"{person.plan}/pagamento")
    assert "tempi troppo lunghi per 1 casella" in page.text
    assert person.addresses[0] in page.text.replace("<wbr>", "")
    assert person.pay_by_transfer().status_code == 422

    person.browser.post(f"{person.plan}/pagamento", {"step": "leave_out"})
    assert person.order()


@pytest.mark.parametrize("method", ["", "card", "credit", "barter"])
def test_a_method_that_is_not_offered_is_refused(app: Flask, services: Services, method: str) -> None:
    person = shopper(app, services, {}).start()

    answer = person.browser.post(f"{person.plan}/pagamento", {"method": method})

    assert answer.status_code == 422
    assert "Scegli come vuoi pagare" in answer.text


def test_the_button_states_the_obligation_next_to_the_total(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    person.pay_by_transfer()

    page = person.browser.get(f"{person.plan}/conferma").text

    assert page.index("Da pagare") < page.index("ordine con obbligo di pagare")


@pytest.mark.parametrize(
    "wrong",
    [
        {"shown_due_cents": "1"},
        {"shown_due_cents": "-610"},
        {"shown_due_cents": ""},
        {"shown_due_cents": "9" * 30},
        {"shown_version": "999"},
        {"shown_version": "x"},
    ],
)
def test_a_tampered_summary_orders_nothing(app: Flask, services: Services, wrong: dict[str, str]) -> None:
    person = shopper(app, services, {}).start()
    person.pay_by_transfer()

    answer = person.confirm(person.summary() | wrong)

    assert answer.status_code in (409, 422)
    assert orders(services) == 0


def test_a_changed_price_is_shown_beside_the_old_one(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    person.pay_by_transfer()
    seen = person.summary()
    with services.transaction() as session:
        session.execute(update(PriceRow).values(net_cents=PriceRow.net_cents + 100))

    answer = person.confirm(seen)

    assert answer.status_code == 409
    for amount in ("€\u00a06,10", "€\u00a07,32", "€\u00a01,22"):
        assert f"<dd>{amount}</dd>" in answer.text
    assert hidden(answer)["shown_due_cents"] == "732"
    assert orders(services) == 0
    assert person.confirm(confirmed(answer)).status_code == 303


def test_pressing_twice_leads_to_the_same_order(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    person.pay_by_transfer()
    seen = person.summary()

    first, second = person.confirm(seen), person.confirm(seen)

    assert first.headers["Location"] == second.headers["Location"]
    assert orders(services) == 1


def test_back_after_ordering_leads_to_the_order(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()

    for path in ("", "/pagamento", "/conferma"):
        assert person.browser.get(person.plan + path).headers["Location"] == f"/ordini/{number}"


def test_a_mailbox_ordered_meanwhile_is_shown_and_left_out(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()
    with services.transaction() as session:
        box = session.scalars(select(Mailbox).where(Mailbox.address == person.addresses[0])).one()
        make_order(session, [box])

    page = person.browser.get(person.plan).text

    assert "1 casella non compresa" in page
    assert person.addresses[0].split("@")[0] in page
    assert person.order()


def test_when_nothing_can_be_renewed_any_more_no_button_leads_on(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    with services.transaction() as session:
        make_order(session, list(session.scalars(select(Mailbox))))

    page = person.browser.get(f"{person.plan}?prosegui=no").text

    assert "Adesso questa casella non si può rinnovare" in page
    assert "Completa la scelta" not in page
    assert "Prosegui e completa" not in page
    assert "Abbandona il rinnovo" in page


def test_a_discarded_renewal_says_so(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    answer = person.browser.post(f"{person.plan}/abbandona")

    assert answer.headers["Location"] == "/caselle"
    gone = person.browser.get(person.plan)
    assert gone.status_code == 410
    assert "Questo rinnovo non è più aperto" in gone.text


def test_an_empty_selection_says_what_to_do(app: Flask, services: Services) -> None:
    person = shopper(app, services)

    answer = person.browser.post("/rinnovo")

    assert answer.status_code == 422
    assert "Selezionane almeno una" in answer.text


def test_a_mailbox_with_an_open_order_offers_to_pay_it(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()
    path = f"/caselle/{person.addresses[0]}/rinnova"

    page = person.browser.get(path)

    assert f'href="/ordini/{number}"' in page.text
    assert f'href="/ordini/{number}/annulla"' in page.text
    assert person.browser.post(path).status_code == 409


def test_a_mailbox_of_another_holder_is_told_who_may_change_the_plan(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        box = make_mailbox(session, make_account(session), of_account_holder=False)
    person = as_mailbox(app, services, box.address)

    page = person.browser.get(person.plan).text

    assert "li può cambiare solo chi ha acquistato la casella" in page
    assert 'type="radio" id="piano-' not in page
    assert person.change(plan="pro").status_code == 403
    assert person.change(years=2).status_code == 200


def test_the_draft_is_offered_again(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}, {}).start()

    page = person.browser.get(f"/caselle/{person.addresses[0]}/rinnova").text

    assert "Hai già iniziato un rinnovo con 2 caselle" in page
    assert f'href="{person.plan}"' in page
