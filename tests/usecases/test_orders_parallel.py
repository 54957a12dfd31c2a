"""Many confirmations at once: one order, whoever comes first; each guard is seen to be needed (S37, R07)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import MailboxNotRenewable, OpenOrderExists
from portal.domain.renewability import NotRenewable
from portal.store import locks, order_queries
from portal.store.drafts import DraftState, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine
from portal.usecases import orders, renewals
from portal.usecases.orders import Shown
from portal.wiring import Services
from tests.factories import make_order
from tests.races import at_once, meeting
from tests.spread import every_database
from tests.usecases.carts import Cart, choose_transfer, fill_cart, place, shown

pytestmark = every_database


def ready(services: Services, *each: dict[str, object]) -> tuple[Cart, Shown]:
    cart = fill_cart(services, *(each or ({}, {})))
    choose_transfer(services, cart)
    return cart, shown(services, cart)


def count(services: Services, table: type) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def no_lock(*_what: object) -> None:
    """Stand in for a lock that somebody forgot."""


def as_committed(session: Session, _subject: Subject, public_id: str) -> RenewalDraft | None:
    return session.scalar(select(RenewalDraft).where(RenewalDraft.public_id == public_id))


def forget_locks(patch: pytest.MonkeyPatch, look: Callable[..., object] = as_committed) -> None:
    """Take no lock at all, and read the draft as it was committed last."""
    patch.setattr(locks, "lock_owner", no_lock)
    patch.setattr(locks, "lock_drafted_mailboxes", no_lock)
    patch.setattr(locks, "lock_draft", look)


def drop_unique_keys(services: Services) -> None:
    """Take away what keeps a draft from two orders, and a mailbox from two open ones."""
    statements = ["DROP INDEX uq_order_line_open_mailbox"]
    if services.engine.dialect.name == "postgresql":
        statements += [
            "ALTER TABLE customer_order DROP CONSTRAINT uq_customer_order_draft_id",
            "ALTER TABLE customer_order DROP CONSTRAINT uq_customer_order_quote_id",
            "ALTER TABLE quote DROP CONSTRAINT uq_quote_draft_id_sha256",
        ]
    with services.transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def test_fifty_confirmations_make_one_order(services: Services) -> None:
    cart, seen = ready(services)

    answers = at_once(lambda _: place(services, cart, seen).number)

    assert len(set(answers)) == 1
    assert not isinstance(answers[0], Exception)
    assert (count(services, Order), count(services, OrderLine)) == (1, 2)
    with services.reading() as session:
        assert session.scalar(select(func.count(Mail.id))) == session.scalar(
            select(func.count(Mail.recipient.distinct()))
        )


def test_without_locks_the_unique_keys_still_hold(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart, seen = ready(services)
    forget_locks(monkeypatch)

    at_once(lambda _: place(services, cart, seen).number, 8)

    assert (count(services, Order), count(services, OrderLine)) == (1, 2)


def test_without_locks_and_keys_the_race_is_lost(apart: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    if apart.engine.dialect.name == "sqlite":
        pytest.skip("BEGIN IMMEDIATE serialises even the forgetful")
    cart, seen = ready(apart)
    forget_locks(monkeypatch, meeting(as_committed, 8))
    drop_unique_keys(apart)

    at_once(lambda _: place(apart, cart, seen).number, 8)

    assert count(apart, Order) > 1


def test_a_draft_reopened_by_mistake_cannot_become_a_second_order(services: Services) -> None:
    cart, seen = ready(services)
    order = place(services, cart, seen)
    with services.transaction() as session:
        session.execute(update(RenewalDraft).values(state=DraftState.OPEN))
        session.execute(update(OrderLine).values(is_open=False))

    with pytest.raises(IntegrityError):
        place(services, cart, seen)

    assert count(services, Order) == 1
    assert order.number


def test_two_sessions_order_the_same_mailbox_once(services: Services) -> None:
    by_account, seen = ready(services, {})
    box = by_account.mailboxes[0]
    own = Subject(SubjectKind.MAILBOX, mailbox_id=box.id)
    with services.transaction() as session:
        draft = renewals.begin(session, own, box.address, today=services.today(), now=services.now())
    by_mailbox = Cart(own, draft, [box])
    choose_transfer(services, by_mailbox)
    views = [(by_account, seen), (by_mailbox, shown(services, by_mailbox))]

    answers = at_once(lambda number: place(services, *views[number]).number, 2)

    (refusal,) = [answer for answer in answers if isinstance(answer, Exception)]
    assert isinstance(refusal, MailboxNotRenewable)
    assert (refusal.address, refusal.reason) == (box.address, NotRenewable.OPEN_ORDER)
    assert (count(services, Order), count(services, OrderLine)) == (1, 1)


def ask_too_early(patch: pytest.MonkeyPatch) -> None:
    """Let an order believe that every mailbox is free, as if it had asked a moment too early."""
    honest = order_queries.lines_to_order
    patch.setattr(
        order_queries,
        "lines_to_order",
        lambda *asked: [line._replace(reason=None) for line in honest(*asked)],
    )


def test_a_held_mailbox_is_named_even_when_the_question_came_too_early(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    cart, seen = ready(services)
    other = place_other_order(services, cart)
    ask_too_early(monkeypatch)

    with pytest.raises(OpenOrderExists) as refused:
        place(services, cart, seen)

    assert refused.value.address == cart.addresses[0]
    with services.reading() as session:
        assert session.scalars(select(Order.id)).all() == [other]


def test_without_its_key_a_mailbox_is_ordered_twice(apart: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    cart, seen = ready(apart)
    place_other_order(apart, cart)
    ask_too_early(monkeypatch)
    with apart.transaction() as session:
        session.execute(text("DROP INDEX uq_order_line_open_mailbox"))

    place(apart, cart, seen)

    assert count(apart, OrderLine) == 3


def place_other_order(services: Services, cart: Cart) -> int:
    with services.transaction() as session:
        return make_order(session, [session.get_one(Mailbox, cart.mailboxes[0].id)]).id


def test_confirming_and_cancelling_at_once_ends_in_one_of_both(services: Services) -> None:
    cart, seen = ready(services)
    order = place(services, cart, seen)

    def act(number: int) -> str:
        if number % 2:
            return place(services, cart, seen).number
        with services.transaction() as session:
            return orders.cancel_order(session, cart.subject, order.number, now=services.now()).number

    answers = at_once(act, 20)

    assert set(answers) == {order.number}
    assert count(services, Order) == 1
