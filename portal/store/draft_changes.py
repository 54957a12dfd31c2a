"""Changing a draft: its version, its lines one by one and all together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Date,
    Delete,
    Executable,
    Integer,
    Select,
    String,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from portal.domain.access import Subject, SubjectKind
from portal.domain.payments import PaymentMethod
from portal.domain.pricing import Choice
from portal.store.base import Instant
from portal.store.conventions import ConventionRow, agreed_on
from portal.store.draft_expiries import ExpiryGroup, in_groups
from portal.store.draft_queries import Columns, made_choice
from portal.store.drafts import DraftLine, DraftState, RenewalDraft
from portal.store.fit import FIT_PROBLEM, permitted_extra_archive, permitted_extra_mailbox
from portal.store.mailboxes import Mailbox
from portal.store.renewability import not_renewable_reason
from portal.store.scheduled_changes import LAST_WAITING, ScheduledChange
from portal.store.scope import own_drafts, visible_mailboxes
from portal.store.selections import SelectedMailbox

_LINE_COLUMNS = (
    "draft_id",
    "mailbox_id",
    "plan",
    "extra_mailbox_gb",
    "extra_archive_gb",
    "term_years",
    "archive_deletion_accepted",
    "changed_in",
    "changed_by",
    "changed_turn",
)


def next_version(session: Session, subject: Subject, public_id: str, now: datetime) -> tuple[int, int] | None:
    """Count a change of the subject's open draft; return its id and new version, or None.

    The row stays locked until the transaction ends, so that the changes of one draft follow each other.
    """
    values = {"owner_id": subject.account_id or subject.mailbox_id, "named": public_id, "now": now}
    row = session.connection().execute(_next_version(subject.kind), values).one_or_none()
    return (row[0], row[1]) if row else None


@lru_cache(maxsize=2)
def _next_version(kind: SubjectKind) -> ReturningUpdate[int, int]:
    table = RenewalDraft.__table__
    assert isinstance(table, Table)
    owner = RenewalDraft.account_id if kind is SubjectKind.ACCOUNT else RenewalDraft.mailbox_id
    return (
        update(table)
        .where(
            RenewalDraft.public_id == bindparam("named", type_=String),
            RenewalDraft.state == DraftState.OPEN,
            owner == bindparam("owner_id", type_=Integer),
        )
        .values(version=RenewalDraft.version + 1, updated_at=bindparam("now", type_=Instant()))
        .returning(RenewalDraft.id, RenewalDraft.version)
    )


def new_draft(session: Session, subject: Subject, public_id: str, now: datetime) -> RenewalDraft:
    """Store an empty open draft of the subject."""
    draft = RenewalDraft(
        public_id=public_id,
        account_id=subject.account_id,
        mailbox_id=subject.mailbox_id,
        created_at=now,
        updated_at=now,
    )
    session.add(draft)
    session.flush()
    return draft


def put_open_drafts_aside(session: Session, subject: Subject, now: datetime) -> None:
    """Discard whatever draft the subject has open."""
    session.execute(
        update(RenewalDraft)
        .where(own_drafts(subject), RenewalDraft.state == DraftState.OPEN)
        .values(state=DraftState.DISCARDED, updated_at=now)
        .execution_options(synchronize_session=False)
    )


def set_payment_method(session: Session, draft_id: int, method: PaymentMethod) -> None:
    """Keep how the order shall be paid."""
    _set(session, draft_id, payment_method=method)


def set_extras_answered(session: Session, draft_id: int) -> None:
    """Keep that the step «Extra» was answered."""
    _set(session, draft_id, extras_answered=True)


def _set(session: Session, draft_id: int, **values: Any) -> None:
    session.execute(
        update(RenewalDraft)
        .where(RenewalDraft.id == draft_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def set_consent(session: Session, draft_id: int, consent_id: int | None) -> None:
    """Keep what was answered about auto-renewal, or forget it."""
    session.execute(
        update(RenewalDraft)
        .where(RenewalDraft.id == draft_id)
        .values(auto_renewal_consent_id=consent_id)
        .execution_options(synchronize_session=False)
    )


def add_mailbox(session: Session, subject: Subject, draft_id: int, mailbox_id: int, today: date) -> int:
    """Add one mailbox to the draft as it is now, for a year or as its convention says; 0: not renewable."""
    return _add(session, subject, draft_id, Mailbox.id == mailbox_id, today)


def add_selected(session: Session, subject: Subject, draft_id: int, today: date) -> int:
    """Add the account's selected mailboxes that can be renewed and are not in the draft; return how many.

    One statement, 20,000 mailboxes as two. The soonest to expire come first.
    """
    selected = select(SelectedMailbox.mailbox_id).where(SelectedMailbox.account_id == subject.account_id)
    present = select(DraftLine.mailbox_id).where(DraftLine.draft_id == draft_id)
    return _add(session, subject, draft_id, and_(Mailbox.id.in_(selected), Mailbox.id.not_in(present)), today)


def _add(session: Session, subject: Subject, draft_id: int, which: ColumnElement[bool], today: date) -> int:
    rows = (
        _as_lines(draft_id, today)
        .where(which, visible_mailboxes(subject), not_renewable_reason(today).is_(None))
        .order_by(Mailbox.expires_on, Mailbox.id)
    )
    return _affected(session, insert(DraftLine).from_select(_LINE_COLUMNS, rows, include_defaults=False))


def _as_lines(draft_id: int, today: date) -> Select[Any]:
    """Return the query for new lines: each mailbox as it is, or as an earlier renewal will make it.

    A smaller plan bought before and waiting for the old expiry is what the next term continues. A
    convention says plan and term, and no more extra space than its plan permits. Source: domain.md 8.6.
    """
    day = literal(today, Date)
    plan = func.coalesce(agreed_on(ConventionRow.plan, day), ScheduledChange.plan, Mailbox.plan)
    mailbox_gb = func.coalesce(ScheduledChange.extra_mailbox_gb, Mailbox.extra_mailbox_gb)
    archive_gb = func.coalesce(ScheduledChange.extra_archive_gb, Mailbox.extra_archive_gb)
    free = Mailbox.convention_code.is_(None)
    columns: Columns = (
        literal(draft_id),
        Mailbox.id,
        plan,
        case((free, mailbox_gb), else_=permitted_extra_mailbox(plan, mailbox_gb)),
        case((free, archive_gb), else_=permitted_extra_archive(plan, archive_gb)),
        func.coalesce(agreed_on(ConventionRow.term_years, day), 1),
        literal(False),
        literal(1),
        literal(""),
        literal(0),
    )
    return select(*columns).outerjoin_from(Mailbox, ScheduledChange, LAST_WAITING)


def drop_unselected(session: Session, subject: Subject, draft_id: int) -> int:
    """Take out of the draft what is not in the account's selection any more; return how many."""
    selected = select(SelectedMailbox.mailbox_id).where(SelectedMailbox.account_id == subject.account_id)
    return _affected(session, _lines(draft_id, DraftLine.mailbox_id.not_in(selected)))


