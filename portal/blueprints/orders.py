"""`/ordini`: the list, one order, its state, cancelling it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, render_template, request
from flask.typing import ResponseReturnValue

from portal import web
from portal.blueprints import refusals
from portal.blueprints.bank_days import bank_calendar
from portal.domain.errors import NotFound, OrderNotCancellable, OrderNumberInvalid, PaymentDeclared
from portal.domain.order_numbers import normalise_order_number
from portal.domain.orders import OrderKind, may_pay_by
from portal.domain.payments import PaymentMethod
from portal.forms.orders import CancelForm, OrderLinesForm, OrderListForm, parse_place_text, place_text
from portal.usecases import credit_pages, generated_orders, order_pages, orders, paying_pages
from portal.usecases.generated_orders import GeneratedOrder
from portal.usecases.order_pages import LinesAsked, OrderCursor

bp = Blueprint("orders", __name__)
refusals.answer(bp)


@bp.get("/ordini")
def index() -> ResponseReturnValue:
    """Show one page of the orders, newest first."""
    form = OrderListForm(request.args)
    found = order_pages.list_orders(
        web.reading(),
        web.subject(),
        after=_cursor(form.after.data),
        before=_cursor(form.before.data),
        shown=form.orders_shown(),
        search=form.order_search(),
    )
    return web.render(
        "orders/index.html",
        "orders/_list.html",
        found=found,
        form=form,
        query=form.query(),
        newer_args=_place(found.newer, "prima"),
        older_args=_place(found.older, "dopo"),
    )


@bp.get("/ordini/<number>")
def show(number: str) -> ResponseReturnValue:
    """Show one order: what happens next, how to pay, its lines."""
    known = known_number(number)
    if known != number:
        return web.see_other("orders.show", number=known)
    return _order_page(known)


@bp.route("/ordini/<number>/annulla", methods=["GET", "POST"])
def cancel(number: str) -> ResponseReturnValue:
    """Ask whether to cancel; cancel and free the mailboxes."""
    known = known_number(number)
    if request.method != "POST":
        return _cancel_page(known)
    form, services = CancelForm(request.form), web.services()
    try:
        with services.transaction() as session:
            order = orders.cancel_order(
                session, web.subject(), known, confirmed=form.confirmed.data, now=services.now()
            )
    except OrderNotCancellable as refusal:
        return _order_page(known, refusals.status_of(refusal), refusal=refusal)
    except PaymentDeclared:
        return _cancel_page(known, 422, asks_again=True)
    automatic = generated_orders.generated_by(web.reading(), order, today=services.today())
    words = web.words("orders/_cancelled_text.html", number=order.number, automatic=automatic)
    flash(words, "ok")
    return web.see_other("orders.show", number=order.number)


@bp.get("/ordini/<number>/stato")
def status(number: str) -> ResponseReturnValue:
    """Show how far the order has come; its page asks again while it moves."""
    known = known_number(number)
    if not web.wants_part():
        return web.see_other("orders.show", number=known)
    return render_template("orders/_live.html", **_order_values(known, refusal=None))


def _order_page(number: str, status: int = 200, **more: object) -> ResponseReturnValue:
    return web.render("orders/show.html", None, status, **_order_values(number, **({"refusal": None} | more)))


def _order_values(number: str, **more: Any) -> dict[str, Any]:
    form = OrderLinesForm(request.args)
    form.validate()
    services = web.services()
    found = order_pages.look_at_order(
        web.reading(),
        web.subject(),
        number,
        today=services.today(),
        calendar=bank_calendar(),
        asked=LinesAsked(form.position_after(), form.position_before(), form.line_state()),
    )
    methods = gateway_methods_for(found.order.kind)
    paying = paying_pages.paying_of(web.reading(), found.order) if methods else None
    values = {
        "found": found,
        "paying": paying,
        "gateway_methods": methods,
        "credit": credit_pages.offer_for_order(
            web.reading(), web.subject(), found.order, today=services.today()
        ),
        "order": found.order,
        "automatic": generated_orders.generated_by(web.reading(), found.order, today=services.today()),
        "progress": found.status,
        "bank": services.settings.bank,
        "today": services.today(),
    }
    return values | more


def _cancel_page(number: str, status: int = 200, *, asks_again: bool = False) -> ResponseReturnValue:
    found = order_pages.look_at_status(web.reading(), web.subject(), number)
    return web.render(
        "orders/cancel.html", None, status, found=found, asks_again=asks_again, automatic=_automatic(number)
    )


def _automatic(number: str) -> GeneratedOrder | None:
    today = web.services().today()
    return generated_orders.of_number(web.reading(), web.subject(), number, today=today)


def gateway_methods_for(kind: OrderKind) -> list[PaymentMethod]:
    """Return the methods of the operator's gateways by which an order of that kind may be paid."""
    return [method for method in web.services().gateways.methods if may_pay_by(kind, method)]


def known_number(number: str) -> str:
    """Return the order number as it is stored, whatever its case and spaces. Raises NotFound."""
    try:
        return normalise_order_number(number)
    except OrderNumberInvalid as failure:
        raise NotFound from failure


def _cursor(text: str | None) -> OrderCursor | None:
    place = parse_place_text(text)
    return OrderCursor(*place) if place else None


def _place(cursor: OrderCursor | None, name: str) -> dict[str, str] | None:
    return {name: place_text(cursor.placed_at, cursor.id)} if cursor else None
