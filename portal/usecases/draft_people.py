"""The step «Dati»: the holders of the draft's mailboxes and who is invoiced. Source: product.md 4 (3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.customers import CustomerKind
from portal.domain.errors import DataMissing, DataRefused, FieldProblem, FieldsRefused, NotFound
from portal.ports import Sealer
from portal.store import draft_holders, locks, order_people
from portal.store.draft_holders import PAGE_HOLDERS, DraftedHolder, HolderCounts
from portal.store.orders import Order
from portal.usecases import billing as billing_data
from portal.usecases import contacts
from portal.usecases.billing import Billing
from portal.usecases.contacts import ContactEdit
from portal.usecases.draft_totals import OpenDraft, claim_change, look_at_draft


@dataclass(frozen=True, slots=True)
class HolderCut:
    """Which of the holders a page shows."""

    only_incomplete: bool = False
    after: int | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class HolderPage:
    """A page of holders, and the first few mailboxes of each."""

    rows: Sequence[DraftedHolder]
    addresses: Mapping[int, Sequence[str]]
    previous: int | None
    next: int | None


@dataclass(frozen=True, slots=True)
class People:
    """Whether a draft has all the data that its order needs."""

    counts: HolderCounts
    billing: Billing

    @property
    def is_done(self) -> bool:
        return self.counts.incomplete == 0 and self.billing.is_ready

    @property
    def pays_net_alone(self) -> bool:
        """Say whether the order is under split payment. Source: domain.md 8.2."""
        return self.billing.is_stored and self.billing.split_payment


@dataclass(frozen=True, slots=True)
class DataStep:
    """The step «Dati»."""

    draft: OpenDraft
    people: People
    page: HolderPage

    @property
    def is_single(self) -> bool:
        """Say whether one holder stands behind all the mailboxes: then the form is open."""
        return self.people.counts.holders == 1


@dataclass(frozen=True, slots=True)
class BillingEdit:
    """What the billing form sent."""

    kind: CustomerKind
    texts: Mapping[str, str]
    split_payment: bool
    seen: str | None = None
    """The mark of the data that the page showed; None is not judged."""


@dataclass(frozen=True, slots=True)
class DataEdit:
    """What a form of the step sent: a holder's contacts, the invoice's data, or both."""

    holder_id: int | None
    contacts: ContactEdit | None
    billing: BillingEdit | None


def look_at_people(
    session: Session, subject: Subject, draft_id: int, *, today: date, now: datetime
) -> People:
    """Return how far the data are: a few statements, however many mailboxes."""
    counts = draft_holders.holder_counts(session, subject, draft_id, today=today, now=now)
    return People(counts, billing_data.look_at_billing(session, subject, today=today))


def look_at_data(
    session: Session, subject: Subject, public_id: str, cut: HolderCut, *, today: date, now: datetime
) -> DataStep:
    """Return the step with a page of its holders, in a fixed number of statements.

    Raises NotFound, DraftClosed.
    """
    draft = look_at_draft(session, subject, public_id, today=today)
    people = look_at_people(session, subject, draft.facts.id, today=today, now=now)
    return DataStep(draft, people, _page(session, subject, draft.facts.id, cut, today=today, now=now))


def save_data(
    session: Session,
    subject: Subject,
    public_id: str,
    edit: DataEdit,
    *,
    sealer: Sealer,
    today: date,
    now: datetime,
) -> str:
    """Keep what the step's form sent; return the address that has to confirm its change, or "".

    Raises NotFound for a holder of none of the draft's mailboxes, DraftClosed, and DataRefused with every
    problem of both parts: then the caller rolls back, and nothing has changed.
    """
    locks.lock_owner(session, subject)
    draft_id, _ = claim_change(session, subject, public_id, now)
    pending, of_holder = _save_holder(session, subject, draft_id, edit, sealer=sealer, today=today, now=now)
    of_billing = _save_billing(session, subject, edit.billing, today=today, now=now)
    if of_holder or of_billing:
        raise DataRefused(of_holder, of_billing)
    return pending


def keep_people(session: Session, order: Order, people: People) -> None:
    """Copy holders and billing data into the order, as they are now. Raises DataMissing.

    Source: domain.md 5 (2).
    """
    if not people.is_done or people.billing.profile is None:
        raise DataMissing
    order_people.keep_holders(session, order.id)
    order_people.keep_billing(session, order.id, people.billing.profile)


def _save_holder(
    session: Session,
    subject: Subject,
    draft_id: int,
    edit: DataEdit,
    *,
    sealer: Sealer,
    today: date,
    now: datetime,
) -> tuple[str, Sequence[FieldProblem]]:
    if edit.holder_id is None or edit.contacts is None:
        return "", ()
    found = draft_holders.drafted_holder(session, subject, draft_id, edit.holder_id, today=today, now=now)
    if found is None:
        raise NotFound
    try:
        pending = contacts.save_contacts(
            session,
            subject,
            found.holder,
            edit.contacts,
            sealer=sealer,
            draft_id=draft_id,
            today=today,
            now=now,
        )
    except FieldsRefused as refusal:
        return "", refusal.problems
    return pending, ()


def _save_billing(
    session: Session, subject: Subject, edit: BillingEdit | None, *, today: date, now: datetime
) -> Sequence[FieldProblem]:
    if edit is None:
        return ()
    try:
        billing_data.save_billing(
            session,
            subject,
            edit.kind,
            edit.texts,
            split_payment=edit.split_payment,
            seen=edit.seen,
            today=today,
            now=now,
        )
    except FieldsRefused as refusal:
        return refusal.problems
    return ()


def _page(
    session: Session, subject: Subject, draft_id: int, cut: HolderCut, *, today: date, now: datetime
) -> HolderPage:
    found = draft_holders.drafted_holders(
        session,
        subject,
        draft_id,
        only_incomplete=cut.only_incomplete,
        after=cut.after,
        before=cut.before,
        today=today,
        now=now,
    )
    more = len(found) > PAGE_HOLDERS
    backward = cut.before is not None
    rows = found[-PAGE_HOLDERS:] if backward else found[:PAGE_HOLDERS]
    has_previous = more if backward else cut.after is not None
    has_next = True if backward else more
    ids = [row.holder.id for row in rows]
    return HolderPage(
        rows=rows,
        addresses=draft_holders.addresses_by_holder(session, subject, draft_id, ids, today) if ids else {},
        previous=ids[0] if ids and has_previous else None,
        next=ids[-1] if ids and has_next else None,
    )
