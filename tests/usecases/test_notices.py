"""Mails as use cases write them, rendered as workers do: recipients, contents, and nothing told twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import letters
from portal.domain.attempts import Failure
from portal.domain.notices import NoticeKind
from portal.domain.orders import LineState, OrderState
from portal.domain.payments import BankCalendar, PaymentMethod, PaymentState
from portal.domain.plans import Plan
from portal.letters import Surroundings, Wording, render
from portal.store import order_facts
from portal.store.accounts import Holder
from portal.store.extras import OrderExtra, extra_of_order
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.store.outbox import OutboxRow
from portal.store.payments import Payment
from portal.store.withdrawals import Withdrawal
from portal.usecases import change_notices, notices
from portal.usecases.change_notices import ChangeDone
from portal.usecases.withdrawal_notices import withdrawal_acknowledged
from portal.wiring import Services
from tests.factories import NOW, TODAY, make_account, make_holder, make_mailbox, make_order

NUMBER = "K7Q2M9XRTA"
AROUND = Surroundings(
    brand_name="Posta Sicura",
    support_email="assistenza@postasicura.example",
    public_url="https://area.postasicura.example",
    beneficiary="Posta Sicura S.p.A.",
    iban="IT60X0542811101000000123456",
    bank="Banca Dimostrativa",
    postal_account="000012345678",
)


def place(session: Session, mailboxes: int = 1, **fields: Any) -> Order:
    """Store an order over mailboxes of one holder."""
    account = make_account(session, email="studio@posta.example")
    holder = make_holder(session, contact_email="mario@posta.example")
    boxes = [
        make_mailbox(session, account, f"casella.{number:03}@pec.example", holder=holder)
        for number in range(mailboxes)
    ]
    return make_order(session, boxes, number=NUMBER, **fields)


def paid(session: Session, order: Order, **fields: Any) -> Payment:
    values: dict[str, Any] = {
        "order_id": order.id,
        "method": PaymentMethod.BANK_TRANSFER,
        "reference": "TRN",
        "state": PaymentState.REGISTERED,
        "amount_cents": order.due_cents,
        "paid_on": TODAY - timedelta(days=4),
        "registered_at": NOW,
    }
    payment = Payment(**values | fields)
    session.add(payment)
    session.flush()
    return payment


def written(session: Session) -> list[Mail]:
    return list(session.scalars(select(Mail).order_by(Mail.id)))


def worded(session: Session) -> Wording:
    """Return the first mail as a worker would render it."""
    mail = written(session)[0]
    return render(mail.kind, mail.language, mail.context, AROUND)


def unapplied(session: Session, order: Order) -> None:
    payment = paid(session, order, state=PaymentState.UNAPPLIED, unapplied_reason="wrong_amount")
    notices.money_unapplied(session, payment, TODAY, now=NOW)


def failed(session: Session, order: Order) -> None:
    notices.payment_failed(session, order, "p-1", PaymentMethod.CARD, Failure.INSUFFICIENT_FUNDS, now=NOW)


def changed(session: Session, order: Order) -> None:
    line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).first()
    assert line is not None
    mailbox = session.get_one(Mailbox, line.mailbox_id)
    done = [ChangeDone(line, mailbox, deleted_mb=2_000, over_quota=True)]
    change_notices.changes_done(session, order, TODAY, done, told_before=0, now=NOW)


def after_payment(tell: Callable[..., None]) -> Callable[[Session, Order], None]:
    def act(session: Session, order: Order) -> None:
        paid(session, order)
        tell(session, order, now=NOW)

    return act


def withdrawn(session: Session, order: Order) -> None:
    """Acknowledge the withdrawal from an order that was paid."""
    order.paid_at = NOW
    holder = order_facts.sole_holder(session, order.id)
    withdrawal = Withdrawal(
        order_id=order.id,
        requested_at=NOW,
        name=holder.display_name if holder else "",
        email="mario.altrove@posta.example",
        address="192.0.2.9",
        refund_cents=600,
        kept_cents=10,
    )
    withdrawal_acknowledged(session, order, withdrawal, now=NOW)


def sent(session: Session, order: Order) -> None:
    """Send the kit that was bought with the order."""
    extra = extra_of_order(session, order.id, "firma") or OrderExtra(
        order_id=order.id,
        code="firma",
        name_it="Kit di Firma Digitale",
        name_en="Digital signature kit",
        pieces=2,
        unit_cents=3600,
        net_cents=7200,
    )
    session.add(extra)
    notices.extra_sent(session, order, extra, now=NOW)


KINDS: dict[str, Callable[[Session, Order], None]] = {
    "order_confirmation": lambda session, order: notices.order_placed(
        session, order, BankCalendar(), now=NOW
    ),
    "order_expired": lambda session, order: notices.order_expired(
        session, order, mailboxes_gone=True, now=NOW
    ),
    "order_cancelled": lambda session, order: notices.order_cancelled(session, order, now=NOW),
    "payment_received": after_payment(notices.payment_received),
    "payment_confirmation": after_payment(partial(notices.order_fulfilled, credit_until=None)),
    "order_credited": unapplied,
    "payment_failed": failed,
    "downgrade_notice": changed,
    "withdrawal_ack": withdrawn,
    "extra_sent": sent,
    "payment_reminder": lambda session, order: notices.payment_reminder(
        session, order, BankCalendar(), milestone="ten_days_left", now=NOW
    ),
}
OF_PEOPLE = {"email_change_confirm", "email_changed"}
"""Mails that are about no order: test_contacts.py."""
OF_THE_CLOCK = {*NoticeKind, "notice_digest"}
"""Written by sets, not one by one: see test_notice_mails.py."""
OF_CREDIT = {"top_up_receipt", "extra_space_activated", "extra_space_removed"}
"""Mails about credit: test_credit.py, test_space.py, test_extra_renewals.py."""
OF_REFUNDS = {"refund_sent", "charge_sent_back"}
"""The same: test_refunds.py, test_charges_sent_back.py."""
OF_METHODS = {"payment_method_changed", "payment_method_removed", "payment_method_expiring"}
"""The same: test_stored_methods.py, test_method_expiry.py."""
OF_ACCESS = {
    "address_changed",
    "address_confirm",
    "password_changed",
    "password_reset",
    "second_step_changed",
    "username_reminder",
}
"""The same: test_profile_data.py, test_profile_access.py, test_recovery_pages.py."""
OF_AUTO_RENEWAL = {
    "expiry_notice_auto",
    "auto_renewal_enabled",
    "auto_renewal_disabled",
    "auto_renewal_failed",
}
"""The same: test_auto_renewal.py, of the pages."""
every_kind = pytest.mark.parametrize("kind", list(KINDS))


def test_every_folder_of_templates_is_a_kind_that_is_written() -> None:
    folders = {path.name: path for path in letters.TEMPLATES.iterdir() if path.is_dir()}

    elsewhere = OF_PEOPLE | OF_THE_CLOCK | OF_CREDIT | OF_REFUNDS | OF_METHODS | OF_ACCESS | OF_AUTO_RENEWAL
    assert set(folders) == set(KINDS) | elsewhere
    for folder in folders.values():
        assert {"subject.txt", "body.txt", "body.html"} <= {path.name for path in folder.iterdir()}


def test_the_confirmation_names_the_archives_that_will_go(services: Services) -> None:
    with services.transaction() as session:
        order = place(session, 2)
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).first()
        assert line is not None
        line.plan_before, line.archive_deletion_accepted = Plan.PRO, True
        session.get_one(Mailbox, line.mailbox_id).archive_used_mb = 2_000
        notices.order_placed(session, order, BankCalendar(), now=NOW)

        words = worded(session)

    for form in (words.text, words.html):
        assert "casella.000@pec.example: 1,95 GB, cancellati il 25/12/2026" in form
        assert "apri la webmail" in form


# To whom


def recipients(session: Session) -> list[str]:
    return [mail.recipient for mail in written(session)]


def test_account_and_holder_get_the_mail(services: Services) -> None:
    with services.transaction() as session:
        notices.order_placed(session, place(session), BankCalendar(), now=NOW)

        assert recipients(session) == ["studio@posta.example", "mario@posta.example"]


def test_one_address_gets_one_mail(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, email="Mario@posta.example")
        holder = make_holder(session, contact_email="mario@posta.example")
        order = make_order(session, [make_mailbox(session, account, holder=holder)])
        notices.order_placed(session, order, BankCalendar(), now=NOW)

        assert [address.lower() for address in recipients(session)] == ["mario@posta.example"]


def test_several_holders_do_not_read_what_each_other_pays(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, email="studio@posta.example")
        order = make_order(session, [make_mailbox(session, account) for _ in range(2)])
        notices.order_placed(session, order, BankCalendar(), now=NOW)

        assert recipients(session) == ["studio@posta.example"]
        assert written(session)[0].context["name"] == ""


def test_a_mailbox_without_account_is_told_at_its_holders_address(services: Services) -> None:
    with services.transaction() as session:
        holder = make_holder(session, contact_email="bianchi@posta.example")
        order = make_order(session, [make_mailbox(session, holder=holder)])
        notices.order_placed(session, order, BankCalendar(), now=NOW)

        assert recipients(session) == ["bianchi@posta.example"]


def test_a_change_of_plan_is_told_to_the_holder_of_that_mailbox(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session, email="studio@posta.example")
        holders = [make_holder(session, contact_email=f"h{number}@posta.example") for number in range(2)]
        order = make_order(session, [make_mailbox(session, account, holder=holder) for holder in holders])
        changed(session, order)

        assert recipients(session) == ["studio@posta.example", "h0@posta.example"]


@every_kind
def test_the_same_thing_is_told_once(services: Services, kind: str) -> None:
    with services.transaction() as session:
        order = place(session)
        KINDS[kind](session, order)
        mails = written(session)
        if kind not in {"order_credited", "payment_received", "payment_confirmation"}:
            KINDS[kind](session, order)

        rows = session.scalars(select(OutboxRow).where(OutboxRow.kind == "mail.send")).all()
        assert len(written(session)) == len(mails) == 2
        assert {row.payload["mail_id"] for row in rows} == {mail.id for mail in mails}
        assert {mail.kind for mail in mails} == {kind}


# What


class Links(HTMLParser):
    """Collects where a mail leads and whether it loads anything."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "href":
                self.links.append(value or "")
            if name in {"src", "background"} or tag in {"script", "img", "link", "form", "iframe"}:
                self.loads.append(f"{tag} {name}")


