"""Files that are no documents, or more than that: what is refused, and what is left of the rest (S43)."""

from __future__ import annotations

import subprocess
import sys
import time
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from portal.adapters.documents.cleaner import SECONDS, SeparateCleaner
from portal.adapters.documents.cleaning import cleaned
from portal.adapters.documents.scanner import TEST_VIRUS, TestVirusScanner
from portal.domain.documents import (
    LARGEST_BYTES,
    CleanDocument,
    DocumentKind,
    DocumentProblem,
    DocumentRefused,
)
from tests.adapters import corpus
from tests.adapters.corpus import HTML, SECRET

LARGEST_MEMORY_MB = 64
P = DocumentProblem


@pytest.fixture(scope="module")
def cleaner() -> SeparateCleaner:
    return SeparateCleaner()


def opened(document: CleanDocument) -> Image.Image:
    image = Image.open(BytesIO(document.content))
    image.load()
    return image


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", P.EMPTY),
        (b"x", P.WRONG_FORMAT),
        (b"\xff\xd8\xff" + b"0" * LARGEST_BYTES, P.TOO_LARGE),
        (HTML, P.WRONG_FORMAT),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", P.WRONG_FORMAT),
        (b"<?xml version='1.0'?><svg/>", P.WRONG_FORMAT),
        (b"GIF89a/*" + b"\0" * 200 + b"*/=1;alert(1)", P.WRONG_FORMAT),
        (corpus.archive(), P.WRONG_FORMAT),
        (b"MZ\x90\0", P.WRONG_FORMAT),
        (b"\n%PDF-1.7\n" + corpus.pdf(), P.WRONG_FORMAT),
        (HTML + corpus.pdf(), P.WRONG_FORMAT),
        (b"\xff\xd8\xff" + HTML, P.BROKEN),
        (b"\x89PNG\r\n\x1a\n" + HTML, P.BROKEN),
        (b"%PDF-1.7\n" + HTML, P.BROKEN),
        (corpus.picture()[:2_000], P.BROKEN),
        (corpus.picture(form="PNG")[:-4_000], P.BROKEN),
        (corpus.pdf()[:-300], P.BROKEN),
        (corpus.pdf_loop(), P.BROKEN),
        (corpus.flat((6_000, 4_001)), P.TOO_MANY_PIXELS),
        (corpus.png_of_size(60_000, 60_000), P.TOO_MANY_PIXELS),
        (corpus.png_of_size(2**31 - 1, 2**31 - 1), P.TOO_MANY_PIXELS),
        (corpus.png_of_size(4_000, 4_000), P.BROKEN),
        (corpus.many_scans(), P.BROKEN),
        (corpus.picture((640, 199)), P.TOO_SMALL),
        (corpus.pdf(11), P.TOO_MANY_PAGES),
        (corpus.pdf(OpenAction=corpus.script()), P.ACTIVE),
        (corpus.pdf(AA=corpus.action("Launch")), P.ACTIVE),
        (corpus.pdf(Names=corpus.action("URI", JavaScript=corpus.script())), P.ACTIVE),
        (corpus.raw_pdf(b"<</S/JavaScript/JS(app.alert\\(1\\))>>"), P.ACTIVE),
        (corpus.raw_pdf(b"<</S/Java#53cript/#4a#53(app.alert\\(1\\))>>"), P.ACTIVE),
        (corpus.raw_pdf(b"[[[<</A<</S/Launch/F(cmd.exe)>>>>]]]"), P.ACTIVE),
        (corpus.raw_pdf(b"[" * 200 + b"]" * 200), P.BROKEN),
        (corpus.pdf_with_attachment(), P.ACTIVE),
        (corpus.pdf_with_form(), P.ACTIVE),
        (corpus.pdf_protected(), P.PROTECTED),
    ],
)
def test_what_is_no_document_is_refused(data: bytes, problem: DocumentProblem) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        cleaned(data)

    assert refusal.value.problem is problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", P.EMPTY),
        (HTML, P.WRONG_FORMAT),
        (corpus.pdf_bomb(), P.BROKEN),
        (corpus.pdf(OpenAction=corpus.script()), P.ACTIVE),
    ],
)
def test_the_separate_process_says_the_same(
    cleaner: SeparateCleaner, data: bytes, problem: DocumentProblem
) -> None:
    with pytest.raises(DocumentRefused) as refusal:
        cleaner.clean(data)

    assert refusal.value.problem is problem


