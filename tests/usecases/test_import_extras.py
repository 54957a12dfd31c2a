"""The list of extras: dated rows, words that may be corrected, amounts that may not."""

from __future__ import annotations

import io
from datetime import date

import pytest
from sqlalchemy import select

from portal.domain.extras import Extra
from portal.store.extras import ExtraRow
from portal.usecases.imports.dated_rows import Imported
from portal.usecases.imports.extras import import_extras
from portal.usecases.imports.problems import Reason, RowsRefused
from portal.wiring import Services

HEADER = "code;name_it;name_en;net;valid_from;valid_to\n"
KIT = "kit;Kit di firma;Signature kit;36,00;2026-01-01;\n"


def bring_in(services: Services, *rows: str) -> Imported:
    content = (HEADER + "".join(rows)).encode()
    with services.transaction() as session:
        return import_extras(session, io.BytesIO(content), today=services.today())


def problems(services: Services, *rows: str) -> list[tuple[int, str, str]]:
    with pytest.raises(RowsRefused) as refused:
        bring_in(services, *rows)
    return [(problem.line, problem.column, problem.reason) for problem in refused.value.problems]


def stored(services: Services) -> list[Extra]:
    with services.reading() as session:
        return [row.as_extra() for row in session.scalars(select(ExtraRow).order_by(ExtraRow.valid_from))]


def test_an_extra_without_english_words_has_the_italian_ones(services: Services) -> None:
    assert bring_in(services, "KIT;Kit di firma;;36;2026-01-01;\n") == Imported(1, 0, 0)
    assert stored(services) == [Extra("kit", "Kit di firma", "Kit di firma", 3600, date(2026, 1, 1))]


def test_what_is_said_in_german_is_kept_and_the_rest_read_in_italian(services: Services) -> None:
    header = "code;name_it;name_de;description_it;description_de;net;valid_from\n"
    rows = "kit;Kit di firma;Signaturkit;Lettore;Lesegerät;36;2026-01-01\nsms;Avvisi;;;;1;2026-01-01\n"
    with services.transaction() as session:
        import_extras(session, io.BytesIO((header + rows).encode()), today=services.today())

    kit, sms = stored(services)
    assert (kit.name("de"), kit.description("de")) == ("Signaturkit", "Lesegerät")
    assert (kit.name("it"), kit.name("en"), sms.name("de")) == ("Kit di firma", "Kit di firma", "Avvisi")


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (";Kit;;36;2026-01-01;\n", "code", Reason.REQUIRED),
        ("due parole;Kit;;36;2026-01-01;\n", "code", Reason.NOT_A_CODE),
        ("kit;;;36;2026-01-01;\n", "name_it", Reason.REQUIRED),
        ("kit;K\x07it;;36;2026-01-01;\n", "name_it", Reason.NOT_PRINTABLE),
        (f"kit;Kit;{'K' * 81};36;2026-01-01;\n", "name_en", Reason.WORDS_TOO_LONG),
        ("kit;Kit;;-1;2026-01-01;\n", "net", Reason.NOT_AN_AMOUNT),
        ("kit;Kit;;99999999;2026-01-01;\n", "net", Reason.AMOUNT_TOO_LARGE),
        ("kit;Kit;;36;01/01/2026;\n", "valid_from", Reason.ITALIAN_DAY),
        ("kit;Kit;;;2026-01-01;\n", "net", Reason.REQUIRED),
        ("kit;Kit;;36;;\n", "valid_from", Reason.REQUIRED),
        ("kit;Kit;;36;2026-01-02;2026-01-01\n", "valid_to", Reason.ENDS_BEFORE_START),
        (f"kit;{'K' * 81};;36;2026-01-01;\n", "name_it", Reason.WORDS_TOO_LONG),
    ],
)
def test_what_is_wrong_is_named(services: Services, row: str, column: str, reason: str) -> None:
    assert problems(services, row) == [(2, column, reason)]


def test_the_same_file_again_changes_nothing(services: Services) -> None:
    bring_in(services, KIT)

    assert bring_in(services, KIT) == Imported(0, 0, 1)


def test_words_may_be_corrected_and_the_end_be_moved(services: Services) -> None:
    bring_in(services, KIT)

    assert bring_in(services, "kit;Kit di Firma;Kit;36,00;2026-01-01;2026-12-31\n") == Imported(0, 1, 0)
    assert stored(services)[0].valid_to == date(2026, 12, 31)


@pytest.mark.parametrize("row", ["kit;Kit;;35,00;2026-01-01;\n", "kit;Kit;;36,00;2026-01-01;2026-11-23\n"])
def test_what_was_on_offer_keeps_its_price_and_its_past(services: Services, row: str) -> None:
    bring_in(services, KIT)

    assert problems(services, row) == [(2, "", Reason.ALREADY_IN_FORCE)]


def test_an_extra_has_one_price_a_day(services: Services) -> None:
    later = "kit;Kit;;40,00;2027-01-01;\n"
    bring_in(services, KIT)

    assert problems(services, later) == [(2, "valid_from", Reason.OVERLAPS_STORED)]
    closed = KIT.replace("2026-01-01;", "2026-01-01;2026-12-31")
    assert bring_in(services, closed, later) == Imported(1, 1, 0)
