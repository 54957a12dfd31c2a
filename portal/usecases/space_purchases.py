"""Buying more space: an order that is placed and paid in one transaction, from credit or for nothing.

Locks: account, mailbox, order, payment, wallet. Source: domain.md 8.4, C20.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.credit_errors import SpaceNotSold
from portal.domain.dates import rome_day
from portal.domain.errors import PriceChanged
from portal.domain.extra_renewal import space_term
from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.history import Deed
from portal.domain.order_numbers import RANDOM_BYTES, new_order_number
from portal.domain.orders import OrderKind, OrderState
from portal.domain.payments import PaymentMethod
from portal.domain.space_purchase import NoSpace, SpaceConfirmed, permits
from portal.store import locks
from portal.store.mailboxes import Mailbox
from portal.store.orders import Order
from portal.store.space_purchases import SpacePurchase
from portal.usecases import credit_payments, history, space_offers
from portal.usecases.payments import pay_nothing
from portal.usecases.space_offers import SpaceQuote
from portal.usecases.top_ups import contact_of


def buy_space(
    session: Session,
    subject: Subject,
    address: str,
    confirmed: SpaceConfirmed,
    *,
    policy: ExtraSpacePolicy,
    now: datetime,
) -> Order:
    """Return the paid order; a worker sets the space up, and the expiry stays where it is.

    Raises NotFound, NotAllowed, SpaceNotSold, PriceMissing, PriceChanged, CreditTooSmall; then nothing is
    ordered. Source: domain.md 8.4.
    """
    locks.lock_owner(session, subject)
    mailbox = locked_mailbox(session, space_offers.own_mailbox(session, subject, address).id)
    today = rome_day(now)
    hindrance = space_offers.hindrance_of(session, mailbox, today)
    if hindrance is None and not permits(space_offers.room_of(mailbox), confirmed.wanted):
        hindrance = NoSpace.FULL
    if hindrance is not None:
        raise SpaceNotSold(hindrance)
    quote = space_offers.quote_of(session, subject, mailbox, confirmed.wanted, policy=policy, today=today)
    if quote.due_cents != confirmed.shown_due_cents:
        raise PriceChanged(confirmed.shown_due_cents, quote.due_cents)
    order = stored_order(session, subject, mailbox, quote, now)
    session.add(purchase_row(order, mailbox, quote, policy))
    session.flush()
    _pay(session, subject, order, now)
    return order


def _pay(session: Session, subject: Subject, order: Order, now: datetime) -> None:
    if order.due_cents:
        credit_payments.check_and_spend(session, subject, order, now=now)
    else:
        pay_nothing(session, order, now=now)


def locked_mailbox(session: Session, mailbox_id: int) -> Mailbox:
    """Return the mailbox as it is now, locked."""
    return session.scalars(
        select(Mailbox)
        .where(Mailbox.id == mailbox_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def stored_order(
    session: Session, subject: Subject, mailbox: Mailbox, quote: SpaceQuote, now: datetime
) -> Order:
    """Return an order of space that waits for its money, which its buyer's credit pays at once."""
    order = Order(
        number=new_order_number(secrets.token_bytes(RANDOM_BYTES)),
        kind=OrderKind.EXTRA_SPACE,
        account_id=subject.account_id or mailbox.account_id,
        mailbox_id=mailbox.id,
        state=OrderState.AWAITING_PAYMENT,
        payment_method=PaymentMethod.CREDIT,
        **asdict(quote.amounts),
        contact_email=contact_of(session, subject),
        placed_at=now,
    )
    session.add(order)
    session.flush()
    history.record(session, Deed.ORDER_PLACED, subject, now=now, about=order.number)
    return order


def purchase_row(
    order: Order, mailbox: Mailbox, quote: SpaceQuote, policy: ExtraSpacePolicy
) -> SpacePurchase:
    """Return what the order is for."""
    return SpacePurchase(
        order_id=order.id,
        mailbox_id=mailbox.id,
        address=mailbox.address,
        policy=policy,
        mailbox_gb=quote.wanted.mailbox_gb,
        archive_gb=quote.wanted.archive_gb,
        months=quote.price.months,
        mailbox_net_cents=quote.price.mailbox.net_cents,
        archive_net_cents=quote.price.archive.net_cents,
        renewal_net_cents=quote.price.renewal_net_cents,
        expires_on=space_term(mailbox.extra_paid_until, mailbox.expires_on),
    )
