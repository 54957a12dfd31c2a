"""The matrix of rights, walked through real sessions: every relation tries every action that has a page."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.app import create_app
from portal.domain.access import RIGHTS, Action, Relation, Subject, SubjectKind
from portal.store.accounts import Account, Holder
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.stored_methods import AutoRenewalConsent, StoredMethod
from portal.wiring import Services
from tests.blueprints.browser import Browser
from tests.blueprints.shop import Shopper
from tests.factories import (
    DOCTORS,
    make_account,
    make_conventions,
    make_mailbox,
    make_order,
    make_prices,
)
from tests.tills import Till, with_simulated

ADDRESS, OTHERS = "provata@pec.example", "sorella@pec.example"
IN_ACCOUNT = {
    Relation.ACCOUNT_OWN: {"of_account_holder": True},
    Relation.ACCOUNT_OTHER_HOLDER: {"of_account_holder": False},
    Relation.MAILBOX_OF_ACCOUNT_HOLDER: {"of_account_holder": True},
    Relation.MAILBOX_OF_OTHER_HOLDER: {"of_account_holder": False},
    Relation.MAILBOX_CONVENTION: {"of_account_holder": False, "convention_code": DOCTORS.code},
}
BY_ACCOUNT = {Relation.ACCOUNT_OWN, Relation.ACCOUNT_OTHER_HOLDER}


@pytest.fixture
def app(app: Flask, services: Services) -> Flask:
    """The portal of an operator with card and PayPal."""
    application = create_app(with_simulated(services))
    application.testing = True
    return application


@dataclass
class Scene:
    """Somebody signed in, who stands to ADDRESS in one relation; OTHERS is of the same account."""

    relation: Relation
    browser: Browser
    services: Services
    subject: Subject

    def shopper(self) -> Shopper:
        """Return the renewal of ADDRESS, begun."""
        begun = self.browser.post(f"/caselle/{ADDRESS}/rinnova")
        assert begun.status_code == 303, begun.status
        draft = begun.headers["Location"].split("/rinnovo/")[1]
        return Shopper(self.browser, Subject(SubjectKind.ACCOUNT, account_id=1), [ADDRESS], draft)

    def line(self) -> DraftLine:
        with self.services.reading() as session:
            return session.scalars(select(DraftLine).order_by(DraftLine.id.desc())).first() or DraftLine()


def play(app: Flask, services: Services, relation: Relation) -> Scene:
    """Set the scene for one relation."""
    with services.transaction() as session:
        make_prices(session)
        make_conventions(session)
        account = make_account(session)
        box = make_mailbox(session, account, ADDRESS, **IN_ACCOUNT[relation])  # type: ignore[arg-type]
        make_mailbox(session, account, OTHERS)
        by_account = relation in BY_ACCOUNT
        subject = _subject(account.id, box) if by_account else _subject(None, box)
    return Scene(relation, Browser(app).enter(services, subject), services, subject)


def _subject(account_id: int | None, box: Mailbox) -> Subject:
    if account_id is not None:
        return Subject(SubjectKind.ACCOUNT, account_id=account_id)
    return Subject(SubjectKind.MAILBOX, mailbox_id=box.id)


def sees_it(scene: Scene) -> bool:
    return scene.browser.get(f"/caselle/{ADDRESS}").status_code == 200


def renews_it(scene: Scene) -> bool:
    scene.shopper().order()
    return True


def changes_the_plan(scene: Scene) -> bool:
    who, years = scene.shopper(), scene.line().term_years
    status = who.change(0, plan="premium", years=years).status_code
    assert status in {200, 403, 422}
    assert (status == 200) is (scene.line().plan == "premium")
    return status == 200


def changes_the_space(scene: Scene) -> bool:
    who, years = scene.shopper(), scene.line().term_years
    status = who.change(0, plan="standard", years=years, extra_mailbox_gb=1).status_code
    assert status in {200, 403}
    assert (status == 200) is (scene.line().extra_mailbox_gb == 1)
    return status == 200


def sees_other_mailboxes(scene: Scene) -> bool:
    return scene.browser.get(f"/caselle/{OTHERS}").status_code == 200


def sees_its_order(scene: Scene) -> bool:
    number = scene.shopper().order()
    return scene.browser.get(f"/ordini/{number}").status_code == 200


def sees_who_is_invoiced(scene: Scene) -> bool:
    number = scene.shopper().order()
    return "Intestata a" in scene.browser.get(f"/ordini/{number}").text


def edits_the_holders_contacts(scene: Scene) -> bool:
    who = scene.shopper()
    page = who.browser.get(f"{who.plan}/dati").text
    fields = dict(re.findall(r'<input[^>]* name="(\w+)" value="([^"]*)"', page))
    del fields["csrf_token"]
    answer = who.browser.post(f"{who.plan}/dati", fields | {"phone": "06 123 456", "country": "IT"})
    assert answer.status_code == 303, answer.status
    with scene.services.reading() as session:
        box = session.scalars(select(Mailbox).where(Mailbox.address == ADDRESS)).one()
        return session.get_one(Holder, box.holder_id).phone == "+3906123456"


def pay_by_card(scene: Scene) -> tuple[Shopper, bool]:
    """Choose the card and say yes to auto-renewal, asked or not; return whether it was asked."""
    who = scene.shopper()
    who.keep_data()
    asked = "Vuoi il rinnovo automatico?" in who.browser.get(f"{who.plan}/pagamento").text
    answer = who.browser.post(f"{who.plan}/pagamento", {"method": "card", "auto_renewal": "yes"})
    assert answer.status_code == 303, answer.status
    return who, asked


def switches_auto_renewal_on(scene: Scene) -> bool:
    _, asked = pay_by_card(scene)
    with scene.services.reading() as session:
        wanted = list(session.scalars(select(AutoRenewalConsent.wanted)))
    assert wanted == [True] * asked, "what is not asked is not listened to"
    return asked


def adds_to_the_accounts_methods(scene: Scene) -> bool:
    """Pay by a card that is to be kept: does the account have it then?"""
    who, _ = pay_by_card(scene)
    assert who.confirm().status_code == 303
    with scene.services.reading() as session:
        number = session.scalars(select(Order.number)).one()
    till = Till(with_simulated(scene.services), scene.subject, number)
    till.decide()
    till.come_back(till.attempts()[0].reference)
    with scene.services.reading() as session:
        assert session.scalars(select(Order.paid_at)).one() is not None
        return None not in (session.scalars(select(StoredMethod.account_id)).all() or [None])


def uses_credit(scene: Scene) -> bool:
    status = scene.browser.get("/credito").status_code
    assert status in {200, 403, 404}
    return status == 200


TRIES: dict[Action, Callable[[Scene], bool]] = {
    Action.SEE_MAILBOX: sees_it,
    Action.RENEW: renews_it,
    Action.CHANGE_PLAN: changes_the_plan,
    Action.CHANGE_EXTRA_SPACE: changes_the_space,
    Action.SEE_OTHER_MAILBOXES: sees_other_mailboxes,
    Action.SEE_OWN_ORDERS: sees_its_order,
    Action.SEE_INVOICES: sees_who_is_invoiced,
    Action.EDIT_HOLDER_CONTACTS: edits_the_holders_contacts,
    Action.TOGGLE_AUTO_RENEWAL: switches_auto_renewal_on,
    Action.USE_CREDIT: uses_credit,
    Action.MANAGE_STORED_METHODS: adds_to_the_accounts_methods,
}
CELLS = [
    pytest.param(action, relation, id=f"{action}-{relation}") for action in TRIES for relation in Relation
]


@pytest.mark.parametrize(("action", "relation"), CELLS)
def test_each_session_can_do_what_the_matrix_says_and_nothing_else(
    app: Flask, services: Services, action: Action, relation: Relation
) -> None:
    scene = play(app, services, relation)

    assert TRIES[action](scene) is (relation in RIGHTS[action])


def test_every_action_is_tried() -> None:
    assert set(TRIES) == set(Action)


@pytest.mark.parametrize("relation", Relation)
def test_a_page_without_a_control_says_who_has_it(app: Flask, services: Services, relation: Relation) -> None:
    scene = play(app, services, relation)

    page = scene.browser.get(f"/caselle/{ADDRESS}").text

    assert ("Chi può farlo" in page) is (relation not in BY_ACCOUNT)
    assert ("Cambiare piano" in page) is (relation not in RIGHTS[Action.CHANGE_PLAN])
    assert ("Nessuno: lo fissa la convenzione" in page) is (relation is Relation.MAILBOX_CONVENTION)


def test_the_wizard_of_another_holder_names_the_account_masked(app: Flask, services: Services) -> None:
    scene = play(app, services, Relation.MAILBOX_OF_OTHER_HOLDER)

    page = scene.browser.get(scene.shopper().plan).text

    assert "entrando con il suo account (" in page
    assert "••••@aruba.it" in page
    with services.reading() as session:
        assert session.scalars(select(Account.username)).one() not in page


def test_a_mailbox_does_not_see_the_orders_of_its_account(app: Flask, services: Services) -> None:
    scene = play(app, services, Relation.MAILBOX_OF_ACCOUNT_HOLDER)
    store_order(services, number="KX1")

    assert scene.browser.get("/ordini/KX1").status_code == 404
    assert "KX1" not in scene.browser.get("/ordini").text


def store_order(services: Services, **fields: Any) -> None:
    def of(session: Session) -> list[Mailbox]:
        return list(session.scalars(select(Mailbox).where(Mailbox.address == OTHERS)))

    with services.transaction() as session:
        make_order(session, of(session), mailbox_id=None, **fields)
