"""Documents on the disk: sealed, found by their name alone, and gone when they shall be."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from portal.adapters.documents.vault import FolderVault
from portal.ports import Rejected, Unavailable

OLD, NEW = "a key of the year before last, long enough", "a key of this year, and long enough as well"


def test_what_is_kept_comes_back_and_is_not_to_be_read_on_the_disk(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path / "documents", [NEW])
    names = [vault.put(b"un documento") for _ in range(2)]

    kept = [(tmp_path / "documents" / name).read_bytes() for name in names]
    assert [vault.get(name) for name in names] == [b"un documento"] * 2
    assert kept[0] != kept[1]
    assert b"documento" not in kept[0]


def test_an_older_key_still_opens_and_the_newest_seals(tmp_path: Path) -> None:
    name = FolderVault(tmp_path, [OLD]).put(b"x")
    both = FolderVault(tmp_path, [NEW, OLD])

    assert both.get(name) == b"x"
    assert FolderVault(tmp_path, [NEW]).get(both.put(b"y")) == b"y"
    with pytest.raises(Rejected):
        FolderVault(tmp_path, [NEW]).get(name)


def test_what_was_changed_or_changed_places_is_refused(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path, [NEW])
    first, second = vault.put(b"mine"), vault.put(b"yours")
    (tmp_path / first).write_bytes((tmp_path / second).read_bytes())
    (tmp_path / second).write_bytes((tmp_path / second).read_bytes()[:-1] + b"\0")

    for name in (first, second):
        with pytest.raises(Rejected):
            vault.get(name)


@pytest.mark.parametrize("name", ["../secret.key", "", ".", "a" * 31, "A" * 32, "/etc/x", "0" * 32 + "\n"])
def test_a_name_of_another_form_leads_nowhere(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.key").write_text("x")
    vault = FolderVault(tmp_path / "documents", [NEW])
    for act in (vault.get, vault.drop):
        with pytest.raises(Rejected):
            act(name)


def test_strays_go_when_they_are_old_enough(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path, [NEW])
    kept, stray, fresh = (vault.put(b"x") for _ in range(3))
    (tmp_path / "note.txt").write_text("not a document")
    for name in (kept, stray, "note.txt"):
        os.utime(tmp_path / name, (0, 0))

    assert vault.drop_all_but({kept}, older_than_seconds=3600) == 1
    assert {path.name for path in tmp_path.iterdir()} == {kept, fresh, "note.txt", "sweep"}
    assert FolderVault(tmp_path / "none", [NEW]).drop_all_but(set(), older_than_seconds=0) == 0


def test_dropping_twice_is_harmless(tmp_path: Path) -> None:
    vault = FolderVault(tmp_path, [NEW])
    name = vault.put(b"x")
    for _ in range(2):
        vault.drop(name)

    with pytest.raises(Rejected):
        vault.get(name)


def test_r17_on_a_full_disk_nothing_stays_of_what_could_not_be_kept(tmp_path: Path) -> None:
    """The system refuses to let a file grow, as a full disk does."""
    vault = FolderVault(tmp_path, [NEW])
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(Unavailable):
            vault.put(bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(tmp_path.iterdir()) == []
    assert vault.get(vault.put(b"x")) == b"x"
