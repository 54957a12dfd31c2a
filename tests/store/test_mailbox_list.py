"""The list's rows: filters, order, pages, and the plans of both databases."""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.orm import Session

from portal.domain.listing import Listing, Order, Page, Place, Shown, Tab, one_page
from portal.domain.plans import Plan
from portal.store.accounts import Account
from portal.store.base import AnyRow
from portal.store.mailbox_list import list_rows
from portal.wiring import Services
from tests.factories import (
    TODAY,
    fill_account,
    make_account,
    make_holder,
    make_mailbox,
    make_order,
    select_mailboxes,
)
from tests.statements import counted


def addresses(session: Session, account: Account, **asked: object) -> list[str]:
    listing = Listing(**asked)  # type: ignore[arg-type]
    return [row.address for row in list_rows(session, account.id, listing, TODAY)]


def test_the_list_has_the_accounts_mailboxes_of_one_tab(services: Services) -> None:
    with services.transaction() as session:
        account, stranger = make_account(session), make_account(session)
        make_mailbox(session, account, "mia@pec.example")
        make_mailbox(session, account, "altrui@pec.example", of_account_holder=False)
        make_mailbox(session, stranger, "estranea@pec.example")
        make_mailbox(session, None, "orfana@pec.example")

    with services.reading() as session:
        assert addresses(session, account) == ["mia@pec.example"]
        assert addresses(session, account, tab=Tab.OTHERS) == ["altrui@pec.example"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("rossi", ["studio.rossi@pec.example"]),
        ("ROSSI", ["studio.rossi@pec.example"]),
        ("@pec", ["100%vero@pec.example", "a_b@pec.example", "axb@pec.example", "studio.rossi@pec.example"]),
        ("%", ["100%vero@pec.example"]),
        ("a_b", ["a_b@pec.example"]),
        ("\\", []),
        ("'; drop table mailbox; --", []),
    ],
)
def test_searching_takes_every_character_as_itself(services: Services, search: str, found: list[str]) -> None:
    with services.transaction() as session:
        account = make_account(session)
        for address in ("studio.rossi", "a_b", "axb", "100%vero"):
            make_mailbox(session, account, f"{address}@pec.example")

    with services.reading() as session:
        assert addresses(session, account, search=search, order=Order.ADDRESS) == found


