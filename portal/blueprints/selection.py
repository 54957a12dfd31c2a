"""`/caselle/selezione` and `/caselle/escluse`: what the account has ticked, on the server."""

from __future__ import annotations

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import web
from portal.blueprints.mailboxes import asked_list, list_values
from portal.domain.errors import NotFound
from portal.forms.mailboxes import LeftOutForm, MonthsForm, parse_ids, query_of, query_of_place
from portal.usecases import mailboxes, selection

bp = Blueprint("selection", __name__)


@bp.post("/caselle/selezione")
def change() -> ResponseReturnValue:
    """Store the ticks of the visible page."""
    shown = parse_ids(request.form.getlist("mostrata"))
    ticked = parse_ids(request.form.getlist("casella"))
    if shown is None or ticked is None:
        raise NotFound
    services, subject = web.services(), web.subject()
    with services.transaction() as session:
        selection.change(session, subject, shown, ticked, today=services.today(), now=services.now())
    if not web.wants_part():
        return _back_to_list()
    bar = selection.look(web.reading(), subject, today=services.today())
    return render_template("selection/_bar.html", bar=bar, args=_query())


@bp.post("/caselle/selezione/scadenza")
def expiring() -> ResponseReturnValue:
    """Select all that expires within the months asked for."""
    form = MonthsForm(request.form)
    if not form.validate():
        return _list(422, months_error=True)
    months = form.chosen()
    services, subject = web.services(), web.subject()
    with services.transaction() as session:
        applied = selection.select_expiring(
            session, subject, months, today=services.today(), now=services.now()
        )
    left_out_url = url_for("selection.left_out", entro=months)
    if web.wants_part():
        return _list(applied=applied, months=months, left_out_url=left_out_url)
    bar = selection.look(web.reading(), subject, today=services.today())
    words = render_template(
        "selection/_applied_text.html", applied=applied, count=bar.count, left_out_url=left_out_url
    )
    flash(Markup(words), "ok")  # rendered, and so escaped, just above
    return _back_to_list()


@bp.post("/caselle/selezione/svuota")
def clear() -> ResponseReturnValue:
    """Empty the selection."""
    with web.services().transaction() as session:
        selection.clear(session, web.subject())
    return _list(cleared=True) if web.wants_part() else _back_to_list()


@bp.get("/caselle/escluse")
def left_out() -> ResponseReturnValue:
    """Show, page by page, what a selection by months leaves out and why."""
    form = LeftOutForm(request.args)
    if not form.validate():
        abort(404)
    months = form.chosen()
    found = selection.left_out(
        web.reading(), web.subject(), months, form.place(), today=web.services().today()
    )
    return web.render(
        "selection/left_out.html",
        found=found,
        previous_args={"entro": months, **query_of_place(found.page.previous)},
        next_args={"entro": months, **query_of_place(found.page.next)},
    )


def _list(status: int = 200, **done: object) -> ResponseReturnValue:
    """Answer with the list as it now is, and what was just done to it."""
    form = asked_list()
    found = mailboxes.browse(web.reading(), web.subject(), form.listing(), today=web.services().today())
    values = list_values(form, found, **done)
    return web.render("mailboxes/index.html", "mailboxes/_list.html", status, **values)


def _back_to_list() -> ResponseReturnValue:
    return web.see_other("mailboxes.index", **_query())


def _query() -> dict[str, str]:
    listing = asked_list().listing()
    return query_of(listing, listing.place)
