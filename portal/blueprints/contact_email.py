"""`/conferma-email`: the link of a mail, a page with a button, the button."""

from __future__ import annotations

from flask import Blueprint, session
from flask.typing import ResponseReturnValue

from portal import web
from portal.domain.errors import NotFound
from portal.usecases import contacts
from portal.usecases.contacts import Confirmation

bp = Blueprint("contact_email", __name__)
KEPT_AS = "email_token"
"""Where the browser keeps the token, so that no page's address holds it (S22)."""
LONGEST_TOKEN = 100


@bp.get("/conferma-email/<token>")
def open_link(token: str) -> ResponseReturnValue:
    """Take the token out of the address; programs that follow links in mails change nothing by this."""
    session[KEPT_AS] = token[:LONGEST_TOKEN]
    return web.see_other("contact_email.confirm")


@bp.get("/conferma-email")
def confirm() -> ResponseReturnValue:
    """Ask whether to use the new address."""
    found = contacts.look_at_confirmation(web.reading(), _token(), now=web.services().now())
    return _page(found, 200 if found else 410)


@bp.post("/conferma-email")
def confirmed() -> ResponseReturnValue:
    """Use the new address from now on; a link works once."""
    services = web.services()
    try:
        with services.transaction() as writing:
            done = contacts.confirm_email(writing, _token(), now=services.now())
    except NotFound:
        return _page(None, 410)
    session.pop(KEPT_AS, None)
    return _page(done, 200, done=True)


def _token() -> str:
    return str(session.get(KEPT_AS, ""))


def _page(found: Confirmation | None, status: int, *, done: bool = False) -> ResponseReturnValue:
    return web.render("people/confirm_email.html", status=status, found=found, done=done)
