"""The account's mailboxes for a file: all that the list's filters find, or the selection."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.lifecycle import last_day_to_renew
from portal.domain.listing import Listing, Standing, standing_on
from portal.domain.plans import PLANS, Plan
from portal.domain.renewability import renews_by_itself
from portal.store import mailbox_export
from portal.store.base import AnyRow
from portal.store.conventions import membership_of
from portal.usecases.mailbox_space import Space, archive_of, space_of
from portal.usecases.selection import account_of


@dataclass(frozen=True, slots=True)
class ExportedMailbox:
    """One row of the file."""

    address: str
    holder_name: str
    plan: Plan
    standing: Standing
    expires_on: date
    last_day: date | None
    """The last day to renew; None where it is not renewed here."""
    space: Space
    archive: Space | None
    auto_renewal: bool
    """Whether it will: switched on, and with a method behind it."""
    convention_code: str
    order_number: str
    """The open renewal order; empty if there is none, or it is not the account's to see."""


def export(
    session: Session, subject: Subject, listing: Listing, *, only_selected: bool, today: date
) -> Generator[ExportedMailbox, None, None]:
    """Give the rows one by one, in one statement. Raises NotFound for a mailbox's own session."""
    account_id = account_of(subject)
    rows = (
        mailbox_export.selected_rows(session, account_id, today)
        if only_selected
        else mailbox_export.filtered_rows(session, account_id, listing, today)
    )
    return _exported_all(rows, today)


def _exported_all(rows: Generator[AnyRow, None, None], today: date) -> Generator[ExportedMailbox, None, None]:
    with closing(rows):
        for row in rows:
            yield _exported(row, today)


def _exported(row: AnyRow, today: date) -> ExportedMailbox:
    facts, membership = PLANS[row.plan], membership_of(row)
    renews = renews_by_itself(row.plan, membership.standing if membership else None)
    return ExportedMailbox(
        address=row.address,
        holder_name=row.business_name or f"{row.first_name} {row.last_name}".strip(),
        plan=row.plan,
        standing=standing_on(today, row.expires_on, row.plan, row.cancelled_on),
        expires_on=row.expires_on,
        last_day=last_day_to_renew(row.expires_on, facts.grace_days, row.cancelled_on)
        if facts.renewable_here
        else None,
        space=space_of(row),
        archive=archive_of(row),
        auto_renewal=row.auto_renewal and row.has_method and renews,
        convention_code=row.convention_code or "",
        order_number=row.order_number or "",
    )
