"""Extra space at the end of its paid term: renewed from credit, or switched off; the mailbox goes on.

One mailbox a transaction: no two wallets are ever locked together. Locks: account, mailbox, wallet; the order
and its payment are new. Source: domain.md 7.3.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.extra_renewal import NOTICE_DAYS, extra_due_on, extra_renewal_price
from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.orders import LineState
from portal.domain.space_purchase import SpaceWanted
from portal.store import credit_needs, ledger, locks, space_ends, space_purchases, withdrawals
from portal.store.mailboxes import Mailbox
from portal.store.outbox import enqueue
from portal.store.space_ends import DuePlace, SpaceEnd
from portal.usecases import credit_payments, wallets
from portal.usecases.history import owner_subject
from portal.usecases.payments import pay_nothing
from portal.usecases.space_offers import SpaceQuote, gb_prices, missing_price, priced
from portal.usecases.space_purchases import locked_mailbox, purchase_row, stored_order


def renew_due(
    session: Session,
    cursor: DuePlace | None,
    *,
    today: date,
    now: datetime,
    extra_space_policy: ExtraSpacePolicy,
) -> tuple[int, DuePlace | None]:
    """Renew or end the extra space of the next mailbox that is due; return whether, and where to go on.

    Once for each mailbox and paid term: by the key of the purchase and of the end.
    """
    place = space_ends.next_due(session, today, cursor)
    if place is None:
        return 0, None
    found = session.get_one(Mailbox, place.mailbox_id)
    owner = owner_subject(found.account_id, found.id)
    assert owner is not None
    locks.lock_owner(session, owner)
    mailbox = locked_mailbox(session, place.mailbox_id)
    if mailbox.account_id != owner.account_id or mailbox.extra_paid_until != place.paid_until:
        return 0, place
    return int(_decide(session, owner, mailbox, extra_space_policy, today, now)), place


def held_space(mailbox: Mailbox) -> SpaceWanted:
    """Return how much extra space a mailbox has."""
    return SpaceWanted(mailbox.extra_mailbox_gb, mailbox.extra_archive_gb)


def _decide(
    session: Session,
    owner: Subject,
    mailbox: Mailbox,
    policy: ExtraSpacePolicy,
    today: date,
    now: datetime,
) -> bool:
    """Renew or end it; False where it waits: without a price, in other hands, or its owner not told yet."""
    quote = _quote(session, owner, mailbox, policy, today)
    if quote is None or _is_busy(session, mailbox):
        return False
    ledger.locked_wallet(session, owner)
    balance = wallets.balance_of(session, owner, today=today)
    if balance >= quote.due_cents:
        _renew(session, owner, mailbox, quote, policy, now)
    elif _may_end(session, mailbox, now):
        _end(session, mailbox, quote, balance, now)
    else:
        return False
    return True


def _quote(
    session: Session, owner: Subject, mailbox: Mailbox, policy: ExtraSpacePolicy, today: date
) -> SpaceQuote | None:
    held, prices = held_space(mailbox), gb_prices(session, today)
    paid_until = mailbox.extra_paid_until
    if paid_until is None or extra_due_on(paid_until, mailbox.expires_on) is None:
        return None
    if not held or missing_price(prices, held) is not None:
        return None
    price = extra_renewal_price(policy, paid_until, mailbox.expires_on, held, prices)
    return priced(session, owner, held, price, today)


def _is_busy(session: Session, mailbox: Mailbox) -> bool:
    states = (LineState.IN_PROGRESS, LineState.WITHDRAWING)
    return bool(space_purchases.being_set_up(session, [mailbox.id])) or any(
        withdrawals.mailboxes_in(session, [mailbox.id], state) for state in states
    )


def _may_end(session: Session, mailbox: Mailbox, now: datetime) -> bool:
    """Say whether its owner has known for some days that credit is missing: nothing is taken unannounced."""
    assert mailbox.extra_paid_until is not None
    before = now - timedelta(days=NOTICE_DAYS)
    return credit_needs.was_told(session, mailbox.id, mailbox.extra_paid_until, before)


def _renew(
    session: Session,
    owner: Subject,
    mailbox: Mailbox,
    quote: SpaceQuote,
    policy: ExtraSpacePolicy,
    now: datetime,
) -> None:
    order = stored_order(session, owner, mailbox, quote, now)
    purchase = purchase_row(order, mailbox, quote, policy)
    purchase.renews_from, purchase.expires_on = mailbox.extra_paid_until, mailbox.expires_on
    session.add(purchase)
    session.flush()
    if order.due_cents:
        credit_payments.spend_on(session, owner, order, now=now)
    else:
        pay_nothing(session, order, now=now)


def _end(session: Session, mailbox: Mailbox, quote: SpaceQuote, balance: int, now: datetime) -> None:
    assert mailbox.extra_paid_until is not None
    end = SpaceEnd(
        mailbox_id=mailbox.id,
        paid_until=mailbox.extra_paid_until,
        mailbox_gb=mailbox.extra_mailbox_gb,
        archive_gb=mailbox.extra_archive_gb,
        due_cents=quote.due_cents,
        balance_cents=balance,
        decided_at=now,
    )
    session.add(end)
    session.flush()
    payload = {"space_end_id": end.id}
    enqueue(session, "platform.space_end", f"platform.space_end:{end.id}", payload, now=now)
