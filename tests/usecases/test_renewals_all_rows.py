"""«Applica a tutte» and leaving mailboxes out: where it fits, in how many statements, and what it tells."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import DraftClosed, NotFound, PlanNotOffered
from portal.domain.plans import Plan
from portal.domain.price_list import Item
from portal.domain.pricing import Choice
from portal.domain.space import FitProblemKind
from portal.store.draft_bulk import NOT_SOLD
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox
from portal.store.prices import PriceRow
from portal.usecases import renewals
from portal.usecases.draft_lines import choice_of
from portal.usecases.renewals import BulkChange
from portal.wiring import Services
from tests.factories import fill_account, make_account, make_order, make_prices, select_mailboxes
from tests.statements import counted
from tests.usecases.carts import Cart, change, fill_cart, look

MB = 1024


def apply(services: Services, cart: Cart, plan: Plan | None, years: int | None) -> BulkChange:
    with services.transaction() as session:
        return renewals.apply_to_all(
            session, cart.subject, cart.draft, plan, years, today=services.today(), now=services.now()
        )


def choices(services: Services, cart: Cart) -> list[Choice]:
    with services.reading() as session:
        lines = {line.mailbox_id: line for line in session.scalars(select(DraftLine))}
    return [choice_of(lines[mailbox.id], mailbox) for mailbox in cart.mailboxes]


def test_plan_and_term_reach_every_row(services: Services) -> None:
    cart = fill_cart(services, {}, {"plan": Plan.PREMIUM}, {"plan": Plan.PRO, "extra_mailbox_gb": 2})

    done = apply(services, cart, Plan.PRO, 3)

    assert done == BulkChange(3, {})
    assert choices(services, cart) == [
        Choice(Plan.PRO, 0, 0, 3),
        Choice(Plan.PRO, 0, 0, 3),
        Choice(Plan.PRO, 2, 0, 3),
    ]


def test_a_term_alone_leaves_the_plans(services: Services) -> None:
    cart = fill_cart(services, {}, {"plan": Plan.PREMIUM, "extra_archive_gb": 4})

    apply(services, cart, None, 5)

    assert choices(services, cart) == [Choice(Plan.STANDARD, 0, 0, 5), Choice(Plan.PREMIUM, 0, 4, 5)]


def test_rows_that_the_plan_does_not_fit_stay_and_are_told(services: Services) -> None:
    cart = fill_cart(
        services,
        {"plan": Plan.PRO},
        {"plan": Plan.PRO, "mailbox_used_mb": MB + 1},
        {"plan": Plan.PRO, "archive_used_mb": 1},
        {"plan": Plan.PRO, "mailbox_used_mb": 2 * MB, "extra_mailbox_gb": 3},
    )

    done = apply(services, cart, Plan.STANDARD, 2)

    assert done.changed == 2
    assert done.hindered == {
        FitProblemKind.MAILBOX_TOO_SMALL: 1,
        FitProblemKind.ARCHIVE_DELETION_NOT_ACCEPTED: 1,
    }
    assert choices(services, cart) == [
        Choice(Plan.STANDARD, 0, 0, 2),
        Choice(Plan.PRO, 0, 0, 1),
        Choice(Plan.PRO, 0, 0, 1),
        Choice(Plan.STANDARD, 1, 0, 2),
    ]


def test_a_tick_given_before_lasts_while_the_plan_stays(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PRO, "archive_used_mb": 1})
    change(services, cart, Plan.STANDARD, accepted=True)

    assert apply(services, cart, Plan.STANDARD, 4).changed == 1
    assert look(services, cart).totals.to_fix == 0


def test_an_old_problem_does_not_hinder_a_new_term(services: Services) -> None:
    cart = fill_cart(services, {"mailbox_used_mb": 3 * MB})

    assert apply(services, cart, None, 3) == BulkChange(1, {})
    assert look(services, cart).totals.to_fix == 1


def test_a_term_that_is_not_sold_stays_out(services: Services) -> None:
    cart = fill_cart(services, {}, {"plan": Plan.PRO}, {"extra_mailbox_gb": 1})
    with services.transaction() as session:
        short = update(PriceRow).where(PriceRow.item.in_([Item.PRO, Item.EXTRA_MAILBOX_GB]))
        session.execute(short.values(terms="1,2"))

    done = apply(services, cart, None, 5)

    assert done == BulkChange(1, {NOT_SOLD: 2})
    assert [choice.years for choice in choices(services, cart)] == [5, 1, 1]


def test_a_plan_without_that_rows_term_stays_out(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    change(services, cart, years=4, which=1)
    with services.transaction() as session:
        session.execute(update(PriceRow).where(PriceRow.item == Item.PRO).values(terms="1,2"))

    assert apply(services, cart, Plan.PRO, None) == BulkChange(1, {NOT_SOLD: 1})


def test_what_cannot_be_renewed_is_not_touched(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    with services.transaction() as session:
        make_order(session, [session.get_one(Mailbox, cart.mailboxes[0].id)])

    done = apply(services, cart, Plan.PRO, None)

    assert done == BulkChange(1, {"open_order": 1})
    assert choices(services, cart)[0] == Choice(Plan.STANDARD)


def test_the_domain_plan_is_refused(services: Services) -> None:
    cart = fill_cart(services, {})

    with pytest.raises(PlanNotOffered):
        apply(services, cart, Plan.DOMAIN, None)


def test_a_stranger_changes_nothing(services: Services) -> None:
    cart = fill_cart(services, {})
    with services.transaction() as session:
        stranger = Subject(SubjectKind.ACCOUNT, account_id=make_account(session).id)

    with pytest.raises(NotFound):
        apply(services, Cart(stranger, cart.draft, cart.mailboxes), Plan.PRO, 2)

    assert choices(services, cart) == [Choice(Plan.STANDARD)]


def test_two_thousand_rows_take_as_many_statements_as_two(services: Services) -> None:
    sent = []
    for count in (2, 2_000):
        with services.transaction() as session:
            account = make_account(session)
            if count == 2:
                make_prices(session)
            fill_account(session, account, count, domain=f"{count}.pec.example")
            boxes = list(session.scalars(select(Mailbox).where(Mailbox.account_id == account.id)))
            select_mailboxes(session, account, boxes)
            subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)
            draft = renewals.start(session, subject, today=services.today(), now=services.now())
        with counted(services.engine) as statements:
            apply(services, Cart(subject, draft, boxes), Plan.PRO, 2)
        sent.append(len(statements))

    assert sent == [4, 4]


def test_leaving_out_one_keeps_the_rest(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    change(services, cart, Plan.PRO, which=1)

    with services.transaction() as session:
        renewals.leave_out(
            session,
            cart.subject,
            cart.draft,
            cart.addresses[0],
            today=services.today(),
            now=services.now(),
        )

    totals = look(services, cart).totals
    assert (totals.in_draft, totals.quote.net_cents) == (1, 2500)


def test_leaving_out_what_is_to_fix(services: Services) -> None:
    cart = fill_cart(services, {}, {"mailbox_used_mb": 3 * MB}, {"plan": Plan.PRO})
    with services.transaction() as session:
        session.execute(update(PriceRow).where(PriceRow.item == Item.PRO).values(terms="2"))
    assert look(services, cart).totals.to_fix == 2

    with services.transaction() as session:
        count = renewals.leave_out_to_fix(
            session, cart.subject, cart.draft, today=services.today(), now=services.now()
        )

    totals = look(services, cart).totals
    assert (count, totals.in_draft, totals.can_go_on) == (2, 1, True)


def test_a_discarded_draft_is_not_changed(services: Services) -> None:
    cart = fill_cart(services, {})
    with services.transaction() as session:
        renewals.discard(session, cart.subject, cart.draft, now=services.now())

    with pytest.raises(DraftClosed):
        apply(services, cart, None, 2)
