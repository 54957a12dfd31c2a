"""Stored methods: added for nothing, replaced with what renews, removed with what that stops. 7.2, S42."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.app import create_app
from portal.domain.access import Subject, SubjectKind
from portal.domain.attempts import Failure
from portal.domain.errors import MandateMissing
from portal.domain.mandates import METHOD_CONSENT_VERSION, StoredMethodState
from portal.letters import Surroundings, render
from portal.store import method_queries
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.outbox import OutboxRow
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith, StoredMethod
from portal.usecases import stored_methods
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.conftest import Clock
from tests.factories import make_account, make_mailbox
from tests.statements import counted
from tests.tills import with_simulated

PAGE = "/metodi-di-pagamento"
READ = {"method": "card", "agreed": "1", "shown": f"{METHOD_CONSENT_VERSION}:20000"}
ADDED_MAXIMUM_CENTS = 200_00


class Owner:
    """An account with mailboxes, and its browser."""

    def __init__(self, services: Services, mailboxes: int = 5) -> None:
        self.services = with_simulated(services)
        with services.transaction() as session:
            account = make_account(session)
            self.boxes = [make_mailbox(session, account).id for _ in range(mailboxes)]
            self.subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        self.app: Flask = create_app(self.services)
        self.app.testing = True
        self.browser = Browser(self.app).enter(self.services, self.subject)

    def add(self, *, decision: str = "paid", back: bool = True, **fields: str) -> StoredMethod:
        """Store a method on the gateway's page, and come back."""
        answer = self.browser.post(f"{PAGE}/nuovo", READ | fields)
        assert answer.status_code == 303, answer.text
        gateway = self.services.gateways.simulated
        assert gateway is not None
        gateway.decide(answer.headers["Location"].rsplit("/", 1)[1], decision)
        method = self.methods()[-1]
        if back:
            assert self.browser.get(f"{PAGE}/{method.reference}/esito").status_code in (302, 303)
        return self.methods()[-1]

    def methods(self) -> list[StoredMethod]:
        with self.services.reading() as session:
            return list(session.scalars(select(StoredMethod).order_by(StoredMethod.id)))

    def renew_with(self, method: StoredMethod) -> None:
        with self.services.transaction() as session:
            session.add_all(RenewsWith(mailbox_id=box, stored_method_id=method.id) for box in self.boxes)
            session.execute(update(Mailbox).values(auto_renewal=True))

    def renewing(self) -> tuple[set[int], set[bool]]:
        """Return with which methods mailboxes renew, and whether they do."""
        with self.services.reading() as session:
            return set(session.scalars(select(RenewsWith.stored_method_id))), set(
                session.scalars(select(Mailbox.auto_renewal))
            )

    def mails(self) -> list[tuple[str, int]]:
        with self.services.reading() as session:
            return [(mail.kind, mail.context["mailboxes"]) for mail in session.scalars(select(Mail))]


@pytest.fixture
def owner(services: Services) -> Owner:
    return Owner(services)


def test_a_method_is_added_for_nothing_with_its_mandate(owner: Owner, services: Services) -> None:
    method = owner.add()

    assert (method.state, method.brand, method.last_four) == (StoredMethodState.ACTIVE, "Visa", "4242")
    with services.reading() as session:
        (consent,) = session.scalars(select(AutoRenewalConsent))
        assert (consent.wanted, consent.maximum_cents) == (True, ADDED_MAXIMUM_CENTS)
        assert (consent.text_version, consent.address) == ("2026-12-method", "127.0.0.1")
        assert consent.given_at == services.now()
        assert stored_methods.token_to_charge(session, method.id, ADDED_MAXIMUM_CENTS).token
    assert owner.mails() == [("payment_method_changed", 0)]
    assert "termina con 4242" in owner.browser.get(PAGE).text


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "", "agreed": "1"},
        {"method": "card", "agreed": ""},
        {"method": "bank_transfer", "agreed": "1"},
    ],
)
def test_without_a_kind_or_the_mandate_nothing_is_begun(owner: Owner, fields: dict[str, str]) -> None:
    answer = owner.browser.post(f"{PAGE}/nuovo", fields)

    assert answer.status_code == 422
    assert owner.methods() == []


