"""A holder's contacts: changed at once, or by a link that works once. Source: domain.md 2.2, 2.3, 11.2."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, update

from portal import letters
from portal.domain.access import Subject, SubjectKind
from portal.domain.contacts import CHANGES_A_DAY, FormCode
from portal.domain.customers import FieldCode
from portal.domain.errors import DataRefused, NotFound
from portal.store.accounts import Holder
from portal.store.email_changes import EmailChange
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.usecases import contacts, draft_people, renewals
from portal.usecases.contacts import ContactEdit
from portal.usecases.draft_people import DataEdit
from portal.usecases.mail_rows import SEALED
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import make_account, make_holder, make_mailbox, select_mailboxes
from tests.spread import every_database
from tests.usecases.carts import Cart, fill_cart
from tests.usecases.test_notices import AROUND

NEW = "nuovo@posta.example"
GOOD = {
    "phone": "055 123 4567",
    "mobile": "",
    "street": "Via Larga",
    "street_number": "SNC",
    "postal_code": "52100",
    "city": "Arezzo",
    "province": "ar",
    "country": "IT",
}


def holder_of(services: Services, cart: Cart, which: int = 0) -> Holder:
    with services.reading() as session:
        mailbox = session.get_one(Mailbox, cart.mailboxes[which].id)
        return session.get_one(Holder, mailbox.holder_id)


def save(
    services: Services,
    cart: Cart,
    email: str | None = None,
    again: str = "",
    *,
    which: int = 0,
    subject: Subject | None = None,
    draft: str | None = None,
    **fields: str,
) -> str:
    """Send the form of a mailbox's holder; by default nothing about the address changes."""
    holder = holder_of(services, cart, which)
    edit = ContactEdit(GOOD | fields, holder.contact_email if email is None else email, again)
    with services.transaction() as session:
        return draft_people.save_data(
            session,
            subject or cart.subject,
            draft or cart.draft,
            DataEdit(holder.id, edit, None),
            sealer=services.sealer,
            today=services.today(),
            now=services.now(),
        )


def problems_of(services: Services, cart: Cart, *sent: Any, **fields: Any) -> set[tuple[str, str]]:
    with pytest.raises(DataRefused) as refusal:
        save(services, cart, *sent, **fields)
    return {(problem.field, problem.code) for problem in refusal.value.holder}


def mails(services: Services) -> list[Mail]:
    with services.reading() as session:
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def token_of(services: Services, which: int = -1) -> str:
    """Return what only the mail's recipient gets to read."""
    mail = [mail for mail in mails(services) if mail.kind == "email_change_confirm"][which]
    return services.sealer.open(mail.context[SEALED]["token"])


def confirm(services: Services, token: str) -> str:
    with services.transaction() as session:
        return contacts.confirm_email(session, token, now=services.now()).new_email


def test_address_and_phone_change_at_once_in_their_one_form(services: Services) -> None:
    cart = fill_cart(services, {})

    assert save(services, cart, phone="+39 (055) 1234567", mobile="333.1234567") == ""

    holder = holder_of(services, cart)
    assert (holder.phone, holder.mobile, holder.province) == ("+390551234567", "+393331234567", "AR")
    assert (holder.street, holder.street_number) == ("Via Larga", "SNC")
    assert mails(services) == []


def test_who_the_holder_is_stays_whatever_is_sent(services: Services) -> None:
    cart = fill_cart(services, {})
    before = holder_of(services, cart)

    save(
        services,
        cart,
        first_name="Luigi",
        tax_code="RSSMRA80A01H501U",
        vat_number="12345678903",
        kind="company",
    )

    after = holder_of(services, cart)
    assert (after.first_name, after.tax_code, after.vat_number, after.kind, after.fingerprint) == (
        before.first_name,
        before.tax_code,
        before.vat_number,
        before.kind,
        before.fingerprint,
    )


def test_a_new_address_waits_for_its_link(services: Services) -> None:
    cart = fill_cart(services, {})
    old = holder_of(services, cart).contact_email

    assert save(services, cart, NEW, NEW) == NEW
    assert holder_of(services, cart).contact_email == old
    assert [(mail.kind, mail.recipient) for mail in mails(services)] == [("email_change_confirm", NEW)]

    assert confirm(services, token_of(services)) == NEW
    assert holder_of(services, cart).contact_email == NEW
    assert [(mail.kind, mail.recipient) for mail in mails(services)][1:] == [("email_changed", old)]


