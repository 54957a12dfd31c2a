"""Renewals in a convention: nothing to choose, one price for the whole term, alone and among others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.access import Action, Subject, SubjectKind
from portal.domain.charges import Basis
from portal.domain.errors import (
    EmptySelection,
    MailboxNotRenewable,
    NotAllowed,
    PlanNotOffered,
    PriceChanged,
    TermNotOffered,
)
from portal.domain.plans import Plan
from portal.domain.pricing import Choice
from portal.domain.renewability import NotRenewable
from portal.store.conventions import ConventionRow
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.usecases import renewal_pages, renewals, selection
from portal.usecases.renewal_pages import Cut
from portal.wiring import Services
from tests.factories import (
    ARCHITECTS,
    DOCTORS,
    LAWYERS,
    make_billing,
    make_conventions,
    make_mailbox,
    make_prices,
)
from tests.usecases.carts import Cart, change, choose_transfer, fill_cart, look, place, shown

MEMBER = {"convention_code": DOCTORS.code}
AGREED = Choice(Plan.STANDARD, years=3, convention=DOCTORS.code)


@pytest.fixture(autouse=True)
def _conventions(services: Services) -> None:
    with services.transaction() as session:
        make_conventions(session)


def by_itself(services: Services, **fields: object) -> Cart:
    """Return the draft that a member's own session has begun."""
    with services.transaction() as session:
        make_prices(session)
        box = make_mailbox(session, None, **MEMBER | fields)  # type: ignore[arg-type]
        make_billing(session, mailbox_id=box.id)
        subject = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)
        draft = renewals.begin(session, subject, box.address, today=services.today(), now=services.now())
    return Cart(subject, draft, [box])


def first_row(services: Services, cart: Cart) -> tuple[renewal_pages.DraftedRow, renewal_pages.Offers]:
    with services.reading() as session:
        step = renewal_pages.look_at_plan(session, cart.subject, cart.draft, Cut(), today=services.today())
    (row,) = step.page.rows
    return row, step.page.offers[row.line_id]


def change_convention(services: Services, **values: object) -> None:
    with services.transaction() as session:
        session.execute(update(ConventionRow).where(ConventionRow.code == DOCTORS.code).values(**values))


def test_a_member_is_offered_what_was_agreed_and_nothing_to_choose(services: Services) -> None:
    cart = by_itself(services)

    row, offers = first_row(services, cart)

    assert row.choice == AGREED
    assert row.expires_after == date(2029, 12, 24)
    assert offers.agreed == DOCTORS
    assert (offers.plans, offers.terms) == ([], [])
    assert (offers.may_change_plan, offers.may_change_space) == (False, True)
    assert look(services, cart).totals.quote.gross_cents == 488


def test_the_page_before_says_term_and_total(services: Services) -> None:
    cart = by_itself(services)

    with services.reading() as session:
        found = renewal_pages.prepare(session, cart.subject, cart.addresses[0], today=services.today())

    assert found.quote is not None
    assert (found.years, found.quote.gross_cents) == (3, 488)
    assert found.membership is not None
    assert (found.membership.code, found.membership.body) == (DOCTORS.code, DOCTORS.body)


def test_the_order_keeps_the_term_and_the_price_of_the_whole_term(services: Services) -> None:
    cart = by_itself(services)
    choose_transfer(services, cart)

    order = place(services, cart)

    with services.reading() as session:
        line = session.scalars(select(OrderLine).where(OrderLine.order_id == order.id)).one()
    assert (order.net_cents, order.vat_cents, order.due_cents) == (400, 88, 488)
    assert (line.term_years, line.plan, line.base_net_cents) == (3, Plan.STANDARD, 400)
    assert line.expires_after == date(2029, 12, 24)


def test_extra_space_is_allowed_and_priced_by_the_year(services: Services) -> None:
    cart = by_itself(services)

    changed = change(services, cart, Plan.STANDARD, 1, years=3)

    assert changed.row.choice == replace(AGREED, extra_mailbox_gb=1)
    assert changed.totals.quote.net_cents == 400 + 3 * 300


@pytest.mark.parametrize(
    ("plan", "years", "refusal"),
    [
        (Plan.PRO, 3, PlanNotOffered),
        (Plan.PRO, 1, PlanNotOffered),
        (Plan.STANDARD, 1, TermNotOffered),
        (Plan.STANDARD, 5, TermNotOffered),
    ],
)
def test_another_plan_or_term_cannot_be_slipped_in(
    services: Services, plan: Plan, years: int, refusal: type[Exception]
) -> None:
    cart = by_itself(services)

    with pytest.raises(refusal):
        change(services, cart, plan, years=years)

    assert first_row(services, cart)[0].choice == AGREED


def test_the_account_of_a_member_cannot_change_it_either(services: Services) -> None:
    cart = fill_cart(services, MEMBER)

    with pytest.raises(PlanNotOffered):
        change(services, cart, Plan.PREMIUM, years=3)
    with pytest.raises(TermNotOffered):
        change(services, cart, Plan.STANDARD, years=1)


def test_a_mailbox_cannot_leave_its_convention_by_changing_all(services: Services) -> None:
    cart = by_itself(services)

    with pytest.raises(NotAllowed) as refused, services.transaction() as session:
        renewals.apply_to_all(
            session, cart.subject, cart.draft, Plan.PRO, 1, today=services.today(), now=services.now()
        )

    assert refused.value.action is Action.CHANGE_PLAN


