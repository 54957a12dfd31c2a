"""Queries over stored methods: whose they are, what renews with each, what their mandates allow."""

from __future__ import annotations

from sqlalchemy import delete, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.domain.money import Cents
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.store.stored_methods import Mandate, RenewsWith, StoredMethod


def method_of_reference(session: Session, reference: str) -> StoredMethod | None:
    """Return the stored method of that reference, or None."""
    return session.scalar(select(StoredMethod).where(StoredMethod.reference == reference))


def maxima_in_force(session: Session, method_id: int) -> list[Cents]:
    """Return the most each mandate in force allows for one charge of the method."""
    return list(
        session.scalars(
            select(Mandate.maximum_cents).where(
                Mandate.stored_method_id == method_id, Mandate.revoked_at.is_(None)
            )
        )
    )


def renew_order_with(session: Session, order_id: int, method_id: int) -> None:
    """Let the mailboxes of an order renew by themselves with the method, in two statements."""
    mailboxes = select(OrderLine.mailbox_id).where(OrderLine.order_id == order_id)
    rows = select(OrderLine.mailbox_id, literal(method_id)).where(OrderLine.order_id == order_id)
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = (postgresql.insert if is_postgresql else sqlite.insert)(RenewsWith)
    session.execute(
        insert.from_select(["mailbox_id", "stored_method_id"], rows).on_conflict_do_update(
            index_elements=["mailbox_id"], set_={"stored_method_id": method_id}
        )
    )
    session.execute(
        update(Mailbox)
        .where(Mailbox.id.in_(mailboxes))
        .values(auto_renewal=True)
        .execution_options(synchronize_session=False)
    )


def stop_renewing_with(session: Session, method_id: int) -> None:
    """Switch auto-renewal off for the mailboxes that renew with the method."""
    mailboxes = select(RenewsWith.mailbox_id).where(RenewsWith.stored_method_id == method_id)
    session.execute(
        update(Mailbox)
        .where(Mailbox.id.in_(mailboxes))
        .values(auto_renewal=False)
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(RenewsWith).where(RenewsWith.stored_method_id == method_id))
