"""Every row of domain.md 8.7 in one table, each by the rule that charges it.

Through HTTP, as a customer gets there, in `tests/blueprints/`: `test_prices_flow.py` (Standard for one, two
and three years, with space), `test_conventions.py` (4.88), `test_people_pages.py` (split payment),
`test_credit_pages.py` (more space in the middle of a term), `test_renewal_extras.py` (the kit).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from portal.domain.conventions import Convention, Payer
from portal.domain.extra_space import ExtraSpacePolicy, extra_space_charge
from portal.domain.money import vat_cents
from portal.domain.plans import Plan
from portal.domain.price_list import Item, Price, price_list_on
from portal.domain.pricing import Choice, quote_for
from portal.domain.terms import new_expiry

Sums = tuple[int, int, int]
"""Net, VAT, and what is to be paid, in cents."""
Row = Callable[[], Sums]
BEGIN, IN_2012, TODAY = date(2010, 1, 1), date(2012, 5, 2), date(2026, 11, 24)
PRICES = [Price(Item.STANDARD, 500, BEGIN), Price(Item.EXTRA_MAILBOX_GB, 300, BEGIN)]
FNOMCEO = Convention("OMCEO-GE-0015", "FNOMCEO", Payer.MEMBER, Plan.STANDARD, 3, 400, BEGIN)
FULL_YEAR, PRO_RATA = ExtraSpacePolicy
EXPIRY = date(2025, 12, 1)


def renewal(day: date, choice: Choice, *, split: bool = False) -> Row:
    def act() -> Sums:
        prices = price_list_on(PRICES, day, conventions=[FNOMCEO])
        price = quote_for(choice, prices, day=day, split_payment=split)
        return price.net_cents, price.vat_cents, price.due_cents

    return act


def space(gb: int, bought: date, expires_on: date = EXPIRY, policy: ExtraSpacePolicy = FULL_YEAR) -> Row:
    def act() -> Sums:
        net = extra_space_charge(policy, bought, expires_on, gb, 300).net_cents
        vat = vat_cents(net, Decimal(22))
        return net, vat, net + vat

    return act


MEMBER = Choice(Plan.STANDARD, years=3, convention=FNOMCEO.code)
STANDARD = Choice(Plan.STANDARD, years=1)
FEBRUARY = date(2026, 2, 28)
TABLE: dict[str, tuple[Row, Sums]] = {
    "FNOMCEO, 3 y, 2012": (renewal(IN_2012, MEMBER), (400, 84, 484)),
    "FNOMCEO, 3 y, today": (renewal(TODAY, MEMBER), (400, 88, 488)),
    "Standard 1 y": (renewal(TODAY, STANDARD), (500, 110, 610)),
    "Standard 3 y": (renewal(TODAY, Choice(Plan.STANDARD, years=3)), (1500, 330, 1830)),
    "Standard 1 y, 2012": (renewal(IN_2012, STANDARD), (500, 105, 605)),
    "Standard 2 y and 1 GB": (renewal(TODAY, Choice(Plan.STANDARD, 1, 0, 2)), (1600, 352, 1952)),
    "1 GB, 15/06": (space(1, date(2025, 6, 15)), (300, 66, 366)),
    "1 GB, 31/08": (space(1, date(2025, 8, 31)), (300, 66, 366)),
    "1 GB, 01/09, exactly three months": (space(1, date(2025, 9, 1)), (0, 0, 0)),
    "1 GB, 10/10, the seed's example": (space(1, date(2025, 10, 10)), (0, 0, 0)),
    "2 GB, 15/06": (space(2, date(2025, 6, 15)), (600, 132, 732)),
    "1 GB, two years and 2.5 months": (space(1, date(2025, 9, 15), date(2027, 11, 30)), (600, 132, 732)),
    "1 GB, 27/11 to the end of February": (space(1, date(2025, 11, 27), FEBRUARY), (300, 66, 366)),
    "1 GB, 28/11 to the end of February": (space(1, date(2025, 11, 28), FEBRUARY), (0, 0, 0)),
    "1 GB pro rata": (space(1, date(2025, 6, 15), policy=PRO_RATA), (150, 33, 183)),
    "split payment": (renewal(TODAY, STANDARD, split=True), (500, 110, 500)),
}


@pytest.mark.parametrize("name", TABLE)
def test_every_row_of_the_worked_examples(name: str) -> None:
    row, sums = TABLE[name]

    assert row() == sums


@pytest.mark.parametrize(
    ("old", "years", "new"),
    [
        (date(2026, 6, 29), 2, date(2028, 6, 29)),
        (date(2026, 6, 29), 1, date(2027, 6, 29)),
    ],
)
def test_the_new_expiry_counts_from_the_old_one(old: date, years: int, new: date) -> None:
    assert new_expiry(old, years) == new
