"""Extra space whose mailbox somebody else renews: when it is due, what it costs, when it is told."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.extra_renewal import (
    credit_milestone,
    extra_due_on,
    extra_renewal_price,
    paid_after_order,
    space_term,
)
from portal.domain.extra_space import ExtraSpacePolicy
from portal.domain.money import amounts
from portal.domain.space_purchase import GbPrices, SpaceWanted
from portal.domain.vat import vat_rate_on

A, B = ExtraSpacePolicy.FULL_YEAR_WITH_FREE_WINDOW, ExtraSpacePolicy.MONTHLY_PRO_RATA
DAY = date(2026, 12, 1)
PRICES = GbPrices(300, 400)


@pytest.mark.parametrize(
    ("paid_until", "expires_on", "due_on"),
    [
        (None, DAY, None),
        (DAY, DAY, None),
        (date(2027, 12, 1), DAY, None),
        (DAY, date(2026, 12, 2), date(2026, 12, 2)),
        (DAY, date(2029, 12, 1), date(2026, 12, 2)),
        (date(2028, 2, 29), date(2029, 2, 28), date(2028, 3, 1)),
    ],
)
def test_what_is_behind_its_mailbox_is_due_on_the_first_day_not_paid(
    paid_until: date | None, expires_on: date, due_on: date | None
) -> None:
    assert extra_due_on(paid_until, expires_on) == due_on


@pytest.mark.parametrize(
    ("policy", "until", "held", "net", "gross"),
    [
        (A, date(2027, 12, 1), SpaceWanted(1), 300, 366),
        (A, date(2027, 12, 1), SpaceWanted(2, 1), 1000, 1220),
        (A, date(2029, 12, 1), SpaceWanted(1), 900, 1098),
        (A, date(2027, 3, 1), SpaceWanted(1), 0, 0),  # three months: the window in which space is free
        (A, date(2027, 3, 2), SpaceWanted(1), 300, 366),
        (A, date(2028, 3, 2), SpaceWanted(1), 600, 732),
        (B, date(2027, 12, 1), SpaceWanted(1), 300, 366),
        (B, date(2029, 12, 1), SpaceWanted(1), 900, 1098),
        (B, date(2026, 12, 15), SpaceWanted(1), 25, 31),
    ],
)
def test_a_renewal_costs_the_years_price_for_each_year(
    policy: ExtraSpacePolicy, until: date, held: SpaceWanted, net: int, gross: int
) -> None:
    price = extra_renewal_price(policy, DAY, until, held, PRICES)

    found = amounts(price.net_cents, vat_rate_on(DAY), split_payment=False)
    assert (found.net_cents, found.gross_cents) == (net, gross)


@pytest.mark.parametrize(
    ("paid_until", "expired_on", "expires_on", "years", "has_extra", "after"),
    [
        (DAY, DAY, date(2028, 12, 1), 2, True, date(2028, 12, 1)),
        (None, DAY, date(2028, 12, 1), 2, True, date(2028, 12, 1)),
        (DAY, DAY, date(2028, 12, 1), 2, False, DAY),
        (None, DAY, date(2028, 12, 1), 2, False, None),
        (DAY, date(2029, 12, 1), date(2030, 12, 1), 1, True, date(2027, 12, 1)),
        (date(2028, 2, 29), date(2029, 2, 28), date(2030, 2, 28), 1, True, date(2029, 2, 28)),
    ],
)
def test_an_order_pays_the_years_it_was_for_and_no_arrears(
    paid_until: date | None,
    expired_on: date,
    expires_on: date,
    years: int,
    has_extra: bool,
    after: date | None,
) -> None:
    assert paid_after_order(paid_until, expired_on, expires_on, years, has_extra=has_extra) == after


@pytest.mark.parametrize(
    ("paid_until", "expires_on", "until"),
    [(None, DAY, DAY), (DAY, DAY, DAY), (DAY, date(2029, 12, 1), DAY), (date(2029, 12, 1), DAY, DAY)],
)
def test_one_mailboxs_extra_space_is_paid_to_one_day(
    paid_until: date | None, expires_on: date, until: date
) -> None:
    assert space_term(paid_until, expires_on) == until


@pytest.mark.parametrize(
    ("today", "milestone"),
    [
        (date(2026, 9, 1), None),
        (date(2026, 9, 2), -90),
        (date(2026, 10, 31), -90),
        (date(2026, 11, 1), -30),
        (date(2026, 11, 23), -30),
        (date(2026, 11, 24), -7),
        (date(2026, 12, 1), -7),
        (date(2026, 12, 2), 1),
        (date(2027, 6, 1), 1),
    ],
)
def test_the_latest_milestone_alone_is_told(today: date, milestone: int | None) -> None:
    assert credit_milestone(DAY, today) == milestone
