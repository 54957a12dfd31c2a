"""`/contratti`: the operator's texts, to read, print and keep; those of the past stay where they are."""

from __future__ import annotations

from flask import Blueprint, make_response
from flask.typing import ResponseReturnValue

from portal import web
from portal.usecases import contracts

bp = Blueprint("contracts", __name__)


@bp.get("/contratti")
def index() -> ResponseReturnValue:
    """List the texts in force."""
    return web.render(
        "contracts/index.html", texts=contracts.look_at_texts(web.reading(), today=web.services().today())
    )


@bp.get("/contratti/<name>")
def show(name: str) -> ResponseReturnValue:
    """Show one text."""
    text = contracts.look_at_text(web.reading(), name, today=web.services().today())
    return web.render("contracts/show.html", text=text)


@bp.get("/contratti/<name>/testo")
def download(name: str) -> ResponseReturnValue:
    """Send one text as a plain file, to the byte what its fingerprint was made of."""
    text = contracts.look_at_text(web.reading(), name, today=web.services().today())
    answer = make_response(text.whole)
    answer.mimetype = "text/plain"
    answer.headers["Content-Disposition"] = f'attachment; filename="{text.name}.txt"'
    return answer
