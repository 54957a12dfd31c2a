"""Orders by slow methods that wait for their money, with the first expiry that depends on it."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.orders import OrderState
from portal.domain.payments import SLOW_METHODS
from portal.store.base import AnyRow
from portal.store.declarations import PaymentDeclaration
from portal.store.mails import Mail
from portal.store.orders import Order, OrderLine


def unpaid_orders(session: Session, after: int, limit: int) -> Sequence[AnyRow]:
    """Return the next orders by id, but for those whose customer says that the money is on its way."""
    declared = select(PaymentDeclaration.id).where(PaymentDeclaration.order_id == Order.id)
    return session.execute(
        select(Order, func.min(OrderLine.expires_before).label("first_expiry"))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            Order.id > after,
            Order.state == OrderState.AWAITING_PAYMENT,
            Order.payment_method.in_(SLOW_METHODS),
            ~declared.exists(),
        )
        .group_by(Order.id)
        .order_by(Order.id)
        .limit(limit)
    ).all()


def reminded(session: Session, order_ids: Collection[int]) -> set[str]:
    """Return the beginnings of the keys, `kind:number:milestone`, of the reminders written already."""
    keys = session.scalars(
        select(Mail.key).where(Mail.order_id.in_(order_ids), Mail.kind == "payment_reminder")
    )
    return {key.rpartition(":")[0] for key in keys}
