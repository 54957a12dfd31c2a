"""Reading a draft: its totals by group, its lines page by page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from portal.domain.access import Subject, SubjectKind
from portal.domain.changes import PackageFrom
from portal.domain.conventions import Membership
from portal.domain.payments import PaymentMethod
from portal.domain.pricing import Choice
from portal.domain.renewability import NotRenewable
from portal.domain.space import FitProblemKind
from portal.store.accounts import Account
from portal.store.billing import draft_split_payment
from portal.store.conventions import membership_of
from portal.store.drafts import DraftLine, DraftState, RenewalDraft, Show
from portal.store.extras import PIECES, pieces_in
from portal.store.fit import FIT_PROBLEM
from portal.store.mailboxes import Mailbox
from portal.store.open_orders import OPEN_ORDER, OpenOrder, open_order_of
from portal.store.orders import Order, OrderLine
from portal.store.renewability import MEMBERSHIP, NOT_RENEWABLE, day_values
from portal.store.scheduled_changes import TERMS_AHEAD, terms_ahead
from portal.store.scope import SCOPES, own_drafts, subject_values

PAGE_LINES = 50
Columns: TypeAlias = tuple[Any, ...]
_REASON = NOT_RENEWABLE.label("reason")
_PROBLEM = FIT_PROBLEM.label("problem")
_AHEAD = TERMS_AHEAD.label("terms_ahead")


@dataclass(frozen=True, slots=True)
class DraftFacts:
    """A draft without its lines."""

    id: int
    public_id: str
    state: DraftState
    version: int
    payment_method: PaymentMethod | None
    split_payment: bool
    extras_answered: bool
    pieces: Mapping[str, int]
    """How many pieces of each extra are taken, by code, on offer or not."""


@dataclass(frozen=True, slots=True)
class DraftGroup:
    """The lines of a draft that made one choice, and what stands against them."""

    choice: Choice
    lines: int
    not_renewable: NotRenewable | None
    problem: FitProblemKind | None


@dataclass(frozen=True, slots=True)
class DraftedMailbox:
    """One line of a draft with its mailbox, and what stands against it today."""

    line: DraftLine
    mailbox: Mailbox
    not_renewable: NotRenewable | None
    order_number: str | None
    """The open order that stands in the way, where the subject may see it."""
    membership: Membership | None
    account: str | None
    """The name of the account the mailbox was bought with."""
    terms_ahead: Sequence[PackageFrom] = ()
    """What earlier orders left waiting."""


@dataclass(frozen=True, slots=True)
class MailboxToRenew:
    """A mailbox and what stands against its renewal today."""

    mailbox: Mailbox
    not_renewable: NotRenewable | None
    open_order: OpenOrder | None
    membership: Membership | None


def open_draft(session: Session, subject: Subject) -> tuple[RenewalDraft, int] | None:
    """Return the draft the subject can go on with and how many mailboxes are in it, or None."""
    count = select(func.count()).where(DraftLine.draft_id == RenewalDraft.id).scalar_subquery()
    found = session.execute(
        select(RenewalDraft, count)
        .where(own_drafts(subject), RenewalDraft.state == DraftState.OPEN)
        .order_by(RenewalDraft.id.desc())
        .limit(1)
    ).one_or_none()
    return (found[0], found[1]) if found else None


def is_drafted(session: Session, subject: Subject, mailbox_id: int) -> bool:
    """Say whether a mailbox is in the draft that the subject can go on with."""
    found = (
        select(DraftLine.id)
        .join(RenewalDraft, RenewalDraft.id == DraftLine.draft_id)
        .where(own_drafts(subject), RenewalDraft.state == DraftState.OPEN, DraftLine.mailbox_id == mailbox_id)
        .limit(1)
    )
    return session.scalar(found) is not None


def draft_by_groups(
    session: Session, subject: Subject, public_id: str, today: date
) -> tuple[DraftFacts, list[DraftGroup]] | None:
    """Return the subject's draft and its lines, grouped: 20,000 lines stay a handful of groups.

    None when the draft is not the subject's. Lines whose mailbox the subject no longer sees do not count.
    """
    values = day_values(today) | subject_values(subject) | {"public_id": public_id}
    session.flush()
    rows = session.connection().execute(_grouped(subject.kind), values).all()
    if not rows:
        return None
    first = rows[0]
    facts = DraftFacts(
        first.id,
        public_id,
        first.state,
        first.version,
        first.payment_method,
        first.split_payment,
        first.extras_answered,
        pieces_in(first.pieces),
    )
    return facts, [_group(row) for row in rows if not row.gone]


@lru_cache(maxsize=2)
def _grouped(kind: SubjectKind) -> Select[Any]:
    chosen = (
        Mailbox.convention_code,
        DraftLine.plan,
        DraftLine.extra_mailbox_gb,
        DraftLine.extra_archive_gb,
        DraftLine.term_years,
    )
    split = draft_split_payment(kind).label("split_payment")
    of_draft = (RenewalDraft.state, RenewalDraft.version, RenewalDraft.payment_method)
    facts = (RenewalDraft.id, *of_draft, split, RenewalDraft.extras_answered, PIECES.label("pieces"))
    counted = (Mailbox.id.is_(None).label("gone"), _REASON, _PROBLEM, func.count().label("lines"))
    columns: Columns = (*facts, *chosen, *counted)
    return (
        select(*columns)
        .outerjoin(DraftLine, DraftLine.draft_id == RenewalDraft.id)
        .outerjoin(Mailbox, and_(Mailbox.id == DraftLine.mailbox_id, SCOPES[kind].mailboxes))
        .where(RenewalDraft.public_id == bindparam("public_id", type_=String), SCOPES[kind].drafts)
        .group_by(RenewalDraft.id, *chosen, "gone", "reason", "problem")
    )


def _group(row: Row[Any]) -> DraftGroup:
    choice = Choice(row.plan, row.extra_mailbox_gb, row.extra_archive_gb, row.term_years, row.convention_code)
    problem = FitProblemKind(row.problem) if row.problem else None
    return DraftGroup(choice, row.lines, _reason(row), problem)


def _reason(row: Row[Any]) -> NotRenewable | None:
    return NotRenewable(row.reason) if row.reason else None


def made_choice(choices: Collection[Choice]) -> ColumnElement[bool]:
    """Return the condition «the line made one of these choices»."""
    made = (
        and_(
            DraftLine.plan == choice.plan,
            DraftLine.extra_mailbox_gb == choice.extra_mailbox_gb,
            DraftLine.extra_archive_gb == choice.extra_archive_gb,
            DraftLine.term_years == choice.years,
            Mailbox.convention_code.is_not_distinct_from(choice.convention),
        )
        for choice in choices
    )
    return or_(false(), *made)


def drafted_page(
    session: Session,
    subject: Subject,
    draft_id: int,
    today: date,
    *,
    show: Show = Show.EVERY,
    unsold: Collection[Choice] = (),
    after: int | None = None,
    before: int | None = None,
) -> list[DraftedMailbox]:
    """Return up to one line more than a page, further than the line `after` or back from `before`.

    The line too many says that another page follows (precedes, going back). Lines whose choice is one of
    `unsold` count as to fix.
    """
    statement = _lines(subject.kind).where(*_shown(show, unsold)).limit(PAGE_LINES + 1)
    values = _line_values(subject, draft_id, today)
    if before is not None:
        backward = statement.where(DraftLine.id < before).order_by(DraftLine.id.desc())
        return _drafted(session, backward, values)[::-1]
    return _drafted(session, statement.where(DraftLine.id > (after or 0)).order_by(DraftLine.id), values)


def _shown(show: Show, unsold: Collection[Choice]) -> tuple[ColumnElement[bool], ...]:
    if show is Show.TO_FIX:
        return NOT_RENEWABLE.is_(None), or_(FIT_PROBLEM.is_not(None), made_choice(unsold))
    return (NOT_RENEWABLE.is_not(None),) if show is Show.LEFT_OUT else ()


def drafted_mailbox(
    session: Session, subject: Subject, draft_id: int, address: str, today: date
) -> DraftedMailbox | None:
    """Return the draft's line of one mailbox, or None."""
    values = _line_values(subject, draft_id, today) | {"address": address}
    found = _drafted(session, _line(subject.kind), values)
    return found[0] if found else None


