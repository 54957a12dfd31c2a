"""A clamd is asked about documents; whatever it does not plainly call harmless goes no further (S43)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.adapters.documents.clamd import CHUNK, LONGEST_ANSWER, ClamdScanner
from portal.adapters.documents.scanner import TEST_VIRUS
from portal.adapters.outside import CalledInsideTransaction
from portal.domain.documents import DocumentProblem, DocumentRefused
from portal.ports import Unavailable
from portal.scanner_settings import VirusScanner, read_virus_scanner
from portal.store.session import make_engine, transaction
from tests.servers.clamd import FakeClamd
from tests.servers.processes import free_port


@pytest.fixture
def clamd() -> Iterator[FakeClamd]:
    server = FakeClamd()
    yield server
    server.stop()


def scanner(port: int, seconds: int = 5) -> ClamdScanner:
    return ClamdScanner(VirusScanner(host="127.0.0.1", port=port, timeout_seconds=seconds))


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK + 7])
def test_a_file_is_sent_whole_and_a_harmless_one_passes(clamd: FakeClamd, size: int) -> None:
    data = bytes(place % 251 for place in range(size))

    scanner(clamd.port).scan(data)

    assert clamd.heard == [data]


def test_a_virus_is_refused_wherever_it_is(clamd: FakeClamd) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        scanner(clamd.port).scan(b"x" * (CHUNK - 10) + TEST_VIRUS)

    assert refusal.value.problem is DocumentProblem.INFECTED


def test_a_socket_of_this_machine_does_as_well(tmp_path: Path) -> None:
    server = FakeClamd(tmp_path / "clamd.ctl")
    ClamdScanner(VirusScanner(path=str(tmp_path / "clamd.ctl"))).scan(b"carta")
    server.stop()

    assert server.heard == [b"carta"]


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"stream: OK",
        b"\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"stream: Can't allocate memory ERROR\0",
        b"UNKNOWN COMMAND\0",
        b"stream: OK\0stream: OK\0",
        b"other: OK\0",
        b"x" * (LONGEST_ANSWER + 1),
    ],
)
def test_what_is_not_plainly_harmless_is_not_taken(clamd: FakeClamd, says: bytes) -> None:
    clamd.says = says

    with pytest.raises(Unavailable):
        scanner(clamd.port).scan(b"carta")


def test_one_that_hangs_up_in_the_middle_has_said_nothing(clamd: FakeClamd) -> None:
    clamd.hangs_up_after = CHUNK

    with pytest.raises(Unavailable):
        scanner(clamd.port).scan(bytes(40 * CHUNK))


def test_nobody_there_and_nobody_who_answers_are_no_scanner() -> None:
    with pytest.raises(Unavailable):
        scanner(free_port()).scan(b"carta")
    with pytest.raises(Unavailable):
        ClamdScanner(VirusScanner(path="/nowhere/clamd.ctl")).scan(b"carta")
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable):
        scanner(silent.getsockname()[1], seconds=1).scan(b"carta")


def test_it_is_never_asked_in_a_transaction(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'portal.db'}")
    with transaction(engine), pytest.raises(CalledInsideTransaction):
        scanner(free_port()).scan(b"carta")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/run/clamav/clamd.ctl", VirusScanner(path="/run/clamav/clamd.ctl")),
        ("scanner.internal:3310", VirusScanner(host="scanner.internal", port=3310)),
        ("[::1]:3311", VirusScanner(host="::1", port=3311)),
        ("", None),
    ],
)
def test_where_it_is_comes_from_the_settings(address: str, expected: VirusScanner | None) -> None:
    assert read_virus_scanner({"PORTAL_CLAMD": address}) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"PORTAL_CLAMD": "scanner"},
        {"PORTAL_CLAMD": ":3310"},
        {"PORTAL_CLAMD": "scanner:no"},
        {"PORTAL_CLAMD": "scanner:0"},
        {"PORTAL_CLAMD": "/x", "PORTAL_CLAMD_TIMEOUT_SECONDS": "0"},
        {"PORTAL_CLAMD": "/x", "PORTAL_CLAMD_TIMEOUT_SECONDS": "61"},
    ],
)
def test_what_cannot_be_an_address_does_not_start(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="PORTAL_CLAMD"):
        read_virus_scanner(wrong)
