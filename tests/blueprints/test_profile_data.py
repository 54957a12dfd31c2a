"""`/profilo`: contacts, who is invoiced, the language, and where else notices go (domain.md 2.3, 12; S20)."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.store.accounts import Account, Holder
from portal.store.billing import BillingProfile
from portal.store.correspondence import notice_recipients
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.notices import NoticeAddress
from portal.usecases.mail_rows import SEALED
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.blueprints.people import PASSWORD, People, Person
from tests.conftest import Clock

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Enter = Callable[[Person], Browser]
CONTACTS = {
    "phone": "+390110009999",
    "street": "Via Po",
    "street_number": "2",
    "postal_code": "10100",
    "city": "Torino",
    "province": "TO",
    "country": "IT",
}
BILLING = {
    "billing-kind": "individual",
    "billing-first_name": "Mario",
    "billing-last_name": "Rossi",
    "billing-tax_code": "RSSMRA85T10A562S",
    "billing-email": "fatture@posta.example",
    "step": "save",
    **{f"billing-{name}": value for name, value in CONTACTS.items()},
}
NEW = "ragioniere@posta.example"


def stored(services: Services, kind: type[Any]) -> Any:
    with services.reading() as session:
        return session.scalars(select(kind).order_by(kind.id)).all()


def holder_of(services: Services, person: Person) -> Holder:
    with services.reading() as session:
        return session.scalars(
            select(Holder)
            .join(Mailbox, Mailbox.holder_id == Holder.id)
            .where(Mailbox.address == person.address)
        ).one()


def contacts(holder: Holder, **changed: str) -> dict[str, str]:
    known = {name: getattr(holder, name) for name in (*CONTACTS, "mobile")}
    return {**known, "contact_email": holder.contact_email, **changed}


def ask(browser: Browser, email: str = NEW, *, at: str = "/profilo/avvisi", purpose: str = "notices") -> int:
    fields = {"purpose": purpose, "email": email, "email_again": email}
    return browser.post(at, fields).status_code


def confirm(app: Flask, services: Services) -> int:
    """Open the link of the newest mail, in a browser of the new address's owner, and press the button."""
    mail = [each for each in stored(services, Mail) if each.kind == "address_confirm"][-1]
    browser = Browser(app)
    browser.get(f"/conferma-avvisi/{services.sealer.open(mail.context[SEALED]['token'])}")
    return browser.post("/conferma-avvisi").status_code


@pytest.mark.parametrize("who", ["owner", "mailbox"])
def test_contacts_are_shown_and_kept(services: Services, people: People, enter: Enter, who: str) -> None:
    person: Person = getattr(people, who)
    browser = enter(person)
    holder = holder_of(services, person)
    assert holder.contact_email in browser.get("/profilo/dati").text

    assert browser.post("/profilo/titolare", contacts(holder, street="Via Nuova")).status_code == 303

    assert holder_of(services, person).street == "Via Nuova"


def test_what_cannot_be_is_said_at_its_field(services: Services, people: People, enter: Enter) -> None:
    holder = holder_of(services, people.mailbox)

    answer = enter(people.mailbox).post("/profilo/titolare", contacts(holder, phone="x"))

    assert answer.status_code == 422
    assert 'id="phone-error"' in answer.text


@pytest.mark.parametrize(
    ("changed", "status"),
    [({"street": "Via Nuova"}, 303), ({"phone": "+390110005555"}, 403), ({"mobile": "+393331234567"}, 403)],
    ids=["street", "phone", "mobile"],
)
def test_a_stale_session_changes_the_street_and_no_number(
    services: Services, people: People, enter: Enter, clock: Clock, changed: dict[str, str], status: int
) -> None:
    browser, holder = enter(people.mailbox), holder_of(services, people.mailbox)
    clock.forward(minutes=16)
    fields = contacts(holder, **changed)

    answer = browser.post("/profilo/titolare", fields)

    assert answer.status_code == status
    if status == 403:
        assert contacts(holder_of(services, people.mailbox)) == contacts(holder)
        again = browser.post("/profilo/titolare", {**fields, "conferma-password": PASSWORD})
        assert again.status_code == 303
        assert contacts(holder_of(services, people.mailbox)) == fields


def test_a_stale_session_asks_for_no_new_address(
    services: Services, people: People, enter: Enter, clock: Clock
) -> None:
    browser, holder = enter(people.mailbox), holder_of(services, people.mailbox)
    clock.forward(minutes=16)

    answer = browser.post("/profilo/titolare", contacts(holder, contact_email=NEW, contact_email_again=NEW))

    assert (answer.status_code, stored(services, Mail)) == (403, [])
    assert f'name="contact_email" value="{NEW}"' in answer.text


def test_who_is_invoiced_is_kept(services: Services, people: People, enter: Enter) -> None:
    browser = enter(people.owner)

    assert browser.post("/profilo/fatturazione", BILLING).status_code == 303

    (profile,) = [each for each in stored(services, BillingProfile) if each.email == "fatture@posta.example"]
    assert (profile.account_id, profile.street) == (people.owner.subject.account_id, "Via Po")


