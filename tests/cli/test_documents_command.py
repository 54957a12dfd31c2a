"""`portal documents` as the staff uses it: what there is, and a file to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.wiring import Services
from tests.factories import make_document, make_mailbox

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def portal(services: Services, *words: str) -> Result:
    return CliRunner().invoke(main, ["documents", *words], obj=services)


@pytest.fixture(autouse=True)
def document(services: Services) -> None:
    name = services.vault.put(b"un documento")
    with services.transaction() as session:
        box = make_mailbox(session, None, "anna@pec.example")
        make_document(session, box, by_mailbox_id=box.id, name=name)


def test_what_is_kept_is_listed(services: Services) -> None:
    (line,) = portal(services, "list").stdout.splitlines()

    assert line.split() == "1 24 novembre 2026, 10:00 anna@pec.example jpeg 1 kB".split()


def test_a_document_is_saved_for_its_reader_alone_and_that_is_written_down(
    services: Services, tmp_path: Path
) -> None:
    path = tmp_path / "carta.jpg"
    codes = [portal(services, "save", number, str(path)).exit_code for number in ("1", "1", "2")]

    assert codes == [0, 2, 1]
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"un documento", 0o600)
    told = CliRunner().invoke(main, ["history", "--what", "command"], obj=services).stdout
    assert f"documents save 1 {path}" in told
