"""`/profilo/attivita`: what was done in one's name, and from where."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal import web
from portal.domain.devices import device_name
from portal.usecases import history

bp = Blueprint("history", __name__)


@bp.get("/profilo/attivita")
def index() -> ResponseReturnValue:
    """Show one page of one's own history, the newest first."""
    before = web.older_than()
    found = history.own_history(web.reading(), web.subject(), before=before)
    return web.render("history/index.html", found=found, device_name=device_name)
