"""`/lingua`: read the portal in another language from now on."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import locales, login, web
from portal.forms.languages import LanguageForm
from portal.usecases import languages

bp = Blueprint("languages", __name__)


@bp.post("/lingua")
def choose() -> ResponseReturnValue:
    """Keep the choice, for the customer where one is signed in, and go back to the page it was made on."""
    form = LanguageForm(request.form)
    if not form.validate():
        abort(400)
    code = form.language.data or ""
    if current_user.is_authenticated:
        with web.services().transaction() as session:
            languages.choose_language(session, web.subject(), code)
    response = redirect(login.local_path(form.next.data or "") or url_for("home.index"), code=303)
    locales.remember(response, code)
    return response
