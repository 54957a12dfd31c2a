"""One line of a draft: what it chose, what stands against that, what it costs and until when it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.access import Relation, SubjectKind, relation_of
from portal.domain.conventions import Membership
from portal.domain.errors import ConventionNotPayable, PlanNotOffered, PriceMissing, TermNotOffered
from portal.domain.lifecycle import days_left
from portal.domain.listing import Standing, standing_on
from portal.domain.plans import PLANS, Plan
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, Quote, quote_for
from portal.domain.renewability import NotRenewable
from portal.domain.space import MB_PER_GB, FitProblem, check_fit
from portal.domain.terms import new_expiry
from portal.store.draft_queries import DraftedMailbox
from portal.store.drafts import DraftLine
from portal.store.mailboxes import Mailbox


@dataclass(frozen=True, slots=True)
class DraftedRow:
    """A line of the draft as its row shows it, open or folded."""

    line_id: int
    address: str
    plan_now: Plan
    standing: Standing
    expires_on: date
    days_left: int
    mailbox_used_mb: int
    mailbox_mb: int
    archive_used_mb: int
    archive_mb: int
    choice: Choice
    version: int
    not_renewable: NotRenewable | None
    order_number: str | None
    membership: Membership | None
    problems: Sequence[FitProblem]
    quote: Quote | None
    """None when the choice is not sold any more."""
    expires_after: date

    @property
    def is_to_fix(self) -> bool:
        """Say whether something stands against the choice, though the mailbox could be renewed."""
        return self.not_renewable is None and (bool(self.problems) or self.quote is None)


def row_of(drafted: DraftedMailbox, prices: PriceList, version: int, today: date) -> DraftedRow:
    """Return what the row of one line shows, without its offers."""
    line, mailbox = drafted.line, drafted.mailbox
    choice = choice_of(line, mailbox)
    facts = PLANS[mailbox.plan]
    return DraftedRow(
        line_id=line.id,
        address=mailbox.address,
        plan_now=mailbox.plan,
        standing=standing_on(today, mailbox.expires_on, mailbox.plan, mailbox.cancelled_on),
        expires_on=mailbox.expires_on,
        days_left=days_left(today, mailbox.expires_on),
        mailbox_used_mb=mailbox.mailbox_used_mb,
        mailbox_mb=(facts.base_mailbox_gb + mailbox.extra_mailbox_gb) * MB_PER_GB,
        archive_used_mb=mailbox.archive_used_mb,
        archive_mb=(facts.base_archive_gb + mailbox.extra_archive_gb) * MB_PER_GB,
        choice=choice,
        version=version,
        not_renewable=drafted.not_renewable,
        order_number=drafted.order_number,
        membership=drafted.membership,
        problems=problems_of(line, mailbox),
        quote=quote_or_none(choice, prices),
        expires_after=new_expiry(mailbox.expires_on, choice.years),
    )


def mailbox_relation(kind: SubjectKind, mailbox: Mailbox) -> Relation:
    """Return how a subject that sees the mailbox stands to it."""
    return relation_of(
        kind, mailbox.account_id, mailbox.of_account_holder, mailbox.convention_code is not None
    )


def choice_of(line: DraftLine, mailbox: Mailbox) -> Choice:
    """Return the choice that a line holds, in the mailbox's convention."""
    return Choice(
        line.plan, line.extra_mailbox_gb, line.extra_archive_gb, line.term_years, mailbox.convention_code
    )


def fit_of(choice: Choice, mailbox: Mailbox, *, accepted: bool) -> list[FitProblem]:
    """Return what stands against a choice for the mailbox."""
    return check_fit(
        choice.plan,
        choice.extra_mailbox_gb,
        choice.extra_archive_gb,
        mailbox.mailbox_used_mb,
        mailbox.archive_used_mb,
        accepted,
    )


def problems_of(line: DraftLine, mailbox: Mailbox) -> list[FitProblem]:
    """Return what stands against the choice that a line holds."""
    return fit_of(choice_of(line, mailbox), mailbox, accepted=line.archive_deletion_accepted)


def quote_or_none(choice: Choice, prices: PriceList) -> Quote | None:
    """Return the price of one mailbox's choice, or None when it is not sold."""
    try:
        return quote_for(choice, prices, day=prices.day)
    except (PriceMissing, TermNotOffered, PlanNotOffered, ConventionNotPayable):
        return None
