"""Preparing a renewal: begin a draft, change all its lines, leave some out, put it aside."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Action, Subject, SubjectKind
from portal.domain.errors import EmptySelection, MailboxNotRenewable, NotAllowed, NotFound, PlanNotOffered
from portal.domain.plans import PLANS, Plan
from portal.store import draft_changes, locks
from portal.store.draft_bulk import Target, change_all
from portal.store.draft_queries import drafted_mailbox, is_drafted, mailbox_to_renew, open_draft
from portal.store.drafts import DraftState
from portal.store.prices import prices_on
from portal.usecases.draft_totals import claim_change, look_at_draft


@dataclass(frozen=True, slots=True)
class BulkChange:
    """What «Applica a tutte» did: how many lines it changed, and how many not, by code."""

    changed: int
    hindered: Mapping[str, int]


def begin(session: Session, subject: Subject, address: str, *, today: date, now: datetime) -> str:
    """Return the draft that renews this one mailbox: the open one if it is just that, else a new one.

    Another open draft is put aside. Raises NotFound, MailboxNotRenewable.
    """
    locks.lock_owner(session, subject)
    target = mailbox_to_renew(session, subject, address, today)
    if target is None:
        raise NotFound
    if target.not_renewable is not None:
        raise MailboxNotRenewable(address, target.not_renewable)
    found = open_draft(session, subject)
    if found and found[1] == 1 and is_drafted(session, subject, target.mailbox.id):
        return found[0].public_id
    draft_changes.put_open_drafts_aside(session, subject, now)
    draft = draft_changes.new_draft(session, subject, new_public_id(), now)
    draft_changes.add_mailbox(session, subject, draft.id, target.mailbox.id, today)
    return draft.public_id


def start(session: Session, subject: Subject, *, today: date, now: datetime) -> str:
    """Return the draft that renews the account's selection; raises EmptySelection, NotFound for a mailbox.

    An open draft is resumed with the choices made in it: what was selected since is added, what is not
    selected any more goes.
    """
    if subject.kind is not SubjectKind.ACCOUNT:
        raise NotFound
    locks.lock_owner(session, subject)
    found = open_draft(session, subject)
    draft = found[0] if found else draft_changes.new_draft(session, subject, new_public_id(), now)
    dropped = draft_changes.drop_unselected(session, subject, draft.id) if found else 0
    added = draft_changes.add_selected(session, subject, draft.id, today)
    if (found[1] if found else 0) - dropped + added == 0:
        raise EmptySelection
    draft_changes.next_version(session, subject, draft.public_id, now)
    return draft.public_id


def leave_out(
    session: Session, subject: Subject, public_id: str, address: str, *, today: date, now: datetime
) -> None:
    """Take one mailbox out of the draft. Raises NotFound, DraftClosed."""
    draft_id, _ = claim_change(session, subject, public_id, now)
    drafted = drafted_mailbox(session, subject, draft_id, address, today)
    if drafted is None:
        raise NotFound
    draft_changes.drop_line(session, drafted.line.id)


def leave_out_to_fix(
    session: Session, subject: Subject, public_id: str, *, today: date, now: datetime
) -> int:
    """Take out of the draft every mailbox that is to fix; return how many. Raises NotFound, DraftClosed."""
    draft_id, _ = claim_change(session, subject, public_id, now)
    unsold = look_at_draft(session, subject, public_id, today=today).totals.unsold
    return draft_changes.drop_to_fix(session, draft_id, unsold, today)


def apply_to_all(
    session: Session,
    subject: Subject,
    public_id: str,
    plan: Plan | None,
    years: int | None,
    *,
    today: date,
    now: datetime,
) -> BulkChange:
    """Give all lines the plan and the years where that fits and is sold; None leaves each as it is.

    Extra space stays, as much as the plan permits; an archive is never given up by this. Raises NotFound,
    DraftClosed, NotAllowed, PlanNotOffered. Source: product.md 4 «Applica a tutte».
    """
    if plan is not None:
        if subject.kind is not SubjectKind.ACCOUNT:
            raise NotAllowed(Action.CHANGE_PLAN)
        if not PLANS[plan].renewable_here:
            raise PlanNotOffered(plan)
    draft_id, version = claim_change(session, subject, public_id, now)
    prices = prices_on(session, today)
    counts = change_all(session, subject, draft_id, Target(plan, years), prices, version=version, today=today)
    changed = counts.pop(None, 0)
    return BulkChange(changed, {code: count for code, count in counts.items() if code is not None})


def discard(session: Session, subject: Subject, public_id: str, *, now: datetime) -> None:
    """Put the draft aside; a second time is a quiet success. Raises NotFound when it is not the subject's."""
    draft = locks.lock_draft(session, subject, public_id)
    if draft is None:
        raise NotFound
    if draft.state is DraftState.OPEN:
        draft.state = DraftState.DISCARDED
        draft.updated_at = now


def new_public_id() -> str:
    """Return a name for a draft that nobody can guess: 128 random bits."""
    return secrets.token_urlsafe(16)
