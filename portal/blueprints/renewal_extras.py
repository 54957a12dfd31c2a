"""`/rinnovo/<draft>/extra`: what is offered once beside the renewal."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal import web
from portal.blueprints import refusals
from portal.blueprints.wizard import address_after, go_to, skipped, step_values
from portal.domain.errors import ExtraNotOffered
from portal.domain.extras import MOST_PIECES
from portal.forms.extras import ExtrasForm
from portal.usecases import draft_extras
from portal.usecases.draft_totals import OpenDraft, look_at_draft
from portal.usecases.renewal_steps import Step, steps_of

bp = Blueprint("renewal_extras", __name__)
refusals.answer(bp)


@bp.route("/rinnovo/<draft>/extra", methods=["GET", "POST"])
def choose(draft: str) -> ResponseReturnValue:
    """Show what is offered, with «No» chosen; keep the answer."""
    found = _look(draft)
    if request.method != "POST":
        return go_to(request.path) if web.wants_part() else _page(draft, found)
    if Step.EXTRA not in steps_of(found):
        return go_to(address_after(draft, Step.EXTRA))
    form = ExtrasForm(found.pieces, most_pieces(found))
    form.process(request.form)
    if not form.validate():
        return _page(draft, found, 422, faulty=form.faulty(), typed=request.form)
    services = web.services()
    try:
        with services.transaction() as session:
            draft_extras.choose_extras(
                session, web.subject(), draft, form.pieces(), today=services.today(), now=services.now()
            )
    except ExtraNotOffered as refusal:
        return _page(draft, _look(draft), refusals.status_of(refusal), refusal=refusal)
    return go_to(address_after(draft, Step.EXTRA))


def most_pieces(found: OpenDraft) -> int:
    """Return how many pieces can be taken: one for each mailbox, so with a single one it is a yes or a no."""
    return min(found.totals.in_draft, MOST_PIECES)


def _look(draft: str) -> OpenDraft:
    return look_at_draft(web.reading(), web.subject(), draft, today=web.services().today())


def _page(draft: str, found: OpenDraft, status: int = 200, **more: object) -> ResponseReturnValue:
    elsewhere = skipped(draft, Step.EXTRA, found)
    if elsewhere is not None:
        return elsewhere
    if Step.EXTRA not in steps_of(found):
        return go_to(address_after(draft, Step.EXTRA))
    values = {"found": found, "totals": found.totals, "faulty": [], "typed": {}, "refusal": None} | more
    frame = step_values(draft, Step.EXTRA, found)
    return web.render("renewals/extra.html", None, status, most=most_pieces(found), **frame, **values)
