"""Looking: the rows of the list, what stands around it, and one mailbox's page."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.domain.access import Subject, SubjectKind
from portal.domain.changes import Package, PackageFrom
from portal.domain.customers import CustomerKind
from portal.domain.errors import NotFound
from portal.domain.lifecycle import SUSPENDED_CAPABILITIES, Capabilities
from portal.domain.listing import Listing, Shown, Standing, Tab
from portal.domain.orders import OrderState
from portal.domain.plans import Plan
from portal.domain.renewability import NotRenewable
from portal.store.accounts import Account
from portal.store.mailboxes import Mailbox
from portal.store.open_orders import OpenOrder
from portal.usecases.mailbox_space import Space, SpaceLevel
from portal.usecases.mailboxes import (
    MailboxDetails,
    MailboxList,
    browse,
    look_at,
    own_address,
)
from portal.wiring import Services
from tests.factories import (
    ARCHITECTS,
    DOCTORS,
    LAWYERS,
    TODAY,
    fill_account,
    make_account,
    make_conventions,
    make_holder,
    make_mailbox,
    make_order,
    make_prices,
    schedule_change,
    select_mailboxes,
)
from tests.statements import counted

ALL = Listing(shown=Shown.ALL)


def of_account(account: Account) -> Subject:
    return Subject(SubjectKind.ACCOUNT, account_id=account.id)


def of_mailbox(mailbox: Mailbox) -> Subject:
    return Subject(SubjectKind.MAILBOX, mailbox_id=mailbox.id)


def browsed(services: Services, subject: Subject, listing: Listing = ALL) -> MailboxList:
    with services.reading() as session:
        return browse(session, subject, listing, today=TODAY)


def looked_at(
    services: Services,
    subject: Subject,
    address: str,
    *,
    today: date = TODAY,
    suspended: Capabilities = SUSPENDED_CAPABILITIES,
) -> MailboxDetails:
    with services.reading() as session:
        return look_at(session, subject, address, today=today, suspended=suspended)


def test_a_row_says_what_the_list_shows(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox = make_mailbox(
            session,
            account,
            expires_in=12,
            plan=Plan.PRO,
            extra_mailbox_gb=1,
            extra_archive_gb=2,
            mailbox_used_mb=614,
            archive_used_mb=5 * 1024,
            auto_renewal=True,
        )
        select_mailboxes(session, account, [mailbox])

    (row,) = browsed(services, of_account(account)).page.rows

    assert (row.id, row.address, row.plan) == (mailbox.id, mailbox.address, Plan.PRO)
    assert (row.standing, row.days_left) == (Standing.EXPIRING, 12)
    assert row.space == Space(used_mb=614, capacity_mb=3 * 1024)
    assert row.archive == Space(used_mb=5 * 1024, capacity_mb=5 * 1024)
    assert (row.auto_renewal, row.selected) == (True, True)
    assert (row.not_renewable, row.open_order) == (None, None)


def test_standard_has_no_archive(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_mailbox(session, account)

    (row,) = browsed(services, of_account(account)).page.rows

    assert row.archive is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"expires_in": -91}, NotRenewable.CANCELLED),
        ({"plan": Plan.DOMAIN}, NotRenewable.DOMAIN_PLAN),
        ({"convention_code": DOCTORS.code}, None),
        ({"convention_code": ARCHITECTS.code}, NotRenewable.CONVENTION_BODY),
        ({"convention_code": LAWYERS.code}, NotRenewable.CONVENTION_NOT_IN_FORCE),
        ({"convention_code": "UNKNOWN"}, NotRenewable.CONVENTION_NOT_IN_FORCE),
        ({"expires_in": -90}, None),
        ({"auto_renewal": True}, None),
    ],
)
def test_a_missing_button_has_its_reason(
    services: Services, fields: dict[str, object], reason: NotRenewable | None
) -> None:
    with services.transaction() as session:
        make_conventions(session)
        account = make_account(session)
        make_mailbox(session, account, **fields)  # type: ignore[arg-type]

    (row,) = browsed(services, of_account(account)).page.rows

    assert row.not_renewable is reason


@pytest.mark.parametrize(
    ("state", "payable"), [(OrderState.AWAITING_PAYMENT, True), (OrderState.PAID, False)]
)
def test_an_open_order_stands_in_the_rows_way(services: Services, state: OrderState, payable: bool) -> None:
    with services.transaction() as session:
        account = make_account(session)
        make_order(session, [make_mailbox(session, account)], number="K000000001", state=state)

    (row,) = browsed(services, of_account(account)).page.rows

    assert row.not_renewable is NotRenewable.OPEN_ORDER
    assert row.open_order == OpenOrder("K000000001", payable=payable)


@pytest.mark.parametrize(
    ("used_mb", "percent", "level"),
    [
        (0, 0, SpaceLevel.FINE),
        (430, 21, SpaceLevel.FINE),
        (1_433, 70, SpaceLevel.FINE),
        (1_434, 70, SpaceLevel.WARNING),
        (1_844, 90, SpaceLevel.NEARLY_FULL),
        (2_047, 99, SpaceLevel.NEARLY_FULL),
        (2_048, 100, SpaceLevel.FULL),
        (2_500, 122, SpaceLevel.FULL),
    ],
)
def test_the_space_warns_at_70_90_and_100_per_cent(used_mb: int, percent: int, level: SpaceLevel) -> None:
    space = Space(used_mb, 2_048)

    assert (space.percent, space.level) == (percent, level)


def test_the_list_knows_its_tabs(services: Services) -> None:
    with services.transaction() as session:
        account, empty = make_account(session), make_account(session)
        make_mailbox(session, account, of_account_holder=False)
        make_mailbox(session, account, of_account_holder=False)

    found = browsed(services, of_account(account))

    assert (found.has_own, found.has_others, found.page.rows) == (False, True, [])
    assert len(browsed(services, of_account(account), Listing(tab=Tab.OTHERS)).page.rows) == 2
    assert not browsed(services, of_account(empty)).has_others


@pytest.mark.parametrize(("count", "skipped"), [(0, False), (1, True), (2, False)])
def test_a_list_of_one_is_skipped(services: Services, count: int, skipped: bool) -> None:
    with services.transaction() as session:
        account = make_account(session)
        boxes = [make_mailbox(session, account, of_account_holder=False) for _ in range(count)]

    found = browsed(services, of_account(account))

    assert found.only_address == (boxes[0].address if skipped else None)


def test_a_mailbox_has_no_list(services: Services) -> None:
    with services.transaction() as session:
        mailbox = make_mailbox(session, make_account(session))

    with pytest.raises(NotFound):
        browsed(services, of_mailbox(mailbox))


def test_the_list_sends_two_statements_however_many_rows(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        small, large = make_account(session), make_account(session)
        fill_account(session, small, 3)
        fill_account(session, large, 3_000)
        make_order(session, [make_mailbox(session, large, expires_in=0)])

    for account in (small, large):
        with counted(services.engine) as sent:
            browsed(services, of_account(account))
        assert len(sent) == 2


def test_the_page_shows_the_mailbox_to_its_account_and_to_itself(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        holder = make_holder(session, first_name="Anna", last_name="Bianchi", contact_email="a@posta.example")
        mailbox = make_mailbox(session, account, "anna@pec.example", holder=holder)

    for subject in (of_account(account), of_mailbox(mailbox)):
        found = looked_at(services, subject, "Anna@PEC.example")
        assert found.mailbox.address == "anna@pec.example"
        assert found.holder_name == "Anna Bianchi"


def test_nobody_else_finds_the_mailbox(services: Services) -> None:
    with services.transaction() as session:
        account, stranger = make_account(session), make_account(session)
        mailbox, sibling = make_mailbox(session, account), make_mailbox(session, account)

    for subject in (of_account(stranger), of_mailbox(sibling)):
        with pytest.raises(NotFound):
            looked_at(services, subject, mailbox.address)


@pytest.mark.parametrize("address", ["", "nessuna@pec.example", "a\x00b@pec.example", "x" * 5_000])
def test_what_does_not_exist_is_not_found(services: Services, address: str) -> None:
    with services.transaction() as session:
        account = make_account(session)

    with pytest.raises(NotFound):
        looked_at(services, of_account(account), address)


def test_the_page_counts_the_days_that_matter(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox = make_mailbox(session, account, expires_in=12)

    found = looked_at(services, of_account(account), mailbox.address)

    assert found.timeline.expires_on == TODAY + timedelta(days=12)
    assert found.timeline.last_day_to_renew == TODAY + timedelta(days=102)
    assert found.timeline.cancelled_from == TODAY + timedelta(days=103)


def test_what_works_after_the_expiry_is_the_operators_setting(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox = make_mailbox(session, account, expires_in=-1)
    receives = Capabilities(can_read=True, can_send=False, can_receive=True)

    found = looked_at(services, of_account(account), mailbox.address, suspended=receives)
    before = looked_at(services, of_account(account), mailbox.address, today=TODAY - timedelta(days=1))

    assert found.works_now == receives
    assert before.works_now == Capabilities(can_read=True, can_send=True, can_receive=True)


def test_a_smaller_plan_to_come_is_announced(services: Services) -> None:
    starts_on = TODAY + timedelta(days=31)
    with services.transaction() as session:
        account = make_account(session)
        mailbox = make_mailbox(
            session,
            account,
            plan=Plan.PREMIUM,
        )
        schedule_change(session, mailbox, starts_on, Plan.PRO, extra_mailbox_gb=1)
        schedule_change(session, mailbox, starts_on + timedelta(days=365), Plan.STANDARD)
        schedule_change(session, mailbox, starts_on + timedelta(days=730), Plan.STANDARD)

    page = looked_at(services, of_account(account), mailbox.address).mailbox
    (row,) = browsed(services, of_account(account)).page.rows

    assert (
        page.ahead
        == row.ahead
        == [
            PackageFrom(starts_on, Package(Plan.PRO, 1)),
            PackageFrom(starts_on + timedelta(days=365), Package(Plan.STANDARD)),
        ]
    )


@pytest.mark.parametrize(
    ("kind", "concerned"),
    [
        (CustomerKind.INDIVIDUAL, False),
        (CustomerKind.FREELANCER, False),
        (CustomerKind.SOLE_TRADER, True),
        (CustomerKind.COMPANY, True),
        (CustomerKind.NONPROFIT, True),
        (CustomerKind.PUBLIC_BODY, False),
    ],
)
def test_firms_are_reminded_of_the_business_register(
    services: Services, kind: CustomerKind, concerned: bool
) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox = make_mailbox(session, account, holder=make_holder(session, kind=kind))

    assert looked_at(services, of_account(account), mailbox.address).in_business_register is concerned


def test_the_page_lists_the_mailboxs_orders_the_newest_first(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox, other = make_mailbox(session, account), make_mailbox(session, account)
        make_order(session, [mailbox], number="K000000001", state=OrderState.FULFILLED)
        make_order(session, [other], number="K000000002")
        make_order(session, [other, mailbox], number="K000000003", state=OrderState.CANCELLED)

    orders = looked_at(services, of_account(account), mailbox.address).orders

    assert [(order.number, order.gross_cents) for order in orders] == [
        ("K000000003", 1_220),
        ("K000000001", 610),
    ]
    assert orders[0].placed_on == TODAY


def test_a_mailbox_sees_only_orders_of_itself_alone(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox, other = make_mailbox(session, account), make_mailbox(session, account)
        make_order(session, [mailbox], number="K000000001", state=OrderState.FULFILLED)
        make_order(session, [mailbox, other], number="K000000002")

    found = looked_at(services, of_mailbox(mailbox), mailbox.address)

    assert [order.number for order in found.orders] == ["K000000001"]
    assert found.mailbox.not_renewable is NotRenewable.OPEN_ORDER
    assert found.mailbox.open_order == OpenOrder(None, payable=False)


@pytest.mark.parametrize(("of_account_holder", "may"), [(True, True), (False, False)])
def test_a_mailbox_of_another_holder_may_not_change_its_plan(
    services: Services, of_account_holder: bool, may: bool
) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox = make_mailbox(session, account, of_account_holder=of_account_holder)

    assert looked_at(services, of_mailbox(mailbox), mailbox.address).may_change_plan is may
    assert looked_at(services, of_account(account), mailbox.address).may_change_plan


def test_only_an_account_of_several_has_a_list_to_go_back_to(services: Services) -> None:
    with services.transaction() as session:
        account, single = make_account(session), make_account(session)
        mailbox, _ = make_mailbox(session, account), make_mailbox(session, account)
        only = make_mailbox(session, single)

    assert looked_at(services, of_account(account), mailbox.address).has_siblings
    assert not looked_at(services, of_mailbox(mailbox), mailbox.address).has_siblings
    assert not looked_at(services, of_account(single), only.address).has_siblings


def test_the_page_sends_two_statements_however_many_orders(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox = make_mailbox(session, account)
        for _ in range(30):
            make_order(session, [mailbox], state=OrderState.EXPIRED)

    with counted(services.engine) as sent:
        found = looked_at(services, of_account(account), mailbox.address)

    assert len(sent) == 2
    assert len(found.orders) == 20


def test_a_mailbox_session_knows_its_address(services: Services) -> None:
    with services.transaction() as session:
        account = make_account(session)
        mailbox = make_mailbox(session, account)

    with services.reading() as session:
        assert own_address(session, of_mailbox(mailbox)) == mailbox.address
        with pytest.raises(NotFound):
            own_address(session, of_account(account))
