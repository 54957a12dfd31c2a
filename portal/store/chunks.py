"""Mailboxes of a range of expiries in pieces, so that one transaction never holds a million rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, literal, select, tuple_
from sqlalchemy.orm import Session

from portal.store.mailboxes import Mailbox

SIZE = 20_000
"""Mailboxes in one piece."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last mailbox of a piece, in the order of `ix_mailbox_expiry`."""

    expires_on: date
    mailbox_id: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """One piece: the condition that its mailboxes meet, and where it ends; None where the range does."""

    condition: ColumnElement[bool]
    end: Place | None


def next_chunk(
    session: Session, first: date | None, last: date, after: Place | None, size: int = SIZE
) -> Chunk:
    """Return the piece after a place, or the first one, of the expiries from `first` to `last`."""
    place = tuple_(Mailbox.expires_on, Mailbox.id)
    within = [Mailbox.expires_on <= last]
    if after is not None:
        within.append(place > tuple_(literal(after.expires_on), literal(after.mailbox_id)))
    elif first is not None:
        within.append(Mailbox.expires_on >= first)
    end = session.execute(
        select(Mailbox.expires_on, Mailbox.id)
        .where(*within)
        .order_by(Mailbox.expires_on, Mailbox.id)
        .offset(size - 1)
        .limit(1)
    ).one_or_none()
    if end is None:
        return Chunk(and_(*within), None)
    within.append(place <= tuple_(literal(end.expires_on), literal(end.id)))
    return Chunk(and_(*within), Place(end.expires_on, end.id))
