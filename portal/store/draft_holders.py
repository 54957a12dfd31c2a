"""The holders of a draft's mailboxes: each once, with how many mailboxes, and what their data lack."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.domain.access import Subject
from portal.domain.contacts import CONTACT_FIELDS
from portal.domain.countries import ITALY
from portal.store.accounts import Holder
from portal.store.base import AnyRow
from portal.store.drafts import DraftLine
from portal.store.email_changes import PENDING, EmailChange
from portal.store.mailboxes import Mailbox
from portal.store.renewability import NOT_RENEWABLE, day_values
from portal.store.scope import visible_mailboxes

PAGE_HOLDERS = 50
LISTED_ADDRESSES = 5
_NEEDED = (
    Holder.contact_email,
    Holder.phone,
    Holder.street,
    Holder.street_number,
    Holder.postal_code,
    Holder.city,
    Holder.country,
)
"""What every holder must have before an order; in Italy the province too. Source: domain.md 11.2."""
_LACKS = or_(
    *(column == "" for column in _NEEDED),
    and_(Holder.country == ITALY, Holder.province == ""),
)

_NAME = case(
    (Holder.business_name != "", Holder.business_name),
    else_=Holder.first_name + " " + Holder.last_name,
)


@dataclass(frozen=True, slots=True)
class DraftedHolder:
    """One holder of the mailboxes that would be ordered now."""

    holder: Holder
    mailboxes: int
    first_address: str
    is_incomplete: bool
    """Whether something is missing, or the contact is one of the order's own mailboxes."""
    pending_email: str | None
    pending_until: datetime | None

    @property
    def contacts(self) -> dict[str, str]:
        """Return what the holder may change, as the texts of a form."""
        known = {name: getattr(self.holder, name) for name in CONTACT_FIELDS}
        return known | {"contact_email": self.holder.contact_email, "contact_email_again": ""}


@dataclass(frozen=True, slots=True)
class HolderCounts:
    """How many holders a draft has, and how many of them lack something."""

    holders: int
    incomplete: int
    only: str
    """The name of the one holder where there is no other, else ""."""


def holder_counts(
    session: Session, subject: Subject, draft_id: int, *, today: date, now: datetime
) -> HolderCounts:
    """Return the numbers of a draft's holders in one statement, 20,000 mailboxes as two."""
    incomplete = _incomplete(draft_id, now).label("incomplete")
    counted = _counted(subject, draft_id)
    found = _joined(counted, now, _NAME.label("name"), incomplete).subquery()
    row = session.execute(
        select(func.count(), func.sum(case((found.c.incomplete, 1), else_=0)), func.min(found.c.name)),
        day_values(today),
    ).one()
    return HolderCounts(row[0], int(row[1] or 0), row[2].strip() if row[0] == 1 else "")


def drafted_holders(
    session: Session,
    subject: Subject,
    draft_id: int,
    *,
    only_incomplete: bool = False,
    after: int | None = None,
    before: int | None = None,
    today: date,
    now: datetime,
) -> list[DraftedHolder]:
    """Return up to one holder more than a page, further than the holder `after` or back from `before`."""
    statement = _whole(subject, draft_id, now).limit(PAGE_HOLDERS + 1)
    if only_incomplete:
        statement = statement.where(_incomplete(draft_id, now))
    if before is not None:
        backward = statement.where(Holder.id < before).order_by(Holder.id.desc())
        return [_holder(row) for row in session.execute(backward, day_values(today))][::-1]
    forward = statement.where(Holder.id > (after or 0)).order_by(Holder.id)
    return [_holder(row) for row in session.execute(forward, day_values(today))]


def drafted_holder(
    session: Session, subject: Subject, draft_id: int, holder_id: int, *, today: date, now: datetime
) -> DraftedHolder | None:
    """Return one holder of the draft, or None for anybody else."""
    statement = _whole(subject, draft_id, now).where(Holder.id == holder_id)
    row = session.execute(statement, day_values(today)).one_or_none()
    return _holder(row) if row else None


