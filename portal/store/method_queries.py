"""Queries over stored methods: whose they are, what renews with each, what their mandates allow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.domain.money import Cents
from portal.store.drafts import DraftLine, RenewalDraft
from portal.store.mailboxes import Mailbox
from portal.store.orders import OrderLine
from portal.store.stored_methods import AutoRenewalConsent, Mandate, RenewsWith, StoredMethod


def method_of_reference(session: Session, reference: str) -> StoredMethod | None:
    """Return the stored method of that reference, or None."""
    return session.scalar(select(StoredMethod).where(StoredMethod.reference == reference))


def consent_of_draft(session: Session, draft_id: int) -> AutoRenewalConsent | None:
    """Return what was answered about auto-renewal in a draft, or None."""
    return session.scalar(
        select(AutoRenewalConsent)
        .join(RenewalDraft, RenewalDraft.auto_renewal_consent_id == AutoRenewalConsent.id)
        .where(RenewalDraft.id == draft_id)
    )


def soonest_by_term(session: Session, draft_id: int) -> Sequence[tuple[int, date]]:
    """Return for each term in a draft the soonest expiry of its mailboxes."""
    rows = session.execute(
        select(DraftLine.term_years, func.min(Mailbox.expires_on))
        .join(Mailbox, Mailbox.id == DraftLine.mailbox_id)
        .where(DraftLine.draft_id == draft_id)
        .group_by(DraftLine.term_years)
    )
    return [(years, expires_on) for years, expires_on in rows]


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
