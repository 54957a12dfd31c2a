"""Quotes as records: written with the order, never changed, and proved against what is charged (S36)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.billing import EinvoiceRoute
from portal.domain.customers import CustomerKind
from portal.domain.errors import DraftStale, NotFound, PriceChanged, QuoteChanged
from portal.domain.plans import Plan
from portal.domain.quotes import QuoteFault, read_quote
from portal.store.billing import BillingProfile
from portal.store.extras import ExtraRow, OrderExtra
from portal.store.orders import Order, OrderLine
from portal.store.quotes import QuoteRow
from portal.usecases import quotes
from portal.usecases.draft_extras import choose_extras
from portal.wiring import Services
from tests.conftest import Clock
from tests.factories import TODAY, make_account, make_promotion
from tests.usecases.carts import Cart, change, choose_transfer, fill_cart, look, place, shown


def offer(session: Session, **fields: object) -> None:
    """Put a promotion for Pro and a kit on offer."""
    make_promotion(session)
    session.add(
        ExtraRow(
            code="kit",
            name_it="Kit di Firma Digitale",
            name_en="Digital signature kit",
            net_cents=3600,
            valid_from=TODAY - timedelta(days=10),
        )
    )


def ready_cart(services: Services, *, kits: int = 0, mailboxes: int = 2) -> Cart:
    """Return a cart of Pro mailboxes in promotion, and so many kits, to be paid by transfer."""
    with services.transaction() as session:
        offer(session)
    cart = fill_cart(services, *({} for _ in range(mailboxes)))
    for number in range(mailboxes):
        change(services, cart, Plan.PRO, which=number)
    with services.transaction() as session:
        choose_extras(
            session, cart.subject, cart.draft, {"kit": kits}, today=services.today(), now=services.now()
        )
    choose_transfer(services, cart)
    return cart


def kept(services: Services) -> list[QuoteRow]:
    with services.reading() as session:
        return list(session.scalars(select(QuoteRow).order_by(QuoteRow.id)))


def verdicts(services: Services) -> list[list[QuoteFault]]:
    with services.reading() as session:
        return [list(verdict.faults) for _, wrong in quotes.verify_quotes(session) for verdict in wrong]


def test_the_order_carries_the_quote_that_was_shown(services: Services) -> None:
    cart = ready_cart(services, kits=1)
    before = look(services, cart).totals.quote

    order = place(services, cart)

    (row,) = kept(services)
    told = read_quote(row.content)
    assert order.quote_id == row.id
    assert told.quote.lines[0] == before.lines[0]
    assert [line.net_cents for line in told.quote.lines] == [line.net_cents for line in before.lines]
    assert (order.net_cents, order.due_cents) == (3000 + 3600, before.due_cents)
    assert order.payable_until == TODAY + timedelta(days=50)


def test_an_order_holds_its_extras_once_whatever_the_mailboxes(services: Services) -> None:
    order = place(services, ready_cart(services, kits=3))

    with services.reading() as session:
        extra = session.scalars(select(OrderExtra)).one()
    assert (extra.order_id, extra.pieces, extra.net_cents) == (order.id, 3, 3 * 3600)


def test_another_quote_of_the_same_total_is_not_confirmed(services: Services) -> None:
    cart = ready_cart(services)
    seen = shown(services, cart)

    with pytest.raises(QuoteChanged):
        place(services, cart, replace(seen, quote="0" * 64))
    with pytest.raises(PriceChanged):
        place(services, cart, replace(seen, due_cents=seen.due_cents - 1))
    with pytest.raises(DraftStale):
        place(services, cart, replace(seen, version=seen.version - 1))

    with services.reading() as session:
        assert session.scalars(select(Order)).all() == []
    assert kept(services) == []


def test_a_quote_ends_with_its_day(services: Services, clock: Clock) -> None:
    cart = ready_cart(services)
    seen = shown(services, cart)
    clock.forward(days=1)

    with pytest.raises(QuoteChanged):
        place(services, cart, seen)
    assert place(services, cart).quote_id is not None


def test_the_same_quote_is_written_once(services: Services) -> None:
    cart = ready_cart(services)
    for _ in range(2):
        with services.transaction() as session:
            quotes.give_quote(session, cart.subject, cart.draft, today=services.today(), now=services.now())

    order = place(services, cart)

    assert [row.id for row in kept(services)] == [order.quote_id]


def test_a_quote_is_for_the_eyes_of_its_owner(services: Services) -> None:
    cart = ready_cart(services)
    order = place(services, cart)
    with services.transaction() as session:
        stranger = Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)

    with services.reading() as session:
        paper = quotes.quote_of_order(session, cart.subject, order.number)
        assert paper
        assert paper.order_number == order.number
        with pytest.raises(NotFound):
            quotes.quote_of_order(session, stranger, order.number)
        with pytest.raises(NotFound):
            quotes.quote_of_draft(session, stranger, cart.draft)


@pytest.mark.parametrize("statement", [update(QuoteRow).values(due_cents=1, net_cents=1), delete(QuoteRow)])
def test_the_database_lets_nobody_change_a_quote(services: Services, statement: object) -> None:
    place(services, ready_cart(services))

    with pytest.raises(DatabaseError, match="a quote is never changed"), services.transaction() as session:
        session.execute(statement)  # type: ignore[call-overload]

    assert verdicts(services) == []


def test_every_quote_can_be_proved(services: Services) -> None:
    place(services, ready_cart(services, kits=2, mailboxes=4))

    with services.reading() as session:
        assert [count for count, _ in quotes.verify_quotes(session)] == [1]
    assert verdicts(services) == []


def test_an_order_that_charges_something_else_is_found(services: Services) -> None:
    order = place(services, ready_cart(services))
    with services.transaction() as session:
        session.execute(
            update(OrderLine)
            .where(OrderLine.order_id == order.id, OrderLine.position == 1)
            .values(base_net_cents=1, net_cents=1)
        )

    assert verdicts(services) == [[QuoteFault.ORDER]]


def test_a_changed_text_is_found(services: Services) -> None:
    place(services, ready_cart(services))
    with services.transaction() as session:
        off = "DROP TRIGGER quote_no_update"
        if services.engine.dialect.name == "postgresql":
            off = "SET LOCAL session_replication_role = replica"
        session.execute(text(off))
        forged = func.replace(QuoteRow.content, '"quantity":2', '"quantity":3')
        session.execute(update(QuoteRow).values(content=forged))

    assert verdicts(services) == [[QuoteFault.HASH, QuoteFault.LINE]]


def test_under_split_payment_the_net_is_due_from_the_first_page_to_the_order(services: Services) -> None:
    cart = ready_cart(services)
    with services.transaction() as session:
        whose = BillingProfile.account_id == cart.subject.account_id
        body = {
            "kind": CustomerKind.PUBLIC_BODY,
            "business_name": "Comune di Prova",
            "first_name": "",
            "last_name": "",
            "tax_code": "12345678903",
            "einvoice_route": EinvoiceRoute.SDI_CODE,
            "sdi_code": "UF1234",
            "split_payment": True,
        }
        session.execute(update(BillingProfile).where(whose).values(**body))
    before = look(services, cart).totals.quote

    order = place(services, cart)

    assert (before.net_cents, before.vat_cents, before.due_cents) == (3000, 660, 3000)
    assert (order.split_payment, order.vat_cents, order.gross_cents, order.due_cents) == (
        True,
        660,
        3660,
        3000,
    )
