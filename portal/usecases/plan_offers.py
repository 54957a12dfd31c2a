"""What the step «Piano» offers for one mailbox: cards, extra space, terms, and when changes take effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from portal.domain.access import Action, SubjectKind, allowed, masked_account
from portal.domain.choices import permitted
from portal.domain.conventions import Convention
from portal.domain.errors import PlanNotOffered, PriceMissing
from portal.domain.lifecycle import MailboxState, state_on
from portal.domain.money import Cents
from portal.domain.plans import PLANS, SOLD_PLANS, Plan, PlanChange, compare_plans
from portal.domain.pricing import ITEM_OF_PLAN, Choice, Item, PriceList, quote_for, terms_for
from portal.domain.space import FitProblem, FitProblemKind
from portal.domain.terms import new_expiry
from portal.store.draft_queries import DraftedMailbox
from portal.store.mailboxes import Mailbox
from portal.usecases.draft_lines import choice_of, fit_of, mailbox_relation, quote_or_none


class Effect(StrEnum):
    """What changes besides the expiry. Source: domain.md 3.4."""

    BIGGER_PLAN = "bigger_plan"
    SMALLER_PLAN = "smaller_plan"
    MORE_SPACE = "more_space"
    LESS_SPACE = "less_space"


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """One plan card. `net_cents` is the plan alone, for the chosen years; None: it is not sold."""

    plan: Plan
    net_cents: Cents | None
    yearly_cents: Cents | None
    is_current: bool
    is_chosen: bool
    change: PlanChange
    problems: Sequence[FitProblem]
    """Why it cannot be chosen; the deletion of an archive is not among them, a tick permits it."""
    deletes_archive: bool


@dataclass(frozen=True, slots=True)
class SpaceOffer:
    """One stepper of extra space, in GB; `yearly_cents` is net for one GB."""

    chosen: int
    least: int
    """The smallest that holds what is used."""
    most: int
    yearly_cents: Cents | None


@dataclass(frozen=True, slots=True)
class TermOffer:
    """One «Durata»: what the mailbox's whole choice costs for so many years, and until when it lasts."""

    years: int
    net_cents: Cents
    expires_after: date


@dataclass(frozen=True, slots=True)
class Offers:
    """The inside of an open row."""

    agreed: Convention | None
    """The convention that fixes plan, term and price: there is neither card nor term to choose."""
    agreed_until: date | None
    """Until when it lasts then."""
    plans: Sequence[PlanOffer]
    mailbox_space: SpaceOffer
    archive_space: SpaceOffer | None
    terms: Sequence[TermOffer]
    effects: Sequence[Effect]
    changes_on: date | None
    """When what becomes smaller does so; None: as soon as the payment is registered."""
    deletes_archive_mb: int
    deletion_accepted: bool
    may_change_plan: bool
    may_change_space: bool
    keeper_account: str
    """The account that may change what this sign-in may not, masked; empty if there is none."""


def offers_of(drafted: DraftedMailbox, prices: PriceList, kind: SubjectKind, today: date) -> Offers:
    """Return what can be chosen for one line. Source: product.md 4 (1), domain.md 2.2, 3.3, 3.4."""
    line, mailbox = drafted.line, drafted.mailbox
    choice, relation = choice_of(line, mailbox), mailbox_relation(kind, mailbox)
    agreed = prices.conventions.get(choice.convention) if choice.convention else None
    return Offers(
        agreed=agreed,
        agreed_until=new_expiry(mailbox.expires_on, agreed.term_years) if agreed else None,
        plans=[] if agreed else [_plan_offer(plan, choice, mailbox, prices) for plan in SOLD_PLANS],
        mailbox_space=_mailbox_space(choice, mailbox, prices),
        archive_space=_archive_space(choice, mailbox, prices),
        terms=[] if agreed else _terms(choice, mailbox, prices),
        effects=effects_of(choice, mailbox),
        changes_on=smaller_from(mailbox, today),
        deletes_archive_mb=0 if PLANS[choice.plan].has_archive else mailbox.archive_used_mb,
        deletion_accepted=line.archive_deletion_accepted,
        may_change_plan=agreed is None and allowed(relation, Action.CHANGE_PLAN),
        may_change_space=allowed(relation, Action.CHANGE_EXTRA_SPACE),
        keeper_account=masked_account(drafted.account) if drafted.account else "",
    )