@every_kind
def test_every_link_starts_with_the_configured_address(services: Services, kind: str) -> None:
    with services.transaction() as session:
        KINDS[kind](session, place(session))
        wording = worded(session)

    found = Links(wording.html)
    own = (AROUND.public_url, f"mailto:{AROUND.support_email}")
    assert found.links
    assert all(link.startswith(own) for link in found.links)
    assert all(link.startswith(AROUND.public_url) for link in re.findall(r"https?://\S+", wording.text))
    assert found.loads == []


@every_kind
def test_every_mail_looks_right_in_light_and_dark(services: Services, kind: str) -> None:
    with services.transaction() as session:
        KINDS[kind](session, place(session))
        html = worded(session).html

    assert 'style="' in html
    assert "prefers-color-scheme: dark" in html
    assert '<html lang="it"' in html


def test_the_confirmation_says_how_to_pay(services: Services) -> None:
    with services.transaction() as session:
        KINDS["order_confirmation"](session, place(session))
        wording = worded(session)

    assert wording.subject == f"Ordine {NUMBER}: rinnovo di casella.000@pec.example"
    for words in (
        "Gentile Mario Rossi,",
        f"Causale: {NUMBER}\n",
        "IBAN: IT60 X054 2811 1010 0000 0123 456\n",
        "Beneficiario: Posta Sicura S.p.A.\n",
        "Importo: €\u00a06,10\n",
        "1–3 giorni lavorativi",
        "Il rinnovo è completo solo dopo la registrazione",
        "scadenza 24/12/2026 → 24/12/2027",
        "Imponibile: €\u00a05,00\nIVA 22%: €\u00a01,10\nTotale con IVA: €\u00a06,10\n",
        "Rinnovare in anticipo non fa perdere giorni",
    ):
        assert words in wording.text
    for words in (NUMBER, "IT60 X054 2811 1010 0000 0123 456", "€&nbsp;6,10", "24/12/2027"):
        assert words in wording.html


