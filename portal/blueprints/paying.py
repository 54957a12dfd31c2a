"""`/ordini/<number>/paga`: to the gateway's page and back; what came of it is the gateway's to say (S39)."""

from __future__ import annotations

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal import till, web
from portal.blueprints import refusals
from portal.blueprints.orders import gateway_methods_for, known_number
from portal.blueprints.wizard import go_to
from portal.domain.payments import PaymentMethod
from portal.forms.payments import PayForm
from portal.till import Turn
from portal.usecases import paying_pages, top_ups

bp = Blueprint("paying", __name__)
refusals.answer(bp)


@bp.post("/ordini/<number>/paga")
def start(number: str) -> ResponseReturnValue:
    """Begin or go on with an attempt, and lead to the gateway's page."""
    known = known_number(number)
    form = PayForm(request.form)
    services = web.services()
    if not form.validate() or form.chosen() not in services.gateways.methods:
        return web.see_other("orders.show", number=known, _anchor="paga")
    return lead_to_page(known, form.chosen())


def lead_to_page(number: str, method: PaymentMethod) -> ResponseReturnValue:
    """Return the way to the gateway's page, or to the order's where there is none to go to."""
    answer = till.pay(web.services(), web.subject(), number, method)
    if answer.turn is Turn.TO_PAGE:
        return web.to_gateway(answer.page_url)
    return web.see_other("orders.show", number=number, _anchor="paga")


@bp.get("/ordini/<number>/pagamento/<reference>")
def back(number: str, reference: str) -> ResponseReturnValue:
    """Ask the gateway about the attempt whose customer is back, whatever the address says besides."""
    known = known_number(number)
    till.look_again(web.services(), web.subject(), known, reference)
    goal = top_ups.way_back(web.reading(), web.subject(), known)
    if goal is None:
        return web.see_other("orders.show", number=known)
    flash(web.words("credit/_topped_text.html", number=known), "ok")
    return go_to(goal)


@bp.get("/ordini/<number>/pagamento")
def status(number: str) -> ResponseReturnValue:
    """Show how paying stands; the order's page asks again while it may change by itself."""
    known = known_number(number)
    found = paying_pages.look_at_paying(web.reading(), web.subject(), known)
    methods = gateway_methods_for(found.kind) if found is not None else []
    if found is None or not methods or not web.wants_part():
        return go_to(url_for("orders.show", number=known))
    return render_template("orders/_paying.html", paying=found, gateway_methods=methods)