def test_a_plan_can_be_asked_for(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        for plan in Plan:
            make_mailbox(session, account, f"{plan}@pec.example", plan=plan)

    with services.reading() as session:
        assert addresses(session, account, plan=Plan.PREMIUM) == ["premium@pec.example"]


def test_filters_narrow_each_other(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_mailbox(session, account, "uno@pec.example", expires_in=-5, plan=Plan.PRO)
        make_mailbox(session, account, "due@pec.example", expires_in=-5)
        make_mailbox(session, account, "tre@pec.example", plan=Plan.PRO)

    with services.reading() as session:
        asked = {"shown": Shown.SUSPENDED, "plan": Plan.PRO, "search": "o@pec"}
        assert addresses(session, account, **asked) == ["uno@pec.example"]


def test_a_row_knows_its_selection_and_its_open_order(services: Services) -> None:
    with services.transaction() as session:
        account, neighbour = make_account(session), make_account(session)
        chosen = make_mailbox(session, account, "a@pec.example")
        ordered = make_mailbox(session, account, "b@pec.example")
        select_mailboxes(session, account, [chosen])
        select_mailboxes(session, neighbour, [ordered])
        make_order(session, [ordered], number="K000000001")

    with services.reading() as session:
        first, second = list_rows(session, account.id, Listing(order=Order.ADDRESS), TODAY)

    assert (first.selected_id, first.open_line_id, first.order_number) == (chosen.id, None, None)
    assert (second.selected_id, second.order_number) == (None, "K000000001")


def test_another_accounts_order_is_open_but_nameless(services: Services) -> None:
    with services.transaction() as session:
        account, before = make_account(session), make_account(session)
        mailbox = make_mailbox(session, before)
        make_order(session, [mailbox])
        mailbox.account_id = account.id

    with services.reading() as session:
        (row,) = list_rows(session, account.id, Listing(), TODAY)

    assert row.open_line_id is not None
    assert row.order_number is None


def every_page(session: Session, account: Account, listing: Listing) -> Iterator[Page[AnyRow]]:
    """Walk from the first page to the last as the links lead."""
    page: Page[AnyRow] = one_page(list_rows(session, account.id, listing, TODAY), None)
    yield page
    while page.next is not None:
        asked = Listing(shown=listing.shown, order=listing.order, place=page.next)
        page = one_page(list_rows(session, account.id, asked, TODAY), page.next)
        yield page


def fill_with_ties(session: Session) -> Account:
    """Store 173 mailboxes on seven expiries, so that every page begins and ends within a tie."""
    account, holder = make_account(session), make_holder(session)
    for number in range(173):
        make_mailbox(
            session,
            account,
            f"casella.{number * 7919 % 173:03}@pec.example",
            holder=holder,
            expires_in=number % 7,
        )
    return account


@pytest.mark.parametrize("order", Order)
def test_the_pages_hold_every_mailbox_once_in_order(services: Services, order: Order) -> None:
    with services.transaction() as session:
        account = fill_with_ties(session)

    with services.reading() as session:
        pages = list(every_page(session, account, Listing(order=order)))

    rows = [row for page in pages for row in page.rows]
    keys = [(row.expires_on, row.address) if order.by_expiry else row.address for row in rows]
    assert [len(page.rows) for page in pages] == [50, 50, 50, 23]
    assert keys == sorted(set(keys), reverse=order.descending)


@pytest.mark.parametrize("order", Order)
def test_going_back_shows_the_same_pages(services: Services, order: Order) -> None:
    with services.transaction() as session:
        account = fill_with_ties(session)

    with services.reading() as session:
        pages = list(every_page(session, account, Listing(order=order)))
        for earlier, later in pairwise(pages):
            asked = Listing(order=order, place=later.previous)
            back = one_page(list_rows(session, account.id, asked, TODAY), later.previous)
            assert [row.address for row in back.rows] == [row.address for row in earlier.rows]
            assert (back.previous is None) == (earlier.previous is None)


PLACE_BEFORE = Place(TODAY - timedelta(days=9), "casella.0000900@pec.example", backward=True)
PLACE = Place(TODAY + timedelta(days=100), "casella.0002000@pec.example")
IN_THE_INDEX = re.compile("(Index Only Scan( Backward)? using|COVERING INDEX) ix_mailbox_tab_")
WASTE = re.compile(r"Seq Scan on mailbox|SCAN mailbox|Bitmap Heap Scan on mailbox|Sort .*rows=\d{3,}")
ORDERED_BY_INDEX = [
    Listing(),
    Listing(order=Order.EXPIRY_LAST),
    Listing(order=Order.ADDRESS),
    Listing(order=Order.ADDRESS_LAST),
    Listing(place=PLACE),
    Listing(order=Order.EXPIRY_LAST, place=PLACE),
    Listing(order=Order.ADDRESS, place=PLACE),
    Listing(place=Place(PLACE.expires_on, PLACE.address, backward=True)),
    Listing(tab=Tab.OTHERS),
    Listing(shown=Shown.EXPIRING),
    Listing(shown=Shown.SUSPENDED, place=PLACE),
    Listing(plan=Plan.PRO),
]


def test_no_page_reads_the_whole_account_or_sorts_it(services: Services) -> None:
    with services.transaction() as session:
        accounts = [make_account(session) for _ in range(3)]
        for account, count in zip(accounts, (15_000, 2_000, 50), strict=True):
            fill_account(session, account, count, first_expiry=TODAY - timedelta(days=200), spread_days=600)
    tidy(services.engine)

    for listing in ORDERED_BY_INDEX:
        plan = plan_of(services, accounts[0], listing)
        assert IN_THE_INDEX.search(plan), (listing, plan)
        assert not WASTE.search(plan), (listing, plan)


def test_a_page_far_inside_begins_at_its_place(services: Services) -> None:
    if services.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL looks at all bounds of a range")
    with services.transaction() as session:
        account = make_account(session)

    forward = plan_of(services, account, Listing(place=PLACE))
    backward = plan_of(services, account, Listing(shown=Shown.SUSPENDED, place=PLACE_BEFORE))

    assert "(expires_on,address)>(?,?)" in forward
    assert "(expires_on,address)<(?,?)" in backward
    assert "uq_order_line_open_mailbox (mailbox_id=?)" in forward


def test_postgresql_plans_for_the_account_that_asks(services: Services) -> None:
    if services.engine.dialect.name != "postgresql":
        pytest.skip("SQLite plans without looking at the values")

    with services.engine.connect() as connection:
        assert connection.execute(text("SHOW plan_cache_mode")).scalar() == "force_custom_plan"


def tidy(engine: Engine) -> None:
    """Do what the databases do by themselves sooner or later: gather statistics, mark pages as visible."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM FULL mailbox"))  # earlier tests left holes in table and indexes
            _mark_visible(connection)
        connection.execute(text("ANALYZE"))


def _mark_visible(connection: Connection) -> None:
    """Vacuum until every page counts as visible: a snapshot left by an earlier test can be in the way."""
    gc.collect()
    done = text("SELECT relallvisible >= relpages FROM pg_class WHERE oid = 'mailbox'::regclass")
    for _ in range(100):
        connection.execute(text("VACUUM mailbox"))
        if connection.scalar(done):
            return
        time.sleep(0.1)
    raise AssertionError("something keeps an old snapshot of the mailboxes")


def plan_of(services: Services, account: Account, listing: Listing) -> str:
    """Return the plan of the very statement that the list sends."""
    with services.reading() as session, counted(services.engine) as sent:
        list_rows(session, account.id, listing, TODAY)
        ((statement, values),) = sent
        explain = "EXPLAIN QUERY PLAN" if services.engine.dialect.name == "sqlite" else "EXPLAIN"
        rows = session.connection().exec_driver_sql(f"{explain} {statement}", values)
        return "\n".join(str(row[-1]) for row in rows)
