"""One bad value, one sentence: every rule of the register's columns with its line, column and reason."""

from __future__ import annotations

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.customers import CustomerKind, FieldCode
from portal.domain.plans import Plan
from portal.usecases.imports.csv_file import Row, read_rows
from portal.usecases.imports.problems import Problem, Reason
from portal.usecases.imports.register import OPTIONAL, REQUIRED, RegisterRow, register_row
from portal.usecases.imports.spool import Spool
from tests.registers import as_csv, good_row

TODAY = date(2026, 11, 24)
HASH = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21l$" + "A" * 43


def taken(**values: object) -> RegisterRow | list[Problem]:
    content = as_csv([good_row(**values)])
    (row,) = read_rows(io.BytesIO(content), required=REQUIRED, optional=OPTIONAL)
    assert isinstance(row, Row)
    result = register_row(row, account_domain="aruba.it", today=TODAY)
    return result if isinstance(result, RegisterRow) else list(result)


def faults(**values: object) -> list[tuple[int, str, str]]:
    result = taken(**values)
    assert not isinstance(result, RegisterRow), result
    return [(problem.line, problem.column, problem.reason) for problem in result]


def good(**values: object) -> RegisterRow:
    result = taken(**values)
    assert isinstance(result, RegisterRow), result
    return result


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("address", "", Reason.REQUIRED),
        ("address", "studio.rossi", FieldCode.FORMAT),
        ("address", "studio rossi@pec.example", FieldCode.FORMAT),
        ("address", "123456@aruba.it", Reason.ADDRESS_OF_ACCOUNT),
        ("plan", "", Reason.REQUIRED),
        ("plan", "gold", Reason.NOT_A_CHOICE),
        ("expires_on", "", Reason.REQUIRED),
        ("expires_on", "24/11/2026", Reason.ITALIAN_DAY),
        ("expires_on", "1.2.2027", Reason.ITALIAN_DAY),
        ("expires_on", "31/02/2027", Reason.NOT_A_DAY),
        ("expires_on", "2027-02-30", Reason.NOT_A_DAY),
        ("expires_on", "2027-2-3", Reason.NOT_A_DAY),
        ("expires_on", "20270203", Reason.NOT_A_DAY),
        ("expires_on", "46350", Reason.SERIAL_DAY),
        ("expires_on", "1970-01-01", Reason.DAY_OUT_OF_RANGE),
        ("expires_on", "9999-12-31", Reason.DAY_OUT_OF_RANGE),
        ("account", "100200", Reason.NOT_AN_ACCOUNT),
        ("account", "100200@pec.example", Reason.NOT_AN_ACCOUNT),
        ("account", "", Reason.ACCOUNT_MISSING),
        ("account_email", "ufficio@", FieldCode.FORMAT),
        ("holder_kind", "", Reason.REQUIRED),
        ("holder_kind", "azienda", Reason.NOT_A_CHOICE),
        ("first_name", "", FieldCode.REQUIRED),
        ("last_name", "R0ssi", FieldCode.CHARACTERS),
        ("last_name", "Ros\x00si", Reason.NOT_PRINTABLE),
        ("last_name", "Rossi\u202e", Reason.NOT_PRINTABLE),
        ("last_name", "R" * 61, FieldCode.TOO_LONG),
        ("tax_code", "", FieldCode.REQUIRED),
        ("tax_code", "RSSMRA85T10A562X", FieldCode.CHECK_CHARACTER),
        ("tax_code", "RSSMRA85", FieldCode.FORMAT),
        ("tax_code", "12345678903", FieldCode.PROVISIONAL),
        ("vat_number", "12345678901", FieldCode.CHECK_CHARACTER),
        ("vat_number", "1234567890", FieldCode.FORMAT),
        ("contact_email", "", FieldCode.REQUIRED),
        ("contact_email", "Studio.Rossi@pec.example", FieldCode.SAME_AS_MAILBOX),
        ("contact_email", "mario.rossi", FieldCode.FORMAT),
        ("phone", "12", FieldCode.FORMAT),
        ("street_number", "123456789", FieldCode.TOO_LONG),
        ("postal_code", "184", FieldCode.FORMAT),
        ("province", "XX", FieldCode.UNKNOWN),
        ("country", "Italia", FieldCode.UNKNOWN),
        ("extra_mailbox_gb", "2", Reason.NUMBER_TOO_LARGE),
        ("extra_archive_gb", "1", Reason.NUMBER_TOO_LARGE),
        ("mailbox_used_mb", "1.024", Reason.NOT_A_WHOLE_NUMBER),
        ("mailbox_used_mb", "-1", Reason.NOT_A_WHOLE_NUMBER),
        ("mailbox_used_mb", "٣", Reason.NOT_A_WHOLE_NUMBER),
        ("mailbox_used_mb", "9" * 400, Reason.NUMBER_TOO_LARGE),
        ("archive_used_mb", "12", Reason.NOT_IN_PLAN),
        ("auto_renewal", "sì", Reason.NOT_A_CHOICE),
        ("convention", "un codice", Reason.NOT_A_CODE),
        ("convention", "A" * 33, Reason.NOT_A_CODE),
        ("password", "p\x07", Reason.NOT_PRINTABLE),
        ("password", "p" * 201, Reason.PASSWORD_TOO_LONG),
        ("password", "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAA", Reason.NOT_ARGON2ID),
        ("password", HASH.replace("m=19456", "m=9999999"), Reason.HASH_TOO_COSTLY),
        ("password", HASH.replace("t=2", "t=500"), Reason.HASH_TOO_COSTLY),
    ],
)
def test_a_bad_value_is_told_with_line_column_and_reason(column: str, value: str, reason: str) -> None:
    assert faults(**{column: value}) == [(2, column, reason)]


