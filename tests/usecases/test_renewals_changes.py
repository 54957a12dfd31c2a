"""Changing one row of «Piano»: what is stored, what is refused, and which of two posts wins."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.access import Action, Subject, SubjectKind
from portal.domain.changes import Package, PackageFrom
from portal.domain.errors import (
    DraftClosed,
    DraftStale,
    LineBlocked,
    MailboxNotRenewable,
    NotAllowed,
    PlanNotOffered,
    PriceMissing,
    TermNotOffered,
)
from portal.domain.plans import Plan
from portal.domain.price_list import Item
from portal.domain.pricing import Choice
from portal.domain.space import FitProblemKind
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox
from portal.store.prices import PriceRow
from portal.usecases import renewals
from portal.usecases.draft_lines import choice_of
from portal.usecases.line_changes import PageMark
from portal.usecases.plan_simulation import SpaceSeen
from portal.wiring import Services
from tests.factories import TODAY, make_account, make_mailbox, make_order, make_prices, schedule_change
from tests.statements import counted
from tests.usecases.carts import Cart, change, choose_transfer, fill_cart, look, place

MB = 1024


def stored(services: Services, cart: Cart, which: int = 0) -> DraftLine:
    with services.reading() as session:
        return session.scalars(
            select(DraftLine).where(DraftLine.mailbox_id == cart.mailboxes[which].id)
        ).one()


def test_a_bigger_plan_is_stored_priced_and_told(services: Services) -> None:
    cart = fill_cart(services, {})

    changed = change(services, cart, Plan.PRO, 2, 1, years=3)

    assert choice_of(stored(services, cart), cart.mailboxes[0]) == Choice(Plan.PRO, 2, 1, 3)
    assert changed.row.quote is not None
    assert changed.row.quote.net_cents == 3 * (2500 + 2 * 300 + 300)
    assert changed.totals.quote.gross_cents == 12444
    it = changed.offers.simulation
    assert (it.at_once, it.ahead) == (Package(Plan.PRO, 2, 1), [])


def test_a_smaller_plan_waits_for_the_old_expiry(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PREMIUM, "expires_in": 10}, {"plan": Plan.PRO, "expires_in": -1})

    running = change(services, cart, Plan.PRO, which=0)
    suspended = change(services, cart, Plan.STANDARD, which=1)

    first_day = running.row.expires_on + timedelta(days=1)
    ahead, at_once = running.offers.simulation, suspended.offers.simulation
    assert (ahead.at_once, ahead.ahead) == (None, [PackageFrom(first_day, Package(Plan.PRO))])
    assert (at_once.at_once, at_once.ahead) == (Package(Plan.STANDARD), [])


def test_the_simulation_shows_the_use_and_what_is_lost(services: Services) -> None:
    use = {"mailbox_used_mb": 400, "archive_used_mb": 2_000, "extra_mailbox_gb": 1}
    cart = fill_cart(services, {"plan": Plan.PRO, "expires_in": 10, **use})

    it = change(services, cart, Plan.STANDARD, 1, accepted=True).offers.simulation

    assert it.mailbox == SpaceSeen(400, 3 * MB, 3 * MB, 2 * MB)
    assert it.archive == SpaceSeen(2_000, 3 * MB, 3 * MB, 0)
    assert (it.deletes_archive_mb, it.loses_sms) == (2_000, True)
    assert it.deleted_on == cart.mailboxes[0].expires_on + timedelta(days=1)


def test_the_simulation_knows_what_earlier_orders_left_waiting(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PREMIUM, "expires_in": 400})
    waits_for = TODAY + timedelta(days=35)
    with services.transaction() as session:
        schedule_change(session, cart.mailboxes[0], waits_for, Plan.STANDARD)

    smaller = change(services, cart, Plan.STANDARD).offers.simulation
    bigger = change(services, cart, Plan.PRO).offers.simulation

    assert smaller.ahead == [PackageFrom(waits_for, Package(Plan.STANDARD))]
    assert bigger.ahead == [PackageFrom(waits_for, Package(Plan.PRO))]


def test_a_plan_too_small_offers_its_smallest_fix(services: Services) -> None:
    use = {"mailbox_used_mb": 5 * MB + 1, "archive_used_mb": 8 * MB + 1}
    cart = fill_cart(services, {"plan": Plan.PREMIUM, "extra_mailbox_gb": 4, "extra_archive_gb": 1, **use})

    offers = change(services, cart, Plan.PREMIUM, 4, 1).offers

    assert [offer.fix for offer in offers.plans] == [None, Choice(Plan.PRO, 4, 6, 1), None]
    assert [bool(offer.problems) for offer in offers.plans] == [True, True, False]


def test_a_plan_too_small_is_refused_with_the_smallest_fix(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PRO, "mailbox_used_mb": MB + 1})

    with pytest.raises(LineBlocked) as refused:
        change(services, cart, Plan.STANDARD)

    (line,) = refused.value.lines
    assert [(problem.kind, problem.fix_extra_gb) for problem in line.problems] == [
        (FitProblemKind.MAILBOX_TOO_SMALL, 1)
    ]
    assert choice_of(stored(services, cart), cart.mailboxes[0]) == Choice(Plan.PRO)
    assert choice_of_after(services, cart, Plan.STANDARD, 1) == Choice(Plan.STANDARD, 1)


def choice_of_after(services: Services, cart: Cart, plan: Plan, mailbox_gb: int) -> Choice:
    change(services, cart, plan, mailbox_gb)
    return choice_of(stored(services, cart), cart.mailboxes[0])


def test_extra_space_may_not_fall_below_what_is_used(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PRO, "extra_mailbox_gb": 2, "mailbox_used_mb": 3 * MB})

    with pytest.raises(LineBlocked):
        change(services, cart, Plan.PRO, 0)

    assert choice_of_after(services, cart, Plan.PRO, 1).extra_mailbox_gb == 1


def test_a_full_mailbox_gets_its_space_step_by_step(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PRO, "mailbox_used_mb": 4 * MB})
    assert look(services, cart).totals.to_fix == 1

    change(services, cart, Plan.PRO, 1)
    assert look(services, cart).totals.to_fix == 1
    change(services, cart, Plan.PRO, 2)

    assert look(services, cart).totals.to_fix == 0


def test_changing_plan_takes_along_as_much_space_as_it_permits(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PRO, "extra_mailbox_gb": 5, "extra_archive_gb": 2})

    change(services, cart, Plan.STANDARD, 5, 2)

    assert choice_of(stored(services, cart), cart.mailboxes[0]) == Choice(Plan.STANDARD, 1, 0)


@pytest.mark.parametrize("wanted", [(Plan.STANDARD, 2, 0), (Plan.STANDARD, 0, 1)])
def test_space_the_plan_does_not_offer_is_refused(services: Services, wanted: tuple[Plan, int, int]) -> None:
    cart = fill_cart(services, {})

    with pytest.raises(LineBlocked):
        change(services, cart, *wanted)


def test_an_archive_is_given_up_only_by_a_tick(services: Services) -> None:
    cart = fill_cart(services, {"plan": Plan.PRO, "archive_used_mb": 1200})

    unticked = change(services, cart, Plan.STANDARD)
    assert unticked.offers.deletes_archive_mb == 1200
    assert (unticked.totals.to_fix, unticked.totals.quote.net_cents) == (1, 500)
    assert not unticked.totals.can_go_on

    ticked = change(services, cart, Plan.STANDARD, accepted=True)
    assert ticked.totals.to_fix == 0
    assert stored(services, cart).archive_deletion_accepted

    change(services, cart, Plan.PRO, accepted=True)
    assert not stored(services, cart).archive_deletion_accepted


def test_the_domain_plan_is_not_for_sale(services: Services) -> None:
    cart = fill_cart(services, {})

    with pytest.raises(PlanNotOffered):
        change(services, cart, Plan.DOMAIN)


def test_a_term_that_is_not_sold_is_refused_with_those_that_are(services: Services) -> None:
    cart = fill_cart(services, {})
    with services.transaction() as session:
        session.execute(update(PriceRow).where(PriceRow.item == Item.PRO).values(terms="1,2"))

    with pytest.raises(TermNotOffered) as refused:
        change(services, cart, Plan.PRO, years=3)

    assert list(refused.value.offered) == [1, 2]


def test_a_plan_without_a_price_is_refused(services: Services) -> None:
    cart = fill_cart(services, {})
    with services.transaction() as session:
        session.execute(
            update(PriceRow).where(PriceRow.item == Item.PRO).values(valid_to=PriceRow.valid_from)
        )

    with pytest.raises(PriceMissing):
        change(services, cart, Plan.PRO)


def test_a_mailbox_that_got_an_order_meanwhile_cannot_be_changed(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    with services.transaction() as session:
        make_order(session, [session.get_one(Mailbox, cart.mailboxes[0].id)])

    with pytest.raises(MailboxNotRenewable):
        change(services, cart, Plan.PRO, which=0)

    totals = look(services, cart).totals
    assert (totals.mailboxes, totals.left_out_count, totals.quote.net_cents) == (1, 1, 500)


def test_an_ordered_draft_cannot_be_changed(services: Services) -> None:
    cart = fill_cart(services, {})
    choose_transfer(services, cart)
    order = place(services, cart)

    with pytest.raises(DraftClosed) as refused:
        change(services, cart, Plan.PRO, mark=PageMark(99, "page-0-fresh", 0))

    assert refused.value.order_number == order.number


def own_session(services: Services, *, same_holder: bool) -> Cart:
    """The draft of a mailbox's own session, in an account of its holder or of somebody else."""
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        box = make_mailbox(session, account, of_account_holder=same_holder)
        subject = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)
        draft = renewals.begin(session, subject, box.address, today=services.today(), now=services.now())
    return Cart(subject, draft, [box])


