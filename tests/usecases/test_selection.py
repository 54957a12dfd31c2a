"""The selection on the server: by hand, by months, what it costs, what it leaves out."""

from __future__ import annotations

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import NotFound
from portal.domain.listing import Place
from portal.domain.orders import OrderState
from portal.domain.plans import Plan
from portal.domain.price_list import Item
from portal.domain.renewability import NotRenewable
from portal.store import selections
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.store.selections import SelectedMailbox
from portal.usecases import selection
from portal.usecases.selection import Expiring, SelectionBar
from portal.wiring import Services
from tests.factories import (
    ARCHITECTS,
    DOCTORS,
    LAWYERS,
    NOW,
    TODAY,
    fill_account,
    make_account,
    make_conventions,
    make_holder,
    make_mailbox,
    make_order,
    make_prices,
    make_promotion,
    select_mailboxes,
)
from tests.spread import every_database
from tests.statements import counted

IN_THREE_MONTHS = date(2027, 2, 24)


def of(account: Account) -> Subject:
    return Subject(SubjectKind.ACCOUNT, account_id=account.id)


def change(services: Services, account: Account, shown: set[int], ticked: set[int]) -> None:
    with services.transaction() as session:
        selection.change(session, of(account), shown, ticked, today=TODAY, now=NOW)


def select_expiring(
    services: Services, account: Account, months: int = 3, *, today: date = TODAY
) -> Expiring:
    with services.transaction() as session:
        return selection.select_expiring(session, of(account), months, today=today, now=NOW)


def bar(services: Services, account: Account, *, today: date = TODAY) -> SelectionBar:
    with services.reading() as session:
        return selection.look(session, of(account), today=today)


def chosen(services: Services, account: Account) -> set[int]:
    """Return the ids that an order from this selection would have."""
    with services.reading() as session:
        return set(session.scalars(selections.selected_renewable(account.id, TODAY)))


def stored(services: Services) -> set[tuple[int, int]]:
    with services.reading() as session:
        pairs = select(SelectedMailbox.account_id, SelectedMailbox.mailbox_id)
        return {(account, mailbox) for account, mailbox in session.execute(pairs)}


# By hand