def test_the_database_has_neither_token_nor_link(services: Services) -> None:
    cart = fill_cart(services, {})
    save(services, cart, NEW, NEW)
    token = token_of(services)

    with services.reading() as session:
        kept = session.scalars(select(EmailChange)).one()
        words = repr(vars(kept)) + repr([vars(mail) for mail in session.scalars(select(Mail))])

    assert token not in words
    assert kept.token_hash == contacts.hash_of(token)
    mail = mails(services)[0]
    assert mail.account_id is None, "who asked must not read the link among their own mails"


def test_a_link_works_once(services: Services) -> None:
    cart = fill_cart(services, {})
    save(services, cart, NEW, NEW)
    token = token_of(services)
    confirm(services, token)

    with pytest.raises(NotFound):
        confirm(services, token)
    assert len(mails(services)) == 2


@pytest.mark.parametrize(("minutes", "works"), [(59, True), (60, False), (600, False)])
def test_a_link_lasts_an_hour(services: Services, clock: Clock, minutes: int, works: bool) -> None:
    cart = fill_cart(services, {})
    save(services, cart, NEW, NEW)
    token = token_of(services)
    clock.forward(minutes=minutes)

    with services.reading() as session:
        assert (contacts.look_at_confirmation(session, token, now=services.now()) is not None) is works
    if not works:
        with pytest.raises(NotFound):
            confirm(services, token)


def test_a_newer_link_ends_the_older_one(services: Services) -> None:
    cart = fill_cart(services, {})
    save(services, cart, NEW, NEW)
    save(services, cart, "altro@posta.example", "altro@posta.example")

    with pytest.raises(NotFound):
        confirm(services, token_of(services, 0))
    assert confirm(services, token_of(services, 1)) == "altro@posta.example"


def test_a_link_dies_with_the_address_it_replaces(services: Services) -> None:
    cart = fill_cart(services, {})
    save(services, cart, NEW, NEW)
    with services.transaction() as session:
        session.execute(update(Holder).values(contact_email="dal.registro@posta.example"))

    with pytest.raises(NotFound):
        confirm(services, token_of(services))
    assert holder_of(services, cart).contact_email == "dal.registro@posta.example"


@pytest.mark.parametrize("token", ["", "x", "a" * 5000, "\x00", "%", "\ud800", "' OR 1=1 --"])
def test_whatever_is_no_token_leads_nowhere(services: Services, token: str) -> None:
    save(services, fill_cart(services, {}), NEW, NEW)

    with services.reading() as session:
        assert contacts.look_at_confirmation(session, token, now=services.now()) is None


@every_database
def test_of_two_who_use_a_link_at_once_one_does(services: Services) -> None:
    cart = fill_cart(services, {})
    save(services, cart, NEW, NEW)
    token = token_of(services)

    def attempt(_: int) -> str:
        try:
            return confirm(services, token)
        except NotFound:
            return "too late"

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(attempt, range(6)))

    assert sorted(results) == [NEW] + ["too late"] * 5
    assert len(mails(services)) == 2


@pytest.mark.parametrize(
    ("email", "again", "problem"),
    [
        (NEW, "", ("contact_email_again", FormCode.TYPED_DIFFERENTLY)),
        (NEW, "nuovo@posta.esempio", ("contact_email_again", FormCode.TYPED_DIFFERENTLY)),
        ("nuovo", "nuovo", ("contact_email", FieldCode.FORMAT)),
        ("", "", ("contact_email", FieldCode.REQUIRED)),
        ("a@b.it\r\nBcc: tutti@posta.example", "", ("contact_email", FieldCode.FORMAT)),
        ("a\u202e@posta.example", "a\u202e@posta.example", ("contact_email", FieldCode.CHARACTERS)),
        (f"{'a' * 250}@posta.example", "", ("contact_email", FieldCode.TOO_LONG)),
    ],
)
def test_a_new_address_is_refused(
    services: Services, email: str, again: str, problem: tuple[str, str]
) -> None:
    cart = fill_cart(services, {})
    before = holder_of(services, cart)

    assert problems_of(services, cart, email, again) == {problem}

    after = holder_of(services, cart)
    assert (after.contact_email, after.phone) == (before.contact_email, before.phone)
    assert mails(services) == []


