"""`/caselle/esporta`: the list as a file, as it is filtered or selected."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain

from flask import Blueprint, Response, request

from portal import web
from portal.blueprints.mailboxes import asked_list
from portal.documents.mailbox_sheet import mailbox_sheet
from portal.documents.sheet import MIMETYPE
from portal.usecases import mailbox_export

bp = Blueprint("mailbox_export", __name__)
ONLY_SELECTED = "selezionate"


@bp.get("/caselle/esporta")
def download() -> Response:
    """Send the file while it is read; the first piece is made before the answer: a failure is a page."""
    services = web.services()
    session = services.streaming()
    with ExitStack() as undone:
        undone.callback(session.close)
        found = mailbox_export.export(
            session,
            web.subject(),
            asked_list().listing(),
            only_selected=request.args.get("solo") == ONLY_SELECTED,
            today=services.today(),
        )
        undone.callback(found.close)  # first: a cursor ends before its connection goes back
        pieces = begun(mailbox_sheet(found))
        closing = undone.pop_all()
    response = Response(_closed_at_the_end(pieces, closing), content_type=MIMETYPE)
    response.call_on_close(closing.close)
    response.headers.set("Content-Disposition", "attachment", filename=_file_name())
    return response


def begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Return the same pieces, the first one made already."""
    first = next(pieces)
    return chain([first], pieces)


def _closed_at_the_end(pieces: Iterator[bytes], closing: ExitStack) -> Iterator[bytes]:
    """Give the pieces; the connection goes back with the last of them, and with a break in between."""
    with closing:
        yield from pieces


def _file_name() -> str:
    return f"caselle-pec-{web.services().today().isoformat()}.csv"
