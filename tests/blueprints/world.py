"""The people of the tests: an owner, a colleague, strangers, what belongs to each, and how they sign in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.adapters.credentials.argon2 import Argon2Hasher
from portal.domain.customers import CustomerKind
from portal.domain.order_numbers import new_order_number
from portal.wiring import Services
from tests.factories import (
    TODAY,
    make_account,
    make_document,
    make_draft,
    make_holder,
    make_mail,
    make_mailbox,
    make_order,
    make_prices,
)
from tests.factories import select_mailboxes as select_boxes

PASSWORD = "prova-portale-2026"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@cache
def password_hash() -> str:
    """Return a true hash of PASSWORD, made once."""
    return Argon2Hasher().hash(PASSWORD)


@dataclass
class Belongings:
    """What one person may reach, by the names that routes give to their arguments."""

    address: list[str] = field(default_factory=list)
    draft: list[str] = field(default_factory=list)
    number: list[str] = field(default_factory=list)
    holder: list[str] = field(default_factory=list)
    mail_code: list[str] = field(default_factory=list)
    document: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class World:
    """Who is there: `belongings` by identifier; an identifier signs in with PASSWORD."""

    belongings: dict[str, Belongings]
    gone: str
    """A mailbox that was terminated: nobody signs in with it."""

    @property
    def people(self) -> list[str]:
        return list(self.belongings)


OWNER, COLLEAGUE = "300100@aruba.it", "300200@aruba.it"
BOX, SUSPENDED, OTHERS, ORPHAN = (
    "anna@pec.example",
    "sospesa@pec.example",
    "bruno@pec.example",
    "sola@pec.example",
)
GONE = "finita@pec.example"


def make_world(services: Services) -> World:
    """Store two accounts with mailboxes, orders and drafts, and a mailbox that has no account."""
    number = iter(new_order_number(bytes([place] * 9)) for place in range(1, 20))
    with services.transaction() as session:
        make_prices(session)
        secret = {"password_hash": password_hash()}
        owner = make_account(session, OWNER, **secret)
        colleague = make_account(session, COLLEAGUE, **secret)
        firm = make_holder(session, kind=CustomerKind.COMPANY, business_name="Studio Verdi")
        box = make_mailbox(session, owner, BOX, holder=make_holder(session, id=7_100_001), **secret)
        suspended = make_mailbox(session, owner, SUSPENDED, expires_in=-10, **secret)
        renewed = make_mailbox(session, owner, "ordinata@pec.example", holder=firm, of_account_holder=False)
        gone = make_mailbox(session, owner, GONE, cancelled_on=TODAY, **secret)
        others = make_mailbox(session, colleague, OTHERS, holder=make_holder(session, id=7_200_001), **secret)
        others_renewed = make_mailbox(session, colleague, "altra@pec.example")
        orphan = make_mailbox(session, None, ORPHAN, holder=make_holder(session, id=7_300_001), **secret)
        order = make_order(session, [renewed], number=next(number), mailbox_id=None)
        others_order = make_order(session, [others_renewed], number=next(number), mailbox_id=None)
        draft = make_draft(session, owner, public_id="bozza-della-titolare-0001")
        others_draft = make_draft(session, colleague, public_id="bozza-del-collega-000001")
        orphan_draft = make_draft(session, mailbox_id=orphan.id, public_id="bozza-della-sola-0000001")
        select_boxes(session, owner, [box])
        mails = [
            make_mail(session, account=account, mailbox=mailbox).code or ""
            for account, mailbox in ((owner, None), (colleague, None), (owner, box), (None, orphan))
        ]
        papers = [
            make_document(session, box, account_id=owner.id, id=7_400_001),
            make_document(session, box, by_mailbox_id=box.id, id=7_400_002),
            make_document(session, others, account_id=colleague.id, id=7_400_003),
            make_document(session, orphan, by_mailbox_id=orphan.id, id=7_400_004),
        ]
        document = [str(each.id) for each in papers]
        theirs = {
            OWNER: Belongings(
                [box.address, suspended.address, renewed.address, gone.address],
                [draft.public_id],
                [order.number],
                [str(box.holder_id)],
                [mails[0], mails[2]],
                [document[0]],
            ),
            COLLEAGUE: Belongings(
                [others.address, others_renewed.address],
                [others_draft.public_id],
                [others_order.number],
                [str(others.holder_id)],
                [mails[1]],
                [document[2]],
            ),
            BOX: Belongings([BOX], mail_code=[mails[2]], document=[document[1]]),
            SUSPENDED: Belongings([SUSPENDED]),
            OTHERS: Belongings([OTHERS]),
            ORPHAN: Belongings(
                [ORPHAN], [orphan_draft.public_id], [], [str(orphan.holder_id)], [mails[3]], [document[3]]
            ),
        }
    return World(theirs, GONE)


def token_in(response: TestResponse) -> str:
    """Return the token of the first form on a page."""
    found = TOKEN.search(response.get_data(as_text=True))
    assert found, f"no token in {response.request.path}"
    return found[1]


def try_to_sign_in(
    client: FlaskClient, identifier: str, password: str = PASSWORD, **fields: str
) -> TestResponse:
    """Fill in the form and send it, as a browser would."""
    token = token_in(client.get("/accedi"))
    form = {"csrf_token": token, "identifier": identifier, "password": password, **fields}
    return client.post("/accedi", data=form)


def browser_of(app: Flask, identifier: str | None) -> FlaskClient:
    """Return a browser in which that person is signed in, or nobody."""
    client = app.test_client()
    if identifier is not None:
        answer = try_to_sign_in(client, identifier)
        assert answer.status_code == 303, (identifier, answer.status)
    return client


def token_of(client: FlaskClient) -> str:
    """Return a token that is good in this browser."""
    return token_in(client.get("/accessibilita")) if _signed_in(client) else token_in(client.get("/accedi"))


def _signed_in(client: FlaskClient) -> bool:
    with client.session_transaction() as session:
        return "_user_id" in session