def test_a_mailbox_sees_nothing_of_its_accounts_invoice(people: People, enter: Enter) -> None:
    browser = enter(people.mailbox)

    assert "mario.rossi@posta.example" not in browser.get("/profilo/dati").text.partition('id="fattura"')[2]
    assert browser.post("/profilo/fatturazione", BILLING).status_code == 303
    assert "fatture@posta.example" not in enter(people.owner).get("/profilo/dati").text


def test_another_kind_shows_its_fields_and_keeps_nothing(
    services: Services, people: People, enter: Enter
) -> None:
    fields = {**BILLING, "billing-kind": "public_body", "step": "kind"}

    page = enter(people.owner).post("/profilo/fatturazione", fields)
    part = enter(people.owner).post("/profilo/fatturazione", fields, headers=HTMX)

    assert (page.status_code, part.status_code) == (200, 200)
    assert "billing-cig" in page.text
    assert "<html" not in part.text
    assert {each.email for each in stored(services, BillingProfile)} == {"mario.rossi@posta.example"}


def test_the_language_is_chosen_here_too(people: People, enter: Enter) -> None:
    browser = enter(people.owner)

    answer = browser.post("/lingua", {"language": "en", "next": "/profilo"})

    assert answer.location == "/profilo"
    assert '<html lang="en"' in browser.get("/profilo").text


@pytest.mark.parametrize("who", ["owner", "mailbox"])
def test_a_further_address_says_yes_first(
    app: Flask, services: Services, people: People, enter: Enter, who: str
) -> None:
    browser = enter(getattr(people, who))
    assert ask(browser) == 303
    assert stored(services, NoticeAddress) == []
    assert NEW in browser.get("/profilo/avvisi").text

    assert confirm(app, services) == 200

    with services.reading() as session:
        assert NEW in notice_recipients(session, people.mailbox.subject.mailbox_id or 0)
    told = [(mail.kind, mail.recipient) for mail in stored(services, Mail)]
    assert [kind for kind, _ in told] == ["address_confirm", "address_changed"]
    assert told[0][1] == NEW != told[1][1]


def test_the_account_directs_the_notices_of_one_mailbox(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    address = people.mailbox.address
    assert ask(enter(people.owner), at=f"/caselle/{address}/avvisi") == 303
    confirm(app, services)

    (found,) = stored(services, NoticeAddress)
    assert (found.mailbox_id, found.account_id) == (people.mailbox.subject.mailbox_id, None)
    assert NEW in unescape(enter(people.mailbox).get("/profilo/avvisi").text)


def test_nobody_directs_the_notices_of_anothers_mailbox(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    theirs, nobodys = f"/caselle/{people.mailbox.address}/avvisi", "/caselle/nessuno@pec.example/avvisi"
    other = enter(people.other)

    assert [ask(other, at=theirs), ask(other, at=nobodys)] == [404, 404]
    assert other.get(theirs).data == other.get(nobodys).data
    ask(enter(people.owner))
    confirm(app, services)
    (found,) = stored(services, NoticeAddress)
    for browser, path in (
        (other, "/profilo/avvisi/rimuovi"),
        (enter(people.mailbox), "/profilo/avvisi/rimuovi"),
    ):
        assert browser.post(path, {"address": str(found.id)}).status_code == 303
    assert len(stored(services, NoticeAddress)) == 1

    enter(people.owner).post("/profilo/avvisi/rimuovi", {"address": str(found.id)})

    assert stored(services, NoticeAddress) == []


def test_the_accounts_own_address_changes_by_its_link_and_the_old_is_told(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    ask(enter(people.owner), purpose="account")
    confirm(app, services)

    with services.reading() as session:
        assert session.get_one(Account, people.owner.subject.account_id).email == NEW
    assert stored(services, Mail)[-1].recipient == "cliente.111111@posta.example"
    assert confirm(app, services) == 410


def test_a_mailbox_has_no_account_address(people: People, enter: Enter) -> None:
    assert ask(enter(people.mailbox), purpose="account") == 404


@pytest.mark.parametrize("email", ["", "x", "prima.della@pec.example", "a@b@c", "a\r\nBcc: x@y.example"])
def test_what_is_no_address_is_refused(people: People, enter: Enter, email: str) -> None:
    assert ask(enter(people.mailbox), email) == 422


def test_five_further_addresses_are_enough(
    app: Flask, services: Services, people: People, enter: Enter
) -> None:
    browser = enter(people.owner)
    for number in range(5):
        ask(browser, f"altro{number}@posta.example")
        confirm(app, services)

    assert ask(browser) == 422


def test_the_address_needs_a_recent_password(people: People, enter: Enter, clock: Clock) -> None:
    browser = enter(people.owner)
    clock.forward(minutes=16)

    assert ask(browser) == 403
    assert browser.get("/profilo/avvisi").status_code == 200
