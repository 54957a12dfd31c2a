"""`/demo/posta` and `/componenti`: the mails of the demo, and every part of the pages. Demo only."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from portal import web
from portal.demo.post import FOLDER, KeptMail, kept_mail, newest_mails
from portal.demo.register import SAFE_ACCOUNT, SAFE_SECRET
from portal.domain.errors import NotFound
from portal.usecases import second_steps

PAGE_MAILS = 50
FRAME_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox allow-top-navigation-by-user-activation"
)
"""A mail brings its own styles; it may run nothing, load nothing and send nothing."""

bp = Blueprint("demo", __name__)


@bp.get("/demo/posta")
def mails() -> ResponseReturnValue:
    """List the mails, newest first."""
    found = newest_mails(_folder(), PAGE_MAILS + 1, before=web.older_than())
    older = found[PAGE_MAILS - 1].number if len(found) > PAGE_MAILS else None
    return web.render("demo/mails.html", mails=found[:PAGE_MAILS], older=older)


@bp.get("/demo/posta/<int:number>")
def mail(number: int) -> ResponseReturnValue:
    """Show one mail: its text, and its HTML in a frame that can do nothing."""
    return web.render("demo/mail.html", mail=_mail(number))


@bp.get("/demo/posta/<int:number>/html")
def mail_html(number: int) -> ResponseReturnValue:
    """Serve the HTML of a mail for the frame; its links open outside of it."""
    html = _mail(number).html.replace("<head>", '<head><base target="_top">', 1)
    headers = {"Content-Security-Policy": FRAME_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    return Response(html, mimetype="text/html", headers=headers)


@bp.get("/demo/codice")
def code() -> ResponseReturnValue:
    """Show what the authenticator of the demo's careful account shows now."""
    now = web.services().now()
    shown = second_steps.code_shown(SAFE_SECRET, now=now)
    return web.render("demo/code.html", account=SAFE_ACCOUNT, secret=SAFE_SECRET, code=shown, now=now)


@bp.get("/componenti")
def components() -> ResponseReturnValue:
    """Show every part of the pages in every state."""
    return render_template("demo/components.html")


def _folder() -> Path:
    return web.services().settings.data_folder / FOLDER


def _mail(number: int) -> KeptMail:
    found = kept_mail(_folder(), number)
    if found is None:
        raise NotFound
    return found