def test_a_row_says_all_its_faults_at_once() -> None:
    found = faults(plan="gold", expires_on="24/11/2026", province="XX", password="p\x00")

    assert {column for _, column, _ in found} == {"plan", "expires_on", "province", "password"}


def test_an_unquoted_separator_is_told_instead_of_the_faults_it_causes() -> None:
    quoted = as_csv([good_row(street="Via Roma; 3")], delimiter=";")

    (row,) = read_rows(io.BytesIO(quoted.replace(b'"', b"")), required=REQUIRED, optional=OPTIONAL)
    assert isinstance(row, Row)
    problems = register_row(row, account_domain="aruba.it", today=TODAY)

    assert not isinstance(problems, RegisterRow)
    assert [problem.reason for problem in problems] == [Reason.TOO_MANY_VALUES]


def test_separators_left_over_after_a_good_row_do_no_harm() -> None:
    content = as_csv([good_row()]).rstrip() + b",,,\r\n"

    (row,) = read_rows(io.BytesIO(content), required=REQUIRED, optional=OPTIONAL)

    assert isinstance(row, Row)
    assert isinstance(register_row(row, account_domain="aruba.it", today=TODAY), RegisterRow)


def test_no_fault_repeats_a_password() -> None:
    problems = taken(password="segretissima\x00")

    assert "segretissima" not in repr(problems)


@pytest.mark.parametrize(
    ("kind", "values", "column"),
    [
        ("company", {"tax_code": "12345678903"}, "business_name"),
        ("public_body", {"tax_code": "12345678903"}, "business_name"),
        ("individual", {}, "first_name"),
    ],
)
def test_each_kind_of_holder_needs_its_name(kind: str, values: dict[str, str], column: str) -> None:
    found = faults(holder_kind=kind, first_name="", business_name="", **values)

    assert found == [(2, column, FieldCode.REQUIRED)]


def test_values_are_brought_to_one_form() -> None:
    row = good(
        address=" Studio.Rossi@PEC.example ",
        plan="Standard",
        account="100200@ARUBA.it",
        last_name="De\n Rossi",
        tax_code="rssmra85t10a562s",
        vat_number="IT 12345678903",
        phone="055/12 34 56",
        province="to",
        country="",
        auto_renewal="YES",
        convention="omceo-ge-0015",
    )

    assert (row.address, row.plan, row.account) == (
        "studio.rossi@pec.example",
        Plan.STANDARD,
        "100200@aruba.it",
    )
    assert row.holder["last_name"] == "De Rossi"
    assert row.holder["tax_code"] == "RSSMRA85T10A562S"
    assert row.holder["vat_number"] == "12345678903"
    assert row.holder["phone"] == "+39055123456"
    assert (row.holder["province"], row.holder["country"]) == ("TO", "IT")
    assert (row.auto_renewal, row.convention) == (True, "OMCEO-GE-0015")