@pytest.mark.parametrize("shown", ["", "2026-12-method:19999", "2026-11:20000"])
def test_s42_what_was_not_read_is_not_agreed(owner: Owner, services: Services, shown: str) -> None:
    answer = owner.browser.post(f"{PAGE}/nuovo", READ | {"shown": shown})

    assert answer.status_code == 409
    assert "200,00" in answer.text
    assert "autorizza di nuovo" in answer.text
    assert owner.methods() == []
    with services.reading() as session:
        assert session.scalars(select(AutoRenewalConsent)).all() == []


def test_the_text_and_the_maximum_are_read_before_agreeing(owner: Owner) -> None:
    page = owner.browser.get(f"{PAGE}/nuovo").text

    assert page.index("200,00") < page.index("Autorizzo questi addebiti")
    assert f'name="shown" value="{READ["shown"]}"' in page


def test_a_page_given_up_stores_nothing_and_may_charge_nothing(owner: Owner, services: Services) -> None:
    method = owner.add(decision=Failure.ABANDONED)

    assert method.state is StoredMethodState.FAILED
    with services.reading() as session, pytest.raises(MandateMissing):
        stored_methods.token_to_charge(session, method.id, 1)
    assert owner.mails() == []


def test_replacing_takes_the_auto_renewals_over_and_forgets_the_old_one(
    owner: Owner, services: Services
) -> None:
    old = owner.add()
    owner.renew_with(old)

    new = owner.add(**{"al-posto-di": old.reference})

    assert owner.renewing() == ({new.id}, {True})
    assert [method.state for method in owner.methods()] == [
        StoredMethodState.REMOVED,
        StoredMethodState.ACTIVE,
    ]
    assert owner.mails()[-1] == ("payment_method_changed", 5)
    with services.reading() as session:
        assert method_queries.maxima_in_force(session, old.id) == []
        assert session.scalars(select(OutboxRow.key).where(OutboxRow.kind == "method.forget")).all() == [
            f"method.forget:{old.id}"
        ]


def test_a_replacement_given_up_changes_nothing(owner: Owner) -> None:
    old = owner.add()
    owner.renew_with(old)

    owner.add(decision=Failure.ABANDONED, **{"al-posto-di": old.reference})

    assert owner.renewing() == ({old.id}, {True})
    assert owner.methods()[0].state is StoredMethodState.ACTIVE


def test_before_removing_it_is_said_what_stops(owner: Owner) -> None:
    method = owner.add()
    owner.renew_with(method)

    page = owner.browser.get(f"{PAGE}/{method.reference}/rimuovi").text

    assert "Il rinnovo automatico di 5 caselle si ferma" in page
    assert "e altre 2" in page


def test_removing_stops_the_auto_renewals_in_the_same_breath(owner: Owner, services: Services) -> None:
    method = owner.add()
    owner.renew_with(method)

    for _ in range(2):
        assert owner.browser.post(f"{PAGE}/{method.reference}/rimuovi").status_code == 303

    assert owner.renewing() == (set(), {False})
    assert owner.mails()[-1] == ("payment_method_removed", 5)
    assert len(owner.mails()) == 2
    with services.reading() as session:
        assert session.scalars(select(Mandate.revoked_at)).all() == [services.now()]
        with pytest.raises(MandateMissing):
            stored_methods.token_to_charge(session, method.id, 1)


@pytest.mark.parametrize("path", ["{}/esito", "{}/rimuovi", "nuovo?al-posto-di={}"])
def test_anothers_method_does_not_exist(owner: Owner, services: Services, path: str) -> None:
    others = Owner(services).add()

    assert owner.browser.get(f"{PAGE}/{path.format(others.reference)}").status_code == 404


