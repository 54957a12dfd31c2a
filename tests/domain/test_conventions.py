"""What was agreed with a body: from when to when, for how many years, at what price, and who pays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.domain.conventions import (
    Convention,
    ConventionStanding,
    Payer,
    conventions_on,
    overlapping,
    standing_of,
)
from portal.domain.plans import Plan

TODAY = date(2026, 11, 24)
DOCTORS = Convention("OMCEO-GE-0015", "Medici", Payer.MEMBER, Plan.STANDARD, 3, 400, date(2012, 1, 1))
ARCHITECTS = Convention("ARCH-0001", "Architetti", Payer.BODY, Plan.STANDARD, 3, 0, date(2024, 1, 1))
LAWYERS = Convention(
    "AVV-0007", "Avvocati", Payer.MEMBER, Plan.STANDARD, 1, 300, date(2024, 1, 1), date(2026, 11, 24)
)
EVERY = [DOCTORS, ARCHITECTS, LAWYERS]


@pytest.mark.parametrize(
    ("day", "codes"),
    [
        (date(2011, 12, 31), set()),
        (date(2012, 1, 1), {"OMCEO-GE-0015"}),
        (date(2023, 12, 31), {"OMCEO-GE-0015"}),
        (date(2024, 1, 1), {"OMCEO-GE-0015", "ARCH-0001", "AVV-0007"}),
        (date(2026, 11, 24), {"OMCEO-GE-0015", "ARCH-0001", "AVV-0007"}),
        (date(2026, 11, 25), {"OMCEO-GE-0015", "ARCH-0001"}),
    ],
)
def test_both_first_and_last_day_are_in_force(day: date, codes: set[str]) -> None:
    assert set(conventions_on(EVERY, day)) == codes


@pytest.mark.parametrize(
    ("code", "day", "standing"),
    [
        (None, TODAY, None),
        ("OMCEO-GE-0015", TODAY, ConventionStanding.MEMBER_PAYS),
        ("OMCEO-GE-0015", date(2011, 12, 31), ConventionStanding.NOT_IN_FORCE),
        ("ARCH-0001", TODAY, ConventionStanding.BODY_PAYS),
        ("AVV-0007", TODAY, ConventionStanding.MEMBER_PAYS),
        ("AVV-0007", date(2026, 11, 25), ConventionStanding.NOT_IN_FORCE),
        ("UNKNOWN", TODAY, ConventionStanding.NOT_IN_FORCE),
        ("", TODAY, ConventionStanding.NOT_IN_FORCE),
    ],
)
def test_how_a_mailbox_stands_by_its_code(
    code: str | None, day: date, standing: ConventionStanding | None
) -> None:
    assert standing_of(code, conventions_on(EVERY, day)) is standing


@pytest.mark.parametrize(
    ("first", "last", "shares_a_day"),
    [
        (date(2024, 1, 1), date(2024, 12, 31), True),
        (date(2026, 11, 24), None, True),
        (date(2026, 11, 25), None, False),
        (date(2023, 1, 1), date(2023, 12, 31), False),
        (date(2023, 1, 1), date(2024, 1, 1), True),
    ],
)
def test_two_rows_of_a_code_share_a_day_or_not(first: date, last: date | None, shares_a_day: bool) -> None:
    other = replace(LAWYERS, valid_from=first, valid_to=last)

    assert bool(overlapping([LAWYERS, other])) is shares_a_day
    assert overlapping([LAWYERS, replace(other, code="OTHER")]) == []


def test_of_two_rows_that_overlap_the_later_counts() -> None:
    dearer = replace(DOCTORS, total_net_cents=450, valid_from=date(2026, 1, 1))

    assert conventions_on([dearer, DOCTORS], TODAY) == {"OMCEO-GE-0015": dearer}