def test_a_mailbox_of_another_holder_keeps_plan_and_space(services: Services) -> None:
    cart = own_session(services, same_holder=False)

    with pytest.raises(NotAllowed) as plan:
        change(services, cart, Plan.PRO)
    with pytest.raises(NotAllowed) as space:
        change(services, cart, Plan.STANDARD, 1)
    renewed = change(services, cart, Plan.STANDARD, years=3)

    assert (plan.value.action, space.value.action) == (Action.CHANGE_PLAN, Action.CHANGE_EXTRA_SPACE)
    assert renewed.totals.quote.net_cents == 1500
    assert not renewed.offers.may_change_plan


def test_a_mailbox_of_the_accounts_holder_may_change_plan(services: Services) -> None:
    cart = own_session(services, same_holder=True)

    assert change(services, cart, Plan.PRO, 1).offers.may_change_plan
    with pytest.raises(NotAllowed), services.transaction() as session:
        renewals.apply_to_all(
            session, cart.subject, cart.draft, Plan.PRO, None, today=services.today(), now=services.now()
        )


def test_a_second_tab_does_not_overwrite_the_first_in_silence(services: Services) -> None:
    cart = fill_cart(services, {})
    drawn = look(services, cart).facts.version
    first, second = PageMark(drawn, "first-tab", 1), PageMark(drawn, "second-tab", 1)
    change(services, cart, Plan.PRO, mark=first)

    with pytest.raises(DraftStale):
        change(services, cart, Plan.STANDARD, years=2, mark=second)

    assert choice_of(stored(services, cart), cart.mailboxes[0]) == Choice(Plan.PRO)
    redrawn = replace(second, version=look(services, cart).facts.version, name="second-tab-again")
    assert change(services, cart, Plan.STANDARD, years=2, mark=redrawn).row.choice.years == 2


