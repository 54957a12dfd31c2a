"""What a renewal costs: choices, and the quote that explains itself line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from portal.domain.charges import Basis, Charge, agreed, listed, one_off, promoted
from portal.domain.errors import ExtraNotOffered, PlanNotOffered, TermNotOffered
from portal.domain.money import Amounts, Cents, amounts
from portal.domain.plans import Plan
from portal.domain.price_list import ITEM_OF_PLAN, POSITION, Item, PriceList
from portal.domain.promotions import PAYABLE_AFTER_END
from portal.domain.terms import offered_terms
from portal.domain.vat import vat_rate_on

_BASES = list(Basis)


@dataclass(frozen=True, slots=True)
class Choice:
    """What one mailbox becomes. Whether its contents fit is `space.check_fit`'s to say. Raises ValueError."""

    plan: Plan
    extra_mailbox_gb: int = 0
    extra_archive_gb: int = 0
    years: int = 1
    convention: str | None = None
    """The code of the convention that fixes plan, years and the price of the whole term."""

    def __post_init__(self) -> None:
        if min(self.extra_mailbox_gb, self.extra_archive_gb) < 0 or self.years < 1:
            raise ValueError(f"no such choice: {self}")


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """One row of «Vedi dettagli costi»: so many mailboxes, GB or pieces of one charge, and their sum."""

    charge: Charge
    quantity: int
    net_cents: Cents


@dataclass(frozen=True, slots=True)
class Quote:
    """The price of an order: its lines, and the sums that follow from them. `vat_rate` is per cent."""

    lines: Sequence[QuoteLine]
    net_cents: Cents
    vat_rate: Decimal
    vat_cents: Cents
    gross_cents: Cents
    due_cents: Cents
    """The gross, or the net under split payment."""

    @property
    def payable_until(self) -> date | None:
        """Return the last day on which the prices of a promotion can be paid; None: none is in it.

        Source: domain.md 5 (3).
        """
        charges = [line.charge for line in self.lines]
        ends = [each.valid_to for each in charges if each.basis is Basis.PROMOTION and each.valid_to]
        return min(ends) + PAYABLE_AFTER_END if ends else None

    def net_of(self, *items: Item) -> Cents:
        """Return the net sum of the lines of these items."""
        return sum(line.net_cents for line in self.lines if line.charge.item in items)


def terms_for(choice: Choice, prices: PriceList) -> tuple[int, ...]:
    """Return the years for which all parts of the choice are sold; in a convention its own at most.

    Raises PriceMissing, PlanNotOffered, ConventionNotPayable. Source: domain.md C13, 8.6.
    """
    return offered_terms(_terms_of(item, choice, prices) for item, _ in _parts(choice))


def quote(
    choices: Iterable[tuple[Choice, int]],
    prices: PriceList,
    *,
    day: date,
    split_payment: bool = False,
    extras: Mapping[str, int] = MappingProxyType({}),
) -> Quote:
    """Return the price of the choices, each made for so many mailboxes, on a day.

    Equal charges are one line, in the order of `Item`, then of years, whatever the order of the choices;
    the extras, so many pieces of each by its code, come last. VAT is rounded half up once, on the sum.
    Raises PriceMissing, TermNotOffered, PlanNotOffered, ConventionNotPayable, ExtraNotOffered; ValueError
    for a list of another day or a number below zero. Source: domain.md 8.2.
    """
    if prices.day != day:
        raise ValueError(f"prices of {prices.day} for a quote of {day}")
    quantities = _quantities(choices, prices) + _pieces(extras, prices)
    lines = tuple(_line(charge, quantities[charge]) for charge in sorted(quantities, key=_place))
    return _total(lines, vat_rate_on(day), split_payment)


def quote_for(choice: Choice, prices: PriceList, *, day: date, split_payment: bool = False) -> Quote:
    """Return the price of one mailbox's choice. Raises as `quote`."""
    return quote([(choice, 1)], prices, day=day, split_payment=split_payment)


def amounts_of(quote: Quote, *, split_payment: bool) -> Amounts:
    """Return the sums of a quote as an order and a kept quote carry them."""
    sums = (quote.net_cents, quote.vat_rate, quote.vat_cents, quote.gross_cents)
    return Amounts(*sums, split_payment, quote.due_cents)


