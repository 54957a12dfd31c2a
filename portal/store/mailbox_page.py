"""One mailbox with all that its page says, and the orders that renewed it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import and_, exists, false, select
from sqlalchemy.orm import Session, aliased

from portal.domain.access import Subject
from portal.domain.mandates import StoredMethodState
from portal.store.accounts import Account, Holder
from portal.store.base import AnyRow
from portal.store.declarations import IS_DECLARED
from portal.store.mailbox_list import FACTS
from portal.store.mailboxes import Mailbox
from portal.store.open_orders import OPEN_ORDER
from portal.store.orders import Order, OrderLine
from portal.store.renewability import day_values
from portal.store.scope import visible_mailboxes, visible_orders
from portal.store.space_purchases import SpacePurchase
from portal.store.stored_methods import RenewsWith, StoredMethod

NEWEST_ORDERS = 20


def mailbox_with_holder(session: Session, subject: Subject, address: str, today: date) -> AnyRow | None:
    """Return the mailbox at `address` if it is the subject's to see, its holder and its open order."""
    sibling = aliased(Mailbox)
    of_the_account = and_(sibling.account_id == subject.account_id, sibling.id != Mailbox.id)
    has_siblings = exists().where(of_the_account) if subject.account_id is not None else false()
    expiring = (
        select(StoredMethod.expires_on)
        .join(RenewsWith, RenewsWith.stored_method_id == StoredMethod.id)
        .where(RenewsWith.mailbox_id == Mailbox.id, StoredMethod.state == StoredMethodState.ACTIVE)
        .scalar_subquery()
    )
    return session.execute(
        select(
            *FACTS,
            Mailbox.account_id,
            Account.username.label("account_username"),
            Mailbox.of_account_holder,
            Holder.kind.label("holder_kind"),
            Holder.first_name,
            Holder.last_name,
            Holder.business_name,
            Holder.contact_email,
            *OPEN_ORDER,
            has_siblings.label("has_siblings"),
            expiring.label("method_expires_on"),
        )
        .join(Holder, Holder.id == Mailbox.holder_id)
        .outerjoin(Account, Account.id == Mailbox.account_id)
        .outerjoin(OrderLine, and_(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open))
        .outerjoin(Order, and_(Order.id == OrderLine.order_id, visible_orders(subject)))
        .where(Mailbox.address == address, visible_mailboxes(subject)),
        day_values(today),
    ).one_or_none()


def orders_of_mailbox(session: Session, subject: Subject, mailbox_id: int) -> Sequence[AnyRow]:
    """Return the newest orders of a term or of space for this mailbox that are the subject's to see."""
    terms = select(OrderLine.order_id).where(OrderLine.mailbox_id == mailbox_id)
    about = terms.union(select(SpacePurchase.order_id).where(SpacePurchase.mailbox_id == mailbox_id))
    return session.execute(
        select(
            Order.number, Order.placed_at, Order.gross_cents, Order.state, IS_DECLARED.label("is_declared")
        )
        .where(Order.id.in_(about), visible_orders(subject))
        .order_by(Order.id.desc())
        .limit(NEWEST_ORDERS)
    ).all()


def address_of(session: Session, mailbox_id: int) -> str | None:
    """Return the address of a mailbox that a session belongs to."""
    return session.scalar(select(Mailbox.address).where(Mailbox.id == mailbox_id))
