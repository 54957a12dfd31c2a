"""`/recesso/<number>`: withdrawing from an order in two steps, or what to do instead."""

from __future__ import annotations

from flask import Blueprint, request, session
from flask.typing import ResponseReturnValue

from portal import web
from portal.blueprints import refusals
from portal.domain.errors import NotFound, OrderNumberInvalid, WithdrawalNotPossible
from portal.domain.order_numbers import normalise_order_number
from portal.forms.withdrawals import DeclarationForm
from portal.usecases import withdrawals
from portal.usecases.withdrawals import Declaration, WithdrawalPage

bp = Blueprint("withdrawals", __name__)
refusals.answer(bp)

_KEPT = "withdrawal"
"""Where the answers of step 1 wait for step 2, in the signed cookie: number, name and e-mail."""


@bp.route("/recesso/<number>", methods=["GET", "POST"])
def declare(number: str) -> ResponseReturnValue:
    """Ask who withdraws and where the acknowledgment shall go; or say why nobody can here."""
    found = _found(number)
    if found.withdrawal is not None:
        return web.see_other("orders.show", number=found.order.number)
    if found.hindrance is not None:
        return _instead(found)
    if request.method != "POST":
        return _form_page(found, DeclarationForm(data=_kept(found.order.number) or _known(found)), {})
    form = DeclarationForm(request.form)
    problems = form.check(found.mailboxes[0].address if found.mailbox_count == 1 else "")
    if problems:
        return _form_page(found, form, problems, 422)
    session[_KEPT] = {"number": found.order.number, "name": form.name.data, "email": form.email.data}
    return web.see_other("withdrawals.confirm", number=found.order.number)


@bp.route("/recesso/<number>/conferma", methods=["GET", "POST"])
def confirm(number: str) -> ResponseReturnValue:
    """Warn of what follows; withdraw."""
    found = _found(number)
    kept = _kept(found.order.number)
    if found.withdrawal is not None:
        return web.see_other("orders.show", number=found.order.number)
    if found.hindrance is not None:
        return _instead(found)
    if kept is None:
        return web.see_other("withdrawals.declare", number=found.order.number)
    if request.method != "POST":
        return web.render("withdrawals/confirm.html", found=found, declared=kept)
    declaration = Declaration(kept["name"], kept["email"], request.remote_addr or "")
    services = web.services()
    try:
        with services.transaction() as transaction:
            withdrawals.withdraw(
                transaction, web.subject(), found.order.number, declaration, now=services.now()
            )
    except WithdrawalNotPossible:
        return _instead(_found(number))
    session.pop(_KEPT, None)
    return web.see_other("orders.show", number=found.order.number)


def _found(number: str) -> WithdrawalPage:
    try:
        known = normalise_order_number(number)
    except OrderNumberInvalid as failure:
        raise NotFound from failure
    return withdrawals.look_at_withdrawal(web.reading(), web.subject(), known, today=web.services().today())


def _kept(number: str) -> dict[str, str] | None:
    kept: dict[str, str] = session.get(_KEPT) or {}
    return kept if kept.get("number") == number else None


def _known(found: WithdrawalPage) -> dict[str, str]:
    return {"name": found.name, "email": found.email}


def _form_page(
    found: WithdrawalPage, form: DeclarationForm, problems: dict[str, str], status: int = 200
) -> ResponseReturnValue:
    return web.render("withdrawals/declare.html", status=status, found=found, form=form, problems=problems)


def _instead(found: WithdrawalPage) -> ResponseReturnValue:
    status = 409 if request.method == "POST" else 200
    return web.render("withdrawals/instead.html", status=status, found=found)
