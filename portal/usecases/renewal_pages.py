"""What the pages of a renewal show: before it begins, its plan step, its confirmation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.choices import first_choice
from portal.domain.conventions import Membership
from portal.domain.errors import NotFound, PriceMissing
from portal.domain.lifecycle import days_left
from portal.domain.listing import Standing, standing_on
from portal.domain.payments import BankCalendar, PaymentMethod
from portal.domain.plans import SOLD_PLANS, Plan
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, Quote, terms_for
from portal.domain.renewability import NotRenewable
from portal.domain.terms import new_expiry
from portal.store.draft_queries import (
    PAGE_LINES,
    DraftedMailbox,
    drafted_mailbox,
    drafted_page,
    is_drafted,
    mailbox_to_renew,
    open_draft,
)
from portal.store.drafts import Show as Show
from portal.store.open_orders import OpenOrder
from portal.store.prices import prices_on
from portal.usecases.draft_lines import DraftedRow, quote_or_none, row_of
from portal.usecases.draft_payments import MethodOffer, PaymentStep, look_at_payment
from portal.usecases.draft_totals import OpenDraft, look_at_draft
from portal.usecases.plan_offers import Offers, offers_of


@dataclass(frozen=True, slots=True)
class Resumable:
    """A renewal that was begun and not finished: «Riprendi il rinnovo»."""

    public_id: str
    mailboxes: int


@dataclass(frozen=True, slots=True)
class Preparation:
    """A mailbox before its renewal: what it is, what a year costs, what stands against it."""

    address: str
    plan: Plan
    standing: Standing
    expires_on: date
    days_left: int
    years: int
    """One, or what the convention says."""
    expires_after: date
    quote: Quote | None
    """These years of the mailbox as it is; None when that is not sold."""
    membership: Membership | None
    extra_mailbox_gb: int
    extra_archive_gb: int
    not_renewable: NotRenewable | None
    open_order: OpenOrder | None
    begun: Resumable | None
    begun_here: bool
    """Whether what was begun is the renewal of just this mailbox."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Which part of a draft's lines a page shows."""

    show: Show = Show.EVERY
    after: int | None = None
    before: int | None = None
    opened: str | None = None
    """The address of the row that is open without JavaScript."""


@dataclass(frozen=True, slots=True)
class LinePage:
    """A page of rows; `offers` holds the inside of those that are open, by line."""

    rows: Sequence[DraftedRow]
    offers: dict[int, Offers]
    previous: int | None
    next: int | None


@dataclass(frozen=True, slots=True)
class PlanStep:
    """The step «Piano»."""

    draft: OpenDraft
    page: LinePage
    plans: Sequence[Plan]
    terms: Sequence[int]
    """Years that some plan is sold for: what «Applica a tutte» offers."""


@dataclass(frozen=True, slots=True)
class ConfirmStep:
    """The step «Conferma»."""

    payment: PaymentStep
    page: LinePage

    @property
    def draft(self) -> OpenDraft:
        return self.payment.draft

    @property
    def method(self) -> MethodOffer | None:
        return self.payment.chosen


def look_for_draft(session: Session, subject: Subject) -> Resumable | None:
    """Return the renewal the subject can go on with, or None."""
    found = open_draft(session, subject)
    return Resumable(found[0].public_id, found[1]) if found else None


def prepare(session: Session, subject: Subject, address: str, *, today: date) -> Preparation:
    """Return what is to know before renewing one mailbox. Raises NotFound."""
    target = mailbox_to_renew(session, subject, address, today)
    if target is None:
        raise NotFound
    mailbox = target.mailbox
    prices = prices_on(session, today)
    space = (mailbox.extra_mailbox_gb, mailbox.extra_archive_gb)
    now = Choice(mailbox.plan, *space, convention=mailbox.convention_code)
    choice = first_choice(now, prices.conventions)
    begun = look_for_draft(session, subject)
    return Preparation(
        address=mailbox.address,
        plan=mailbox.plan,
        standing=standing_on(today, mailbox.expires_on, mailbox.plan, mailbox.cancelled_on),
        expires_on=mailbox.expires_on,
        days_left=days_left(today, mailbox.expires_on),
        expires_after=new_expiry(mailbox.expires_on, choice.years),
        years=choice.years,
        quote=quote_or_none(choice, prices),
        membership=target.membership,
        not_renewable=target.not_renewable,
        open_order=target.open_order,
        extra_mailbox_gb=mailbox.extra_mailbox_gb,
        extra_archive_gb=mailbox.extra_archive_gb,
        begun=begun,
        begun_here=begun is not None and begun.mailboxes == 1 and is_drafted(session, subject, mailbox.id),
    )