def test_a_mailboxs_own_session_sees_and_removes_what_it_paid_with_and_nothing_else(
    owner: Owner, services: Services
) -> None:
    of_account = owner.add()
    with services.transaction() as session:
        own = StoredMethod(
            mailbox_id=owner.boxes[0],
            reference="p-00aa11",
            method=of_account.method,
            gateway="simulated",
            state=StoredMethodState.ACTIVE,
            token="sim_own",
            brand="Visa",
            last_four="1881",
            opened_at=services.now(),
        )
        session.add(own)
        session.flush()
        session.add(RenewsWith(mailbox_id=owner.boxes[0], stored_method_id=own.id))
    subject = Subject(SubjectKind.MAILBOX, mailbox_id=owner.boxes[0])
    browser = Browser(owner.app).enter(owner.services, subject)

    page = browser.get(PAGE).text
    assert "1881" in page
    assert "4242" not in page
    assert "Aggiungi un metodo" not in page
    assert browser.get(f"{PAGE}/nuovo").status_code == 404
    for verb in (browser.get, browser.post):
        assert verb(f"{PAGE}/{of_account.reference}/rimuovi").status_code == 404
    assert "1881" in browser.get(f"{PAGE}/{own.reference}/rimuovi").text
    assert owner.browser.get(f"{PAGE}/{own.reference}/rimuovi").status_code == 404

    assert browser.post(f"{PAGE}/{own.reference}/rimuovi").status_code == 303

    assert "Nessun metodo registrato" in browser.get(PAGE).text
    assert owner.renewing()[0] == set()
    assert owner.mails()[-1] == ("payment_method_removed", 1)
    sibling = Browser(owner.app).enter(
        owner.services, Subject(SubjectKind.MAILBOX, mailbox_id=owner.boxes[1])
    )
    assert "Nessun metodo registrato" in sibling.get(PAGE).text


def test_a_webhook_about_a_method_stores_it_once(owner: Owner) -> None:
    method = owner.add(back=False)
    gateway = owner.services.gateways.simulated
    assert gateway is not None
    headers, body = gateway.event(method.reference, "evt_1")

    answers = [
        owner.app.test_client().post("/notifiche/simulated", data=body, headers=headers) for _ in range(3)
    ]

    assert {answer.status_code for answer in answers} == {204}
    assert owner.methods()[0].state is StoredMethodState.ACTIVE
    assert len(owner.mails()) == 1


def test_the_page_takes_the_same_statements_however_many_renew(owner: Owner, clock: Clock) -> None:
    owner.browser.get(PAGE)
    method = owner.add()
    sent = []

    for _ in range(2):
        with counted(owner.services.engine) as statements:
            owner.browser.get(PAGE)
        sent.append(len(statements))
        if len(sent) == 1:
            owner.renew_with(method)

    assert sent[0] == sent[1]


@pytest.mark.parametrize("kind", ["changed", "removed"])
@pytest.mark.parametrize("mailboxes", [0, 1, 5])
def test_the_mails_say_which_method_and_what_it_does(kind: str, mailboxes: int) -> None:
    context = {"name": "", "tried": "card", "brand": "Visa", "last_four": "4242", "mailboxes": mailboxes}
    around = Surroundings(
        brand_name="Posta Sicura",
        support_email="assistenza@postasicura.example",
        public_url="https://clienti.example",
        beneficiary="Posta Sicura",
        iban="IT60X0542811101000000123456",
        bank="Banca",
        postal_account="1",
    )

    wording = render(f"payment_method_{kind}", "it", context, around)

    for words in (wording.text, wording.html):
        assert "Visa che termina con 4242" in words
        assert "https://clienti.example/metodi-di-pagamento" in words
        assert not mailboxes or str(mailboxes) in words
