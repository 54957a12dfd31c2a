"""The switch of auto-renewal on a mailbox's page: what it says, on with a maximum, off means off."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from portal.app import create_app
from portal.domain.access import Subject, SubjectKind
from portal.domain.auto_renewal import CycleEnd, CycleState
from portal.domain.mandates import MAILBOX_CONSENT_VERSION
from portal.domain.orders import OrderState
from portal.domain.payments import PaymentMethod
from portal.letters import render
from portal.store.accounts import Account
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith, StoredMethod
from portal.usecases import auto_renewal_charges
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.conftest import Clock
from tests.factories import make_account, make_mailbox
from tests.usecases.renewing import Days, renewing
from tests.usecases.test_notices import AROUND


class Desk:
    """The owner of a mailbox that renews by itself, before its page."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self.app = create_app(days.services)
        self.app.testing = True
        self.page = f"/caselle/{days.mailbox().address}/rinnovo-automatico"
        self.form = {"method": f"m-{days.subject.account_id:06}", "maximum": "20,00", "agreed": "1"}

    @property
    def browser(self) -> Browser:
        """A browser that has just signed in: days go by between two looks."""
        return Browser(self.app).enter(self.days.services, self.days.subject)

    def look(self) -> str:
        return self.browser.get(self.page).text

    def on(self, **fields: str) -> int:
        return self.browser.post(self.page, self.form | fields).status_code

    def off(self) -> int:
        return self.browser.post(f"{self.page}/disattiva", {}).status_code

    def mandates_in_force(self) -> list[int]:
        with self.days.services.reading() as session:
            return list(session.scalars(select(Mandate.maximum_cents).where(Mandate.revoked_at.is_(None))))

    def renews_with(self) -> RenewsWith | None:
        with self.days.services.reading() as session:
            return session.get(RenewsWith, self.days.mailbox_ids[0])


@pytest.fixture
def desk(services: Services, clock: Clock) -> Desk:
    return Desk(renewing(services, clock, expires_in=60))


def test_the_page_says_date_amount_and_method_of_the_next_charge(desk: Desk) -> None:
    text = desk.look()

    assert "6,10" in text
    assert "16 gennaio 2027" in text
    assert "Visa che termina con 4242" in text


def test_off_means_off_at_once(desk: Desk) -> None:
    assert desk.off() == 303

    assert not desk.days.mailbox().auto_renewal
    assert desk.renews_with() is None
    assert "Attiva il rinnovo automatico" in desk.look()
    desk.days.before(0)
    assert (desk.days.cycles(), desk.days.orders(), desk.days.attempts()) == ([], [], [])
    assert desk.days.told("auto_renewal_disabled") == [
        ("auto_renewal_disabled", "studio@posta.example"),
        ("auto_renewal_disabled", "mario@posta.example"),
    ]


def test_off_a_second_time_is_a_quiet_success(desk: Desk) -> None:
    assert (desk.off(), desk.off()) == (303, 303)

    assert len(desk.days.told("auto_renewal_disabled")) == 2


def test_switched_off_with_the_order_there_the_order_is_cancelled_too(desk: Desk) -> None:
    desk.days.before(10)
    assert "Disattivandolo annulliamo anche" in desk.look()

    desk.off()

    (order,) = desk.days.orders()
    (cycle,) = desk.days.cycles()
    assert order.state is OrderState.CANCELLED
    assert (cycle.state, cycle.ended_by) == (CycleState.SKIPPED, CycleEnd.SWITCHED_OFF)


def test_what_was_queued_to_be_charged_is_not_once_it_is_off(desk: Desk) -> None:
    desk.days.before(8)
    desk.days.clock.forward(days=1)
    with desk.days.services.transaction() as session:
        auto_renewal_charges.plan_charges(
            session, None, today=desk.days.services.today(), now=desk.days.services.now()
        )

    desk.off()
    desk.days.do_rows()

    assert desk.days.attempts() == []


def test_what_was_queued_is_charged_if_nobody_switches_off(desk: Desk) -> None:
    """The control of the test above."""
    desk.days.before(8)
    desk.days.clock.forward(days=1)
    with desk.days.services.transaction() as session:
        auto_renewal_charges.plan_charges(
            session, None, today=desk.days.services.today(), now=desk.days.services.now()
        )

    desk.days.do_rows()

    assert len(desk.days.attempts()) == 1


def test_on_keeps_what_was_agreed_and_tells_it(desk: Desk) -> None:
    desk.off()

    assert desk.on() == 303

    with desk.days.services.reading() as session:
        consent = session.scalars(select(AutoRenewalConsent).order_by(AutoRenewalConsent.id.desc())).first()
        mails = session.scalars(select(Mail).where(Mail.kind == "auto_renewal_enabled")).all()
    assert consent is not None
    assert (consent.text_version, consent.maximum_cents) == (MAILBOX_CONSENT_VERSION, 20_00)
    assert consent.address == "127.0.0.1"
    renews = desk.renews_with()
    assert renews is not None
    assert (renews.consent_id, renews.maximum_cents) == (consent.id, 20_00)
    assert [mail.context["charge_on"] for mail in mails] == ["2027-01-16"] * 2