def test_one_draft_and_one_order_hold_members_and_others(services: Services) -> None:
    cart = fill_cart(services, {}, MEMBER, {"plan": Plan.PRO}, MEMBER | {"extra_mailbox_gb": 1})
    choose_transfer(services, cart)
    before = look(services, cart).totals

    order = place(services, cart)

    net = 500 + 400 + 2500 + 400 + 3 * 300
    assert before.quote.net_cents == order.net_cents == net
    assert order.due_cents == net + round(net * 22 / 100)
    assert [(line.quantity, line.charge.basis) for line in before.quote.lines[:2]] == [
        (1, Basis.LIST),
        (2, Basis.CONVENTION),
    ]
    with services.reading() as session:
        lines = session.scalars(select(OrderLine).order_by(OrderLine.position)).all()
    assert [(line.term_years, line.net_cents) for line in lines] == [
        (1, 500),
        (3, 400),
        (1, 2500),
        (3, 1300),
    ]


def test_changing_all_leaves_conventions_alone_and_says_so(services: Services) -> None:
    cart = fill_cart(services, {}, MEMBER, {})

    with services.transaction() as session:
        done = renewals.apply_to_all(
            session, cart.subject, cart.draft, Plan.PRO, 5, today=services.today(), now=services.now()
        )

    assert (done.changed, done.hindered) == (2, {"in_convention": 1})
    assert look(services, cart).totals.quote.net_cents == 2 * 5 * 2500 + 400


def test_the_bar_counts_a_member_for_the_term_of_the_convention(services: Services) -> None:
    cart = fill_cart(services, {}, MEMBER)

    with services.reading() as session:
        bar = selection.look(session, cart.subject, today=services.today())

    assert (bar.count, bar.net_cents, bar.in_convention) == (2, 900, True)


def test_a_price_that_changes_meanwhile_is_shown_before_it_is_charged(services: Services) -> None:
    cart = by_itself(services)
    choose_transfer(services, cart)
    seen = shown(services, cart)
    change_convention(services, total_net_cents=450)

    with pytest.raises(PriceChanged) as refused:
        place(services, cart, seen)

    assert (refused.value.shown_cents, refused.value.actual_cents) == (488, 549)


def test_new_conditions_have_to_be_accepted(services: Services) -> None:
    cart = by_itself(services)
    change_convention(services, term_years=2, total_net_cents=300)

    row, offers = first_row(services, cart)
    assert (row.quote, row.is_to_fix) == (None, True)
    assert not look(services, cart).totals.can_go_on
    assert offers.agreed is not None

    changed = change(services, cart, offers.agreed.plan, years=offers.agreed.term_years)

    assert changed.totals.can_go_on
    assert changed.totals.quote.net_cents == 300
    assert changed.row.expires_after == date(2028, 12, 24)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"valid_to": date(2026, 11, 23)}, NotRenewable.CONVENTION_NOT_IN_FORCE),
        ({"payer": "body"}, NotRenewable.CONVENTION_BODY),
    ],
)
def test_a_convention_that_ends_meanwhile_leaves_its_mailboxes_out(
    services: Services, values: dict[str, object], reason: NotRenewable
) -> None:
    cart = fill_cart(services, {}, MEMBER)
    alone = by_itself_again(services)
    change_convention(services, **values)

    totals = look(services, cart).totals

    assert dict(totals.left_out) == {reason: 1}
    assert totals.quote.net_cents == 500
    with pytest.raises(MailboxNotRenewable) as refused:
        place(services, alone, shown(services, alone))
    assert refused.value.reason is reason


def by_itself_again(services: Services) -> Cart:
    """Return a member's own draft, ready to be ordered, where prices are stored already."""
    with services.transaction() as session:
        box = make_mailbox(session, None, convention_code=DOCTORS.code)
        subject = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)
        draft = renewals.begin(session, subject, box.address, today=services.today(), now=services.now())
    cart = Cart(subject, draft, [box])
    choose_transfer(services, cart)
    return cart


@pytest.mark.parametrize("code", [ARCHITECTS.code, LAWYERS.code, "UNKNOWN"])
def test_what_nobody_can_pay_here_is_never_in_a_draft(services: Services, code: str) -> None:
    with pytest.raises(EmptySelection):
        fill_cart(services, {"convention_code": code})


def test_a_bigger_plan_than_the_convention_becomes_the_conventions(services: Services) -> None:
    cart = by_itself(services, plan=Plan.PRO, extra_mailbox_gb=4, extra_archive_gb=2)

    row, _ = first_row(services, cart)

    assert row.choice == replace(AGREED, extra_mailbox_gb=1)
    assert row.problems == []


def test_a_mailbox_that_joins_meanwhile_is_priced_by_its_convention_or_not_at_all(
    services: Services,
) -> None:
    cart = fill_cart(services, {})
    with services.transaction() as session:
        session.execute(update(Mailbox).values(convention_code=DOCTORS.code))

    totals = look(services, cart).totals

    assert (totals.quote.net_cents, totals.to_fix) == (0, 1)


def test_a_convention_may_begin_and_end_today(services: Services) -> None:
    today = services.today()
    with services.transaction() as session:
        session.execute(update(ConventionRow).values(valid_from=today, valid_to=today))
    cart = by_itself(services)

    assert look(services, cart).totals.quote.gross_cents == 488
    assert today + timedelta(days=30) == cart.mailboxes[0].expires_on
