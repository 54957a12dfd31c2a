"""`/credito`: the wallet, putting money in by card, paying an order from it."""

from __future__ import annotations

from flask import Blueprint, flash, request
from flask.typing import ResponseReturnValue
from wtforms import StringField

from portal import login, till, web
from portal.blueprints import refusals
from portal.blueprints.orders import known_number
from portal.blueprints.paying import lead_to_page
from portal.domain.credit import LEAST_TOP_UP, MOST_TOP_UP
from portal.domain.credit_errors import CreditTooSmall
from portal.domain.payments import PaymentMethod
from portal.forms.credit import LONGEST_PATH, MovementsForm, ProposalForm, TopUpForm
from portal.usecases import credit_access, credit_pages, credit_payments, top_ups

bp = Blueprint("credit", __name__)
refusals.answer(bp)


@bp.get("/credito")
def index() -> ResponseReturnValue:
    """Show the balance, what lapses when and a page of what moved it."""
    form = MovementsForm(request.args)
    form.validate()
    found = credit_pages.look_at_credit(
        web.reading(), web.subject(), before=form.place(), today=web.services().today()
    )
    return web.render("credit/index.html", found=found, has_card=_has_card())


@bp.route("/credito/ricarica", methods=["GET", "POST"])
def top_up() -> ResponseReturnValue:
    """Ask how much; order it and lead to the card's page."""
    credit_access.check_may_use(web.reading(), web.subject())
    if request.method != "POST":
        proposal = ProposalForm(request.args)
        proposal.validate()
        return _top_up_page(proposed=proposal.proposed(), return_to=_own_path(proposal.return_to))
    form, services = TopUpForm(request.form), web.services()
    if form.problem() or not _has_card():
        goal = _own_path(form.return_to)
        return _top_up_page(422, amount=form.amount.data or "", problem=form.problem(), return_to=goal)
    with services.transaction() as session:
        order = top_ups.place_top_up(
            session,
            web.subject(),
            form.cents(),
            return_path=_own_path(form.return_to),
            now=services.now(),
        )
    return lead_to_page(order.number, PaymentMethod.CARD)


@bp.post("/ordini/<number>/paga-con-credito")
def pay(number: str) -> ResponseReturnValue:
    """Pay the order from credit, or say what is missing."""
    known, services = known_number(number), web.services()
    till.make_way(services, web.subject(), known, PaymentMethod.CREDIT)
    try:
        with services.transaction() as session:
            credit_payments.pay_from_credit(session, web.subject(), known, now=services.now())
    except CreditTooSmall:
        flash(web.words("credit/_short_text.html"), "warn")
        return web.see_other("orders.show", number=known, _anchor="credito")
    return web.see_other("orders.show", number=known)


def _own_path(field: StringField) -> str | None:
    """Return the page of ours to come back to; None for anything else, or nothing (S32)."""
    text = field.data or ""
    return login.local_path(text) if len(text) <= LONGEST_PATH else None


def _has_card() -> bool:
    return PaymentMethod.CARD in web.services().gateways.methods


def _top_up_page(status: int = 200, **more: object) -> ResponseReturnValue:
    values = {"proposed": None, "amount": "", "problem": "", "return_to": None} | more
    limits = (LEAST_TOP_UP, MOST_TOP_UP)
    return web.render("credit/top_up.html", None, status, has_card=_has_card(), limits=limits, **values)