def test_each_change_takes_the_mandate_of_the_one_before(desk: Desk) -> None:
    desk.on()
    desk.on(maximum="30,00")

    assert sorted(desk.mandates_in_force()) == [10_00, 30_00]
    desk.off()
    assert desk.mandates_in_force() == [10_00]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("method", "", "Scegli il metodo da addebitare"),
        ("method", "m-999999", "Scegli il metodo da addebitare"),
        ("maximum", "tanto", "Scrivi un importo"),
        ("maximum", "6,09", "Il limite è più basso del prezzo di oggi"),
        ("maximum", "10000,01", "Il limite può essere al massimo"),
        ("agreed", "", "Per attivarlo serve il tuo accordo"),
    ],
)
def test_what_cannot_be_is_said_at_the_field_and_kept(desk: Desk, field: str, value: str, words: str) -> None:
    desk.off()

    answer = desk.browser.post(desk.page, desk.form | {"maximum": "77,77"} | {field: value})

    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#{field}"' in answer.text
    assert ("77,77" if field != "maximum" else value) in answer.text
    assert desk.renews_with() is None


def test_off_and_on_again_in_time_the_expiry_is_announced_anew(desk: Desk) -> None:
    desk.days.before(20)
    desk.off()
    desk.on()
    expiry = desk.days.expiry()

    desk.days.before(7)

    assert desk.days.states() == [CycleState.SKIPPED, CycleState.DONE]
    assert desk.days.expiry() != expiry
    assert len(desk.days.told("expiry_notice_auto")) == 4


def test_with_fewer_than_seven_days_it_is_said_to_renew_by_hand(services: Services, clock: Clock) -> None:
    desk = Desk(renewing(services, clock, expires_in=5))
    desk.off()
    desk.on()

    assert "per questa volta rinnova tu" in desk.look()
    desk.days.before(0)
    assert desk.days.attempts() == []


def test_a_strangers_switch_does_not_exist(desk: Desk) -> None:
    with desk.days.services.transaction() as session:
        stranger = make_account(session)
        subject = Subject(SubjectKind.ACCOUNT, account_id=stranger.id)
    browser = Browser(create_app(desk.days.services)).enter(desk.days.services, subject)

    assert browser.get(desk.page).status_code == 404
    assert browser.post(f"{desk.page}/disattiva", {}).status_code == 404
    assert desk.days.mailbox().auto_renewal


def test_without_a_method_the_page_leads_to_adding_one(desk: Desk) -> None:
    with desk.days.services.transaction() as session:
        account = make_account(session)
        box = make_mailbox(session, account, auto_renewal=True)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
    browser = Browser(create_app(desk.days.services)).enter(desk.days.services, subject)

    assert "Serve un metodo di pagamento" in browser.get(f"/caselle/{box.address}/rinnovo-automatico").text
    assert "Manca il metodo di pagamento" in browser.get(f"/caselle/{box.address}").text


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_mail_of_the_story_can_be_read(desk: Desk, language: str) -> None:
    desk.off()
    desk.on()
    desk.days.decline()
    desk.days.before(0)
    desk.off()

    with desk.days.services.reading() as session:
        mails = session.scalars(select(Mail).where(Mail.kind.like("%auto%"))).all()
    assert {mail.kind for mail in mails} == {
        "auto_renewal_enabled",
        "auto_renewal_disabled",
        "auto_renewal_failed",
        "expiry_notice_auto",
    }
    for mail in mails:
        words = render(mail.kind, language, mail.context, AROUND, code="ABCDEFGHJKLM")
        assert words.subject
        assert desk.days.mailbox().address in words.text
        assert "None" not in words.text + words.html + words.subject


def test_cancelling_what_was_prepared_says_that_this_expiry_is_left_out(desk: Desk) -> None:
    desk.days.before(15)
    (order,) = desk.days.orders()

    assert "ha preparato il rinnovo automatico" in desk.browser.get(f"/ordini/{order.number}").text
    asked = desk.browser.get(f"/ordini/{order.number}/annulla").text
    assert "non prepareremo un altro ordine" in asked
    assert "Il rinnovo automatico resta attivo per la scadenza successiva" in asked
    person = desk.browser
    assert person.post(f"/ordini/{order.number}/annulla", {}).status_code == 303
    assert "per questa scadenza rinnovi tu la casella" in person.get(f"/ordini/{order.number}").text
    assert "ordine che avevamo preparato: per questa scadenza rinnova tu" in desk.look()


def test_an_order_to_be_paid_by_transfer_says_that_it_is_not_charged(desk: Desk) -> None:
    desk.days.before(15)
    with desk.days.services.transaction() as session:
        (order,) = session.scalars(select(Order))
        order.payment_method = PaymentMethod.BANK_TRANSFER

    assert "Non lo addebitiamo da soli" in desk.browser.get(f"/ordini/{order.number}").text


def test_the_list_says_where_the_method_is_missing(desk: Desk) -> None:
    with desk.days.services.transaction() as session:
        make_mailbox(session, session.get_one(Account, desk.days.subject.account_id), auto_renewal=True)

    text = desk.browser.get("/caselle").text

    assert text.count("Rinnovo automatico: manca il metodo") == 1
    assert text.count(">Rinnovo automatico<") >= 1


def test_a_card_that_expires_before_the_mailbox_is_said_where_it_is_needed(desk: Desk) -> None:
    with desk.days.services.transaction() as session:
        method = session.get_one(StoredMethod, desk.days.method_id)
        method.expires_on = desk.days.services.today()

    box = f"/caselle/{desk.days.mailbox().address}"
    assert "La carta del rinnovo automatico scade prima" in desk.browser.get(box).text
    assert "Scade presto" in desk.browser.get("/metodi-di-pagamento").text
