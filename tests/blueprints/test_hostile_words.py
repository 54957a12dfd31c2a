"""Words that would be a pattern, a template or a header, wherever people's words come out (S44, S45, S46)."""

from __future__ import annotations

import io
from html import escape

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select, update

from portal.letters import render
from portal.store.accounts import Holder
from portal.store.billing import BillingProfile
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.wiring import Services
from tests.blueprints.shop import Shopper, shopper
from tests.usecases.test_notices import AROUND

TEMPLATES = [
    "{{31337*3}}",
    "{% print(31337*3) %}",
    "${31337*3}",
    "#{31337*3}",
    "<%= 31337*3 %>",
    "{{config}}",
]
DONE = ("94011", "<Config")
"""What would stand there if one of them were run."""
NOTHING_LIKE_IT = ["%", "_", "%%", "\\", "%' OR 1=1 --", "a%b0", "casella_"]
"""Without their signs too they are part of no order number: those have no 0 and no 1."""


@pytest.mark.parametrize("typed", NOTHING_LIKE_IT)
@pytest.mark.parametrize("box", ["/caselle", "/ordini"])
def test_s44_every_character_of_a_search_means_itself(
    app: Flask, services: Services, box: str, typed: str
) -> None:
    person = shopper(app, services, {"address": "casella@pec.example"}, {}).start()
    number = person.order()
    shown = "casella@pec.example" if box == "/caselle" else number

    everything = person.browser.get(box).text.replace("<wbr>", "")
    found = person.browser.client.get(box, query_string={"cerca": typed})

    assert f">{shown}<" in everything
    assert found.status_code == 200
    assert f">{shown}<" not in found.text.replace("<wbr>", "")


@pytest.mark.parametrize("typed", ["c_s%la", "C_S%LA"])
@pytest.mark.parametrize("box", ["/caselle", "/ordini"])
def test_s44_what_is_typed_is_found_as_it_stands(
    app: Flask, services: Services, box: str, typed: str
) -> None:
    person = shopper(app, services, {"address": "c_s%la@pec.example"}, {}).start()
    number = person.order()

    found = person.browser.client.get(box, query_string={"cerca": typed}).text.replace("<wbr>", "")

    assert (number if box == "/ordini" else "c_s%la@pec.example") in found


@pytest.mark.parametrize("name", TEMPLATES)
def test_s45_a_name_is_never_a_template(app: Flask, services: Services, name: str) -> None:
    person = named(app, services, name)

    pages = [person.browser.get(f"{person.plan}/dati").text]
    number = person.order()
    pages += [
        person.browser.get(path).text
        for path in (f"/ordini/{number}", f"/caselle/{person.addresses[0]}", "/caselle", "/ordini")
    ]
    paper = PdfReader(io.BytesIO(person.browser.get(f"/ordini/{number}/ordine.pdf").data))
    written = "".join(page.extract_text() for page in paper.pages)
    with services.reading() as session:
        mails = [render(mail.kind, "it", mail.context, AROUND) for mail in session.scalars(select(Mail))]
    told = [part for mail in mails for part in (mail.subject, mail.text, mail.html)]

    assert str(escape(name, quote=False)) in pages[0].replace("&#34;", '"')
    assert mails
    assert any(name in mail.text for mail in mails)
    for words in (*pages, written, *told):
        assert not any(done in words for done in DONE)


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x0b", "\x85", "\u2028"])
def test_s46_no_field_begins_a_line_of_a_mail(app: Flask, services: Services, line_break: str) -> None:
    """Whatever reached the database by whatever way: names, places, addresses of mailboxes."""
    evil = f"Rossi{line_break}Bcc: x@evil.example"
    person = named(app, services, evil)
    with services.transaction() as session:
        session.execute(update(Holder).values(first_name=evil, last_name=evil, street=evil, city=evil))
        session.execute(update(Mailbox).values(address=f"a@pec.example{line_break}bcc: x@evil.example"))
    person.order()

    with services.reading() as session:
        mails = [render(mail.kind, "it", mail.context, AROUND) for mail in session.scalars(select(Mail))]

    assert mails
    for mail in mails:
        assert len(mail.subject.splitlines()) == 1
        assert not any(line.lower().startswith("bcc:") for line in mail.text.splitlines())


def named(app: Flask, services: Services, name: str) -> Shopper:
    """Return somebody whose name, and whose invoice's, is those words."""
    person = shopper(app, services, {}).start()
    with services.transaction() as session:
        session.execute(update(Holder).values(business_name=name))
        session.execute(update(BillingProfile).values(business_name=name))
    return person
