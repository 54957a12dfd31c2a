"""`/ordini/<number>/…`: paying by hand: another method, «Ho pagato», the code for bank apps, papers."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue

from portal import till, web
from portal.blueprints import order_papers, refusals
from portal.blueprints.bank_days import bank_calendar
from portal.blueprints.orders import known_number
from portal.documents.instructions import instructions_paper
from portal.documents.order import order_paper
from portal.documents.transfer_qr import transfer_svg
from portal.domain.credit_errors import PaymentUnderWay
from portal.domain.errors import FieldProblem, PaymentDeclared, PaymentTooLate
from portal.forms.order_payments import DeclarationForm, MethodForm
from portal.usecases import declarations, order_methods
from portal.usecases.declarations import Declared
from portal.usecases.order_methods import OrderMethods

bp = Blueprint("order_payments", __name__)
refusals.answer(bp)


@bp.route("/ordini/<number>/metodo", methods=["GET", "POST"])
def change_method(number: str) -> ResponseReturnValue:
    """Show the ways to pay the order; keep the one that is chosen."""
    known = known_number(number)
    if request.method != "POST":
        return _methods_page(known)
    form, services = MethodForm(request.form), web.services()
    found = _methods_of(known)
    if not form.validate() or form.chosen_method() not in [offer.method for offer in found.offers]:
        return _methods_page(known, 422, errors=["method"])
    try:
        if not till.make_way(services, web.subject(), known, form.chosen_method()):
            raise PaymentUnderWay
        with services.transaction() as session:
            order_methods.change_method(
                session,
                web.subject(),
                known,
                form.chosen_method(),
                calendar=bank_calendar(),
                now=services.now(),
            )
    except (PaymentDeclared, PaymentTooLate, PaymentUnderWay) as refusal:
        return _methods_page(known, refusals.status_of(refusal), refusal=refusal)
    return web.see_other("orders.show", number=known, _anchor="paga")


@bp.route("/ordini/<number>/ho-pagato", methods=["GET", "POST"])
def declare(number: str) -> ResponseReturnValue:
    """Ask what was sent and when; keep it."""
    known = known_number(number)
    if request.method != "POST":
        return _declaration_page(known, DeclarationForm())
    form, services = DeclarationForm(request.form), web.services()
    form.validate()
    problems = form.problems()
    if problems:
        return _declaration_page(known, form, problems)
    declared = Declared(form.written_reference(), form.day())
    try:
        with services.transaction() as session:
            declarations.declare_payment(session, web.subject(), known, declared, now=services.now())
    except FieldProblem as problem:
        return _declaration_page(known, form, {problem.field: problem.code})
    flash(web.words("orders/_declared_text.html", number=known), "ok")
    return web.see_other("orders.show", number=known)


@bp.post("/ordini/<number>/ho-pagato/ritira")
def withdraw(number: str) -> ResponseReturnValue:
    """Forget that a payment was declared."""
    known = known_number(number)
    with web.services().transaction() as session:
        declarations.withdraw(session, web.subject(), known)
    flash(web.words("orders/_withdrawn_text.html", number=known), "ok")
    return web.see_other("orders.show", number=known)


@bp.get("/ordini/<number>/codice.svg")
def code(number: str) -> ResponseReturnValue:
    """Draw the code that a bank's app reads."""
    drawn = transfer_svg(order_papers.transfer_of(known_number(number)))
    return Response(drawn, mimetype="image/svg+xml")


@bp.get("/ordini/<number>/istruzioni.pdf")
def instructions(number: str) -> ResponseReturnValue:
    """Give the page that says how to pay, or the slip."""
    known = known_number(number)
    to_pay, destination = order_papers.to_pay_of(known)
    return _pdf(instructions_paper(order_papers.letterhead(), to_pay, destination), f"pagamento-{known}")


@bp.get("/ordini/<number>/ordine.pdf")
def paper(number: str) -> ResponseReturnValue:
    """Give the order on paper."""
    known = known_number(number)
    return _pdf(order_paper(order_papers.letterhead(), order_papers.paper_of(known)), f"ordine-{known}")


def _pdf(body: bytes, name: str) -> Response:
    answer = Response(body, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return answer


def _methods_of(number: str) -> OrderMethods:
    services = web.services()
    return order_methods.look_at_methods(
        web.reading(),
        web.subject(),
        number,
        today=services.today(),
        calendar=bank_calendar(),
        gateways=services.gateways.methods,
    )


def _methods_page(number: str, status: int = 200, **more: object) -> ResponseReturnValue:
    found = _methods_of(number)
    values = {"found": found, "order": found.order, "errors": [], "refusal": None} | more
    return web.render("orders/method.html", None, status, **values)


def _declaration_page(
    number: str, form: DeclarationForm, problems: dict[str, str] | None = None
) -> ResponseReturnValue:
    order, before = declarations.look_at_declaration(web.reading(), web.subject(), number)
    values = {"order": order, "before": before, "form": form, "problems": problems or {}}
    status = 422 if problems else 200
    return web.render("orders/declare.html", None, status, today=web.services().today(), **values)
