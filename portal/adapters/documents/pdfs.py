"""A PDF, read whole and written anew from its pages; what acts by itself is refused."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from portal.domain.documents import (
    MOST_PAGES,
    CleanDocument,
    DocumentKind,
    DocumentProblem,
    DocumentRefused,
)

MOST_OBJECTS = 5_000
DEEPEST = 60
ACTIVE_NAMES = frozenset(
    "/JavaScript /JS /OpenAction /AA /Launch /EmbeddedFile /EmbeddedFiles /EF /XFA /RichMedia /Movie /Sound"
    " /SubmitForm /ImportData /GoToR /GoToE /Rendition /3D".split()
)
"""What does something when a page is only looked at, or brings other files along."""
LEFT_BEHIND = ("/Annots", "/AA", "/Metadata", "/PieceInfo", "/Thumb", "/StructParents", "/B", "/Trans")
"""Of a page: notes, links, forms, and what programs noted for themselves."""
UNREADABLE = (
    PyPdfError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    NotImplementedError,
    RecursionError,
)
"""What the library raises for files that only look like PDFs."""


def clean_pdf(data: bytes) -> CleanDocument:
    """Return its pages as a new PDF without actions, notes, forms, attachments or description.

    Raises DocumentRefused.
    """
    try:
        return _clean(data)
    except UNREADABLE as failure:
        raise DocumentRefused(DocumentProblem.BROKEN) from failure


def _clean(data: bytes) -> CleanDocument:
    reader = PdfReader(BytesIO(data), strict=True)
    if reader.is_encrypted:
        raise DocumentRefused(DocumentProblem.PROTECTED)
    _refuse_active(reader)
    count = len(reader.pages)
    if not 1 <= count <= MOST_PAGES:
        raise DocumentRefused(DocumentProblem.TOO_MANY_PAGES if count else DocumentProblem.BROKEN)
    writer = PdfWriter()
    for page in reader.pages:
        writer.add_page(_bare(page))
    writer.metadata = None
    written = BytesIO()
    writer.write(written)
    return CleanDocument(DocumentKind.PDF, written.getvalue(), count)


def _bare(page: PageObject) -> PageObject:
    """Return the page without what is left behind, once its content has been read to its end."""
    contents = page.get_contents()
    if contents is not None:
        contents.get_data()
    for name in LEFT_BEHIND:
        page.pop(NameObject(name), None)
    return page


def _refuse_active(reader: PdfReader) -> None:
    """Look at every object of the file, reached or not: what is active anywhere is refused."""
    numbers = {number for table in reader.xref.values() for number in table} | set(reader.xref_objStm)
    if len(numbers) > MOST_OBJECTS:
        raise DocumentRefused(DocumentProblem.TOO_MANY_PAGES)
    _look(reader.trailer, DEEPEST)
    for number in numbers:
        if number:
            _look(reader.get_object(number), DEEPEST)


def _look(thing: Any, depth: int) -> None:
    """Raise DocumentRefused for an active name in a value; references are looked at where they lead."""
    if depth == 0:
        raise DocumentRefused(DocumentProblem.BROKEN)
    if isinstance(thing, DictionaryObject):
        if ACTIVE_NAMES & {*thing, thing.get("/S", "")}:
            raise DocumentRefused(DocumentProblem.ACTIVE)
        for value in [thing.raw_get(name) for name in thing]:
            _look(value, depth - 1)
    elif isinstance(thing, ArrayObject):
        for value in list(thing):
            _look(value, depth - 1)
