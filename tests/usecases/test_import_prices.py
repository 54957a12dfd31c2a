"""The price list: dated rows, no overlap, and nothing that has been in force ever changes."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import portal.demo
from portal.domain.price_list import Item
from portal.store.prices import PriceRow, prices_on
from portal.usecases.imports.dated_rows import Imported
from portal.usecases.imports.prices import import_prices
from portal.usecases.imports.problems import Reason, RowsRefused
from portal.wiring import Services

HEADER = "item;net;valid_from;valid_to;terms\n"
TODAY = date(2026, 11, 24)
STANDARD = "standard;5,00;2026-01-01;;1-5\n"


def bring_in(services: Services, *rows: str, header: str = HEADER) -> Imported:
    content = (header + "".join(rows)).encode()
    with services.transaction() as session:
        return import_prices(session, io.BytesIO(content), today=services.today())


def problems(services: Services, *rows: str) -> list[tuple[int, str, str]]:
    with pytest.raises(RowsRefused) as refused:
        bring_in(services, *rows)
    return [(problem.line, problem.column, problem.reason) for problem in refused.value.problems]


def price_list(services: Services) -> list[tuple[str, int, date, date | None, str]]:
    columns = (PriceRow.item, PriceRow.net_cents, PriceRow.valid_from, PriceRow.valid_to, PriceRow.terms)
    with services.reading() as session:
        rows = session.execute(select(*columns).order_by(PriceRow.item, PriceRow.valid_from))
        return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("oro;5;2026-01-01;;\n", "item", Reason.NOT_A_CHOICE),
        (";5;2026-01-01;;\n", "item", Reason.REQUIRED),
        ("standard;5;2026-02-30;;\n", "valid_from", Reason.NOT_A_DAY),
        ("standard;;2026-01-01;;\n", "net", Reason.REQUIRED),
        ("standard;cinque;2026-01-01;;\n", "net", Reason.NOT_AN_AMOUNT),
        ("standard;-5;2026-01-01;;\n", "net", Reason.NOT_AN_AMOUNT),
        ("standard;1.234;2026-01-01;;\n", "net", Reason.NOT_AN_AMOUNT),
        ("standard;50000;2026-01-01;;\n", "net", Reason.AMOUNT_TOO_LARGE),
        ("standard;5;;;\n", "valid_from", Reason.REQUIRED),
        ("standard;5;01/01/2026;;\n", "valid_from", Reason.ITALIAN_DAY),
        ("standard;5;2026-01-01;2025-12-31;\n", "valid_to", Reason.ENDS_BEFORE_START),
        ("standard;5;2026-01-01;;5-1\n", "terms", Reason.NOT_TERMS),
        ("standard;5;2026-01-01;;0-5\n", "terms", Reason.NOT_TERMS),
        ("standard;5;2026-01-01;;1-11\n", "terms", Reason.NOT_TERMS),
        ("standard;5;2026-01-01;;1,x\n", "terms", Reason.NOT_TERMS),
        ("standard;5;2026-01-01;;un anno\n", "terms", Reason.NOT_TERMS),
    ],
)
def test_a_bad_price_is_told_with_line_column_and_reason(
    services: Services, row: str, column: str, reason: Reason
) -> None:
    assert problems(services, "pro;25;2026-01-01;;\n", row) == [(3, column, reason)]
    assert price_list(services) == []


@pytest.mark.parametrize(
    ("net", "terms", "cents", "years"),
    [
        ("5.00", "1-5", 500, "1,2,3,4,5"),
        ("5,00", "", 500, "1,2,3,4,5"),
        ("1.234,50", "1,2", 123_450, "1,2"),
        ("0", "3", 0, "3"),
        ("9,9", "1-3,5", 990, "1,2,3,5"),
        ("5", "1-10", 500, "1,2,3,4,5,6,7,8,9,10"),
    ],
)
def test_amounts_and_terms_are_read(services: Services, net: str, terms: str, cents: int, years: str) -> None:
    bring_in(services, f"standard;{net};2026-01-01;;{terms}\n")

    assert price_list(services) == [(Item.STANDARD, cents, date(2026, 1, 1), None, years)]


def test_the_same_file_again_changes_nothing(services: Services) -> None:
    assert bring_in(services, STANDARD) == Imported(added=1, changed=0, unchanged=0)

    assert bring_in(services, STANDARD) == Imported(added=0, changed=0, unchanged=1)


@pytest.mark.parametrize(
    "row",
    [
        "standard;6,00;2026-01-01;;1-5\n",
        "standard;5,00;2026-01-01;;1-2\n",
        "standard;5;2026-01-01;2026-11-23;1-5\n",
    ],
)
def test_a_price_that_has_begun_is_not_changed(services: Services, row: str) -> None:
    bring_in(services, STANDARD)

    assert problems(services, row) == [(2, "", Reason.ALREADY_IN_FORCE)]


def test_a_price_that_has_ended_is_not_prolonged(services: Services) -> None:
    bring_in(services, "standard;5;2025-01-01;2025-12-31;1-5\n")

    assert problems(services, "standard;5;2025-01-01;;1-5\n") == [(2, "", Reason.ALREADY_IN_FORCE)]


def test_a_new_price_closes_the_old_one_only_if_told(services: Services) -> None:
    bring_in(services, STANDARD)
    new = "standard;6,00;2027-01-01;;1-5\n"

    assert problems(services, new) == [(2, "valid_from", Reason.OVERLAPS_STORED)]
    done = bring_in(services, "standard;5,00;2026-01-01;2026-12-31;1-5\n", new)

    assert done == Imported(added=1, changed=1, unchanged=0)
    with services.reading() as session:
        cents = [
            prices_on(session, day).price(Item.STANDARD).net_cents
            for day in (TODAY, date(2026, 12, 31), date(2027, 1, 1))
        ]
    assert cents == [500, 500, 600]


def test_a_price_may_end_today(services: Services) -> None:
    bring_in(services, STANDARD)

    done = bring_in(services, f"standard;5;2026-01-01;{TODAY};1-5\n")

    assert done.changed == 1


def test_a_price_to_come_may_change(services: Services) -> None:
    bring_in(services, f"standard;5;{TODAY + timedelta(days=1)};;1-5\n")

    done = bring_in(services, f"standard;6;{TODAY + timedelta(days=1)};;1-2\n")

    assert done.changed == 1


def test_rows_that_share_a_day_are_refused_with_both_lines(services: Services) -> None:
    rows = ["standard;5;2026-01-01;2026-12-31;\n", "pro;25;2026-01-01;;\n", "standard;6;2026-12-31;;\n"]

    with pytest.raises(RowsRefused) as refused:
        bring_in(services, *rows)

    (problem,) = refused.value.problems
    assert (problem.line, problem.reason, problem.values) == (4, Reason.OVERLAPS_LINE, {"other_line": 2})


def test_the_demo_has_a_price_for_everything(services: Services) -> None:
    with (
        (Path(portal.demo.__file__).parent / "prices.csv").open("rb") as file,
        services.transaction() as session,
    ):
        import_prices(session, file, today=TODAY)

    with services.reading() as session:
        assert set(prices_on(session, TODAY).prices) == set(Item)
