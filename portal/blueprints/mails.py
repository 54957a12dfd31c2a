"""`/comunicazioni`: every mail to this customer; `/verifica`: whether a mail is ours, for anybody."""

from __future__ import annotations

import re

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal import web
from portal.rate_limits import limited_questions
from portal.usecases import correspondence

LONGEST_CODE = 40
_NO_BREAK_SPACE = "\u00a0"
_BEGINNING = re.compile(r"^(?:- | +)", re.MULTILINE)
_ADDRESS = re.compile(r"(https?://[^\s()]+)")

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
    return web.render("mails/show.html", mail=found, text=_as_html(found.text))


@bp.get("/verifica")
@limited_questions
def verify() -> ResponseReturnValue:
    """Ask for a mail's code; say what that mail was. The code is in the address: a mail may link to it."""
    text = request.args.get("codice", "")[:LONGEST_CODE]
    found = correspondence.verify(web.reading(), text) if text.strip() else None
    return web.render("mails/verify.html", text=text, found=found, asked=bool(text.strip()))


def _as_html(text: str) -> Markup:
    """Return a mail's text with links to our own pages, and to no other: the rest may be anybody's words.

    What begins a line holds on to the address after it, which would else stand beneath an empty line.
    """
    held = _BEGINNING.sub(lambda start: start[0].replace(" ", _NO_BREAK_SPACE), text)
    own = f"{web.services().settings.public_url}/"
    parts = _ADDRESS.split(held)
    return Markup("").join(_link(part) if part.startswith(own) else part for part in parts)


def _link(url: str) -> Markup:
    """Return a link; the full stop of its sentence is no part of it."""
    address = url.rstrip(".,;:")
    link = Markup('<a href="%s">%s</a>') % (web.on_this_host(address), address)
    return link + url.removeprefix(address)
