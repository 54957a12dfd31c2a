"""`/conferma-identita`: the password once more, on the way to a page that needs it."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue

from portal import login, proofs, recent, web
from portal.usecases import passkeys

bp = Blueprint("recent", __name__)


@bp.route("/conferma-identita", methods=["GET", "POST"])
def confirm() -> ResponseReturnValue:
    """Ask for the password; go on to the page that needed it. A wrong one never comes here."""
    goal = login.local_path(request.values.get("next", ""))
    if recent.is_proved() and (request.method != "POST" or recent.proves_now()):
        return redirect(goal, code=303) if goal else web.see_other("profile.index")
    return web.render(
        "access/confirm_identity.html",
        action=request.path,
        kept=[("next", goal)] if goal else [],
        refused=bool(g.get("proof_refused")),
    )


@bp.post("/conferma-identita/sfida")
def challenge() -> ResponseReturnValue:
    """Give the browser something to sign with a passkey."""
    services = web.services()
    with services.transaction() as session:
        options = passkeys.offer_proof(session, web.subject(), proofs.site(), now=services.now())
    return Response(options, mimetype="application/json")