def test_ticks_are_stored_and_taken_back(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        first, second, third = (make_mailbox(session, account).id for _ in range(3))

    change(services, account, {first, second, third}, {first, second})
    change(services, account, {first, second, third}, {second, third})

    assert chosen(services, account) == {second, third}


def test_the_other_pages_stay_as_they_are(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        here, elsewhere = make_mailbox(session, account), make_mailbox(session, account)
        select_mailboxes(session, account, [here, elsewhere])

    change(services, account, {here.id}, set())

    assert chosen(services, account) == {elsewhere.id}


@pytest.mark.parametrize("where", ["shown", "ticked"])
def test_one_foreign_mailbox_among_fifty_changes_nothing(services: Services, where: str) -> None:
    with services.transaction() as session:
        account, stranger = make_account(session), make_account(session)
        holder = make_holder(session)
        own = {make_mailbox(session, account, holder=holder).id for _ in range(50)}
        foreign = make_mailbox(session, stranger)
        select_mailboxes(session, stranger, [foreign])
    before = stored(services)
    both = own | {foreign.id}

    with pytest.raises(NotFound):
        change(services, account, both if where == "shown" else own, own if where == "shown" else both)

    assert stored(services) == before


def test_a_mailbox_that_does_not_exist_is_like_a_foreign_one(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        own = make_mailbox(session, account)

    with pytest.raises(NotFound):
        change(services, account, {own.id}, {own.id, 999_999})

    assert stored(services) == set()


def test_what_cannot_be_renewed_is_not_selected(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        gone = make_mailbox(session, account, expires_in=-91).id
        domain = make_mailbox(session, account, plan=Plan.DOMAIN).id
        fine = make_mailbox(session, account).id

    change(services, account, {gone, domain, fine}, {gone, domain, fine})

    assert stored(services) == {(account.id, fine)}


def test_a_mailbox_session_selects_nothing(services: Services) -> None:
    with services.transaction() as session:
        mailbox = make_mailbox(session, make_account(session))
    itself = Subject(SubjectKind.MAILBOX, mailbox_id=mailbox.id)

    with services.transaction() as session, pytest.raises(NotFound):
        selection.change(session, itself, {mailbox.id}, {mailbox.id}, today=TODAY, now=NOW)
    with services.transaction() as session, pytest.raises(NotFound):
        selection.select_expiring(session, itself, 3, today=TODAY, now=NOW)
    with services.transaction() as session, pytest.raises(NotFound):
        selection.clear(session, itself)

    assert stored(services) == set()


def test_clearing_empties_this_account_alone(services: Services) -> None:
    with services.transaction() as session:
        account, neighbour = make_account(session), make_account(session)
        select_mailboxes(session, account, [make_mailbox(session, account) for _ in range(3)])
        other = make_mailbox(session, neighbour)
        select_mailboxes(session, neighbour, [other])

    with services.transaction() as session:
        selection.clear(session, of(account))

    assert stored(services) == {(neighbour.id, other.id)}


# By months


def test_all_that_expires_in_time_is_selected_suspended_ones_too(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        holder = make_holder(session)
        days = (-91, -90, -1, 0, 91, 92, 93, 400)
        boxes = {
            day: make_mailbox(session, account, holder=holder, expires_in=day, of_account_holder=day % 2 == 0)
            for day in days
        }
    assert boxes[92].expires_on == IN_THREE_MONTHS

    done = select_expiring(services, account)

    assert chosen(services, account) == {boxes[day].id for day in (-90, -1, 0, 91, 92)}
    assert (done.until, done.added) == (IN_THREE_MONTHS, 5)
    assert dict(done.left_out) == {NotRenewable.CANCELLED: 1}


@pytest.mark.parametrize(
    ("today", "months", "until"),
    [
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 24), 12, date(2027, 11, 24)),
    ],
)
def test_months_are_calendar_months(services: Services, today: date, months: int, until: date) -> None:
    with services.transaction() as session:
        account = make_account(session)
        last = make_mailbox(session, account, expires_on=until)
        make_mailbox(session, account, expires_on=until + timedelta(days=1))

    done = select_expiring(services, account, months, today=today)

    assert (done.until, done.added) == (until, 1)
    assert stored(services) == {(account.id, last.id)}


def test_what_was_selected_by_hand_stays(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        late = make_mailbox(session, account, expires_in=400)
        soon, chosen_before = make_mailbox(session, account), make_mailbox(session, account)
        select_mailboxes(session, account, [late, chosen_before])

    done = select_expiring(services, account)

    assert done.added == 1
    assert chosen(services, account) == {late.id, soon.id, chosen_before.id}


def test_applying_again_adds_nothing(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_mailbox(session, account)

    assert [select_expiring(services, account).added for _ in range(3)] == [1, 0, 0]


def test_strangers_mailboxes_are_never_selected(services: Services) -> None:
    with services.transaction() as session:
        account, stranger = make_account(session), make_account(session)
        make_mailbox(session, stranger)
        make_mailbox(session, None)

    assert select_expiring(services, account, 12).added == 0
    assert stored(services) == set()


def test_each_mailbox_left_out_has_its_reason(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_mailbox(session, account, "rinnovabile@pec.example")
        make_mailbox(session, account, "tardi@pec.example", expires_in=400, plan=Plan.DOMAIN)
        make_mailbox(session, account, "cancellata@pec.example", expires_in=-91)
        make_mailbox(session, account, "dominio@pec.example", expires_in=1, plan=Plan.DOMAIN)
        make_conventions(session)
        make_mailbox(session, account, "ente@pec.example", expires_in=2, convention_code=ARCHITECTS.code)
        make_mailbox(session, account, "finita@pec.example", expires_in=2, convention_code=LAWYERS.code)
        make_mailbox(session, account, "iscritta@pec.example", expires_in=2, convention_code=DOCTORS.code)
        ordered = make_mailbox(session, account, "ordinata@pec.example", expires_in=3)
        make_order(session, [ordered])

    done = select_expiring(services, account)
    with services.reading() as session:
        found = selection.left_out(session, of(account), 3, None, today=TODAY)

    assert dict(done.left_out) == dict.fromkeys(NotRenewable, 1)
    assert done.left_out_count == 5
    assert done.added == 2
    assert [(row.address, row.reason) for row in found.page.rows] == [
        ("cancellata@pec.example", NotRenewable.CANCELLED),
        ("dominio@pec.example", NotRenewable.DOMAIN_PLAN),
        ("ente@pec.example", NotRenewable.CONVENTION_BODY),
        ("finita@pec.example", NotRenewable.CONVENTION_NOT_IN_FORCE),
        ("ordinata@pec.example", NotRenewable.OPEN_ORDER),
    ]


def test_the_left_out_are_paged_there_and_back(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        fill_account(session, account, 120, plan=Plan.DOMAIN, spread_days=20)

    def page(place: Place | None) -> selection.LeftOutPage:
        with services.reading() as session:
            return selection.left_out(session, of(account), 3, place, today=TODAY)

    first = page(None)
    second = page(first.page.next)
    third = page(second.page.next)
    back = page(third.page.previous)

    rows = [row.address for it in (first, second, third) for row in it.page.rows]
    assert rows == sorted(set(rows))
    assert [len(it.page.rows) for it in (first, second, third)] == [50, 50, 20]
    assert (first.page.previous, third.page.next) == (None, None)
    assert back.page.rows == second.page.rows


# Counting and pricing


def test_the_bar_counts_and_prices_the_selection_as_it_is_for_a_year(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        make = lambda **fields: make_mailbox(session, account, **fields)  # noqa: E731
        boxes = [
            make(),
            make(),
            make(extra_mailbox_gb=1),
            make(plan=Plan.PRO, extra_mailbox_gb=2, extra_archive_gb=3),
            make(plan=Plan.PREMIUM),
        ]
        make(plan=Plan.PREMIUM)
        select_mailboxes(session, account, boxes)

    expected = 500 + 500 + (500 + 300) + (2500 + 2 * 300 + 3 * 300) + 4000
    assert bar(services, account) == SelectionBar(count=5, net_cents=expected)


@pytest.mark.parametrize(("ends_in", "expected"), [(0, 3000), (-1, 4000)])
def test_the_bar_says_the_price_in_promotion_that_the_renewal_will_ask(
    services: Services, ends_in: int, expected: int
) -> None:
    with services.transaction() as session:
        make_prices(session)
        make_promotion(session, plans="premium", yearly_cents=3000, valid_to=TODAY + timedelta(days=ends_in))
        account = make_account(session)
        select_mailboxes(session, account, [make_mailbox(session, account, plan=Plan.PREMIUM)])

    assert bar(services, account) == SelectionBar(1, expected)


def test_nothing_selected_costs_nothing(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)

    assert bar(services, account) == SelectionBar(0, 0)


@pytest.mark.parametrize(("missing", "known"), [(Item.STANDARD, False), (Item.PREMIUM, True)])
def test_a_missing_price_leaves_the_total_out(services: Services, missing: Item, known: bool) -> None:
    with services.transaction() as session:
        make_prices(session, without=[missing])
        account = make_account(session)
        select_mailboxes(session, account, [make_mailbox(session, account)])

    assert bar(services, account) == SelectionBar(1, 500 if known else None)


def test_prices_of_another_time_are_no_prices(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session, valid_from=TODAY + timedelta(days=1))
        account = make_account(session)
        select_mailboxes(session, account, [make_mailbox(session, account, expires_in=40)])

    assert bar(services, account) == SelectionBar(1, None)
    assert bar(services, account, today=TODAY + timedelta(days=1)) == SelectionBar(1, 500)


def test_what_stops_being_renewable_drops_out_of_count_and_total(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        stays, ordered, moved = (make_mailbox(session, account) for _ in range(3))
        ends = make_mailbox(session, account, expires_in=-90)
        select_mailboxes(session, account, [stays, ordered, moved, ends])
    assert bar(services, account) == SelectionBar(4, 2000)

    with services.transaction() as session:
        make_order(session, [ordered])
        session.get_one(Mailbox, moved.id).account_id = make_account(session).id

    assert bar(services, account) == SelectionBar(2, 1000)
    assert bar(services, account, today=TODAY + timedelta(days=1)) == SelectionBar(1, 500)
    assert chosen(services, account) == {stays.id, ends.id}


def test_what_was_ordered_does_not_come_back_selected_once_renewed(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        ordered, other = make_mailbox(session, account), make_mailbox(session, account)
        select_mailboxes(session, account, [ordered, other])
        order = make_order(session, [ordered])
        selections.unselect_ordered(session, order.id)

    with services.transaction() as session:
        session.get_one(type(order), order.id).state = OrderState.FULFILLED
        for line in session.scalars(select(OrderLine)):
            line.is_open = False

    assert chosen(services, account) == {other.id}


# As many as there are


def test_twenty_thousand_are_selected_priced_and_cleared_with_as_many_statements_as_two(
    services: Services,
) -> None:
    with services.transaction() as session:
        make_prices(session)
        few, many = make_account(session), make_account(session)
        fill_account(session, few, 2, spread_days=30)
        fill_account(session, many, 20_000, spread_days=30)
    sent_for = []

    for account in (few, many):
        with counted(services.engine) as sent:
            done = select_expiring(services, account)
            bar(services, account)
            with services.transaction() as session:
                selection.clear(session, of(account))
        sent_for.append(len(sent))
        assert done.added in (2, 20_000)

    assert sent_for[0] == sent_for[1] <= 4
    assert stored(services) == set()


@every_database
def test_two_browsers_select_the_same_at_once(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        fill_account(session, account, 500, spread_days=30)
    together = Barrier(2)
    added: list[int] = []

    def apply() -> None:
        together.wait()
        added.append(select_expiring(services, account).added)

    browsers = [Thread(target=apply) for _ in range(2)]
    for browser in browsers:
        browser.start()
    for browser in browsers:
        browser.join()

    assert sum(added) == 500
    assert len(stored(services)) == 500