def drop_line(session: Session, line_id: int) -> None:
    """Take one line out of its draft."""
    session.execute(delete(DraftLine).where(DraftLine.id == line_id))


def drop_to_fix(session: Session, draft_id: int, unsold: Collection[Choice], today: date) -> int:
    """Take out the renewable mailboxes whose choice does not fit or is not sold; return how many."""
    unfit = and_(not_renewable_reason(today).is_(None), or_(FIT_PROBLEM.is_not(None), made_choice(unsold)))
    return _affected(session, _lines(draft_id, DraftLine.id.in_(_joined(draft_id, unfit))))


def drop_expiring(session: Session, draft_id: int, groups: Sequence[ExpiryGroup]) -> int:
    """Take out of the draft the mailboxes of these groups; return how many."""
    return _affected(session, _lines(draft_id, DraftLine.id.in_(_joined(draft_id, in_groups(groups)))))


def _joined(draft_id: int, which: ColumnElement[bool]) -> Select[int]:
    return (
        select(DraftLine.id)
        .join(Mailbox, Mailbox.id == DraftLine.mailbox_id)
        .where(DraftLine.draft_id == draft_id, which)
    )


def _lines(draft_id: int, which: ColumnElement[bool]) -> Delete:
    return (
        delete(DraftLine)
        .where(DraftLine.draft_id == draft_id, which)
        .execution_options(synchronize_session=False)
    )


def _affected(session: Session, statement: Executable) -> int:
    result = session.execute(statement, execution_options={"preserve_rowcount": True})
    assert isinstance(result, CursorResult)
    return result.rowcount