def effects_of(choice: Choice, mailbox: Mailbox) -> list[Effect]:
    """Return what becomes bigger or smaller with the renewal. Source: domain.md 3.4."""
    before = Choice(mailbox.plan, mailbox.extra_mailbox_gb, mailbox.extra_archive_gb)
    change = compare_plans(before.plan, choice.plan)
    plan_effect = {PlanChange.UPGRADE: [Effect.BIGGER_PLAN], PlanChange.DOWNGRADE: [Effect.SMALLER_PLAN]}
    more = (
        choice.extra_mailbox_gb > before.extra_mailbox_gb or choice.extra_archive_gb > before.extra_archive_gb
    )
    less = (
        choice.extra_mailbox_gb < before.extra_mailbox_gb or choice.extra_archive_gb < before.extra_archive_gb
    )
    return [
        *plan_effect.get(change, []),
        *([Effect.MORE_SPACE] if more else []),
        *([Effect.LESS_SPACE] if less else []),
    ]


def smaller_from(mailbox: Mailbox, today: date) -> date | None:
    """Return the day after the old expiry, or None in suspension, where it acts at once.

    Source: domain.md 3.4.
    """
    state = state_on(today, mailbox.expires_on, PLANS[mailbox.plan].grace_days, mailbox.cancelled_on)
    return mailbox.expires_on + timedelta(days=1) if state is MailboxState.ACTIVE else None


def _plan_offer(plan: Plan, choice: Choice, mailbox: Mailbox, prices: PriceList) -> PlanOffer:
    alone = Choice(plan, years=choice.years)
    quoted = quote_or_none(alone, prices)
    price = prices.prices.get(ITEM_OF_PLAN[plan])
    return PlanOffer(
        plan=plan,
        net_cents=quoted.net_cents if quoted else None,
        yearly_cents=price.net_cents if price else None,
        is_current=plan == mailbox.plan,
        is_chosen=plan == choice.plan,
        change=compare_plans(mailbox.plan, plan),
        problems=fit_of(permitted(replace(choice, plan=plan)), mailbox, accepted=True),
        deletes_archive=not PLANS[plan].has_archive and mailbox.archive_used_mb > 0,
    )


def _mailbox_space(choice: Choice, mailbox: Mailbox, prices: PriceList) -> SpaceOffer:
    most = PLANS[choice.plan].max_extra_mailbox_gb
    needed = _needed(FitProblemKind.MAILBOX_TOO_SMALL, choice, mailbox, most)
    chosen = choice.extra_mailbox_gb
    return SpaceOffer(chosen, min(needed, chosen), most, _unit(Item.EXTRA_MAILBOX_GB, prices))


def _archive_space(choice: Choice, mailbox: Mailbox, prices: PriceList) -> SpaceOffer | None:
    if not PLANS[choice.plan].has_archive:
        return None
    most = PLANS[choice.plan].max_extra_archive_gb
    needed = _needed(FitProblemKind.ARCHIVE_TOO_SMALL, choice, mailbox, most)
    chosen = choice.extra_archive_gb
    return SpaceOffer(chosen, min(needed, chosen), most, _unit(Item.EXTRA_ARCHIVE_GB, prices))


def _needed(kind: FitProblemKind, choice: Choice, mailbox: Mailbox, most: int) -> int:
    """Return the smallest extra space of that kind that holds what is used, or the most there is."""
    bare = replace(choice, extra_mailbox_gb=0, extra_archive_gb=0)
    fixes = [found.fix_extra_gb for found in fit_of(bare, mailbox, accepted=True) if found.kind is kind]
    return next((most if fix is None else fix for fix in fixes), 0)


def _unit(item: Item, prices: PriceList) -> Cents | None:
    return prices.prices[item].net_cents if item in prices.prices else None


def _terms(choice: Choice, mailbox: Mailbox, prices: PriceList) -> list[TermOffer]:
    try:
        offered = terms_for(choice, prices)
    except (PriceMissing, PlanNotOffered):
        return []
    return [
        TermOffer(
            years,
            quote_for(replace(choice, years=years), prices, day=prices.day).net_cents,
            new_expiry(mailbox.expires_on, years),
        )
        for years in offered
    ]
