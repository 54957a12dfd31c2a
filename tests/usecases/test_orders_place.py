"""Confirming: one order at the price that was shown, or nothing at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal.domain.access import Subject, SubjectKind
from portal.domain.dates import add_years
from portal.domain.errors import (
    DraftClosed,
    DraftStale,
    EmptySelection,
    LineBlocked,
    MailboxNotRenewable,
    NotFound,
    PaymentTooLate,
    PriceChanged,
    PriceMissing,
    TermNotOffered,
)
from portal.domain.order_numbers import normalise_order_number
from portal.domain.orders import LineState, OrderState
from portal.domain.payments import PaymentMethod
from portal.domain.plans import Plan
from portal.domain.price_list import Item
from portal.domain.renewability import NotRenewable
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.store.outbox import OutboxRow
from portal.store.prices import PriceRow
from portal.store.selections import SelectedMailbox
from portal.usecases import orders, renewals
from portal.wiring import Services
from tests.factories import make_account, make_holder, make_mailbox, make_order, make_prices
from tests.spread import every_database
from tests.usecases.carts import (
    USUAL,
    Cart,
    agreement,
    change,
    choose_transfer,
    fill_cart,
    place,
    shown,
)

pytestmark = every_database


def ready(services: Services, *each: dict[str, object]) -> Cart:
    """A cart at the step «Conferma»."""
    cart = fill_cart(services, *each)
    choose_transfer(services, cart)
    return cart


def count(services: Services, table: type) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def nothing_ordered(services: Services, cart: Cart) -> bool:
    with services.reading() as session:
        draft = session.scalars(select(RenewalDraft).where(RenewalDraft.public_id == cart.draft)).one()
        return draft.state is DraftState.OPEN and not any(
            session.scalar(select(func.count()).select_from(table))
            for table in (Order, OrderLine, Mail, OutboxRow)
        )


def test_an_order_is_a_snapshot_of_what_was_shown(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PRO}, {"expires_in": -5})
    change(services, cart, Plan.PREMIUM, 1, 2, years=2, which=0)
    choose_transfer(services, cart)

    order = place(services, cart)

    with services.reading() as session:
        lines = session.scalars(select(OrderLine).order_by(OrderLine.address)).all()
        account_id = cart.subject.account_id
    assert (order.state, order.payment_method) == (OrderState.AWAITING_PAYMENT, PaymentMethod.BANK_TRANSFER)
    assert order.account_id == account_id
    assert order.mailbox_id is None
    assert normalise_order_number(order.number) == order.number
    assert (order.net_cents, order.vat_cents, order.due_cents) == (10_300, 2266, 12_566)
    first = lines[0]
    assert (first.plan_before, first.plan) == (Plan.PRO, Plan.PREMIUM)
    assert (first.base_net_cents, first.extra_mailbox_net_cents, first.extra_archive_net_cents) == (
        8000,
        600,
        1200,
    )
    assert [(line.is_open, line.state) for line in lines] == [(True, LineState.WAITING)] * 2
    assert [line.expires_after for line in lines] == [
        add_years(lines[0].expires_before, 2),
        add_years(lines[1].expires_before, 1),
    ]


def test_the_old_expiry_counts_even_in_suspension(services: Services) -> None:
    cart = ready(services, {"expires_in": -40})

    place(services, cart)

    with services.reading() as session:
        line = session.scalars(select(OrderLine)).one()
    assert line.expires_after == add_years(cart.mailboxes[0].expires_on, 1)


def test_the_mail_leaves_with_the_order_and_the_selection_is_free(services: Services) -> None:
    cart = ready(services, {}, {})

    order = place(services, cart)

    with services.reading() as session:
        assert session.scalars(select(Mail.order_id).distinct()).all() == [order.id]
        assert session.scalars(select(OutboxRow.kind).distinct()).all() == ["mail.send"]
        draft = session.scalars(select(RenewalDraft)).one()
    assert draft.state is DraftState.ORDERED
    assert count(services, SelectedMailbox) == 0


def test_asking_again_gives_the_same_order(services: Services) -> None:
    cart = ready(services, {})
    seen = shown(services, cart)

    first = place(services, cart, seen)

    assert place(services, cart, seen).id == first.id
    assert place(services, cart, replace(seen, due_cents=1)).id == first.id
    assert count(services, Order) == 1


def test_a_mailboxs_own_order_is_the_accounts_too(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        holder = make_holder(session, contact_email="titolare@posta.example")
        box = make_mailbox(session, account, holder=holder)
        subject = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)
        draft = renewals.begin(session, subject, box.address, today=services.today(), now=services.now())
    cart = Cart(subject, draft, [box])
    choose_transfer(services, cart)

    order = place(services, cart)

    assert (order.account_id, order.mailbox_id) == (account.id, box.id)
    assert order.contact_email == "titolare@posta.example"


@pytest.mark.parametrize("wrong", [1, -1, 10_000])
def test_another_total_than_the_shown_one_orders_nothing(services: Services, wrong: int) -> None:
    cart = ready(services, {})
    seen = shown(services, cart)

    with pytest.raises(PriceChanged) as refused:
        place(services, cart, replace(seen, due_cents=seen.due_cents + wrong))

    assert (refused.value.shown_cents, refused.value.actual_cents) == (610 + wrong, 610)
    assert nothing_ordered(services, cart)


def test_a_price_list_imported_between_looking_and_confirming_stops_it(services: Services) -> None:
    cart = ready(services, {})
    seen = shown(services, cart)
    with services.transaction() as session:
        today = services.today()
        session.execute(
            update(PriceRow).where(PriceRow.item == Item.STANDARD).values(valid_to=today - timedelta(days=1))
        )
        session.add(PriceRow(item=Item.STANDARD, net_cents=990, valid_from=today))

    with pytest.raises(PriceChanged) as refused:
        place(services, cart, seen)

    assert refused.value.actual_cents == 1208
    assert nothing_ordered(services, cart)
    assert place(services, cart).due_cents == 1208


def test_a_cart_changed_in_another_tab_stops_it_even_at_the_same_price(services: Services) -> None:
    cart = ready(services, {"plan": Plan.PRO})
    seen = shown(services, cart)
    change(services, cart, Plan.STANDARD, years=5)
    assert shown(services, cart).due_cents == seen.due_cents

    with pytest.raises(DraftStale):
        place(services, cart, seen)

    assert nothing_ordered(services, cart)


def test_a_mailbox_ordered_elsewhere_changes_the_total_and_is_left_out(services: Services) -> None:
    cart = ready(services, {}, {})
    seen = shown(services, cart)
    with services.transaction() as session:
        other = make_order(session, [session.get_one(Mailbox, cart.mailboxes[0].id)])

    with pytest.raises(PriceChanged):
        place(services, cart, seen)
    order = place(services, cart)

    with services.reading() as session:
        lines = session.execute(select(OrderLine.order_id, OrderLine.address)).all()
    assert {(line.order_id, line.address) for line in lines} == {
        (other.id, cart.addresses[0]),
        (order.id, cart.addresses[1]),
    }


def test_the_only_mailbox_ordered_elsewhere_is_named(services: Services) -> None:
    cart = ready(services, {})
    seen = shown(services, cart)
    with services.transaction() as session:
        make_order(session, [session.get_one(Mailbox, cart.mailboxes[0].id)])

    with pytest.raises(MailboxNotRenewable) as refused:
        place(services, cart, seen)

    assert (refused.value.address, refused.value.reason) == (cart.addresses[0], NotRenewable.OPEN_ORDER)


def test_when_all_is_cancelled_there_is_nothing_to_order(services: Services) -> None:
    cart = ready(services, {}, {})
    seen = shown(services, cart)
    set_mailboxes(services, cancelled_on=services.today())

    with pytest.raises(EmptySelection):
        place(services, cart, seen)

    assert nothing_ordered(services, cart)


def test_use_that_grew_stops_it(services: Services) -> None:
    cart = ready(services, {}, {})
    seen = shown(services, cart)
    set_mailboxes(services, mailbox_used_mb=1025)

    with pytest.raises(LineBlocked) as refused:
        place(services, cart, seen)

    assert [line.address for line in refused.value.lines] == cart.addresses
    assert nothing_ordered(services, cart)


def test_time_that_ran_out_stops_it(services: Services) -> None:
    cart = ready(services, {"expires_in": 10})
    seen = shown(services, cart)
    set_mailboxes(services, expires_on=services.today() - timedelta(days=88))

    with pytest.raises(PaymentTooLate):
        place(services, cart, seen)

    assert nothing_ordered(services, cart)


def set_mailboxes(services: Services, **values: object) -> None:
    with services.transaction() as session:
        session.execute(update(Mailbox).values(**values))


@pytest.mark.parametrize(
    ("values", "refusal"),
    [({"terms": "2,3"}, TermNotOffered), ({"valid_to": PriceRow.valid_from}, PriceMissing)],
)
def test_what_is_not_sold_any_more_stops_it(
    services: Services, values: dict[str, object], refusal: type[Exception]
) -> None:
    cart = ready(services, {})
    seen = shown(services, cart)
    with services.transaction() as session:
        session.execute(update(PriceRow).where(PriceRow.item == Item.STANDARD).values(**values))

    with pytest.raises(refusal):
        place(services, cart, seen)

    assert nothing_ordered(services, cart)


def test_without_a_method_nothing_is_ordered(services: Services) -> None:
    cart = fill_cart(services, {})

    with pytest.raises(DraftStale):
        place(services, cart)

    assert nothing_ordered(services, cart)


def test_a_discarded_draft_orders_nothing(services: Services) -> None:
    cart = ready(services, {})
    seen = shown(services, cart)
    with services.transaction() as session:
        renewals.discard(session, cart.subject, cart.draft, now=services.now())

    with pytest.raises(DraftClosed):
        place(services, cart, seen)


def test_a_strangers_draft_orders_nothing(services: Services) -> None:
    cart = ready(services, {})
    seen = shown(services, cart)
    with services.transaction() as session:
        stranger = Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)

    with pytest.raises(NotFound):
        place(services, Cart(stranger, cart.draft, cart.mailboxes), seen)

    assert nothing_ordered(services, cart)


def test_a_failure_at_the_very_end_leaves_nothing(services: Services) -> None:
    cart = ready(services, {}, {})

    with pytest.raises(ZeroDivisionError):
        place_and_fail(services, cart)

    assert nothing_ordered(services, cart)
    assert count(services, SelectedMailbox) == 2


def place_and_fail(services: Services, cart: Cart) -> None:
    seen, agreed = shown(services, cart), agreement(services, cart)
    with services.transaction() as session:
        orders.place_order(
            session,
            cart.subject,
            cart.draft,
            shown=seen,
            agreement=agreed,
            calendar=USUAL,
            now=services.now(),
        )
        raise ZeroDivisionError
