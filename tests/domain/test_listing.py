"""The list's pages and badges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from portal.domain.listing import PAGE_ROWS, Place, Standing, one_page, standing_on
from portal.domain.plans import Plan

EXPIRY = date(2026, 12, 24)


@dataclass
class Line:
    expires_on: date
    address: str


def lines(count: int) -> list[Line]:
    return [Line(EXPIRY, f"casella.{number:03}@pec.example") for number in range(count)]


@pytest.mark.parametrize(
    ("days_before_expiry", "standing"),
    [
        (400, Standing.ACTIVE),
        (91, Standing.ACTIVE),
        (90, Standing.EXPIRING),
        (0, Standing.EXPIRING),
        (-1, Standing.SUSPENDED),
        (-90, Standing.SUSPENDED),
        (-91, Standing.CANCELLED),
    ],
)
def test_the_badge_follows_the_dates(days_before_expiry: int, standing: Standing) -> None:
    assert standing_on(EXPIRY - timedelta(days=days_before_expiry), EXPIRY, Plan.STANDARD) is standing


def test_a_domain_mailbox_is_cancelled_after_thirty_days() -> None:
    assert standing_on(EXPIRY + timedelta(days=31), EXPIRY, Plan.DOMAIN) is Standing.CANCELLED


def test_an_early_termination_wins_over_expiring() -> None:
    assert standing_on(EXPIRY, EXPIRY, Plan.PRO, cancelled_on=EXPIRY) is Standing.CANCELLED


def test_a_single_page_has_no_neighbours() -> None:
    page = one_page(lines(PAGE_ROWS), None)

    assert len(page.rows) == PAGE_ROWS
    assert page.previous is None
    assert page.next is None


def test_the_row_too_many_opens_the_next_page_after_the_last_shown() -> None:
    page = one_page(lines(PAGE_ROWS + 1), None)

    assert [row.address for row in page.rows] == [row.address for row in lines(PAGE_ROWS)]
    assert page.previous is None
    assert page.next == Place(EXPIRY, "casella.049@pec.example")


def test_going_forward_there_is_always_a_way_back() -> None:
    page = one_page(lines(3), Place(EXPIRY, "a@pec.example"))

    assert page.previous == Place(EXPIRY, "casella.000@pec.example", backward=True)
    assert page.next is None


def test_going_backward_the_first_row_is_the_one_too_many() -> None:
    page = one_page(lines(PAGE_ROWS + 1), Place(EXPIRY, "z@pec.example", backward=True))

    assert page.rows[0].address == "casella.001@pec.example"
    assert page.previous == Place(EXPIRY, "casella.001@pec.example", backward=True)
    assert page.next == Place(EXPIRY, "casella.050@pec.example")


def test_going_backward_to_the_start_ends_there() -> None:
    page = one_page(lines(PAGE_ROWS), Place(EXPIRY, "z@pec.example", backward=True))

    assert page.previous is None
    assert page.next == Place(EXPIRY, "casella.049@pec.example")


def test_a_page_that_is_gone_has_no_neighbours() -> None:
    page = one_page([], Place(EXPIRY, "z@pec.example"))

    assert (page.rows, page.previous, page.next) == ([], None, None)
