"""`/comunicazioni`: every mail to this customer; `/verifica`: whether a mail is ours, for anybody."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal import web
from portal.rate_limits import limited_questions
from portal.usecases import correspondence

LONGEST_CODE = 40

bp = Blueprint("mails", __name__)


@bp.get("/comunicazioni")
def index() -> ResponseReturnValue:
    """Show one page of the mails, newest first."""
    before = web.older_than()
    found = correspondence.list_mails(web.reading(), web.subject(), before=before)
    return web.render("mails/index.html", found=found)


@bp.get("/comunicazioni/<mail_code>")
def show(mail_code: str) -> ResponseReturnValue:
    """Show the text of one mail."""
    found = correspondence.show_mail(web.reading(), web.subject(), mail_code)
    return web.render("mails/show.html", mail=found)


@bp.get("/verifica")
@limited_questions
def verify() -> ResponseReturnValue:
    """Ask for a mail's code; say what that mail was. The code is in the address: a mail may link to it."""
    text = request.args.get("codice", "")[:LONGEST_CODE]
    found = correspondence.verify(web.reading(), text) if text.strip() else None
    return web.render("mails/verify.html", text=text, found=found, asked=bool(text.strip()))
