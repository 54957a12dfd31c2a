"""Beginning a renewal: from one mailbox, from a selection, again, and putting it aside."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import DraftClosed, EmptySelection, MailboxNotRenewable, NotFound
from portal.domain.plans import Plan
from portal.domain.renewability import NotRenewable
from portal.store.drafts import DraftLine, DraftState, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.open_orders import OpenOrder
from portal.store.selections import SelectedMailbox
from portal.usecases import renewal_pages, renewals
from portal.usecases.draft_totals import look_at_draft
from portal.wiring import Services
from tests.factories import (
    ARCHITECTS,
    LAWYERS,
    TODAY,
    fill_account,
    make_account,
    make_conventions,
    make_mailbox,
    make_order,
    make_prices,
    schedule_change,
    select_mailboxes,
)
from tests.statements import counted
from tests.usecases.carts import change, fill_cart, look


def begin(services: Services, subject: Subject, address: str) -> str:
    with services.transaction() as session:
        return renewals.begin(session, subject, address, today=services.today(), now=services.now())


def start(services: Services, subject: Subject) -> str:
    with services.transaction() as session:
        return renewals.start(session, subject, today=services.today(), now=services.now())


def owner(services: Services, **values: object) -> tuple[Subject, str]:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        box = make_mailbox(session, account, **values)  # type: ignore[arg-type]
        return Subject(SubjectKind.ACCOUNT, account_id=account.id), box.address


def lines_of(services: Services, draft: str) -> list[DraftLine]:
    with services.reading() as session:
        return list(
            session.scalars(select(DraftLine).join(RenewalDraft).where(RenewalDraft.public_id == draft))
        )


def test_a_mailbox_is_renewed_as_it_is_for_a_year(services: Services) -> None:
    subject, address = owner(services, plan=Plan.PRO, extra_mailbox_gb=2, extra_archive_gb=1)

    (line,) = lines_of(services, begin(services, subject, address))

    assert (line.plan, line.extra_mailbox_gb, line.extra_archive_gb) == (Plan.PRO, 2, 1)
    assert (line.term_years, line.archive_deletion_accepted) == (1, False)


def test_a_smaller_plan_bought_before_is_continued(services: Services) -> None:
    subject, address = owner(services, plan=Plan.PREMIUM, extra_mailbox_gb=3)
    with services.transaction() as session:
        mailbox = session.scalars(select(Mailbox).where(Mailbox.address == address)).one()
        schedule_change(session, mailbox, TODAY + timedelta(days=31), Plan.STANDARD)
        schedule_change(session, mailbox, TODAY + timedelta(days=400), Plan.PRO, extra_mailbox_gb=1)

    (line,) = lines_of(services, begin(services, subject, address))

    assert (line.plan, line.extra_mailbox_gb) == (Plan.PRO, 1)


def test_beginning_again_resumes_the_same_draft(services: Services) -> None:
    subject, address = owner(services)

    assert begin(services, subject, address) == begin(services, subject, address)


def test_another_mailbox_puts_the_first_renewal_aside(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    second = begin(services, cart.subject, cart.addresses[1])

    assert second != cart.draft
    with pytest.raises(DraftClosed) as refused, services.reading() as session:
        look_at_draft(session, cart.subject, cart.draft, today=services.today())
    assert refused.value.order_number is None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"expires_in": -91}, NotRenewable.CANCELLED),
        ({"plan": Plan.DOMAIN}, NotRenewable.DOMAIN_PLAN),
        ({"convention_code": ARCHITECTS.code}, NotRenewable.CONVENTION_BODY),
        ({"convention_code": LAWYERS.code}, NotRenewable.CONVENTION_NOT_IN_FORCE),
        ({"convention_code": "UNKNOWN"}, NotRenewable.CONVENTION_NOT_IN_FORCE),
    ],
)
def test_what_cannot_be_renewed_is_not_begun(
    services: Services, values: dict[str, object], reason: NotRenewable
) -> None:
    with services.transaction() as session:
        make_conventions(session)
    subject, address = owner(services, **values)

    with pytest.raises(MailboxNotRenewable) as refused:
        begin(services, subject, address)

    assert (refused.value.address, refused.value.reason) == (address, reason)


def test_an_open_order_names_itself_before_the_renewal(services: Services) -> None:
    with services.transaction() as session:
        make_prices(session)
        account = make_account(session)
        box = make_mailbox(session, account)
        order = make_order(session, [box])
        subject = Subject(SubjectKind.ACCOUNT, account_id=account.id)

    with services.reading() as session:
        found = renewal_pages.prepare(session, subject, box.address, today=services.today())

    assert found.not_renewable is NotRenewable.OPEN_ORDER
    assert found.open_order == OpenOrder(order.number, payable=True)


def test_a_strangers_mailbox_does_not_exist(services: Services) -> None:
    subject, _ = owner(services)
    _, foreign = owner_of_another(services)

    with pytest.raises(NotFound):
        begin(services, subject, foreign)
    with pytest.raises(NotFound), services.reading() as session:
        renewal_pages.prepare(session, subject, foreign, today=services.today())


def owner_of_another(services: Services) -> tuple[Subject, str]:
    with services.transaction() as session:
        account = make_account(session)
        return Subject(SubjectKind.ACCOUNT, account_id=account.id), make_mailbox(session, account).address


def test_the_selection_becomes_one_draft_the_soonest_first(services: Services) -> None:
    cart = fill_cart(services, {"expires_in": 60}, {"expires_in": -10}, {"expires_in": 5})

    ids = [line.mailbox_id for line in sorted(lines_of(services, cart.draft), key=lambda line: line.id)]

    assert ids == [cart.mailboxes[1].id, cart.mailboxes[2].id, cart.mailboxes[0].id]


def test_the_selections_unrenewable_mailboxes_are_left_out(services: Services) -> None:
    cart = fill_cart(services, {}, {"plan": Plan.DOMAIN}, {"expires_in": -91})

    assert look(services, cart).totals.in_draft == 1


def test_starting_again_keeps_choices_and_follows_the_selection(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    change(services, cart, Plan.PRO, years=3, which=0)
    with services.transaction() as session:
        account = make_account(session)
        late = make_mailbox(session, account)
        late.account_id = cart.subject.account_id
        account_id = cart.subject.account_id
        session.add(SelectedMailbox(account_id=account_id, mailbox_id=late.id, selected_at=services.now()))
        session.execute(delete(SelectedMailbox).where(SelectedMailbox.mailbox_id == cart.mailboxes[1].id))

    again = start(services, cart.subject)

    lines = {line.mailbox_id: line for line in lines_of(services, again)}
    assert again == cart.draft
    assert set(lines) == {cart.mailboxes[0].id, late.id}
    assert (lines[cart.mailboxes[0].id].plan, lines[cart.mailboxes[0].id].term_years) == (Plan.PRO, 3)


def test_an_empty_selection_begins_nothing(services: Services) -> None:
    subject, _ = owner(services)

    with pytest.raises(EmptySelection):
        start(services, subject)

    with services.reading() as session:
        assert session.scalar(select(RenewalDraft)) is None


def test_a_mailboxs_own_session_has_no_selection(services: Services) -> None:
    with pytest.raises(NotFound):
        start(services, Subject(SubjectKind.MAILBOX, mailbox_id=1))


def test_two_thousand_mailboxes_start_in_as_many_statements_as_two(services: Services) -> None:
    sent = []
    for count in (2, 2_000):
        with services.transaction() as session:
            account = make_account(session)
            fill_account(session, account, count, domain=f"{count}.pec.example")
            boxes = list(session.scalars(select(Mailbox).where(Mailbox.account_id == account.id)))
            select_mailboxes(session, account, boxes)
        with counted(services.engine) as statements:
            start(services, Subject(SubjectKind.ACCOUNT, account_id=account.id))
        sent.append(len(statements))

    assert sent == [5, 5]


def test_putting_aside_twice_is_quiet(services: Services) -> None:
    cart = fill_cart(services, {})

    for _ in range(2):
        with services.transaction() as session:
            renewals.discard(session, cart.subject, cart.draft, now=services.now())

    with services.reading() as session:
        draft = session.scalars(select(RenewalDraft)).one()
        assert draft.state is DraftState.DISCARDED
        assert renewal_pages.look_for_draft(session, cart.subject) is None


def test_a_strangers_draft_does_not_exist(services: Services) -> None:
    cart = fill_cart(services, {})
    stranger, _ = owner_of_another(services)

    with pytest.raises(NotFound), services.transaction() as session:
        renewals.discard(session, stranger, cart.draft, now=services.now())
    with pytest.raises(NotFound), services.reading() as session:
        look_at_draft(session, stranger, cart.draft, today=services.today())


def test_a_mailbox_that_changed_hands_leaves_the_draft(services: Services) -> None:
    cart = fill_cart(services, {}, {})
    with services.transaction() as session:
        taken = session.merge(cart.mailboxes[0])
        taken.account_id = make_account(session).id

    found = look(services, cart)

    assert found.totals.in_draft == 1
    with pytest.raises(NotFound):
        change(services, cart, which=0)