def test_no_mailbox_of_the_order_or_of_the_holder_is_a_contact(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    with services.transaction() as session:
        holder = session.get_one(Holder, cart.mailboxes[0].holder_id)
        further = make_mailbox(session, None, "fuori@pec.example", holder=holder).address

    for address in (cart.addresses[0], cart.addresses[1], cart.addresses[1].upper(), further):
        assert problems_of(services, cart, address, address) == {("contact_email", FieldCode.SAME_AS_MAILBOX)}


def test_capitals_do_not_make_another_address(services: Services) -> None:
    cart = fill_cart(services, {})

    assert save(services, cart, f" {holder_of(services, cart).contact_email.upper()} ") == ""


def test_so_many_links_a_day_and_no_more(services: Services, clock: Clock) -> None:
    cart = fill_cart(services, {})
    for number in range(CHANGES_A_DAY):
        save(services, cart, f"n{number}@posta.example", f"n{number}@posta.example")

    assert problems_of(services, cart, NEW, NEW) == {("contact_email", FormCode.TOO_OFTEN)}
    clock.forward(days=1, minutes=1)
    assert save(services, cart, NEW, NEW) == NEW


def test_every_problem_is_told_and_nothing_changes(services: Services) -> None:
    cart = fill_cart(services, {})
    before = holder_of(services, cart)

    found = problems_of(services, cart, "no", "", phone="1", city=" ", province="ZZ", postal_code="5")

    assert found == {
        ("contact_email", FieldCode.FORMAT),
        ("phone", FieldCode.FORMAT),
        ("city", FieldCode.REQUIRED),
        ("province", FieldCode.UNKNOWN),
        ("postal_code", FieldCode.FORMAT),
    }
    assert holder_of(services, cart).street == before.street


def test_a_wrong_country_is_the_only_problem_told(services: Services) -> None:
    cart = fill_cart(services, {})

    assert problems_of(services, cart, country="XX", postal_code="ABC", phone="12") == {
        ("country", FieldCode.UNKNOWN)
    }


def test_a_mailboxs_own_session_leaves_others_of_its_holder_alone(services: Services) -> None:
    with services.transaction() as session:
        shared = make_holder(session, street="Via Vecchia")
    cart = fill_cart(services, {"holder": shared}, {"holder": shared})
    own = Subject(SubjectKind.MAILBOX, mailbox_id=cart.mailboxes[0].id)
    with services.transaction() as session:
        draft = renewals.begin(session, own, cart.addresses[0], today=services.today(), now=services.now())

    save(services, cart, subject=own, draft=draft)
    save(services, cart, subject=own, draft=draft, street="Via Seconda")

    mine, others = holder_of(services, cart, 0), holder_of(services, cart, 1)
    assert (mine.street, others.street) == ("Via Seconda", "Via Vecchia")
    assert mine.tax_code == others.tax_code
    with services.reading() as session:
        assert session.scalar(select(func.count(Holder.id))) == 2


def test_a_holder_of_no_drafted_mailbox_does_not_exist(services: Services) -> None:
    cart, other = fill_cart(services, {}), fill_cart_of_another(services)
    holder = holder_of(services, other)

    with pytest.raises(NotFound), services.transaction() as session:
        draft_people.save_data(
            session,
            cart.subject,
            cart.draft,
            DataEdit(holder.id, ContactEdit(GOOD, holder.contact_email, ""), None),
            sealer=services.sealer,
            today=services.today(),
            now=services.now(),
        )
    assert holder_of(services, other).street == holder.street


def fill_cart_of_another(services: Services) -> Cart:
    """A second account with a draft of its own; the price list is there already."""
    with services.transaction() as session:
        account = make_account(session)
        box = make_mailbox(session, account)
        select_mailboxes(session, account, [box])
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        draft = renewals.start(session, subject, today=services.today(), now=services.now())
    return Cart(subject, draft, [box])


@pytest.mark.parametrize("kind", ["email_change_confirm", "email_changed"])
def test_the_mails_say_it_in_text_and_in_html(services: Services, kind: str) -> None:
    context = {"name": "Mario Rossi", "new_email": NEW, "token": "SEGRETO"}

    wording = letters.render(kind, "it", context, AROUND)

    links = re.findall(r"https?://[^\s\"<]+", wording.text + wording.html)
    assert all(link.startswith((AROUND.public_url, "http://www.w3.org")) for link in links)
    assert (f"{AROUND.public_url}/conferma-email/SEGRETO" in wording.text) is (kind != "email_changed")
    assert NEW in wording.text
    assert NEW in wording.html.replace("<wbr>", "")
    assert wording.subject
