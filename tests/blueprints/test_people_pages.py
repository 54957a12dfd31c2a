"""«Dati» through its pages: prefilled, corrected in place, kept or refused whole; and the mailed link."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.domain.customers import CustomerKind
from portal.store.accounts import Account, Holder
from portal.store.billing import BillingProfile
from portal.store.mailboxes import Mailbox
from portal.store.order_people import OrderBilling, OrderHolder
from portal.store.orders import Order
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.blueprints.shop import Shopper, as_mailbox, big_shopper, shopper
from tests.factories import make_account, make_holder, make_mailbox, make_prices
from tests.statements import counted
from tests.usecases.test_contacts import GOOD, NEW, token_of

COMPANY = {
    "kind": "company",
    "business_name": "Conti e Soci S.r.l.",
    "tax_code": "12345678903",
    "vat_number": "IT 12345678903",
    "street": "Via Roma",
    "street_number": "1",
    "postal_code": "10100",
    "city": "Torino",
    "province": "TO",
    "country": "IT",
    "phone": "011 000 1234",
    "email": "fatture@conti.example",
    "einvoice_route": "sdi_code",
    "sdi_code": "abc1234",
}
OFFICE = {
    "kind": "public_body",
    "business_name": "Comune di Esempio",
    "tax_code": "12345678903",
    "sdi_code": "ufabc1",
    "cig": "1234567890",
    "cup": "J11B21000000001",
    "po_reference": "Impegno 12/2026",
    "split_payment": "1",
}
POLYGLOT = '"><script>alert(1)</script>{{7*7}}'


def billed(fields: dict[str, str]) -> dict[str, str]:
    return {f"billing-{name}": value for name, value in fields.items()}


def send(person: Shopper, **fields: str) -> TestResponse:
    return person.browser.post(f"{person.plan}/dati", fields)


def profile(services: Services) -> BillingProfile | None:
    with services.reading() as session:
        return session.scalars(select(BillingProfile)).one_or_none()


def holder_of(services: Services, address: str) -> Holder:
    with services.reading() as session:
        mailbox = session.scalars(select(Mailbox).where(Mailbox.address == address)).one()
        return session.get_one(Holder, mailbox.holder_id)


def unbilled(app: Flask, services: Services, *each: dict[str, Any]) -> Shopper:
    """A shopper whose billing data nobody has given yet."""
    person = shopper(app, services, *each).start()
    with services.transaction() as session:
        session.delete(session.scalars(select(BillingProfile)).one())
    return person


def test_everything_is_filled_in_already(app: Flask, services: Services) -> None:
    person = unbilled(app, services, {})
    holder = holder_of(services, person.addresses[0])

    page = person.browser.get(f"{person.plan}/dati").text

    assert f'value="{holder.contact_email}"' in page
    assert page.count('value="Via Roma"') == 3, "the holder's, what was shown of it, and the invoice's"
    assert 'name="tax_code"' not in page, "who the holder is cannot be changed here"
    assert "cambio di titolare" in page
    assert 'name="billing-einvoice_route"' not in page, "an individual has none to choose"


def test_going_on_keeps_what_was_proposed(app: Flask, services: Services) -> None:
    person = unbilled(app, services, {})
    page = person.browser.get(f"{person.plan}/dati").text
    fields = dict(re.findall(r'<input[^>]* name="(billing-\w+)" value="([^"]*)"', page))

    answer = send(person, **fields | {"billing-kind": "individual", "billing-country": "IT"})

    assert answer.headers["Location"] == f"{person.plan}/pagamento"
    kept = profile(services)
    assert kept is not None
    assert (kept.kind, kept.tax_code, kept.einvoice_route) == ("individual", "RSSMRA85T10A562S", "none")


def test_no_step_after_it_opens_before_it_is_done(app: Flask, services: Services) -> None:
    person = unbilled(app, services, {})

    for step in ("pagamento", "conferma"):
        answer = person.browser.get(f"{person.plan}/{step}")
        assert answer.headers["Location"] == f"{person.plan}/dati?prosegui=no"
    assert "Manca ancora qualcosa" in person.browser.get(f"{person.plan}/dati?prosegui=no").text


def test_a_company_is_kept_in_one_form(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    assert send(person, **billed(COMPANY)).status_code == 303

    kept = profile(services)
    assert kept is not None
    assert (kept.vat_number, kept.sdi_code, kept.phone) == ("12345678903", "ABC1234", "+390110001234")
    assert (kept.first_name, kept.cig, kept.split_payment) == ("", "", False)


def test_a_public_body_pays_the_net(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    assert send(person, **billed(COMPANY | OFFICE)).status_code == 303

    assert "€\u00a05,00" in person.browser.get(person.plan).text
    number = person.order()

    with services.reading() as session:
        order = session.scalars(select(Order)).one()
        copy = session.get_one(OrderBilling, order.id)
    assert (order.split_payment, order.due_cents, order.vat_cents) == (True, 500, 110)
    assert (copy.cig, copy.cup, copy.po_reference, copy.sdi_code) == (
        "1234567890",
        "J11B21000000001",
        "Impegno 12/2026",
        "UFABC1",
    )
    page = person.browser.get(f"/ordini/{number}").text
    assert "Comune di Esempio" in page
    assert "UFABC1" in page


def test_only_a_public_body_pays_the_net(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()

    send(person, **billed(COMPANY | {"split_payment": "1", "cig": "1234567890"}))

    kept = profile(services)
    assert kept is not None
    assert (kept.split_payment, kept.cig) == (False, "")


@pytest.mark.parametrize(
    ("fields", "problem", "words"),
    [
        ({"sdi_code": "ABC"}, "sdi_code", "7 lettere e cifre"),
        ({"sdi_code": "0000000"}, "sdi_code", "Nessun identificativo"),
        ({"einvoice_route": ""}, "einvoice_route", "Scegli come ricevi"),
        ({"einvoice_route": "einvoice_pec"}, "einvoice_pec", "PEC per le fatture"),
        ({"vat_number": "01234567890"}, "vat_number", "ultimo carattere"),
        ({"tax_code": "RSSMRA85M01H501Q"}, "tax_code", "11 cifre"),
        ({"postal_code": "5210"}, "postal_code", "Il CAP ha 5 cifre"),
        ({"province": "XX"}, "province", "sigla di una provincia"),
        ({"phone": "12"}, "phone", "6 a 15 cifre"),
        ({"email": "no"}, "email", "indirizzo e-mail completo"),
        ({"business_name": "x" * 81}, "business_name", "troppo lungo"),
        ({"city": "Fi\u202erenze"}, "city", "caratteri"),
        ({"kind": "public_body", "cig": "123"}, "cig", "10 lettere e cifre"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_on_top(
    app: Flask, services: Services, fields: dict[str, str], problem: str, words: str
) -> None:
    person = shopper(app, services, {}).start()
    before = profile(services)

    answer = send(person, **billed(COMPANY | fields))

    assert answer.status_code == 422
    assert f'href="#billing-{problem}"' in answer.text
    assert words in answer.text
    assert "fatture@conti.example" in answer.text or problem == "email", "the rest is kept in the form"
    now = profile(services)
    assert now is not None
    assert before is not None
    assert now.business_name == before.business_name == ""


def test_both_parts_are_refused_together(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    holder = holder_of(services, person.addresses[0])
    sent = GOOD | {"holder": str(holder.id), "contact_email": holder.contact_email, "phone": "x"}

    answer = send(person, **sent | billed(COMPANY | {"sdi_code": ""}))

    assert answer.status_code == 422
    assert 'href="#phone"' in answer.text
    assert 'href="#billing-sdi_code"' in answer.text
    assert holder_of(services, person.addresses[0]).street == "Via Roma"


def test_another_kind_shows_its_fields_and_keeps_nothing(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    fields = billed(COMPANY | {"kind": "public_body"}) | {"step": "kind"}

    page = send(person, **fields)
    part = person.browser.post(f"{person.plan}/dati", fields, headers=HTMX)

    assert page.status_code == part.status_code == 200
    assert "<html" in page.text
    assert "<html" not in part.text
    assert all("billing-split_payment" in answer.text for answer in (page, part))
    assert 'value="Conti e Soci S.r.l."' in part.text
    kept = profile(services)
    assert kept is not None
    assert kept.kind is CustomerKind.INDIVIDUAL


@pytest.mark.parametrize("kind", ["", "robot", "Company"])
def test_a_kind_that_is_not_offered_keeps_nothing(app: Flask, services: Services, kind: str) -> None:
    person = shopper(app, services, {}).start()

    assert send(person, **billed(COMPANY | {"kind": kind})).status_code == 422


def test_text_that_would_be_a_page_is_shown_as_text(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    send(person, **billed(COMPANY | {"business_name": POLYGLOT, "city": POLYGLOT, "street": POLYGLOT}))

    page = person.browser.get(f"{person.plan}/dati").text
    order = person.browser.get(f"/ordini/{person.order()}").text

    assert "<script>alert(1)" not in page + order
    assert "{{7*7}}" in order
    assert "&lt;script&gt;alert(1)" in page
    assert "&lt;script&gt;alert(1)" in order


def several(app: Flask, services: Services) -> Shopper:
    """Two holders, one of whom lacks nearly everything."""
    with services.transaction() as session:
        make_prices(session)
        poor = make_holder(session, first_name="Anna", phone="", street="", city="")
    person = shopper(app, services, {}, {"holder": poor}, {"holder": poor})
    return person.start()


@pytest.fixture
def _one_price_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.blueprints.shop.make_prices", lambda _session: None)


@pytest.mark.usefixtures("_one_price_list")
def test_several_holders_are_completed_one_by_one(app: Flask, services: Services) -> None:
    person = several(app, services)
    poor = holder_of(services, person.addresses[1])

    assert person.browser.get(f"{person.plan}/pagamento").headers["Location"].endswith("dati?prosegui=no")
    page = person.browser.get(f"{person.plan}/dati?prosegui=no").text
    assert "1 titolare da completare" in page
    assert 'name="phone"' not in page, "all are folded"
    opened = person.browser.get(f"{person.plan}/dati?titolare={poor.id}&mostra=da-completare").text
    assert opened.count('name="phone"') == 1

    bad = person.browser.post(
        f"{person.plan}/dati/titolari/{poor.id}", GOOD | {"contact_email": poor.contact_email, "city": ""}
    )
    assert bad.status_code == 422
    assert 'href="#city"' in bad.text
    assert 'value="Via Larga"' in bad.text
    good = person.browser.post(
        f"{person.plan}/dati/titolari/{poor.id}", GOOD | {"contact_email": poor.contact_email}
    )
    assert good.headers["Location"] == f"{person.plan}/dati#titolare-{poor.id}"
    assert person.order()
    with services.reading() as session:
        assert session.scalar(select(func.count()).select_from(OrderHolder)) == 2


def test_a_link_is_asked_for_and_used_without_signing_in(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    holder = holder_of(services, person.addresses[0])
    sent = GOOD | {"holder": str(holder.id), "contact_email": NEW, "contact_email_again": NEW}

    assert send(person, **sent).status_code == 303
    waiting = person.browser.get(f"{person.plan}/dati").text
    assert "in attesa di conferma" in waiting
    assert NEW in waiting

    stranger = Browser(app)
    opened = stranger.get(f"/conferma-email/{token_of(services)}")
    assert (opened.status_code, opened.headers["Location"]) == (303, "/conferma-email")
    assert opened.headers["Referrer-Policy"] == "no-referrer"
    asked = stranger.get("/conferma-email")
    assert "Conferma questo indirizzo" in asked.text
    assert holder_of(services, person.addresses[0]).contact_email == holder.contact_email
    assert "E-mail confermata" in stranger.post("/conferma-email").text
    assert holder_of(services, person.addresses[0]).contact_email == NEW
    assert stranger.post("/conferma-email").status_code == 410


def test_a_pec_address_is_warned_about(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    holder = holder_of(services, person.addresses[0])
    pec = "studio@pec.it"

    answer = send(person, **GOOD | {"holder": str(holder.id), "contact_email": pec})

    assert answer.status_code == 422
    assert "sembra una PEC" in answer.text


def test_the_accounts_billing_is_not_for_its_mailboxes_to_read(app: Flask, services: Services) -> None:
    person = shopper(app, services, {})
    with services.transaction() as session:
        account = session.scalars(select(Account)).one()
        kept = session.scalars(select(BillingProfile)).one()
        kept.street, kept.email = "Via Riservata", "riservata@posta.example"
        name = account.username
    mailbox = as_mailbox(app, services, person.addresses[0])

    page = mailbox.browser.get(f"{mailbox.plan}/dati").text
    assert name in page
    send(mailbox, **billed(COMPANY))
    number = mailbox.order()
    order = mailbox.browser.get(f"/ordini/{number}").text

    assert "Riservata" not in page + order
    assert "riservata" not in page + order
    now = profile(services)
    assert now is not None
    assert now.street == "Via Riservata"


def test_a_mailbox_without_account_has_billing_data_of_its_own(app: Flask, services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        address = make_mailbox(session, None).address
    person = as_mailbox(app, services, address)

    assert send(person, **billed(COMPANY)).status_code == 303

    kept = profile(services)
    assert kept is not None
    assert kept.account_id is None
    assert person.order()


def test_nobody_sees_or_changes_anothers_holder(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    with services.transaction() as session:
        other = make_mailbox(session, make_account(session)).address
    theirs = holder_of(services, other)

    direct = person.browser.post(
        f"{person.plan}/dati/titolari/{theirs.id}", GOOD | {"contact_email": theirs.contact_email}
    )
    hidden = send(person, **GOOD | {"holder": str(theirs.id), "contact_email": theirs.contact_email})

    assert direct.status_code == hidden.status_code == 404
    assert holder_of(services, other).street == theirs.street


def test_an_ordered_draft_leads_to_its_order(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()

    assert send(person, **billed(COMPANY)).headers["Location"] == f"/ordini/{number}"
    kept = profile(services)
    assert kept is not None
    assert kept.business_name == ""


def test_later_changes_do_not_touch_an_order(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    number = person.order()
    with services.transaction() as session:
        session.scalars(select(BillingProfile)).one().street = "Via Nuova"
        session.scalars(select(Holder)).one().street = "Via Nuova"

    assert "Via Nuova" not in person.browser.get(f"/ordini/{number}").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_five_hundred_holders_take_as_many_statements_as_two(app: Flask, services: Services) -> None:
    person = big_shopper(app, services, 500).start()
    sent = []
    for holders in (2, 500):
        with services.transaction() as session:
            make = [make_holder(session).id for _ in range(holders)]
            for place, box in enumerate(session.scalars(select(Mailbox).order_by(Mailbox.id))):
                box.holder_id = make[place % holders]
        with counted(services.engine) as statements:
            page = person.browser.get(f"{person.plan}/dati")
            sent.append(len(statements))
        assert page.text.count('class="card person"') == min(holders, 50)

    assert sent[0] == sent[1]


def test_the_summary_says_who_is_invoiced(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    send(person, **billed(COMPANY))
    person.pay_by_transfer()

    page = person.browser.get(f"{person.plan}/conferma").text

    assert "Conti e Soci S.r.l." in page
    assert "ABC1234" in page


def form_of(page: str) -> dict[str, str]:
    """Return the holder's fields of a page as a browser sends them untouched."""
    found = dict(re.findall(r'<input[^>]* name="([\w-]+)" value="([^"]*)"', page))
    return {name: value for name, value in found.items() if not name.startswith(("csrf", "billing"))} | {
        "country": "IT"
    }


