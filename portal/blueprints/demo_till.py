"""`/demo/cassa`: the simulated gateway's page; somebody decides on it what a bank would. Demo only."""

from __future__ import annotations

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from portal import web
from portal.domain.attempts import Failure
from portal.domain.errors import NotFound

DELAY_SECONDS = 20
DECISIONS = {
    "approve": ("paid", 0),
    "decline": (Failure.INSUFFICIENT_FUNDS, 0),
    "delay": ("paid", DELAY_SECONDS),
    "vanish": ("paid", 0),
    "fragile": ("paid_once", 0),
    "cancel": (Failure.ABANDONED, 0),
}
"""What each button decides, and after how many seconds it is known."""

bp = Blueprint("demo_till", __name__)


@bp.route("/demo/cassa/<key>", methods=["GET", "POST"])
def page(key: str) -> ResponseReturnValue:
    """Show a request and what can become of it; decide, and send the customer back, unless they vanish."""
    gateway = web.services().gateways.simulated
    asked = gateway.page(key) if gateway is not None else None
    if gateway is None or asked is None:
        raise NotFound
    pressed = request.form.get("decision", "") if request.method == "POST" else ""
    if pressed not in DECISIONS:
        return web.render("demo/till.html", asked=asked, delay=DELAY_SECONDS, has_vanished=False)
    decision, after = DECISIONS[pressed]
    gateway.decide(key, decision, after_seconds=after)
    if pressed == "vanish":
        return web.render("demo/till.html", asked=asked, delay=DELAY_SECONDS, has_vanished=True)
    return redirect(web.on_this_host(asked.return_url), code=303)
