"""Promotions: a true end, no code twice, one at a time, and no change of what was told."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.domain.plans import Plan
from portal.domain.promotions import Promotion
from portal.store.promotions import PromotionRow
from portal.usecases.imports.dated_rows import Imported
from portal.usecases.imports.problems import Reason, RowsRefused
from portal.usecases.imports.promotions import import_promotions
from portal.wiring import Services

HEADER = "code;plans;net;valid_from;valid_to;terms;first_year_only\n"
TODAY = date(2026, 11, 24)
BEGUN = "AUTUNNO;pro;15,00;2026-11-01;2026-12-31;1-2;no\n"
ENDED = "ESTATE;pro;15,00;2026-06-01;2026-08-31;1-2;no\n"
FUTURE = "NATALE;pro;15,00;2027-01-01;2027-01-06;1;yes\n"


def bring_in(services: Services, *rows: str) -> Imported:
    content = (HEADER + "".join(rows)).encode()
    with services.transaction() as session:
        return import_promotions(session, io.BytesIO(content), today=services.today())


def problems(services: Services, *rows: str) -> list[tuple[int, str, str]]:
    with pytest.raises(RowsRefused) as refused:
        bring_in(services, *rows)
    return [(problem.line, problem.column, problem.reason) for problem in refused.value.problems]


def stored(services: Services) -> list[Promotion]:
    with services.reading() as session:
        return [
            row.as_promotion() for row in session.scalars(select(PromotionRow).order_by(PromotionRow.code))
        ]


def test_a_promotion_is_kept_as_it_is_written(services: Services) -> None:
    done = bring_in(services, "autunno;premium, pro;15;2026-11-01;2026-12-31;;\n", FUTURE)

    assert done == Imported(2, 0, 0)
    both = frozenset({Plan.PRO, Plan.PREMIUM})
    assert stored(services) == [
        Promotion("AUTUNNO", both, 1500, date(2026, 11, 1), date(2026, 12, 31)),
        Promotion(
            "NATALE", frozenset({Plan.PRO}), 1500, date(2027, 1, 1), date(2027, 1, 6), frozenset({1}), True
        ),
    ]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("X;pro;15;2026-11-01;;;\n", "valid_to", Reason.REQUIRED),
        ("X;pro;15;2026-11-01;2026-10-31;;\n", "valid_to", Reason.ENDS_BEFORE_START),
        ("X;pro;15;;2026-12-31;;\n", "valid_from", Reason.REQUIRED),
        ("X;pro;15;01/11/2026;2026-12-31;;\n", "valid_from", Reason.ITALIAN_DAY),
        ("X;pro;15;2026-11-01;2026-11-31;;\n", "valid_to", Reason.NOT_A_DAY),
        (";pro;15;2026-11-01;2026-12-31;;\n", "code", Reason.REQUIRED),
        (f"{'A' * 33};pro;15;2026-11-01;2026-12-31;;\n", "code", Reason.NOT_A_CODE),
        ("X;pro;50000;2026-11-01;2026-12-31;;\n", "net", Reason.AMOUNT_TOO_LARGE),
        ("a b;pro;15;2026-11-01;2026-12-31;;\n", "code", Reason.NOT_A_CODE),
        ("X;domain;15;2026-11-01;2026-12-31;;\n", "plans", Reason.NOT_A_CHOICE),
        ("X;;15;2026-11-01;2026-12-31;;\n", "plans", Reason.REQUIRED),
        ("X;pro;gratis;2026-11-01;2026-12-31;;\n", "net", Reason.NOT_AN_AMOUNT),
        ("X;pro;-1;2026-11-01;2026-12-31;;\n", "net", Reason.NOT_AN_AMOUNT),
        ("X;pro;15;2026-11-01;2026-12-31;0;\n", "terms", Reason.NOT_TERMS),
        ("X;pro;15;2026-11-01;2026-12-31;;forse\n", "first_year_only", Reason.NOT_A_CHOICE),
    ],
)
def test_what_is_wrong_is_named(services: Services, row: str, column: str, reason: str) -> None:
    assert problems(services, row) == [(2, column, reason)]
    assert stored(services) == []


def test_the_same_file_again_changes_nothing(services: Services) -> None:
    bring_in(services, BEGUN, ENDED, FUTURE)

    assert bring_in(services, BEGUN, ENDED, FUTURE) == Imported(0, 0, 3)


@pytest.mark.parametrize(
    "row",
    [
        "ESTATE;pro;15,00;2026-12-01;2027-01-31;1-2;no\n",
        "ESTATE;pro;15,00;2026-06-01;2026-12-31;1-2;no\n",
        "ESTATE;premium;9,00;2027-06-01;2027-08-31;1-2;no\n",
    ],
)
def test_an_ended_promotion_is_not_offered_again(services: Services, row: str) -> None:
    bring_in(services, ENDED)

    assert problems(services, row) == [(2, "code", Reason.PROMOTION_ENDED)]


@pytest.mark.parametrize(
    "row",
    [
        "AUTUNNO;pro;15,00;2026-11-01;2027-01-31;1-2;no\n",
        "AUTUNNO;pro;14,00;2026-11-01;2026-12-31;1-2;no\n",
        "AUTUNNO;pro premium;15,00;2026-11-01;2026-12-31;1-2;no\n",
        "AUTUNNO;pro;15,00;2026-11-01;2026-12-31;1;no\n",
        "AUTUNNO;pro;15,00;2026-11-01;2026-12-31;1-2;yes\n",
        "AUTUNNO;pro;15,00;2026-11-01;2026-11-23;1-2;no\n",
    ],
)
def test_a_promotion_that_has_begun_is_not_prolonged_or_changed(services: Services, row: str) -> None:
    bring_in(services, BEGUN)

    assert problems(services, row) == [(2, "valid_to", Reason.PROMOTION_BEGUN)]


def test_a_promotion_that_has_begun_can_end_earlier(services: Services) -> None:
    bring_in(services, BEGUN)

    assert bring_in(services, BEGUN.replace("2026-12-31", TODAY.isoformat())) == Imported(0, 1, 0)
    assert stored(services)[0].valid_to == TODAY


def test_one_that_has_not_begun_can_change(services: Services) -> None:
    bring_in(services, FUTURE)

    assert bring_in(services, FUTURE.replace("15,00", "12,00")) == Imported(0, 1, 0)


def test_a_plan_has_one_promotion_at_a_time(services: Services) -> None:
    bring_in(services, BEGUN)

    inside = f"ALTRA;pro;12,00;{TODAY + timedelta(days=7)};2026-12-24;1;no\n"
    assert problems(services, inside) == [(2, "valid_from", Reason.PROMOTION_OVERLAPS)]
    assert problems(services, FUTURE, FUTURE.replace("NATALE", "BEFANA")) == [
        (3, "valid_from", Reason.OVERLAPS_LINE)
    ]
    assert bring_in(services, inside.replace("pro", "premium")) == Imported(1, 0, 0)


def test_a_code_stands_in_a_file_once(services: Services) -> None:
    again = FUTURE.replace("2027-01-01", "2027-03-01").replace("2027-01-06", "2027-03-06")

    assert problems(services, FUTURE, again) == [(3, "code", Reason.REPEATED_CODE)]
