"""A renewal done through the pages, as a browser without scripts does it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.domain.access import Subject, SubjectKind
from portal.domain.contracts import ContractKind
from portal.store.mailboxes import Mailbox
from portal.wiring import Services
from tests.blueprints.browser import HTMX, Browser
from tests.factories import fill_account, make_account, make_mailbox, make_prices, select_mailboxes

ACCEPTED = {f"accept_{kind}": "yes" for kind in ContractKind} | {"start_requested": "1"}
"""The answers of «Conferma» that lead to an order."""
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


@dataclass
class Shopper:
    """Somebody with mailboxes, and their browser."""

    browser: Browser
    subject: Subject
    addresses: list[str]
    draft: str = ""

    @property
    def plan(self) -> str:
        return f"/rinnovo/{self.draft}"

    def row(self, which: int = 0) -> str:
        return f"{self.plan}/caselle/{self.addresses[which]}"

    def start(self) -> Shopper:
        """Press «Rinnova» in the selection bar."""
        answer = self.browser.post("/rinnovo")
        assert answer.status_code == 303, answer.status
        self.draft = answer.headers["Location"].split("/rinnovo/")[1].split("?")[0]
        return self

    def open_row(self, which: int = 0) -> dict[str, str]:
        """Return the hidden fields of a row that htmx opens."""
        answer = self.browser.get(f"{self.plan}?apri={self.addresses[which]}", headers=HTMX)
        assert answer.status_code == 200, answer.status
        return hidden(answer)

    def change(
        self, which: int = 0, *, by_htmx: bool = True, row: dict[str, str] | None = None, **choice: Any
    ) -> TestResponse:
        """Post a row with its hidden fields and a choice: a Standard for a year unless told otherwise."""
        known = row or self.open_row(which)
        turn = {"turn": str(int(known["turn"]) + 1)} if by_htmx else {}
        fields = {"plan": "standard", "extra_mailbox_gb": 0, "years": 1} | known | turn | choice
        return self.browser.post(self.row(which), fields, headers=HTMX if by_htmx else {})

    def keep_data(self) -> TestResponse:
        """Press «Prosegui» in «Dati» with nothing to change."""
        return self.browser.post(f"{self.plan}/dati", {"step": "go_on"})

    def pay_by_transfer(self) -> TestResponse:
        return self.browser.post(f"{self.plan}/pagamento", {"method": "bank_transfer"})

    def summary(self) -> dict[str, str]:
        """Return what «Conferma» shows and sends, every text accepted."""
        answer = self.browser.get(f"{self.plan}/conferma")
        assert answer.status_code == 200, answer.status
        return confirmed(answer)

    def confirm(self, fields: dict[str, Any] | None = None) -> TestResponse:
        return self.browser.post(f"{self.plan}/conferma", self.summary() if fields is None else fields)

    def order(self) -> str:
        """Go from «Piano» to the order; return its number."""
        assert self.keep_data().headers["Location"] == f"{self.plan}/pagamento"
        assert self.pay_by_transfer().status_code == 303
        answer = self.confirm()
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"].rsplit("/", 1)[1]


def hidden(answer: TestResponse) -> dict[str, str]:
    """Return the hidden fields of a page or a part."""
    return dict(HIDDEN.findall(answer.text))


def confirmed(answer: TestResponse) -> dict[str, str]:
    """Return the fields of «Conferma» as a browser sends them once everything is accepted."""
    fields = {name: value for name, value in hidden(answer).items() if name.startswith(("shown_", "text_"))}
    return fields | ACCEPTED


def shopper(app: Flask, services: Services, *each: dict[str, Any]) -> Shopper:
    """Return an account with a selected mailbox for each of the values given."""
    with services.transaction() as session:
        account = make_account(session)
        make_prices(session)
        boxes = [
            make_mailbox(session, account, **({"expires_in": 30 + number} | values))
            for number, values in enumerate(each)
        ]
        select_mailboxes(session, account, boxes)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
    return Shopper(Browser(app).enter(services, subject), subject, [box.address for box in boxes])


def big_shopper(app: Flask, services: Services, mailboxes: int) -> Shopper:
    """Return an account that has selected so many mailboxes."""
    with services.transaction() as session:
        account = make_account(session)
        make_prices(session)
        fill_account(session, account, mailboxes)
        boxes = list(session.scalars(select(Mailbox).order_by(Mailbox.expires_on, Mailbox.id)))
        select_mailboxes(session, account, boxes)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
    return Shopper(Browser(app).enter(services, subject), subject, [box.address for box in boxes])


def as_mailbox(app: Flask, services: Services, address: str) -> Shopper:
    """Return a mailbox's own session with its renewal begun."""
    with services.reading() as session:
        box = session.scalars(select(Mailbox).where(Mailbox.address == address)).one()
    subject = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)
    browser = Browser(app).enter(services, subject)
    begun = browser.post(f"/caselle/{address}/rinnova")
    return Shopper(browser, subject, [address], begun.headers["Location"].split("/rinnovo/")[1])