@pytest.mark.parametrize(
    ("method", "language", "subject"),
    [
        (PaymentMethod.BANK_TRANSFER, "it", f"Ordine {NUMBER}: ora si paga con bonifico bancario"),
        (PaymentMethod.POSTAL_SLIP, "en", f"Order {NUMBER}: now to be paid by postal payment slip"),
        (PaymentMethod.PREFILLED_SLIP, "de", f"Bestellung {NUMBER}: neue Zahlungs"),
    ],
)
def test_another_method_has_another_subject(
    services: Services, method: PaymentMethod, language: str, subject: str
) -> None:
    with services.transaction() as session:
        order = place(session, payment_method=method)
        notices.order_placed(session, order, BankCalendar(), milestone=f"by-{method}", now=NOW)
        wording = render("order_confirmation", language, written(session)[0].context, AROUND)

    assert wording.subject.startswith(subject)


@pytest.mark.parametrize(
    ("method", "words", "absent"),
    [
        (PaymentMethod.BANK_TRANSFER, "IBAN: ", "Conto corrente postale"),
        (PaymentMethod.PREFILLED_SLIP, "Conto corrente postale: 000012345678", "IBAN"),
        (PaymentMethod.POSTAL_SLIP, "5–7 giorni lavorativi", "IBAN"),
        (PaymentMethod.CARD, f"/ordini/{NUMBER}", "IBAN"),
        (PaymentMethod.PAYPAL, "PayPal", "Causale"),
    ],
)
def test_each_method_has_its_instructions(
    services: Services, method: PaymentMethod, words: str, absent: str
) -> None:
    with services.transaction() as session:
        KINDS["order_confirmation"](session, place(session, payment_method=method))
        text = worded(session).text

    assert words in text
    assert absent not in text