@lru_cache(maxsize=2)
def _line(kind: SubjectKind) -> Select[Any]:
    return _lines(kind).where(Mailbox.address == bindparam("address", type_=String))


def _line_values(subject: Subject, draft_id: int, today: date) -> dict[str, Any]:
    return day_values(today) | subject_values(subject) | {"draft_id": draft_id}


@lru_cache(maxsize=2)
def _lines(kind: SubjectKind) -> Select[Any]:
    found = (DraftLine, Mailbox, _REASON, Order.number.label("order_number"), Account.username)
    columns: Columns = (*found, _AHEAD, *MEMBERSHIP)
    joined = (
        select(*columns)
        .join(Mailbox, Mailbox.id == DraftLine.mailbox_id)
        .outerjoin(Account, Account.id == Mailbox.account_id)
    )
    of_the_draft = DraftLine.draft_id == bindparam("draft_id", type_=Integer)
    return _with_open_order(joined, kind).where(of_the_draft, SCOPES[kind].mailboxes)


def _drafted(session: Session, statement: Select[Any], values: dict[str, Any]) -> list[DraftedMailbox]:
    rows = session.execute(statement, values).all()
    return [
        DraftedMailbox(
            row.DraftLine,
            row.Mailbox,
            _reason(row),
            row.order_number,
            membership_of(row),
            row.username,
            terms_ahead(row.terms_ahead),
        )
        for row in rows
    ]


def mailbox_to_renew(session: Session, subject: Subject, address: str, today: date) -> MailboxToRenew | None:
    """Return the subject's mailbox and what stands against its renewal, or None."""
    columns: Columns = (Mailbox, _REASON, *OPEN_ORDER, *MEMBERSHIP)
    row = session.execute(
        _with_open_order(select(*columns), subject.kind).where(
            Mailbox.address == address, SCOPES[subject.kind].mailboxes
        ),
        day_values(today) | subject_values(subject),
    ).one_or_none()
    return MailboxToRenew(row.Mailbox, _reason(row), open_order_of(row), membership_of(row)) if row else None


def _with_open_order(statement: Select[Any], kind: SubjectKind) -> Select[Any]:
    """Join the order that a mailbox is held by, and its number where the subject may see it."""
    return statement.outerjoin(
        OrderLine, and_(OrderLine.mailbox_id == Mailbox.id, OrderLine.is_open)
    ).outerjoin(Order, and_(Order.id == OrderLine.order_id, SCOPES[kind].orders))