def test_quick_clicks_of_one_page_are_all_accepted(services: Services) -> None:
    cart = fill_cart(services, {})
    page = PageMark(look(services, cart).facts.version, "one-page", 1)

    for turn, years in enumerate((2, 3, 5), 1):
        change(services, cart, years=years, mark=replace(page, turn=turn))

    assert stored(services, cart).term_years == 5


def test_an_older_post_of_a_page_never_follows_its_newer_one(services: Services) -> None:
    cart = fill_cart(services, {})
    page = PageMark(look(services, cart).facts.version, "one-page", 2)
    change(services, cart, years=5, mark=page)

    late = change(services, cart, years=2, mark=replace(page, turn=1))

    assert stored(services, cart).term_years == 5
    assert late.row.choice.years == 5


def test_a_page_without_scripts_may_post_again(services: Services) -> None:
    cart = fill_cart(services, {})
    page = PageMark(look(services, cart).facts.version, "plain-page", 0)
    change(services, cart, years=2, mark=page)

    change(services, cart, years=4, mark=page)

    assert stored(services, cart).term_years == 4


def test_two_tabs_may_change_different_rows(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    drawn = look(services, cart).facts.version

    change(services, cart, years=2, which=0, mark=PageMark(drawn, "first-tab", 1))
    change(services, cart, years=3, which=1, mark=PageMark(drawn, "second-tab", 1))

    assert look(services, cart).totals.quote.net_cents == 500 * 5


def test_after_all_rows_changed_a_row_drawn_before_is_stale(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    page = PageMark(look(services, cart).facts.version, "one-page", 1)
    change(services, cart, years=2, mark=page)
    with services.transaction() as session:
        renewals.apply_to_all(
            session, cart.subject, cart.draft, None, 4, today=services.today(), now=services.now()
        )

    with pytest.raises(DraftStale):
        change(services, cart, years=3, mark=replace(page, turn=2))


def test_a_change_takes_five_statements(services: Services) -> None:
    cart = fill_cart(services, *({} for _ in range(7)))
    mark = PageMark(look(services, cart).facts.version, "one-page", 1)

    with counted(services.engine) as sent:
        change(services, cart, Plan.PREMIUM, 1, 1, 2, mark=mark)

    assert len(sent) == 5
