"""What people see and change of themselves outside of a renewal: holder and billing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.customers import CustomerKind
from portal.domain.errors import NotFound
from portal.ports import Sealer
from portal.store import email_changes, locks
from portal.store.accounts import Holder
from portal.store.billing import own_holder
from portal.usecases import billing as billing_data
from portal.usecases import contacts
from portal.usecases.billing import Billing
from portal.usecases.contacts import ContactEdit


@dataclass(frozen=True, slots=True)
class OwnData:
    """A person's own data, as the profile shows them."""

    holder: Holder | None
    """In whose name the mailbox stands; of an account its own holder, where it has a mailbox in that name."""
    pending: tuple[str, datetime] | None
    """A contact address that waits for its confirmation, and until when."""
    billing: Billing


def look_at_data(session: Session, subject: Subject, *, today: date, now: datetime) -> OwnData:
    """Return the subject's own holder and billing data."""
    holder = own_holder(session, subject)
    change = email_changes.pending_change(session, holder.id, now) if holder else None
    return OwnData(
        holder,
        (change.new_email, change.expires_at) if change else None,
        billing_data.look_at_billing(session, subject, today=today),
    )


def save_holder(
    session: Session, subject: Subject, edit: ContactEdit, *, sealer: Sealer, today: date, now: datetime
) -> str:
    """Keep the holder's contacts; return the address that has to confirm. Raises FieldsRefused, NotFound."""
    locks.lock_owner(session, subject)
    holder = own_holder(session, subject)
    if holder is None:
        raise NotFound
    return contacts.save_contacts(
        session, subject, holder, edit, sealer=sealer, draft_id=None, today=today, now=now
    )


def save_billing(
    session: Session,
    subject: Subject,
    kind: CustomerKind,
    texts: Mapping[str, str],
    *,
    split_payment: bool,
    seen: str | None,
    today: date,
    now: datetime,
) -> None:
    """Keep who is invoiced from now on. Raises FieldsRefused."""
    locks.lock_owner(session, subject)
    billing_data.save_billing(
        session, subject, kind, texts, split_payment=split_payment, seen=seen, today=today, now=now
    )
