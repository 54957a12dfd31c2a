"""«Scarica il preventivo»: the quote of a renewal or of an order, as a PDF."""

from __future__ import annotations

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from portal import web
from portal.blueprints import refusals
from portal.blueprints.orders import known_number
from portal.documents.frame import Letterhead
from portal.documents.quote import quote_paper
from portal.usecases import quotes
from portal.usecases.quotes import QuotePaper

bp = Blueprint("quotes", __name__)
refusals.answer(bp)


@bp.post("/rinnovo/<draft>/preventivo")
def give(draft: str) -> ResponseReturnValue:
    """Write the quote down as it stands, then send it."""
    services = web.services()
    with services.transaction() as session:
        quotes.give_quote(session, web.subject(), draft, today=services.today(), now=services.now())
    return web.see_other("quotes.of_draft", draft=draft)


@bp.get("/rinnovo/<draft>/preventivo")
def of_draft(draft: str) -> ResponseReturnValue:
    """Send the newest quote that was given for a renewal; lead to its price where there is none."""
    paper = quotes.quote_of_draft(web.reading(), web.subject(), draft)
    return _pdf(paper) if paper else web.see_other("confirm_step.confirm", draft=draft)


@bp.get("/ordini/<number>/preventivo")
def of_order(number: str) -> ResponseReturnValue:
    """Send the quote that an order carries; lead to the order where it carries none."""
    known = known_number(number)
    paper = quotes.quote_of_order(web.reading(), web.subject(), known)
    return _pdf(paper) if paper else web.see_other("orders.show", number=known)


def _pdf(paper: QuotePaper) -> Response:
    settings = web.services().settings
    head = Letterhead(settings.brand.name, settings.brand.support_email, settings.public_url)
    response = Response(quote_paper(paper, head), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="preventivo-{paper.public_id}.pdf"'
    return response
