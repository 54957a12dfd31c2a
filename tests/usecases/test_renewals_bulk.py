"""Thousands of mailboxes of mixed plans in one renewal: every step sends as many statements as for a few."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.domain.pricing import Choice
from portal.store.drafts import Show
from portal.store.mailboxes import Mailbox
from portal.usecases import draft_payments, line_changes, renewal_pages, renewals, selection
from portal.usecases.line_changes import LineChange, PageMark
from portal.usecases.renewal_pages import Cut
from portal.wiring import Services
from tests.factories import NOW, TODAY, fill_account, make_account, make_prices
from tests.statements import counted
from tests.usecases.carts import USUAL, Cart, agreement, place, shown

OF_PLAN = {"plan": 3, "left out": 3, "row": 3, "change": 5, "apply to all": 4}
"""What the step «Piano» sends; the others depend on what else an order carries. Source: hardening.md P03."""


@pytest.mark.parametrize("mailboxes", [5_000, 20_000])
def test_every_step_sends_a_fixed_number_of_statements(services: Services, mailboxes: int) -> None:
    with services.transaction() as session:
        make_prices(session)

    few, many = walked(services, 200), walked(services, mailboxes)

    assert many == few
    assert {step: many[step] for step in OF_PLAN} == OF_PLAN


def walked(services: Services, mailboxes: int) -> dict[str, int]:
    """Renew so many mailboxes of a new account in one order; return what each step sent."""
    with services.transaction() as session:
        account = make_account(session)
        fill_account(session, account, mailboxes, spread_days=300)
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
        own = select(Mailbox.address).where(Mailbox.account_id == account.id).order_by(Mailbox.id).limit(1)
        address = session.scalars(own).one()
    sent: dict[str, int] = {}

    def step(name: str, act: Callable[[], object]) -> None:
        with counted(services.engine) as statements:
            act()
        sent[name] = len(statements)

    def writes(act: Callable[[Session], object]) -> Callable[[], object]:
        def run() -> object:
            with services.transaction() as session:
                return act(session)

        return run

    def reads(act: Callable[[Session], object]) -> Callable[[], object]:
        def run() -> object:
            with services.reading() as session:
                return act(session)

        return run

    step("select", writes(lambda s: selection.select_expiring(s, subject, 12, today=TODAY, now=NOW)))
    drafts: list[str] = []
    step("start", writes(lambda s: drafts.append(renewals.start(s, subject, today=TODAY, now=NOW))))
    cart = Cart(subject, drafts[0], [])
    step("plan", reads(lambda s: renewal_pages.look_at_plan(s, subject, cart.draft, Cut(), today=TODAY)))
    left_out = Cut(Show.LEFT_OUT)
    step(
        "left out", reads(lambda s: renewal_pages.look_at_plan(s, subject, cart.draft, left_out, today=TODAY))
    )
    step("row", reads(lambda s: renewal_pages.look_at_row(s, subject, cart.draft, address, today=TODAY)))
    wanted = LineChange(Choice(Plan.PREMIUM, 1, 1, 2), False, PageMark(1, "page-of-the-test", 1))
    step(
        "change",
        writes(lambda s: line_changes.change(s, subject, cart.draft, address, wanted, today=TODAY, now=NOW)),
    )
    step(
        "apply to all",
        writes(lambda s: renewals.apply_to_all(s, subject, cart.draft, Plan.PRO, 2, today=TODAY, now=NOW)),
    )
    step(
        "payment",
        reads(lambda s: draft_payments.look_at_payment(s, subject, cart.draft, today=TODAY, calendar=USUAL)),
    )
    step(
        "method",
        writes(
            lambda s: draft_payments.choose_method(
                s, subject, cart.draft, PaymentMethod.BANK_TRANSFER, today=TODAY, now=NOW, calendar=USUAL
            )
        ),
    )
    step(
        "confirmation",
        reads(
            lambda s: renewal_pages.look_at_confirmation(
                s, subject, cart.draft, Cut(), today=TODAY, calendar=USUAL
            )
        ),
    )
    seen, agreed = shown(services, cart), agreement(services, cart)
    step("order", lambda: place(services, cart, seen, agreed))

    return sent
