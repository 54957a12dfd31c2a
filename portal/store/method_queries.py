"""Queries over stored methods: whose they are, what renews with each, what their mandates allow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, exists, false, func, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.mandates import StoredMethodState
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
    rows = select(OrderLine.mailbox_id, literal(method_id), false()).where(OrderLine.order_id == order_id)
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = (postgresql.insert if is_postgresql else sqlite.insert)(RenewsWith)
    session.execute(
        insert.from_select(["mailbox_id", "stored_method_id", "credit_first"], rows).on_conflict_do_update(
            index_elements=["mailbox_id"],
            set_={"stored_method_id": method_id, "consent_id": None, "maximum_cents": None},
        )
    )
    session.execute(
        update(Mailbox)
        .where(Mailbox.id.in_(mailboxes))
        .values(auto_renewal=True)
        .execution_options(synchronize_session=False)
    )


def renew_mailbox_with(
    session: Session, mailbox: Mailbox, method_id: int, consent: AutoRenewalConsent, *, credit_first: bool
) -> None:
    """Let a mailbox renew by itself with the method, below the maximum that was agreed for it."""
    stop_renewing(session, mailbox, consent.given_at)
    mailbox.auto_renewal = True
    session.add(
        RenewsWith(
            mailbox_id=mailbox.id,
            stored_method_id=method_id,
            consent_id=consent.id,
            maximum_cents=consent.maximum_cents,
            credit_first=credit_first,
        )
    )
    session.flush()


def stop_renewing(session: Session, mailbox: Mailbox, now: datetime) -> None:
    """Let a mailbox renew by itself no more; a mandate by which nothing else renews ends."""
    mailbox.auto_renewal = False
    before = session.get(RenewsWith, mailbox.id, populate_existing=True)
    if before is None:
        return
    consent_id = before.consent_id
    session.delete(before)
    session.flush()
    session.execute(
        update(Mandate)
        .where(
            Mandate.consent_id == consent_id,
            Mandate.revoked_at.is_(None),
            ~exists().where(RenewsWith.consent_id == Mandate.consent_id),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def chargeable_methods(session: Session, account_id: int | None, mailbox_id: int) -> Sequence[StoredMethod]:
    """Return the active methods of the account, or of the mailbox where it has none; the newest first."""
    owner = StoredMethod.mailbox_id == mailbox_id
    if account_id is not None:
        owner = StoredMethod.account_id == account_id
    return session.scalars(
        select(StoredMethod)
        .where(owner, StoredMethod.state == StoredMethodState.ACTIVE)
        .order_by(StoredMethod.id.desc())
    ).all()


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


@dataclass(frozen=True, slots=True)
class ListedMethod:
    """A stored method with what renews with it."""

    method: StoredMethod
    mailboxes: int
    first_addresses: Sequence[str]
    maximum_cents: Cents
    """The most one charge may be; 0 without a mandate in force."""


LISTED_ADDRESSES = 3
"""How many mailboxes are named beside a method; the others are counted."""


def active_methods(session: Session, owner: Subject) -> Sequence[ListedMethod]:
    """Return the owner's stored methods, the newest first: two statements, however many mailboxes."""
    mandated = (
        select(func.max(Mandate.maximum_cents))
        .where(Mandate.stored_method_id == StoredMethod.id, Mandate.revoked_at.is_(None))
        .scalar_subquery()
    )
    rows = session.execute(
        select(StoredMethod, func.coalesce(mandated, 0))
        .where(_owned(owner), StoredMethod.state == StoredMethodState.ACTIVE)
        .order_by(StoredMethod.id.desc())
    ).all()
    renewing = renewing_with(session, [method.id for method, _ in rows]) if rows else {}
    return [ListedMethod(method, *renewing.get(method.id, (0, ())), maximum) for method, maximum in rows]


def is_owned(method: StoredMethod, owner: Subject) -> bool:
    """Say whether the method is the owner's: an account's, or what a mailbox's own session paid with."""
    if owner.account_id is not None:
        return method.account_id == owner.account_id
    return method.mailbox_id is not None and method.mailbox_id == owner.mailbox_id


def _owned(owner: Subject) -> ColumnElement[bool]:
    if owner.account_id is not None:
        return StoredMethod.account_id == owner.account_id
    return StoredMethod.mailbox_id == owner.mailbox_id


def renewing_with(session: Session, method_ids: Sequence[int]) -> dict[int, tuple[int, Sequence[str]]]:
    """Return for each method how many mailboxes renew with it, and the first of them."""
    numbered = (
        select(
            RenewsWith.stored_method_id.label("method_id"),
            Mailbox.address.label("address"),
            func.row_number()
            .over(partition_by=RenewsWith.stored_method_id, order_by=Mailbox.address)
            .label("place"),
            func.count().over(partition_by=RenewsWith.stored_method_id).label("mailboxes"),
        )
        .join(Mailbox, Mailbox.id == RenewsWith.mailbox_id)
        .where(RenewsWith.stored_method_id.in_(method_ids))
        .subquery()
    )
    found: dict[int, tuple[int, list[str]]] = {}
    first = select(numbered).where(numbered.c.place <= LISTED_ADDRESSES).order_by(numbered.c.place)
    for row in session.execute(first):
        found.setdefault(row.method_id, (row.mailboxes, []))[1].append(row.address)
    return {method_id: (count, addresses) for method_id, (count, addresses) in found.items()}


def locked_method(session: Session, reference: str) -> StoredMethod | None:
    """Return the stored method as it is now, locked to the end of the transaction, or None."""
    return session.scalar(
        select(StoredMethod)
        .where(StoredMethod.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def methods_by_id(session: Session, ids: Collection[int]) -> Sequence[StoredMethod]:
    """Return the stored methods with these ids."""
    return session.scalars(select(StoredMethod).where(StoredMethod.id.in_(ids))).all()


def count_renewing_with(session: Session, method_id: int) -> int:
    """Return how many mailboxes renew by themselves with the method."""
    found = select(func.count()).where(RenewsWith.stored_method_id == method_id)
    return session.scalar(found) or 0


def renew_with_another(session: Session, before_id: int, after_id: int) -> int:
    """Let what renews with one method renew with another; return how many mailboxes."""
    count = count_renewing_with(session, before_id)
    session.execute(
        update(RenewsWith)
        .where(RenewsWith.stored_method_id == before_id)
        .values(stored_method_id=after_id)
        .execution_options(synchronize_session=False)
    )
    return count


def revoke_mandates(session: Session, method_id: int, now: datetime) -> None:
    """Let no charge of the method be allowed any more."""
    session.execute(
        update(Mandate)
        .where(Mandate.stored_method_id == method_id, Mandate.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )
