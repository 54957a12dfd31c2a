"""`/caselle/<address>/documento`: sending, reading one's own, taking back; and what nobody may do (S43)."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.adapters.documents.scanner import TEST_VIRUS
from portal.domain.documents import LARGEST_BYTES, MOST_A_DAY, MOST_FILES, CleanDocument, DocumentKind
from portal.store.documents import Document
from portal.store.history import HistoryEvent
from portal.wiring import Services
from tests.adapters import corpus
from tests.blueprints.browser import Browser
from tests.blueprints.people import People, Person
from tests.conftest import Clock

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Enter = Callable[[Person], Browser]
PICTURE = corpus.picture()
NAMES = [
    "../../../etc/passwd",
    "..\\..\\boot.ini",
    "documento.jpg.exe",
    "documento.php\x00.jpg",
    "\u202egpj.exe",
    "x" * 300 + ".jpg",
    '"; filename="altro.html',
    "<img src=x onerror=alert(1)>.jpg",
    "con.jpg",
    ".htaccess",
]


def send(
    browser: Browser, address: str, data: bytes, name: str = "carta.jpg", kind: str = "image/jpeg"
) -> TestResponse:
    return closed(browser.post(f"/caselle/{address}/documento", {"document": (BytesIO(data), name, kind)}))


def closed(answer: TestResponse) -> TestResponse:
    """Close the temporary file in which the test's browser put a large request."""
    answer.request.environ["wsgi.input"].close()
    return answer


def rows(services: Services) -> list[Document]:
    with services.reading() as session:
        return [*session.scalars(select(Document).order_by(Document.id))]


def files(services: Services) -> list[Path]:
    folder = services.settings.data_folder / "documents"
    return sorted(folder.iterdir()) if folder.exists() else []


def links(page: str) -> list[str]:
    return re.findall(r'href="(/caselle/[^"]+/documento/\d+)"', page)


def test_a_document_is_sent_read_and_taken_back(services: Services, people: People, enter: Enter) -> None:
    browser, address = enter(people.owner), people.owner.address
    assert send(browser, address, PICTURE).status_code == 303
    page = browser.get(f"/caselle/{address}/documento").text
    (link,) = links(page)
    got = browser.get(link)
    taken = browser.post(f"{link}/elimina")

    assert "Documento già caricato" in page
    assert got.data.startswith(b"\xff\xd8\xff")
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Content-Disposition"] == 'attachment; filename="documento-1.jpg"'
    assert got.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Cache-Control"] == "no-store"
    assert taken.status_code == 303
    assert browser.get(link).status_code == 404
    assert "Nessun documento caricato" in browser.get(f"/caselle/{address}/documento").text


def test_the_list_and_the_mailbox_say_that_it_was_sent(people: People, enter: Enter) -> None:
    browser, address = enter(people.owner), people.owner.address
    before = browser.get("/caselle").text
    send(browser, address, PICTURE)

    assert ("Documento già caricato" in before, before.count("Documento già caricato")) == (False, 0)
    assert browser.get("/caselle").text.count("Documento già caricato") == 1
    assert "Già caricato" in browser.get(f"/caselle/{address}").text


def test_nobody_reads_it_but_who_sent_it(people: People, enter: Enter) -> None:
    """Its account sees that the mailbox has sent one, and not what is in it."""
    boxes = enter(people.mailbox)
    send(boxes, people.mailbox.address, PICTURE)
    page = boxes.get(f"/caselle/{people.mailbox.address}/documento").text
    (link,) = links(page)
    answers = {}
    for person in (people.owner, people.other):
        browser = enter(person)
        answers[person.identifier] = (
            browser.get(link).status_code,
            browser.post(f"{link}/elimina").status_code,
            browser.get(f"/caselle/{people.mailbox.address}/documento").status_code,
            send(browser, people.mailbox.address, PICTURE).status_code,
        )
    seen = enter(people.owner).get(f"/caselle/{people.mailbox.address}/documento").text

    assert answers == {
        people.owner.identifier: (404, 404, 200, 303),
        people.other.identifier: (404, 404, 404, 404),
    }
    assert boxes.get(link).status_code == 200
    assert "Documento già caricato" in seen


def test_what_lies_on_the_disk_is_sealed_under_a_name_that_tells_nothing(
    services: Services, people: People, enter: Enter
) -> None:
    send(enter(people.owner), people.owner.address, PICTURE)

    ((path,), (row,)) = files(services), rows(services)
    assert path.name == row.name
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    sealed = path.read_bytes()
    assert not any(mark in sealed for mark in (b"\xff\xd8\xff\xe0", b"\xff\xdb\x00C", b"JFIF"))
    assert len(sealed) > 10_000


@pytest.mark.parametrize("name", NAMES)
def test_the_senders_name_for_it_counts_for_nothing(
    services: Services, people: People, enter: Enter, name: str
) -> None:
    browser, address = enter(people.owner), people.owner.address
    assert send(browser, address, PICTURE, name).status_code == 303
    page = browser.get(f"/caselle/{address}/documento").text
    got = browser.get(links(page)[0])

    assert got.headers["Content-Disposition"] == 'attachment; filename="documento-1.jpg"'
    assert re.fullmatch(r"[0-9a-f]{32}", files(services)[0].name)
    assert "onerror" not in page


