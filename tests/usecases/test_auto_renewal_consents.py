"""Auto-renewal at the checkout: asked, never presumed, and written down as it was answered. C6, S42."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import ConsentChanged, ConsentTooSmall, MandateMissing
from portal.domain.mandates import (
    CONSENT_VERSION,
    MAILBOX_CONSENT_VERSION,
    METHOD_CONSENT_VERSION,
    AutoRenewalQuestion,
    MandateLimits,
)
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.letters import render
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith, StoredMethod
from portal.usecases import auto_renewal_consents, draft_payments, stored_methods
from portal.usecases.auto_renewal_consents import Answer, Question
from portal.wiring import Services
from tests.tills import CARD, Till, with_simulated
from tests.usecases.carts import USUAL, Cart, change, fill_cart, look, place
from tests.usecases.test_notices import AROUND

ASK = AutoRenewalQuestion.ASK
CONSENTS = Path("portal/templates/payments/consents")
USUAL_LIMITS = MandateLimits()
SHOWN_TEXTS = {
    "2026-11": "8a40a8ad1218bf79",
    "2026-11-mailbox": "ef2fac8384f0e194",
    "2026-11-method": "bacce7756be63d67",
    "2026-12-method": "74f66889c851cdf3",
    "2026-12": "1728222f4c6865e1",
    "2026-12-mailbox": "871e055d1288c651",
}
"""What was shown under each version: a changed text needs a new version, or nobody knows what was agreed."""


def choose(
    services: Services,
    cart: Cart,
    method: PaymentMethod = CARD,
    *,
    wanted: bool | None = None,
    shown: str = "",
    limits: MandateLimits = USUAL_LIMITS,
) -> None:
    """Do the step «Pagamento» with an answer, or none."""
    answer = None if wanted is None else Answer(wanted, "192.0.2.7", shown)
    today, now = services.today(), services.now()
    with services.transaction() as session:
        draft_payments.choose_method(
            session, cart.subject, cart.draft, method, today=today, now=now, calendar=USUAL
        )
        auto_renewal_consents.record_answer(
            session, cart.subject, cart.draft, method, answer, limits, today=today, now=now
        )


@pytest.mark.parametrize("shown", ["2026-10:1000", f"{CONSENT_VERSION}:2000", "2026-11", "x"])
def test_s42_nobody_agrees_to_what_they_did_not_read(services: Services, shown: str) -> None:
    cart = fill_cart(services, {})

    with pytest.raises(ConsentChanged):
        choose(services, cart, wanted=True, shown=shown)

    choose(services, cart, wanted=False, shown=shown)
    choose(services, cart, wanted=True, shown=f"{CONSENT_VERSION}:1000")


def test_the_operator_says_how_much_a_mandate_allows(services: Services) -> None:
    cart = fill_cart(services, {})

    choose(services, cart, wanted=True, limits=MandateLimits(margin_percent=100, step_cents=500))

    with services.reading() as session:
        (consent,) = session.scalars(select(AutoRenewalConsent))
    assert consent.maximum_cents == 1500


def question(services: Services, cart: Cart, mode: AutoRenewalQuestion = ASK) -> Question | None:
    with services.reading() as session:
        return auto_renewal_consents.look_at_question(
            session, cart.subject, look(services, cart), mode, USUAL_LIMITS
        )


def consent_of(services: Services, order: Order) -> AutoRenewalConsent | None:
    with services.reading() as session:
        return stored_methods.consent_of(session, session.get_one(Order, order.id))


def paid_till(services: Services, cart: Cart) -> Till:
    """Place the order and pay it on the gateway's page."""
    order = place(services, cart)
    till = Till(with_simulated(services), cart.subject, order.number)
    reference = till.opened()
    till.decide()
    till.come_back(reference)
    return till


def test_nothing_is_presumed(services: Services) -> None:
    asked = question(services, fill_cart(services, {"expires_in": 30}))

    assert asked is not None
    assert asked.answered is None
    assert asked.is_choice


def test_the_question_says_when_and_how_much_at_most(services: Services) -> None:
    cart = fill_cart(services, {"expires_in": 30}, {"expires_in": 20})
    change(services, cart, years=2, which=1)

    asked = question(services, cart)

    assert asked is not None
    assert asked.first_charge_on == date(2027, 12, 17), "seven days before the first new expiry"
    assert asked.maximum_cents == USUAL_LIMITS.maximum_for(look(services, cart).totals.quote.due_cents)


@pytest.mark.parametrize(
    ("mode", "is_asked", "is_choice"),
    [(AutoRenewalQuestion.OFF, False, False), (ASK, True, True), (AutoRenewalQuestion.ON, True, False)],
)
def test_the_operator_decides_whether_it_is_asked(
    services: Services, mode: AutoRenewalQuestion, *, is_asked: bool, is_choice: bool
) -> None:
    asked = question(services, fill_cart(services, {}), mode)

    assert (asked is not None) is is_asked
    assert (asked is not None and asked.is_choice) is is_choice


@pytest.mark.parametrize(("own", "is_asked"), [(True, True), (False, False)])
def test_a_mailbox_of_another_holder_is_not_asked(services: Services, *, own: bool, is_asked: bool) -> None:
    cart = fill_cart(services, {"of_account_holder": own})
    subject = Subject(SubjectKind.MAILBOX, mailbox_id=cart.mailboxes[0].id)

    with services.reading() as session:
        asked = auto_renewal_consents.look_at_question(
            session, subject, look(services, cart), ASK, USUAL_LIMITS
        )

    assert (asked is not None) is is_asked


