"""`/caselle/spesa`: the year ahead by month; `/caselle/allinea`: what one date for all would cost."""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from portal import web
from portal.documents.budget_sheet import budget_sheet
from portal.documents.sheet import MIMETYPE
from portal.domain.alignment import farthest_target
from portal.forms.budget import AlignForm
from portal.usecases import budget

bp = Blueprint("budget", __name__)


@bp.get("/caselle/spesa")
def year() -> ResponseReturnValue:
    """Show what each of the next twelve months needs."""
    ahead = budget.year(web.reading(), web.subject(), today=web.services().today())
    return web.render("budget/year.html", ahead=ahead)


@bp.get("/caselle/spesa/esporta")
def download() -> Response:
    """Send the same as a file."""
    today = web.services().today()
    pieces = budget_sheet(budget.year(web.reading(), web.subject(), today=today))
    response = Response(b"".join(pieces), content_type=MIMETYPE)
    response.headers.set("Content-Disposition", "attachment", filename=f"spesa-pec-{today.isoformat()}.csv")
    return response


@bp.get("/caselle/allinea")
def align() -> ResponseReturnValue:
    """Simulate bringing all mailboxes to one date; nothing is ordered."""
    today = web.services().today()
    form = AlignForm(request.args)
    target = form.chosen(today)
    found = budget.simulate(web.reading(), web.subject(), target, today=today)
    values = {
        "found": found,
        "shown": form.target.data if form.target.data else (found.target.isoformat() if found else ""),
        "wrong": bool(form.target.data) and target is None,
        "farthest": farthest_target(today),
        "today": today,
    }
    return web.render("budget/align.html", None, 422 if values["wrong"] else 200, **values)
