"""Conventions from a file: dated rows, no overlap, and nothing that has been in force ever changes."""

from __future__ import annotations

import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import portal.demo
from portal.domain.conventions import Convention, Payer
from portal.domain.plans import Plan
from portal.store.conventions import ConventionRow, in_force_on
from portal.usecases.imports.conventions import import_conventions
from portal.usecases.imports.dated_rows import Imported
from portal.usecases.imports.problems import FileRefused, Reason, RowsRefused
from portal.wiring import Services

HEADER = "code;body;payer;plan;term_years;total_net;valid_from;valid_to\n"
TODAY = date(2026, 11, 24)
DOCTORS = "OMCEO-GE-0015;Medici;member;standard;3;4,00;2026-01-01;\n"


def bring_in(services: Services, *rows: str, header: str = HEADER) -> Imported:
    content = (header + "".join(rows)).encode()
    with services.transaction() as session:
        return import_conventions(session, io.BytesIO(content), today=services.today())


def problems(services: Services, *rows: str) -> list[tuple[int, str, str]]:
    with pytest.raises(RowsRefused) as refused:
        bring_in(services, *rows)
    return [(problem.line, problem.column, problem.reason) for problem in refused.value.problems]


def stored(services: Services) -> list[Convention]:
    with services.reading() as session:
        rows = session.scalars(select(ConventionRow).order_by(ConventionRow.code, ConventionRow.valid_from))
        return [row.as_convention() for row in rows]


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (";Medici;member;;3;4;2026-01-01;\n", "code", Reason.REQUIRED),
        ("DUE PAROLE;Medici;member;;3;4;2026-01-01;\n", "code", Reason.NOT_A_CODE),
        ("-X;Medici;member;;3;4;2026-01-01;\n", "code", Reason.NOT_A_CODE),
        (f"{'A' * 33};Medici;member;;3;4;2026-01-01;\n", "code", Reason.NOT_A_CODE),
        ("X;;member;;3;4;2026-01-01;\n", "body", Reason.REQUIRED),
        (f"X;{'M' * 121};member;;3;4;2026-01-01;\n", "body", Reason.BODY_TOO_LONG),
        ("X;Med\x07ici;member;;3;4;2026-01-01;\n", "body", Reason.NOT_PRINTABLE),
        ("X;Medici;;;3;4;2026-01-01;\n", "payer", Reason.REQUIRED),
        ("X;Medici;nobody;;3;4;2026-01-01;\n", "payer", Reason.NOT_A_CHOICE),
        ("X;Medici;member;gold;3;4;2026-01-01;\n", "plan", Reason.NOT_A_CHOICE),
        ("X;Medici;member;domain;3;4;2026-01-01;\n", "plan", Reason.NOT_A_CHOICE),
        ("X;Medici;member;;;4;2026-01-01;\n", "term_years", Reason.REQUIRED),
        ("X;Medici;member;;0;4;2026-01-01;\n", "term_years", Reason.NOT_A_TERM),
        ("X;Medici;member;;11;4;2026-01-01;\n", "term_years", Reason.NOT_A_TERM),
        ("X;Medici;member;;-3;4;2026-01-01;\n", "term_years", Reason.NOT_A_TERM),
        ("X;Medici;member;;1-3;4;2026-01-01;\n", "term_years", Reason.NOT_A_TERM),
        ("X;Medici;member;;tre;4;2026-01-01;\n", "term_years", Reason.NOT_A_TERM),
        ("X;Medici;member;;\u0663;4;2026-01-01;\n", "term_years", Reason.NOT_A_TERM),
        ("X;Medici;member;;3;;2026-01-01;\n", "total_net", Reason.REQUIRED),
        ("X;Medici;member;;3;0;2026-01-01;\n", "total_net", Reason.FREE_FOR_MEMBER),
        ("X;Medici;member;;3;-4;2026-01-01;\n", "total_net", Reason.NOT_AN_AMOUNT),
        ("X;Medici;member;;3;quattro;2026-01-01;\n", "total_net", Reason.NOT_AN_AMOUNT),
        ("X;Medici;member;;3;1.234;2026-01-01;\n", "total_net", Reason.NOT_AN_AMOUNT),
        ("X;Medici;member;;3;10000,01;2026-01-01;\n", "total_net", Reason.AMOUNT_TOO_LARGE),
        ("X;Medici;body;;3;quattro;2026-01-01;\n", "total_net", Reason.NOT_AN_AMOUNT),
        ("X;Medici;member;;3;4;;\n", "valid_from", Reason.REQUIRED),
        ("X;Medici;member;;3;4;01/01/2026;\n", "valid_from", Reason.ITALIAN_DAY),
        ("X;Medici;member;;3;4;2026-02-30;\n", "valid_from", Reason.NOT_A_DAY),
        ("X;Medici;member;;3;4;2026-01-01;2025-12-31\n", "valid_to", Reason.ENDS_BEFORE_START),
        ("X;Medici;member;;3\n", "", Reason.TOO_FEW_VALUES),
        ("X;Medici;e Chirurghi;member;;3;4;2026-01-01;\n", "", Reason.TOO_MANY_VALUES),
    ],
)
def test_a_bad_row_is_told_with_line_column_and_reason_and_nothing_is_taken(
    services: Services, row: str, column: str, reason: Reason
) -> None:
    assert problems(services, DOCTORS, row) == [(3, column, reason)]
    assert stored(services) == []