def line_costs(quote: Quote) -> Mapping[str, Cents]:
    """Return what one mailbox's line of an order says of its net: the whole, and its three parts."""
    mailbox, archive = quote.net_of(Item.EXTRA_MAILBOX_GB), quote.net_of(Item.EXTRA_ARCHIVE_GB)
    return {
        "base_net_cents": quote.net_cents - mailbox - archive,
        "extra_mailbox_net_cents": mailbox,
        "extra_archive_net_cents": archive,
        "net_cents": quote.net_cents,
    }


def _parts(choice: Choice) -> Iterator[tuple[Item, int]]:
    """Yield what one mailbox's choice consists of: items that recur, and how many units of each."""
    if choice.plan not in ITEM_OF_PLAN:
        raise PlanNotOffered(choice.plan)
    yield ITEM_OF_PLAN[choice.plan], 1
    if choice.extra_mailbox_gb:
        yield Item.EXTRA_MAILBOX_GB, choice.extra_mailbox_gb
    if choice.extra_archive_gb:
        yield Item.EXTRA_ARCHIVE_GB, choice.extra_archive_gb


def _terms_of(item: Item, choice: Choice, prices: PriceList) -> Collection[int]:
    if choice.convention is None or item is not ITEM_OF_PLAN[choice.plan]:
        return prices.price(item).terms
    agreed = prices.agreed(choice.convention)
    if choice.plan is not agreed.plan:
        raise PlanNotOffered(choice.plan)
    return (agreed.term_years,)


def _charges(choice: Choice, prices: PriceList) -> Iterator[tuple[Charge, int]]:
    """Yield what one mailbox's choice is charged, and how many units of each."""
    for item, units in _parts(choice):
        if item is ITEM_OF_PLAN[choice.plan]:
            yield from ((charge, units) for charge in _of_plan(item, choice, prices))
        else:
            yield listed(item, choice.years, prices.price(item)), units


def _of_plan(item: Item, choice: Choice, prices: PriceList) -> Iterator[Charge]:
    """Yield what the plan alone is charged: by the convention, a promotion or the list."""
    if choice.convention is not None:
        yield agreed(item, prices.agreed(choice.convention))
    elif promotion := prices.promotion_for(choice.plan, choice.years):
        yield from promoted(item, choice.years, promotion, prices)
    else:
        yield listed(item, choice.years, prices.price(item))


def _quantities(choices: Iterable[tuple[Choice, int]], prices: PriceList) -> Counter[Charge]:
    """Return how many units are bought at each charge."""
    quantities: Counter[Charge] = Counter()
    for choice, mailboxes in choices:
        offered = terms_for(choice, prices)
        if choice.years not in offered:
            raise TermNotOffered(choice.years, offered)
        if mailboxes < 0:
            raise ValueError(f"{mailboxes} mailboxes")
        for charge, units in _charges(choice, prices):
            quantities[charge] += units * mailboxes
    return quantities


def _pieces(extras: Mapping[str, int], prices: PriceList) -> Counter[Charge]:
    """Return how many pieces of each extra are bought. Raises ExtraNotOffered."""
    if min(extras.values(), default=0) < 0:
        raise ValueError(f"fewer pieces than none: {dict(extras)}")
    if missing := sorted(extras.keys() - prices.extras.keys()):
        raise ExtraNotOffered(missing[0])
    return Counter({one_off(prices.extras[code]): pieces for code, pieces in extras.items()})


def _place(charge: Charge) -> tuple[int, int, int, str]:
    """Return where a charge stands in a quote."""
    item = len(POSITION) if charge.item is None else POSITION[charge.item]
    return item, charge.years, _BASES.index(charge.basis), charge.code


def _line(charge: Charge, quantity: int) -> QuoteLine:
    return QuoteLine(charge, quantity, charge.net_cents * quantity)


def _total(lines: Sequence[QuoteLine], vat_rate: Decimal, split_payment: bool) -> Quote:
    found = amounts(sum(line.net_cents for line in lines), vat_rate, split_payment=split_payment)
    return Quote(lines, found.net_cents, vat_rate, found.vat_cents, found.gross_cents, found.due_cents)
