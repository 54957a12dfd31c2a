"""The operator's contract texts: all files or none, once, and never changed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.domain.contracts import ContractKind, fingerprint
from portal.store.contracts import ContractText, texts_in_force
from portal.usecases.imports.contracts import ContractsImported, TextFile, import_contracts
from portal.usecases.imports.problems import FilesRefused
from portal.wiring import Services
from tests.factories import TODAY

PRIVACY = "privacy.1.it.txt"


def file(
    name: str = PRIVACY, text: str = "Testo.", *, title: str = "Privacy", since: object = TODAY
) -> TextFile:
    return TextFile(name, f"title: {title}\nvalid_from: {since}\n\n{text}\n".encode())


def bring_in(services: Services, *files: TextFile) -> ContractsImported:
    with services.transaction() as session:
        return import_contracts(session, files, today=services.today(), now=services.now())


def refused(services: Services, *files: TextFile) -> list[tuple[str, int, str]]:
    with pytest.raises(FilesRefused) as refusal:
        bring_in(services, *files)
    return [(name, problem.line, problem.reason) for name, problem in refusal.value.problems]


def in_force(services: Services, day: date = TODAY) -> dict[ContractKind, str]:
    with services.reading() as session:
        found = texts_in_force(session, day, {"it"})
        return {kind: text.version for (kind, _), text in found.items()}


def count(services: Services) -> int:
    with services.reading() as session:
        return session.scalar(select(func.count()).select_from(ContractText)) or 0


def test_three_kinds_come_in_and_nothing_is_missing(services: Services) -> None:
    files = [file(f"{kind}.1.it.txt") for kind in ContractKind]

    assert bring_in(services, *files) == ContractsImported(3, 0, [])
    assert set(in_force(services)) == set(ContractKind)


def test_a_missing_kind_is_named(services: Services) -> None:
    assert bring_in(services, file()).missing == [ContractKind.GENERAL_TERMS, ContractKind.ONEROUS_CLAUSES]


def test_the_same_file_again_changes_nothing(services: Services) -> None:
    bring_in(services, file())

    assert bring_in(services, file()) == ContractsImported(
        0, 1, [ContractKind.GENERAL_TERMS, ContractKind.ONEROUS_CLAUSES]
    )
    assert count(services) == 1


@pytest.mark.parametrize("since", [TODAY - timedelta(days=400), TODAY, TODAY + timedelta(days=40)])
@pytest.mark.parametrize(
    "change", [{"text": "Altro."}, {"title": "Altro"}, {"since": TODAY + timedelta(days=1)}]
)
def test_a_stored_version_never_changes(services: Services, since: date, change: dict[str, str]) -> None:
    bring_in(services, file(since=since))

    assert refused(services, file(**({"since": since} | change))) == [(PRIVACY, 0, "text_changed")]


def test_one_bad_file_keeps_all_out_and_every_fault_is_told(services: Services) -> None:
    bad = TextFile("privacy.2.it.txt", b"titolo: x\nvalid_from: domani\n\n")

    assert refused(services, file(), bad, TextFile("note.txt", b"")) == [
        ("privacy.2.it.txt", 1, "not_a_header"),
        ("privacy.2.it.txt", 1, "required"),
        ("privacy.2.it.txt", 2, "not_a_day"),
        ("privacy.2.it.txt", 3, "empty_text"),
        ("note.txt", 0, "not_a_text_name"),
    ]
    assert count(services) == 0


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"title: a\ntitle: b\nvalid_from: 2026-01-01\n\nx", 2, "repeated_header"),
        (b"title: a\nvalid_from: 2026-01-01\n\nx\xff", 4, "text_not_utf8"),
        (b"title: a\nvalid_from: 2026-01-01\n\nx\x00y", 4, "not_printable"),
        (b"title: a\nvalid_from: 2026-01-01\n\n\n\n", 5, "empty_text"),
        (b"title: " + b"a" * 201 + b"\nvalid_from: 2026-01-01\n\nx", 1, "too_long"),
        (b"x" * (512 * 1024 + 1), 0, "text_too_long"),
    ],
)
def test_each_fault_has_its_line(services: Services, content: bytes, line: int, reason: str) -> None:
    assert refused(services, TextFile(PRIVACY, content)) == [(PRIVACY, line, reason)]


def test_an_empty_folder_is_refused(services: Services) -> None:
    assert refused(services) == [("", 0, "no_texts")]


def test_a_successor_takes_over_on_its_day(services: Services) -> None:
    tomorrow = TODAY + timedelta(days=1)
    bring_in(services, file(), file("privacy.2.it.txt", since=tomorrow))

    assert in_force(services)[ContractKind.PRIVACY] == "1"
    assert in_force(services, tomorrow)[ContractKind.PRIVACY] == "2"


def test_a_successor_cannot_begin_in_the_past(services: Services) -> None:
    bring_in(services, file(since=date(2026, 1, 1)))
    late = file("privacy.2.it.txt", since=TODAY - timedelta(days=1))

    assert refused(services, late) == [("privacy.2.it.txt", 0, "before_today")]


def test_of_two_texts_of_one_day_the_later_import_holds(services: Services) -> None:
    bring_in(services, file())
    bring_in(services, file("privacy.2.it.txt", "Senza refusi."))

    assert in_force(services)[ContractKind.PRIVACY] == "2"


def test_the_fingerprint_is_that_of_the_download(services: Services) -> None:
    bring_in(services, file(text="# Uno\r\nÈ così.  \r\n"))

    with services.reading() as session:
        text = session.scalars(select(ContractText)).one()
        assert text.sha256 == fingerprint(text.whole)
        assert text.whole == f"Privacy\n1 · {TODAY}\n\n# Uno\nÈ così.\n"