def addresses_by_holder(
    session: Session, subject: Subject, draft_id: int, holder_ids: Collection[int], today: date
) -> dict[int, list[str]]:
    """Return the first few mailboxes of each of these holders in the draft, by address."""
    place = func.row_number().over(partition_by=Mailbox.holder_id, order_by=Mailbox.address).label("place")
    numbered = (
        select(Mailbox.holder_id, Mailbox.address, place)
        .join(DraftLine, DraftLine.mailbox_id == Mailbox.id)
        .where(*_to_order(subject, draft_id), Mailbox.holder_id.in_(holder_ids))
        .subquery()
    )
    first = (
        select(numbered.c.holder_id, numbered.c.address)
        .where(numbered.c.place <= LISTED_ADDRESSES)
        .order_by(numbered.c.holder_id, numbered.c.address)
    )
    found: dict[int, list[str]] = {}
    for row in session.execute(first, day_values(today)):
        found.setdefault(row.holder_id, []).append(row.address)
    return found


def has_other_mailboxes(session: Session, holder_id: int, mailbox_id: int | None) -> bool:
    """Say whether further mailboxes stand in this holder's name."""
    others = select(Mailbox.id).where(Mailbox.holder_id == holder_id, Mailbox.id != mailbox_id).limit(1)
    return session.scalar(others) is not None


def is_drafted_address(session: Session, draft_id: int, address: str) -> bool:
    """Say whether an address is one of the draft's own mailboxes."""
    found = (
        select(DraftLine.id)
        .join(Mailbox, Mailbox.id == DraftLine.mailbox_id)
        .where(DraftLine.draft_id == draft_id, Mailbox.address == address.lower())
    )
    return session.scalar(found) is not None


def _to_order(subject: Subject, draft_id: int) -> Sequence[ColumnElement[bool]]:
    return DraftLine.draft_id == draft_id, visible_mailboxes(subject), NOT_RENEWABLE.is_(None)


def _whole(subject: Subject, draft_id: int, now: datetime) -> Select[Any]:
    """Return the query for a draft's holders with all that a page shows of them."""
    pending = EmailChange.new_email.label("pending_email"), EmailChange.expires_at.label("pending_until")
    incomplete = _incomplete(draft_id, now).label("incomplete")
    counted = _counted(subject, draft_id)
    numbers = counted.c.mailboxes, counted.c.first_address
    return _joined(counted, now, Holder, *numbers, incomplete, *pending)


def _counted(subject: Subject, draft_id: int) -> Subquery:
    """Return the mailboxes of each holder, counted before anything is joined to them."""
    mailboxes = func.count().label("mailboxes")
    first_address = func.min(Mailbox.address).label("first_address")
    return (
        select(Mailbox.holder_id, mailboxes, first_address)
        .join(DraftLine, DraftLine.mailbox_id == Mailbox.id)
        .where(*_to_order(subject, draft_id))
        .group_by(Mailbox.holder_id)
        .subquery()
    )


def _joined(counted: Subquery, now: datetime, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Holder)
        .join(counted, counted.c.holder_id == Holder.id)
        .outerjoin(EmailChange, and_(EmailChange.holder_id == Holder.id, *_waits(now)))
    )


def _incomplete(draft_id: int, now: datetime) -> ColumnElement[bool]:
    """Return «something is missing»; a contact within the order counts until its change is asked for."""
    box, line = aliased(Mailbox), aliased(DraftLine)
    within_the_order = (
        exists()
        .where(box.address == func.lower(Holder.contact_email))
        .where(line.mailbox_id == box.id, line.draft_id == draft_id)
    )
    return or_(_LACKS, and_(within_the_order, EmailChange.id.is_(None)))


def _waits(now: datetime) -> Sequence[ColumnElement[bool]]:
    return PENDING, EmailChange.expires_at > now


def _holder(row: AnyRow) -> DraftedHolder:
    return DraftedHolder(
        row.Holder,
        row.mailboxes,
        row.first_address,
        bool(row.incomplete),
        row.pending_email,
        row.pending_until,
    )