@pytest.mark.parametrize("wanted", [True, False])
def test_the_answer_goes_to_the_order_with_its_circumstances(services: Services, *, wanted: bool) -> None:
    cart = fill_cart(services, {})
    choose(services, cart, wanted=wanted)

    consent = consent_of(services, place(services, cart))

    assert consent is not None
    assert (consent.wanted, consent.text_version) == (wanted, CONSENT_VERSION)
    assert (consent.given_at, consent.address) == (services.now(), "192.0.2.7")
    assert consent.maximum_cents == (USUAL_LIMITS.maximum_for(610) if wanted else 0)


def test_a_slow_method_forgets_the_answer(services: Services) -> None:
    cart = fill_cart(services, {})
    choose(services, cart, wanted=True)
    choose(services, cart, PaymentMethod.BANK_TRANSFER)

    assert consent_of(services, place(services, cart)) is None


def test_an_order_beyond_what_was_agreed_is_asked_again(services: Services) -> None:
    cart = fill_cart(services, {})
    choose(services, cart, wanted=True)
    change(services, cart, Plan.PREMIUM)

    with pytest.raises(ConsentTooSmall):
        place(services, cart)


def test_paying_stores_the_method_with_its_mandate_where_it_was_wanted(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    choose(services, cart, wanted=True)

    till = paid_till(services, cart)

    with services.reading() as session:
        (method,) = session.scalars(select(StoredMethod))
        (mandate,) = session.scalars(select(Mandate))
        assert (method.account_id, method.brand, method.last_four) == (
            cart.subject.account_id,
            "Visa",
            "4242",
        )
        assert method.reference == till.attempts()[0].reference
        assert mandate.stored_method_id == method.id
        assert set(session.scalars(select(RenewsWith.mailbox_id))) == {box.id for box in cart.mailboxes}
        assert set(session.scalars(select(Mailbox.auto_renewal))) == {True}
    till.come_back(till.attempts()[0].reference)
    till.webhook(till.attempts()[0].reference)
    with services.reading() as session:
        assert len(session.scalars(select(StoredMethod)).all()) == 1


@pytest.mark.parametrize("language", ["it", "en"])
@pytest.mark.parametrize("boxes", [1, 2])
def test_whoever_wanted_it_is_told_once_that_it_is_on(services: Services, boxes: int, language: str) -> None:
    cart = fill_cart(services, *[{}] * boxes)
    choose(services, cart, wanted=True)

    till = paid_till(services, cart)
    till.webhook(till.attempts()[0].reference)

    with services.reading() as session:
        mails = session.scalars(select(Mail).where(Mail.kind == "auto_renewal_enabled")).all()
        recipients = [mail.recipient for mail in mails]
    assert len(recipients) == len(set(recipients)) > 0
    words = render("auto_renewal_enabled", language, mails[0].context, AROUND, code="ABCDEFGHJKLM")
    assert till.number in words.text
    assert till.number in words.html
    assert (cart.mailboxes[0].address in words.text) is (boxes == 1)
    assert "None" not in words.subject + words.text + words.html


@pytest.mark.parametrize("wanted", [False, None])
def test_paying_stores_nothing_where_it_was_not(services: Services, *, wanted: bool | None) -> None:
    cart = fill_cart(services, {})
    choose(services, cart, wanted=wanted)

    paid_till(services, cart)

    with services.reading() as session:
        assert session.scalars(select(StoredMethod)).all() == []
        assert set(session.scalars(select(Mailbox.auto_renewal))) == {False}


@pytest.mark.parametrize(("amount", "is_allowed"), [(610, True), (1000, True), (1001, False)])
def test_s42_a_charge_needs_a_mandate_for_so_much(
    services: Services, amount: int, *, is_allowed: bool
) -> None:
    cart = fill_cart(services, {})
    choose(services, cart, wanted=True)
    paid_till(services, cart)

    with services.reading() as session:
        (method,) = session.scalars(select(StoredMethod))
        if is_allowed:
            assert stored_methods.token_to_charge(session, method.id, amount).token
        else:
            with pytest.raises(MandateMissing):
                stored_methods.token_to_charge(session, method.id, amount)


def test_s42_a_revoked_mandate_allows_nothing(services: Services) -> None:
    cart = fill_cart(services, {})
    choose(services, cart, wanted=True)
    paid_till(services, cart)
    with services.transaction() as session:
        (mandate,) = session.scalars(select(Mandate))
        mandate.revoked_at = services.now()

    with services.reading() as session, pytest.raises(MandateMissing):
        stored_methods.token_to_charge(session, mandate.stored_method_id, 1)


@pytest.mark.parametrize(
    ("due", "maximum"), [(1, 1000), (610, 1000), (666, 1000), (668, 2000), (12_200, 19_000)]
)
def test_the_maximum_is_half_as_much_again_in_whole_tens(due: int, maximum: int) -> None:
    assert USUAL_LIMITS.maximum_for(due) == maximum


@pytest.mark.parametrize("version", SHOWN_TEXTS)
def test_a_text_that_was_shown_never_changes(version: str) -> None:
    text = (CONSENTS / f"{version}.html").read_text(encoding="utf-8")

    assert sha256(text.encode()).hexdigest()[:16] == SHOWN_TEXTS[version]


def test_every_text_is_pinned_and_the_present_one_is_there() -> None:
    assert {path.stem for path in CONSENTS.glob("*.html")} == set(SHOWN_TEXTS)
    assert {CONSENT_VERSION, MAILBOX_CONSENT_VERSION, METHOD_CONSENT_VERSION} <= set(SHOWN_TEXTS)
