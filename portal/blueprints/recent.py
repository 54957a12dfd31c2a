"""`/conferma-identita`: the password once more, on the way to a page that needs it."""

from __future__ import annotations

from flask import Blueprint, g, redirect, request
from flask.typing import ResponseReturnValue

from portal import login, recent, web

bp = Blueprint("recent", __name__)


@bp.route("/conferma-identita", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    """Ask for the password; go on to the page that needed it. A wrong one never comes here."""
    goal = login.local_path(request.values.get("next", ""))
    if recent.is_proved() and (request.method == "GET" or recent.proves_now()):
        return redirect(goal, code=303) if goal else web.see_other("profile.index")
    return web.render(
        "access/confirm_identity.html",
        action=request.path,
        kept=[("next", goal)] if goal else [],
        refused=bool(g.get("proof_refused")),
    )