def look_at_plan(session: Session, subject: Subject, public_id: str, cut: Cut, *, today: date) -> PlanStep:
    """Return a page of the step «Piano»: three statements, for 50 mailboxes as for one.

    A draft of a single mailbox has its row open. Raises NotFound, DraftClosed. Source: hardening.md P03.
    """
    draft = look_at_draft(session, subject, public_id, today=today)
    page = _page(session, subject, draft, cut, today)
    sold = [plan for plan in SOLD_PLANS if _terms(plan, draft.prices)]
    terms = sorted({years for plan in sold for years in _terms(plan, draft.prices)})
    return PlanStep(draft, page, sold, terms)


def look_at_row(
    session: Session, subject: Subject, public_id: str, address: str, *, today: date
) -> tuple[DraftedRow, Offers | None, OpenDraft]:
    """Return one row of the step «Piano», open. Raises NotFound, DraftClosed."""
    draft = look_at_draft(session, subject, public_id, today=today)
    drafted = drafted_mailbox(session, subject, draft.facts.id, address, today)
    if drafted is None:
        raise NotFound
    row = row_of(drafted, draft.prices, draft.facts.version, today)
    return row, _offers(drafted, draft, subject, today), draft


def look_at_confirmation(
    session: Session,
    subject: Subject,
    public_id: str,
    cut: Cut,
    *,
    today: date,
    calendar: BankCalendar,
    gateways: Sequence[PaymentMethod] = (),
) -> ConfirmStep:
    """Return the summary to confirm. Raises NotFound, DraftClosed."""
    payment = look_at_payment(session, subject, public_id, today=today, calendar=calendar, gateways=gateways)
    return ConfirmStep(payment, _page(session, subject, payment.draft, cut, today))


def _page(session: Session, subject: Subject, draft: OpenDraft, cut: Cut, today: date) -> LinePage:
    found = drafted_page(
        session,
        subject,
        draft.facts.id,
        today,
        show=cut.show,
        unsold=draft.totals.unsold,
        after=cut.after,
        before=cut.before,
    )
    more = len(found) > PAGE_LINES
    backward = cut.before is not None
    lines = found[-PAGE_LINES:] if backward else found[:PAGE_LINES]
    has_previous = more if backward else cut.after is not None
    has_next = True if backward else more
    return LinePage(
        rows=[row_of(drafted, draft.prices, draft.facts.version, today) for drafted in lines],
        offers=_open_offers(lines, draft, subject, cut, today),
        previous=lines[0].line.id if lines and has_previous else None,
        next=lines[-1].line.id if lines and has_next else None,
    )


def _open_offers(
    lines: Sequence[DraftedMailbox], draft: OpenDraft, subject: Subject, cut: Cut, today: date
) -> dict[int, Offers]:
    single = draft.totals.in_draft == 1
    opened = [drafted for drafted in lines if single or drafted.mailbox.address == cut.opened]
    offers = {drafted.line.id: _offers(drafted, draft, subject, today) for drafted in opened}
    return {line_id: inside for line_id, inside in offers.items() if inside is not None}


def _offers(drafted: DraftedMailbox, draft: OpenDraft, subject: Subject, today: date) -> Offers | None:
    if drafted.not_renewable is not None:
        return None
    return offers_of(drafted, draft.prices, subject.kind, today)


def _terms(plan: Plan, prices: PriceList) -> tuple[int, ...]:
    try:
        return terms_for(Choice(plan), prices)
    except PriceMissing:
        return ()