def test_a_row_says_all_its_faults_at_once(services: Services) -> None:
    found = problems(services, ";;;;;;;\n;Medici;x;;x;x;x;x\n")

    assert {column for _, column, _ in found} == {
        "code",
        "payer",
        "term_years",
        "total_net",
        "valid_from",
        "valid_to",
    }


def test_a_file_without_its_columns_is_refused(services: Services) -> None:
    with pytest.raises(FileRefused) as refused:
        bring_in(services, header="code;body;pagante\n")

    assert [problem.column for problem in refused.value.problems] == [
        "pagante",
        "payer",
        "term_years",
        "valid_from",
    ]


@pytest.mark.parametrize(
    ("row", "code", "agreed"),
    [
        (DOCTORS, "OMCEO-GE-0015", (Payer.MEMBER, Plan.STANDARD, 3, 400)),
        ("x/1;Medici;MEMBER;;10;4.00;2026-01-01;\n", "X/1", (Payer.MEMBER, Plan.STANDARD, 10, 400)),
        ("x;Medici;body;pro;3;;2026-01-01;\n", "X", (Payer.BODY, Plan.PRO, 3, 0)),
        ("x;Medici;body;;3;12,00;2026-01-01;\n", "X", (Payer.BODY, Plan.STANDARD, 3, 1200)),
    ],
)
def test_rows_are_read(services: Services, row: str, code: str, agreed: tuple[Payer, Plan, int, int]) -> None:
    bring_in(services, row)

    (found,) = stored(services)
    assert (found.code, found.body, found.terms_agreed) == (code, "Medici", agreed)
    assert (found.valid_from, found.valid_to) == (date(2026, 1, 1), None)


def test_the_same_file_again_changes_nothing(services: Services) -> None:
    assert bring_in(services, DOCTORS) == Imported(added=1, changed=0, unchanged=0)

    assert bring_in(services, DOCTORS) == Imported(added=0, changed=0, unchanged=1)


@pytest.mark.parametrize(
    "row",
    [
        "OMCEO-GE-0015;Medici;body;standard;3;4,00;2026-01-01;\n",
        "OMCEO-GE-0015;Medici;member;pro;3;4,00;2026-01-01;\n",
        "OMCEO-GE-0015;Medici;member;standard;2;4,00;2026-01-01;\n",
        "OMCEO-GE-0015;Medici;member;standard;3;4,01;2026-01-01;\n",
        f"OMCEO-GE-0015;Medici;member;standard;3;4,00;2026-01-01;{TODAY - timedelta(days=1)}\n",
    ],
)
def test_what_has_begun_is_not_changed(services: Services, row: str) -> None:
    bring_in(services, DOCTORS)
    before = stored(services)

    assert problems(services, row) == [(2, "", Reason.CONVENTION_IN_FORCE)]
    assert stored(services) == before


def test_the_bodys_name_can_be_corrected_and_the_end_be_said(services: Services) -> None:
    bring_in(services, DOCTORS)

    done = bring_in(services, f"OMCEO-GE-0015;Ordine dei Medici;member;;3;4;2026-01-01;{TODAY}\n")

    assert done.changed == 1
    (found,) = stored(services)
    assert (found.body, found.valid_to) == ("Ordine dei Medici", TODAY)


def test_what_has_ended_is_not_prolonged(services: Services) -> None:
    bring_in(services, "X;Medici;member;;3;4;2025-01-01;2025-12-31\n")

    assert problems(services, "X;Medici;member;;3;4;2025-01-01;\n") == [(2, "", Reason.CONVENTION_IN_FORCE)]


def test_what_is_to_come_may_change(services: Services) -> None:
    tomorrow = TODAY + timedelta(days=1)
    bring_in(services, f"X;Medici;member;;3;4;{tomorrow};\n")

    assert bring_in(services, f"X;Medici;body;;2;;{tomorrow};\n").changed == 1


def test_a_new_row_follows_the_old_one_only_if_that_is_closed(services: Services) -> None:
    bring_in(services, DOCTORS)
    new = "OMCEO-GE-0015;Medici;member;;3;4,50;2027-01-01;\n"

    assert problems(services, new) == [(2, "valid_from", Reason.CONVENTION_OVERLAPS)]
    done = bring_in(services, "OMCEO-GE-0015;Medici;member;;3;4;2026-01-01;2026-12-31\n", new)

    assert done == Imported(added=1, changed=1, unchanged=0)
    with services.reading() as session:
        totals = [
            in_force_on(session, day)["OMCEO-GE-0015"].total_net_cents
            for day in (TODAY, date(2026, 12, 31), date(2027, 1, 1))
        ]
    assert totals == [400, 400, 450]


def test_rows_that_share_a_day_are_refused_with_both_lines(services: Services) -> None:
    with pytest.raises(RowsRefused) as refused:
        bring_in(services, DOCTORS, "X;Y;body;;1;;2026-01-01;\n", "omceo-ge-0015;M;body;;1;;2026-05-01;\n")

    (problem,) = refused.value.problems
    assert (problem.line, problem.reason, problem.values) == (4, Reason.OVERLAPS_LINE, {"other_line": 2})


def test_the_demo_has_a_convention_of_each_kind(services: Services) -> None:
    with (
        (Path(portal.demo.__file__).parent / "conventions.csv").open("rb") as file,
        services.transaction() as session,
    ):
        import_conventions(session, file, today=TODAY)

    with services.reading() as session:
        found = in_force_on(session, TODAY)
    assert {convention.payer for convention in found.values()} == set(Payer)
    assert len(stored(services)) > len(found)
    assert found["OMCEO-GE-0015"].total_net_cents == 400