def test_of_two_tabs_the_later_does_not_overwrite_the_earlier_unseen(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    tab = form_of(person.browser.get(f"{person.plan}/dati").text)
    assert send(person, **tab | {"phone": "06 111 111", "mobile": "333 111 1111"}).status_code == 303

    later = send(person, **tab | {"phone": "06 222 222"})

    holder = holder_of(services, person.addresses[0])
    assert later.status_code == 422
    assert "Nel frattempo un" in later.text
    assert "Telefono: +3906111111" in later.text
    assert 'value="06 222 222"' in later.text, "what was typed is kept"
    assert holder.phone == "+3906111111"

    again = send(person, **form_of(later.text))

    holder = holder_of(services, person.addresses[0])
    assert again.status_code == 303
    assert (holder.phone, holder.mobile) == ("+3906222222", "+393331111111"), "what it left alone is kept"


def test_of_two_tabs_both_count_where_they_change_different_fields(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    tab = form_of(person.browser.get(f"{person.plan}/dati").text)
    send(person, **tab | {"mobile": "333 111 1111"})

    assert send(person, **tab | {"phone": "06 222 222"}).status_code == 303

    holder = holder_of(services, person.addresses[0])
    assert (holder.phone, holder.mobile) == ("+3906222222", "+393331111111")


def test_a_tax_code_that_is_not_made_from_the_name_is_a_warning_alone(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    assert "Controlla nome e codice fiscale" not in person.browser.get(f"{person.plan}/dati").text
    invoice = COMPANY | {"kind": "individual", "first_name": "Anna", "last_name": "Bianchi"}

    kept = send(person, **billed(invoice | {"tax_code": "RSSMRA85T10A562S"}))

    assert kept.status_code == 303, "nothing is refused"
    assert person.browser.get(f"{person.plan}/dati").text.count("Controlla nome e codice fiscale") == 1


@pytest.mark.usefixtures("_one_price_list")
def test_opening_and_keeping_a_holder_loses_nothing_typed_of_the_invoice(
    app: Flask, services: Services
) -> None:
    person = several(app, services)
    poor = holder_of(services, person.addresses[1])
    typed = billed(COMPANY | {"city": "Cuneo"})

    opened = send(person, **typed, step=f"open-{poor.id}")

    assert opened.status_code == 200
    assert opened.text.count('name="phone"') == 1
    assert 'value="Cuneo"' in opened.text
    saved = person.browser.post(
        f"{person.plan}/dati/titolari/{poor.id}", GOOD | typed | {"contact_email": poor.contact_email}
    )
    assert 'value="Cuneo"' in saved.text
    assert 'name="phone"' not in saved.text, "folded again"
    assert holder_of(services, person.addresses[1]).phone
    before = profile(services)
    assert before is None or before.city != "Cuneo", "the invoice is kept by «Prosegui» alone"
    assert send(person, **typed).status_code == 303
    after = profile(services)
    assert after is not None
    assert after.city == "Cuneo"


@pytest.mark.usefixtures("_one_price_list")
def test_looking_at_other_holders_loses_nothing_typed(app: Flask, services: Services) -> None:
    person = several(app, services)
    poor = holder_of(services, person.addresses[1])
    page = person.browser.get(f"{person.plan}/dati?titolare={poor.id}").text
    seen = dict(re.findall(r'name="(seen-\w+)" value="([^"]*)"', page))
    typed = billed(COMPANY | {"city": "Cuneo"}) | seen | {"holder": str(poor.id)}
    contacts = GOOD | {"contact_email": poor.contact_email}

    refused = send(person, **typed, **contacts | {"city": ""}, step="look-mostra=da-completare")
    assert refused.status_code == 422
    assert 'href="#city"' in refused.text, "the holder that was open still is"
    assert 'value="Cuneo"' in refused.text

    looked = send(person, **typed, **contacts | {"city": "Bra"}, step="look-mostra=da-completare")
    assert looked.status_code == 200
    assert "I dati dei titolari ci sono tutti" in looked.text, "those to complete are shown, and none is left"
    assert 'value="Cuneo"' in looked.text
    assert holder_of(services, person.addresses[1]).city == "Bra"
    stored = profile(services)
    assert stored is None or stored.city != "Cuneo", "the invoice is kept by «Prosegui» alone"


def test_going_back_keeps_what_is_right_and_is_stopped_by_nothing(app: Flask, services: Services) -> None:
    person = unbilled(app, services, {})
    page = person.browser.get(f"{person.plan}/dati").text
    shown = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', page)) | {"step": "back"}
    shown |= {"billing-kind": "individual", "billing-country": "IT", "country": "IT"}

    looked = send(person, **shown)
    assert (looked.status_code, looked.headers["Location"]) == (303, person.plan)
    assert profile(services) is None, "what was only proposed is not taken for an answer"
    send(person, **shown | {"city": "Bra", "billing-postal_code": "1"})
    assert holder_of(services, person.addresses[0]).city == "Bra"
    assert profile(services) is None
    send(person, **shown | {"billing-city": "Cuneo"})
    stored = profile(services)
    assert stored is not None
    assert stored.city == "Cuneo"


@pytest.mark.usefixtures("_one_price_list")
def test_a_holder_that_is_left_as_it_is_is_not_kept(app: Flask, services: Services) -> None:
    person = several(app, services)
    poor = holder_of(services, person.addresses[1])
    typed = GOOD | {"contact_email": poor.contact_email, "holder": str(poor.id), "seen-city": ""}

    assert send(person, **typed, step="open-").status_code == 200
    assert holder_of(services, person.addresses[1]).city == ""
    assert send(person, **typed, step="look-").status_code == 200
    assert holder_of(services, person.addresses[1]).city == GOOD["city"]


@pytest.mark.parametrize(
    "step", ["look-dopo=x&mostra=zzz", "look-dopo=99999999999999", "look-prima=-1", "look-\u00b2=%"]
)
def test_rows_that_nobody_was_offered_are_the_first_ones(app: Flask, services: Services, step: str) -> None:
    person = shopper(app, services, {}).start()

    assert send(person, step=step).status_code == 200


@pytest.mark.usefixtures("_one_price_list")
def test_going_on_keeps_the_holder_whose_form_is_open(app: Flask, services: Services) -> None:
    person = several(app, services)
    poor = holder_of(services, person.addresses[1])
    contacts = GOOD | {"contact_email": poor.contact_email, "holder": str(poor.id)}

    bad = send(person, **contacts | {"city": ""}, **billed(COMPANY))
    assert bad.status_code == 422
    assert 'href="#city"' in bad.text

    assert send(person, **contacts, **billed(COMPANY)).status_code == 303
    assert holder_of(services, person.addresses[1]).city == GOOD["city"]


@pytest.mark.parametrize("step", ["open-", "open-abc", "open-99999999999", "open--1", "open-²"])
def test_opening_nobody_is_the_folded_page(app: Flask, services: Services, step: str) -> None:
    person = shopper(app, services, {}).start()

    assert send(person, step=step).status_code == 200


def mark_of(page: str) -> dict[str, str]:
    """Return the hidden field that says which invoice data the page showed."""
    return dict(re.findall(r'name="(billing-seen)" value="([^"]*)"', page))


def test_of_two_tabs_the_later_invoice_does_not_overwrite_the_earlier_unseen(
    app: Flask, services: Services
) -> None:
    person = shopper(app, services, {}).start()
    tab = billed(COMPANY) | mark_of(person.browser.get(f"{person.plan}/dati").text)
    assert send(person, **tab | {"billing-city": "Cuneo"}).status_code == 303

    later = send(person, **tab | {"billing-city": "Asti"})

    kept = profile(services)
    assert kept is not None
    assert (later.status_code, kept.city) == (422, "Cuneo")
    assert "cambiato i dati della fattura" in later.text
    assert "Comune: Cuneo" in later.text
    assert 'value="Asti"' in later.text, "what was typed is kept"

    again = send(person, **tab | {"billing-city": "Asti"} | mark_of(later.text))

    kept = profile(services)
    assert kept is not None
    assert (again.status_code, kept.city) == (303, "Asti")


def test_two_tabs_that_say_the_same_of_the_invoice_agree(app: Flask, services: Services) -> None:
    person = shopper(app, services, {}).start()
    tab = billed(COMPANY) | mark_of(person.browser.get(f"{person.plan}/dati").text)

    assert [send(person, **tab).status_code for _ in range(2)] == [303, 303]
