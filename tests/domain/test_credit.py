"""Credit: the order in which it is spent, what lapses, what can be put in."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.credit import (
    Lot,
    check_top_up,
    draws,
    leftover_expires_on,
    top_up_for,
    usable_cents,
)
from portal.domain.credit_errors import CreditTooSmall, TopUpOutOfRange

SOON, LATE = date(2027, 1, 1), date(2027, 6, 1)


@pytest.mark.parametrize(
    ("lots", "cents", "taken"),
    [
        ([Lot(1, 500, None)], 500, [(1, 500)]),
        ([Lot(1, 500, None), Lot(2, 300, SOON)], 400, [(2, 300), (1, 100)]),
        ([Lot(1, 500, LATE), Lot(2, 300, SOON), Lot(3, 9, None)], 805, [(2, 300), (1, 500), (3, 5)]),
        ([Lot(2, 300, None), Lot(1, 300, None)], 400, [(1, 300), (2, 100)]),
        ([Lot(1, 500, None)], 0, []),
    ],
)
def test_what_lapses_soonest_is_spent_first(
    lots: list[Lot], cents: int, taken: list[tuple[int, int]]
) -> None:
    assert draws(lots, cents) == taken


@pytest.mark.parametrize(("lots", "missing"), [([], 610), ([Lot(1, 600, None)], 10)])
def test_credit_pays_all_or_nothing(lots: list[Lot], missing: int) -> None:
    with pytest.raises(CreditTooSmall) as refused:
        draws(lots, 610)

    assert refused.value.missing_cents == missing


@pytest.mark.parametrize(
    ("today", "usable"), [(date(2026, 12, 31), 800), (SOON, 800), (date(2027, 1, 2), 500)]
)
def test_a_leftover_can_be_used_through_its_last_day(today: date, usable: int) -> None:
    assert usable_cents([Lot(1, 500, None), Lot(2, 300, SOON)], today) == usable


@pytest.mark.parametrize(
    ("day", "until"),
    [(date(2026, 11, 26), date(2027, 11, 26)), (date(2028, 2, 29), date(2029, 2, 28))],
)
def test_leftovers_lapse_after_twelve_months(day: date, until: date) -> None:
    assert leftover_expires_on(day) == until


@pytest.mark.parametrize(
    ("missing", "proposed"), [(0, 500), (1, 500), (500, 500), (501, 501), (50_000, 50_000), (50_001, 50_000)]
)
def test_the_missing_amount_is_proposed(missing: int, proposed: int) -> None:
    assert top_up_for(missing) == proposed


@pytest.mark.parametrize("cents", [500, 50_000])
def test_five_to_five_hundred_euros_can_be_put_in(cents: int) -> None:
    check_top_up(cents)


@pytest.mark.parametrize("cents", [-500, 0, 499, 50_001])
def test_less_or_more_cannot(cents: int) -> None:
    with pytest.raises(TopUpOutOfRange):
        check_top_up(cents)
