"""What spreadsheets do to a CSV file, and on which line the operator is told."""

from __future__ import annotations

import io

import pytest

from portal.usecases.imports.csv_file import LONGEST_LINE, Row, read_rows
from portal.usecases.imports.problems import FileRefused, Problem, Reason

REQUIRED, OPTIONAL = ("address", "plan"), ("city",)


def read(content: bytes) -> list[Row | Problem]:
    return list(read_rows(io.BytesIO(content), required=REQUIRED, optional=OPTIONAL))


def refusals(content: bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(FileRefused) as refused:
        read(content)
    return [(problem.line, problem.column, problem.reason) for problem in refused.value.problems]


@pytest.mark.parametrize(
    "content",
    [
        b"address,plan,city\na@b.it,pro,Roma\n",
        b"address;plan;city\na@b.it;pro;Roma\n",
        b"\xef\xbb\xbfaddress,plan,city\r\na@b.it,pro,Roma\r\n",
        b"address,plan,city\ra@b.it,pro,Roma\r",
        b"city;Plan ; ADDRESS\nRoma;pro;a@b.it",
        b'"address","plan","city"\n"a@b.it","pro","Roma"\n',
        b"sep=;\naddress;plan;city\na@b.it;pro;Roma\n",
        b"\n\naddress,plan,city\n\na@b.it,pro,Roma\n\n",
        b"address,plan,city,,,\na@b.it,pro,Roma,,,\n,,,,,\n",
        b"address,plan,city\na@b.it,pro,Roma\n" + b",,\n" * 1_000,
    ],
)
def test_the_same_row_is_read_from(content: bytes) -> None:
    (row,) = read(content)

    assert isinstance(row, Row)
    assert row.values == {"address": "a@b.it", "plan": "pro", "city": "Roma"}


def test_a_row_has_the_physical_line_it_begins_on() -> None:
    content = (
        b"address,plan,city\n"  # 1
        b'a@b.it,pro,"Reggio\nnell\'Emilia"\n'  # 2 and 3
        b"\n"  # 4
        b",,\n"  # 5
        b'b@b.it,pro,"La ""Superba"""\n'  # 6
    )

    rows = [row for row in read(content) if isinstance(row, Row)]

    assert [(row.line, row.values["city"]) for row in rows] == [
        (2, "Reggio\nnell'Emilia"),
        (6, 'La "Superba"'),
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", [(0, "", Reason.EMPTY_FILE)]),
        (b"\n \n", [(0, "", Reason.EMPTY_FILE)]),
        (b"address\tplan\na\tb\n", [(1, "", Reason.TAB_SEPARATED)]),
        (b"PK\x03\x04\x14\x00\x06\x00", [(1, "", Reason.SPREADSHEET)]),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", [(1, "", Reason.SPREADSHEET)]),
        ("address,plan\na,b\n".encode("utf-16"), [(1, "", Reason.UTF16)]),
        ("address,plan,city\na,b,c\na,b,Forlì\n".encode("latin-1"), [(3, "", Reason.NOT_UTF8)]),
        (b"address,plan\n" + b"x" * LONGEST_LINE, [(2, "", Reason.LINE_TOO_LONG)]),
        (b"city\nRoma\n", [(1, "address", Reason.MISSING_COLUMN), (1, "plan", Reason.MISSING_COLUMN)]),
        (b"address,plan,adress\n", [(1, "adress", Reason.UNKNOWN_COLUMN)]),
        (b"address,plan,Plan\n", [(1, "plan", Reason.DUPLICATE_COLUMN)]),
        (b"address,,plan\n", [(1, "", Reason.NAMELESS_COLUMN)]),
        (b'"address"x,plan\n', [(1, "", Reason.BROKEN_QUOTES)]),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    content: bytes, expected: list[tuple[int, str, Reason]]
) -> None:
    assert refusals(content) == expected


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b'b@b.it,pro,Roma\nc@b.it,pro,"Roma"\n',
        b"b@b.it,pro,Roma\n" * 20_000,
        b"x" * 5_000_000,
        (b"x" * 1_000 + b"\n") * 5_000,
    ],
)
def test_a_quote_that_never_closes_is_told_where_it_opens(rest: bytes) -> None:
    content = b'address,plan,city\na@b.it,pro,Roma\na@b.it,pro,"Roma\n' + rest

    ((line, _, reason),) = refusals(content)

    assert (line, reason) in {(3, Reason.OPEN_QUOTES), (4, Reason.LINE_TOO_LONG)}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b'a@b.it,pro,"Roma" capitale', Reason.BROKEN_QUOTES),
        (b"a@b.it,pro," + b"x" * 200_000, Reason.FIELD_TOO_LONG),
        (b"a@b.it,pro", Reason.TOO_FEW_VALUES),
        (b"a@b.it,pro,Roma,Italia", Reason.TOO_MANY_VALUES),
    ],
)
def test_a_broken_row_does_not_hide_the_next(row: bytes, reason: Reason) -> None:
    problem, after = read(b"address,plan,city\n" + row + b"\nb@b.it,pro,Roma\n")

    assert isinstance(problem, Problem)
    assert (problem.line, problem.reason) == (2, reason)
    assert isinstance(after, Row)
    assert after.line == 3


def test_an_unknown_column_is_answered_with_the_nearest() -> None:
    with pytest.raises(FileRefused) as refused:
        read(b"adress,plan\n")

    assert refused.value.problems[0].values == {"near": "address"}