@pytest.mark.parametrize(
    "data",
    [
        corpus.picture(),
        corpus.picture(form="PNG"),
        corpus.with_traces(),
        corpus.png_with_text(),
        corpus.picture() + corpus.archive(),
        corpus.picture() + HTML,
        corpus.picture(form="PNG") + HTML,
        corpus.picture(progressive=True),
    ],
)
def test_of_a_picture_only_the_picture_goes_on(data: bytes) -> None:
    done = cleaned(data)

    image = opened(done)
    assert (done.kind, done.pages, image.format) == (DocumentKind.JPEG, 1, "JPEG")
    assert not image.getexif()
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not any(trace in done.content for trace in (SECRET.encode(), b"PK\x03\x04", b"<script", b"http"))


def test_a_photo_stands_upright_before_its_traces_go() -> None:
    assert opened(cleaned(corpus.with_traces())).size == (480, 640)


def test_what_phones_and_scanners_write_is_taken() -> None:
    phone, scan = opened(cleaned(corpus.of_two_pictures())), opened(cleaned(corpus.grey_scan()))

    assert (phone.format, phone.size) == ("JPEG", (640, 480))
    left, right = scan.convert("L").getpixel((50, 150)), scan.convert("L").getpixel((350, 150))
    assert (round(left / 10), round(right / 10)) == (2, 23)


def test_a_large_scan_is_kept_at_a_size_to_read(cleaner: SeparateCleaner) -> None:
    assert opened(cleaner.clean(corpus.flat((4_800, 5_000)))).size == (3_368, 3_508)


def test_of_a_pdf_only_its_pages_go_on() -> None:
    done = cleaned(corpus.pdf_with_annotation() + HTML + corpus.archive())

    reader = PdfReader(BytesIO(done.content))
    assert (done.kind, done.pages, len(reader.pages)) == (DocumentKind.PDF, 1, 1)
    assert "/Annots" not in reader.pages[0]
    contents = reader.pages[0].get_contents()
    assert contents is not None
    assert b"(0) Tj" in contents.get_data()
    traces = (SECRET.encode(), b"evil.example", b"<script", b"PK\x03\x04", b"/Author")
    assert not any(trace in done.content for trace in traces)


def test_ten_pages_are_taken() -> None:
    assert cleaned(corpus.pdf(10)).pages == 10


def test_the_test_virus_is_found_wherever_it_is() -> None:
    for data in (TEST_VIRUS, corpus.picture() + TEST_VIRUS):
        with pytest.raises(DocumentRefused) as refusal:
            TestVirusScanner().scan(data)
        assert refusal.value.problem is P.INFECTED


_MEASURED = """
import resource, sys
from portal.adapters.documents.cleaner import SeparateCleaner
from portal.domain.documents import DocumentRefused
data = sys.stdin.buffer.read()
SeparateCleaner()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for _ in range(2):
    try:
        SeparateCleaner().clean(data)
    except DocumentRefused:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
"""


@pytest.mark.parametrize(
    "data", [corpus.flat((4_898, 4_899)), corpus.png_of_size(4_898, 4_899), corpus.pdf_bomb(2_000)]
)
def test_the_web_process_grows_by_little_whatever_is_sent(data: bytes) -> None:
    """The cleaning process may take its 600 MB; the one that answers pages must not."""
    done = subprocess.run([sys.executable, "-c", _MEASURED], input=data, capture_output=True, check=True)

    grown, cleaning = map(int, done.stdout.split())
    assert grown < LARGEST_MEMORY_MB
    assert 0 < cleaning < 600


def test_a_process_that_does_not_come_to_an_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    sleeper = (sys.executable, "-c", "import time; time.sleep(60)")
    monkeypatch.setattr("portal.adapters.documents.cleaner.COMMAND", sleeper)
    monkeypatch.setattr("portal.adapters.documents.cleaner.SECONDS", 0.2)
    began = time.monotonic()

    with pytest.raises(DocumentRefused):
        SeparateCleaner().clean(corpus.pdf())

    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize(
    "answer",
    [b"", b"{}\n", b"[]\n", b'{"kind": "pdf", "pages": 1}\n<html>', b'{"kind": "exe", "pages": 1}\nMZ'],
)
def test_what_the_process_says_is_looked_at(monkeypatch: pytest.MonkeyPatch, answer: bytes) -> None:
    """A parser that was taken over must not get its own file through."""
    liar = (sys.executable, "-c", f"import sys; sys.stdout.buffer.write({answer!r})")
    monkeypatch.setattr("portal.adapters.documents.cleaner.COMMAND", liar)

    with pytest.raises(DocumentRefused):
        SeparateCleaner().clean(corpus.pdf())
