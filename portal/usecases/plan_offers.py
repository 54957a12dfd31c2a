"""What the step «Piano» offers for one mailbox: cards, extra space, terms, and when changes take effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from portal.domain.access import Action, SubjectKind, allowed, masked_account
from portal.domain.choices import permitted
from portal.domain.conventions import Convention
from portal.domain.errors import PlanNotOffered, PriceMissing
from portal.domain.money import Cents
from portal.domain.plans import PLANS, SOLD_PLANS, Plan, PlanChange, compare_plans
from portal.domain.price_list import ITEM_OF_PLAN, Item, PriceList
from portal.domain.pricing import Choice, quote_for, terms_for
from portal.domain.promotions import Promotion
from portal.domain.space import FitProblem, FitProblemKind
from portal.domain.terms import new_expiry
from portal.store.draft_queries import DraftedMailbox
from portal.store.mailboxes import Mailbox
from portal.usecases.draft_lines import choice_of, fit_of, mailbox_relation, quote_or_none
from portal.usecases.plan_simulation import Simulation, simulate


@dataclass(frozen=True, slots=True)
class PlanOffer:
    """One plan card. `net_cents` is the plan alone, for the chosen years; None: it is not sold."""

    plan: Plan
    net_cents: Cents | None
    yearly_cents: Cents | None
    """The list price of a year, which follows where the chosen years are in promotion."""
    promotion: Promotion | None
    """The one that makes some years of this plan cheaper, be they the chosen ones or not."""
    is_promoted: bool
    """Whether the chosen years are in promotion."""
    is_current: bool
    is_chosen: bool
    change: PlanChange
    problems: Sequence[FitProblem]
    """Why it cannot be chosen; the deletion of an archive is not among them, a tick permits it."""
    fix: Choice | None
    """The smallest choice of this plan that holds what is used; None: it fits, or no space is enough."""
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
    list_cents: Cents
    """The same by the list: more, where these years are in promotion."""
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
    simulation: Simulation
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
        simulation=simulate(drafted, choice, today),
        deletes_archive_mb=0 if PLANS[choice.plan].has_archive else mailbox.archive_used_mb,
        deletion_accepted=line.archive_deletion_accepted,
        may_change_plan=agreed is None and allowed(relation, Action.CHANGE_PLAN),
        may_change_space=allowed(relation, Action.CHANGE_EXTRA_SPACE),
        keeper_account=masked_account(drafted.account) if drafted.account else "",
    )


def _plan_offer(plan: Plan, choice: Choice, mailbox: Mailbox, prices: PriceList) -> PlanOffer:
    alone = Choice(plan, years=choice.years)
    wanted = permitted(replace(choice, plan=plan))
    problems = fit_of(wanted, mailbox, accepted=True)
    quoted = quote_or_none(alone, prices)
    price = prices.prices.get(ITEM_OF_PLAN[plan])
    promotion = prices.any_promotion_for(plan) if price else None
    return PlanOffer(
        plan=plan,
        net_cents=quoted.net_cents if quoted else None,
        yearly_cents=price.net_cents if price else None,
        promotion=promotion,
        is_promoted=promotion is not None and choice.years in promotion.terms,
        is_current=plan == mailbox.plan,
        is_chosen=plan == choice.plan,
        change=compare_plans(mailbox.plan, plan),
        problems=problems,
        fix=_fix(wanted, problems),
        deletes_archive=not PLANS[plan].has_archive and mailbox.archive_used_mb > 0,
    )


def _fix(wanted: Choice, problems: Sequence[FitProblem]) -> Choice | None:
    """Return the choice with as much more space as holds what is used. Source: domain.md 3.3."""
    if not problems or any(problem.fix_extra_gb is None for problem in problems):
        return None
    fixes = {problem.kind: problem.fix_extra_gb or 0 for problem in problems}
    return replace(
        wanted,
        extra_mailbox_gb=fixes.get(FitProblemKind.MAILBOX_TOO_SMALL, wanted.extra_mailbox_gb),
        extra_archive_gb=fixes.get(FitProblemKind.ARCHIVE_TOO_SMALL, wanted.extra_archive_gb),
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
    by_list = prices.at_list_price()
    return [
        TermOffer(
            years,
            net_cents=_net(replace(choice, years=years), prices),
            list_cents=_net(replace(choice, years=years), by_list),
            expires_after=new_expiry(mailbox.expires_on, years),
        )
        for years in offered
    ]


def _net(choice: Choice, prices: PriceList) -> Cents:
    return quote_for(choice, prices, day=prices.day).net_cents