def test_under_split_payment_the_net_is_asked_for(services: Services) -> None:
    with services.transaction() as session:
        KINDS["order_confirmation"](session, place(session, split_payment=True, due_cents=500))
        text = worded(session).text

    assert "Importo: €\u00a05,00\n" in text
    assert "Da pagare (scissione dei pagamenti): €\u00a05,00\n" in text


def test_a_mail_names_a_hundred_mailboxes_and_links_to_the_rest(services: Services) -> None:
    with services.transaction() as session:
        KINDS["order_confirmation"](session, place(session, mailboxes=150))
        wording = worded(session)

    assert wording.subject == f"Ordine {NUMBER}: rinnovo di 150 caselle PEC"
    assert wording.text.count("@pec.example") == wording.html.count("@pec.example") == 100
    assert f"… e altre 50: https://area.postasicura.example/ordini/{NUMBER}" in wording.text


def test_the_second_mail_says_what_was_paid_and_until_when(services: Services) -> None:
    with services.transaction() as session:
        order = place(session, state=OrderState.FULFILLED)
        session.execute(update(OrderLine).values({"state": LineState.FULFILLED, "plan": Plan.PRO}))
        KINDS["payment_confirmation"](session, order)
        wording = worded(session)

    assert wording.subject == f"Ordine {NUMBER}: casella.000@pec.example rinnovata"
    assert "pagamento di €\u00a06,10" in wording.text
    assert "(bonifico bancario del 20 novembre 2026)" in wording.text
    assert "Pro, 1 anno" in wording.text
    assert "→ 24/12/2027" in wording.text
    assert "credito" not in wording.text


def test_refused_mailboxes_are_named_with_what_is_owed(services: Services) -> None:
    with services.transaction() as session:
        order = place(session, mailboxes=2, state=OrderState.FULFILLED)
        first, second = session.scalars(select(OrderLine)).all()
        first.state, second.state = LineState.FULFILLED, LineState.REFUSED
        second.refusal = "mailbox_cancelled"
        KINDS["payment_confirmation"](session, order)
        wording = worded(session)

    assert wording.subject == f"Ordine {NUMBER}: casella.000@pec.example rinnovata, 1 no"
    assert "- casella.001@pec.example: la casella era già stata cancellata" in wording.text
    assert "Ti riconosciamo €\u00a06,10: sono nel tuo credito" in wording.text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("wrong_amount", "l'importo dovuto per l'ordine è €\u00a06,10"),
        ("wrong_currency", "l'ordine si paga in euro"),
        ("already_paid", "l'ordine era già stato pagato"),
        ("order_cancelled", "l'ordine era stato annullato"),
        ("order_expired", "l'ordine era scaduto"),
    ],
)
def test_money_that_paid_nothing_is_explained(services: Services, reason: str, words: str) -> None:
    with services.transaction() as session:
        payment = paid(session, place(session), state=PaymentState.UNAPPLIED, unapplied_reason=reason)
        notices.money_unapplied(session, payment, TODAY, now=NOW)
        wording = worded(session)

    assert words in wording.text
    assert "La somma non va persa" in wording.text


# What comes from outside


POLYGLOT = "\"><script>alert(1)</script>{{7*7}}{% raw %}<img src=x onerror=alert(1)>'"


@every_kind
def test_what_customers_wrote_is_shown_as_they_wrote_it(services: Services, kind: str) -> None:
    with services.transaction() as session:
        order = place(session)
        session.execute(update(Holder).values(business_name=POLYGLOT))
        KINDS[kind](session, order)
        wording = worded(session)

    found = Links(wording.html)
    assert found.loads == []
    assert "<script" not in wording.html
    assert POLYGLOT in wording.text


@pytest.mark.parametrize(
    "line_break", ["\r\n", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]
)
def test_no_value_begins_a_line(services: Services, line_break: str) -> None:
    with services.transaction() as session:
        order = place(session)
        session.execute(update(Mailbox).values({"address": f"a@pec.example{line_break}bcc: x@evil.example"}))
        session.execute(
            update(OrderLine).values({"address": f"a@pec.example{line_break}bcc: x@evil.example"})
        )
        KINDS["order_confirmation"](session, order)
        wording = worded(session)

    assert len(wording.subject.splitlines()) == 1
    assert not any(line.startswith("bcc:") for line in wording.text.splitlines())


def test_a_long_subject_is_cut(services: Services) -> None:
    with services.transaction() as session:
        order = place(session)
        session.execute(update(OrderLine).values({"address": "a" * 240 + "@pec.example"}))
        KINDS["order_confirmation"](session, order)

        assert len(worded(session).subject) == letters.LONGEST_SUBJECT