@pytest.mark.parametrize(
    ("data", "name", "kind", "words"),
    [
        (corpus.HTML, "carta.jpg", "image/jpeg", "non è un PDF, un JPEG o un PNG"),
        (b"<svg onload='alert(1)'/>", "carta.svg", "image/svg+xml", "non è un PDF, un JPEG o un PNG"),
        (b"", "carta.jpg", "image/jpeg", "vuoto"),
        (PICTURE[:900], "carta.jpg", "image/jpeg", "danneggiato"),
        (PICTURE + TEST_VIRUS, "carta.jpg", "image/jpeg", "virus"),
        (corpus.pdf(OpenAction=corpus.script()), "carta.pdf", "application/pdf", "script"),
        (b"\xff\xd8\xff" + bytes(LARGEST_BYTES), "carta.jpg", "image/jpeg", "supera 5 MB"),
        (b"", "", "application/octet-stream", "Scegli il file"),
    ],
)
def test_what_is_refused_says_why_and_leaves_nothing(
    services: Services, people: People, enter: Enter, data: bytes, name: str, kind: str, words: str
) -> None:
    browser, address = enter(people.owner), people.owner.address

    answer = send(browser, address, data, name, kind)

    assert answer.status_code == 422
    assert words in answer.text
    assert (rows(services), files(services)) == ([], [])
    with services.reading() as session:
        deeds = session.scalars(select(HistoryEvent.deed)).all()
    assert deeds[-1] == "document_refused"


def test_more_than_a_file_may_have_is_not_even_read(people: People, enter: Enter) -> None:
    browser, address = enter(people.owner), people.owner.address

    assert send(browser, address, bytes(6 * 1024 * 1024)).status_code == 413


def test_who_is_not_signed_in_sends_nothing_large(app: Flask, services: Services, people: People) -> None:
    """A stranger's megabytes are refused before they are taken apart."""
    answer = send(Browser(app), people.owner.address, bytes(1_000_000))

    assert answer.status_code == 413
    assert files(services) == []


def test_elsewhere_nobody_sends_more_than_before(people: People, enter: Enter) -> None:
    answer = enter(people.owner).post("/caselle/selezione/svuota", {"x": (BytesIO(bytes(300_000)), "x.jpg")})

    assert answer.status_code == 413


class Quick:
    """A cleaner that believes everything: for tests of how many."""

    def clean(self, data: bytes) -> CleanDocument:
        return CleanDocument(DocumentKind.JPEG, data, 1)


@pytest.fixture
def quick(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    services = app.extensions["portal"]
    monkeypatch.setattr(type(services.cleaner), "clean", lambda self, data: Quick().clean(data))


@pytest.mark.usefixtures("quick")
def test_a_mailbox_has_so_many_files_and_no_more(services: Services, people: People, enter: Enter) -> None:
    browser, address = enter(people.owner), people.owner.address
    statuses = [send(browser, address, PICTURE).status_code for _ in range(MOST_FILES + 1)]

    assert statuses == [303] * MOST_FILES + [422]
    assert len(files(services)) == MOST_FILES


@pytest.mark.usefixtures("quick")
def test_nobody_fills_the_disk_by_sending_and_deleting(
    services: Services, people: People, enter: Enter, clock: Clock
) -> None:
    browser, address = enter(people.owner), people.owner.address
    for number in range(1, MOST_A_DAY + 1):
        assert send(browser, address, PICTURE).status_code == 303
        browser.post(f"/caselle/{address}/documento/{number}/elimina")

    refused = send(browser, address, PICTURE).status_code
    clock.forward(hours=25)

    assert refused == 422
    assert send(enter(people.owner), address, PICTURE).status_code == 303


def test_who_sends_bombs_all_day_is_made_to_wait(people: People, enter: Enter) -> None:
    """Each costs a process of its own, refused or not; the others are not made to wait with them."""
    browser, other = enter(people.owner), enter(people.other)
    statuses = [send(browser, people.owner.address, b"x").status_code for _ in range(31)]

    assert statuses == [422] * 30 + [429]
    assert send(other, people.other.address, b"x").status_code == 422


def test_of_two_files_none_is_taken(services: Services, people: People, enter: Enter) -> None:
    two = [(BytesIO(PICTURE), "a.jpg", "image/jpeg"), (BytesIO(corpus.HTML), "b.html", "text/html")]
    answer = enter(people.owner).post(f"/caselle/{people.owner.address}/documento", {"document": two})

    assert answer.status_code == 400
    assert files(services) == []


def test_a_file_without_its_row_does_not_stay(
    services: Services, people: People, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_off(*_about: object, **_more: object) -> None:
        raise RuntimeError("the database went away")

    monkeypatch.setattr("portal.usecases.documents.keep_document", break_off)
    with pytest.raises(RuntimeError):
        send(enter(people.owner), people.owner.address, PICTURE)

    assert files(services) == []
