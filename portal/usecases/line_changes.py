"""Changing one line of a draft, so that no older answer ever replaces a newer one. Source: docs/adr/0009."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Action, Subject, allowed
from portal.domain.choices import permitted
from portal.domain.errors import (
    DraftStale,
    LineBlocked,
    MailboxNotRenewable,
    NotAllowed,
    NotFound,
    TermNotOffered,
)
from portal.domain.plans import PLANS
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, terms_for
from portal.domain.space import BlockedLine
from portal.store.draft_queries import DraftedMailbox, drafted_mailbox
from portal.store.drafts import DraftLine
from portal.store.prices import prices_on
from portal.usecases.draft_lines import (
    DraftedRow,
    choice_of,
    fit_of,
    mailbox_relation,
    row_of,
)
from portal.usecases.draft_totals import Totals, claim_change, totals_now
from portal.usecases.plan_offers import Offers, offers_of


@dataclass(frozen=True, slots=True)
class PageMark:
    """Which page posts: the draft's version it was drawn from, its random name, its own count of posts."""

    version: int
    name: str
    turn: int


@dataclass(frozen=True, slots=True)
class LineChange:
    """What a row of «Piano» posts: its whole choice, never a difference."""

    choice: Choice
    archive_deletion_accepted: bool
    page: PageMark


@dataclass(frozen=True, slots=True)
class ChangedLine:
    """A line after a change, with the sums it led to."""

    row: DraftedRow
    offers: Offers
    totals: Totals


def change(
    session: Session,
    subject: Subject,
    public_id: str,
    address: str,
    wanted: LineChange,
    *,
    today: date,
    now: datetime,
) -> ChangedLine:
    """Change one line and return it with the draft's new sums: five statements.

    Raises NotFound, DraftClosed, DraftStale, MailboxNotRenewable, NotAllowed, PlanNotOffered, PriceMissing,
    TermNotOffered, ConventionNotPayable, LineBlocked; then nothing is changed. A post that its own page has
    already outdated changes nothing and is no error. Source: product.md 4 (1), docs/adr/0009.
    """
    draft_id, version = claim_change(session, subject, public_id, now)
    drafted = _line(session, subject, draft_id, address, today)
    prices = prices_on(session, today)
    if _is_newest(drafted.line, wanted.page):
        after = _checked(subject, drafted, wanted.choice, prices)
        _store(drafted.line, after, wanted, version)
        session.flush()
    totals = totals_now(session, subject, public_id, prices)
    return ChangedLine(
        row_of(drafted, prices, version, today), offers_of(drafted, prices, subject.kind, today), totals
    )


def _line(session: Session, subject: Subject, draft_id: int, address: str, today: date) -> DraftedMailbox:
    drafted = drafted_mailbox(session, subject, draft_id, address, today)
    if drafted is None:
        raise NotFound
    if drafted.not_renewable is not None:
        raise MailboxNotRenewable(address, drafted.not_renewable)
    return drafted


def _is_newest(line: DraftLine, page: PageMark) -> bool:
    """Say whether the post is newer than what its own page posted before; raises DraftStale for another's.

    A page without scripts counts no turns: the browser sends its posts one after the other.
    """
    if line.changed_by == page.name:
        return page.turn > line.changed_turn or page.turn == 0
    if line.changed_in > page.version:
        raise DraftStale
    return True


def _checked(subject: Subject, drafted: DraftedMailbox, wanted: Choice, prices: PriceList) -> Choice:
    """Return the choice to store; raises what stands against it."""
    before = choice_of(drafted.line, drafted.mailbox)
    wanted = replace(wanted, convention=before.convention)
    after = wanted if wanted.plan == before.plan else permitted(wanted)
    _check_rights(subject, drafted, before, after)
    offered = terms_for(after, prices)
    if after.years not in offered:
        raise TermNotOffered(after.years, offered)
    problems = fit_of(after, drafted.mailbox, accepted=True)
    if problems and not _is_nearer(before, after):
        raise LineBlocked([BlockedLine(drafted.mailbox.address, problems)])
    return after


def _check_rights(subject: Subject, drafted: DraftedMailbox, before: Choice, after: Choice) -> None:
    """Raise NotAllowed for what is not the subject's to change; in a convention the price judges the plan."""
    relation = mailbox_relation(subject.kind, drafted.mailbox)
    if not before.convention and after.plan != before.plan and not allowed(relation, Action.CHANGE_PLAN):
        raise NotAllowed(Action.CHANGE_PLAN)
    same_space = replace(after, plan=before.plan, years=before.years) == before
    if not same_space and not allowed(relation, Action.CHANGE_EXTRA_SPACE):
        raise NotAllowed(Action.CHANGE_EXTRA_SPACE)


def _is_nearer(before: Choice, after: Choice) -> bool:
    """Say whether a choice that does not fit yet at least does not move away from fitting.

    Who needs two more GB presses «+» twice; the first press must not be refused.
    """
    facts = PLANS[after.plan]
    return (
        after.plan == before.plan
        and before.extra_mailbox_gb <= after.extra_mailbox_gb <= facts.max_extra_mailbox_gb
        and before.extra_archive_gb <= after.extra_archive_gb <= facts.max_extra_archive_gb
    )


def _store(line: DraftLine, after: Choice, wanted: LineChange, version: int) -> None:
    line.plan = after.plan
    line.extra_mailbox_gb = after.extra_mailbox_gb
    line.extra_archive_gb = after.extra_archive_gb
    line.term_years = after.years
    line.archive_deletion_accepted = wanted.archive_deletion_accepted and not PLANS[after.plan].has_archive
    line.changed_in = version
    line.changed_by = wanted.page.name
    line.changed_turn = wanted.page.turn
