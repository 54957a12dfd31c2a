"""`/`: what needs doing first; help, and the statement on accessibility."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal import web
from portal.usecases import home
from portal.usecases.mailboxes import own_address

bp = Blueprint("home", __name__)


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show the account's first page; a mailbox's own session goes to its mailbox."""
    subject = web.subject()
    if subject.account_id is None:
        return web.see_other("mailboxes.show", address=own_address(web.reading(), subject))
    found = home.look(web.reading(), subject, today=web.services().today())
    return web.render("home/index.html", found=found)


@bp.get("/aiuto")
def help_page() -> ResponseReturnValue:
    """Show all that the pages explain beside their things, in one place."""
    return web.render("help/index.html")


@bp.get("/accessibilita")
def accessibility() -> ResponseReturnValue:
    """Say how accessible the portal is and whom to tell when it is not."""
    return web.render("home/accessibility.html")
