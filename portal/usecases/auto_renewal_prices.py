"""What an auto-renewal costs: the list price, for the term of last time. Source: domain.md 6, 8.5."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.auto_renewal import is_within, term_to_renew
from portal.domain.errors import ConventionNotPayable, PlanNotOffered, PriceMissing
from portal.domain.money import Cents
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, Quote, quote_for, terms_for
from portal.store.auto_renewal_facts import RenewalFacts


@dataclass(frozen=True, slots=True)
class PricedRenewal:
    """A mailbox with what it becomes by itself and what that costs."""

    facts: RenewalFacts
    choice: Choice
    quote: Quote
    day: date
    """Whose prices and VAT those are."""

    @property
    def due_cents(self) -> Cents:
        return self.quote.due_cents

    @property
    def is_allowed(self) -> bool:
        """Say whether both the customer's own maximum and the mandate allow the charge. Source: S42."""
        return may_be_charged(self.facts, self.due_cents)


def may_be_charged(facts: RenewalFacts, amount_cents: Cents) -> bool:
    """Say whether the method that renews the mailbox may be charged so much."""
    return is_within(amount_cents, facts.maximum_cents) and amount_cents <= facts.mandated_cents


def price_renewal(facts: RenewalFacts, prices: PriceList, years: int | None = None) -> PricedRenewal | None:
    """Return the renewal at the list price of that day, for these years or for those of last time.

    None where it is not sold so: then nothing is promised and nothing charged.
    """
    listed = prices.at_list_price()
    choice = Choice(
        facts.plan, facts.extra_mailbox_gb, facts.extra_archive_gb, convention=facts.convention_code
    )
    try:
        offered = terms_for(choice, listed)
    except (PriceMissing, PlanNotOffered, ConventionNotPayable):
        return None
    term = term_to_renew(years or facts.agreed_years or facts.last_years, offered)
    if term is None or (years is not None and term != years):
        return None
    made = Choice(
        facts.plan, facts.extra_mailbox_gb, facts.extra_archive_gb, term, convention=facts.convention_code
    )
    cost = quote_for(made, listed, day=listed.day, split_payment=facts.split_payment)
    return PricedRenewal(facts, made, cost, listed.day)