def test_blanks_around_a_password_are_part_of_it() -> None:
    assert good(password=" due parole ").plain_password == " due parole "


def test_a_hash_is_no_plain_password() -> None:
    assert good(password=HASH).plain_password == ""


def test_a_plain_password_leaves_no_trace_in_the_digest() -> None:
    assert good(password="una").digest == good(password="un'altra").digest == good().digest


@pytest.mark.parametrize(
    "column", ["expires_on", "phone", "city", "mailbox_used_mb", "auto_renewal", "password"]
)
def test_any_other_change_shows_in_the_digest(column: str) -> None:
    changed = {
        "expires_on": "2027-01-01",
        "phone": "055 999999",
        "city": "Roma",
        "mailbox_used_mb": 431,
        "auto_renewal": "yes",
        "password": HASH,
    }

    assert good(**{column: changed[column]}).digest != good().digest


def test_equal_holders_are_one_within_an_account_and_two_without() -> None:
    one, other = "uno@pec.example", "due@pec.example"

    assert good(address=one).holder_fingerprint == good(address=other).holder_fingerprint
    without = {"account": "", "account_email": ""}
    assert (
        good(address=one, **without).holder_fingerprint != good(address=other, **without).holder_fingerprint
    )


name = st.text(st.characters(codec="utf-8", categories=["Lu", "Ll"]), min_size=1, max_size=20)
local = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=20)


@given(
    local=local,
    plan=st.sampled_from(["pro", "premium"]),
    expires_on=st.dates(date(2000, 1, 1), date(2090, 12, 31)),
    last_name=name,
    street=st.text("abc ;,\"'\n", min_size=1, max_size=20).filter(str.strip),
    extra=st.integers(0, 99),
    used=st.integers(0, 10**6),
    password=st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=20),
    delimiter=st.sampled_from([",", ";"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_is_written_is_read_and_kept_unchanged(
    local: str,
    plan: str,
    expires_on: date,
    last_name: str,
    street: str,
    extra: int,
    used: int,
    password: str,
    delimiter: str,
    line_end: str,
) -> None:
    written = good_row(
        address=f"{local}@pec.example",
        plan=plan,
        expires_on=expires_on,
        last_name=last_name,
        street=street,
        extra_archive_gb=extra,
        archive_used_mb=used,
        password=password.removeprefix("$"),
    )
    content = as_csv([written], delimiter=delimiter, lineterminator=line_end)

    (found,) = read_rows(io.BytesIO(content), required=REQUIRED, optional=OPTIONAL)
    assert isinstance(found, Row)
    row = register_row(found, account_domain="aruba.it", today=TODAY)
    assert isinstance(row, RegisterRow), row
    with Spool() as spool:
        spool.keep(row)
        ((kept,),) = spool.good()

    assert kept.row == row
    assert (row.address, row.plan, row.expires_on) == (written["address"], Plan(plan), expires_on)
    assert row.holder_kind is CustomerKind.FREELANCER
    assert row.holder["street"] == " ".join(street.split())
    assert (row.extra_archive_gb, row.archive_used_mb) == (extra, used)
    assert row.plain_password == written["password"]


@pytest.mark.parametrize(
    ("column", "value", "answer"),
    [
        ("auto_renewal", "yes", [(2, "auto_renewal", Reason.NOT_WITH_DOMAIN)]),
        ("convention", "OMCEO-GE-0015", [(2, "convention", Reason.NOT_WITH_DOMAIN)]),
    ],
)
def test_a_mailbox_on_a_domain_is_renewed_with_it_and_by_nothing_else(
    column: str, value: str, answer: list[tuple[int, str, str]]
) -> None:
    assert faults(plan="domain", **{column: value}) == answer
    assert good(plan="domain", auto_renewal="no", convention="").plan == "domain"
