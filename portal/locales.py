"""Which language a request is answered in, and Flask-Babel taught to find its words where ours are."""

from __future__ import annotations

from babel.support import NullTranslations
from flask import Flask, request
from flask_babel import Babel, Domain
from flask_login import current_user
from werkzeug.wrappers import Response

from portal import languages, sentences, web

COOKIE = "lingua"
YEAR_SECONDS = 31_536_000
WITHOUT_WORDS = frozenset({"static"})
"""Endpoints whose answers hold no text: nobody is asked for."""


class _Catalogues(Domain):  # type: ignore[misc]
    """Our catalogues, read once a process, in place of compiled files that are looked for in each request."""

    def get_translations(self) -> NullTranslations:
        return languages.current().words


class _Babel(Babel):  # type: ignore[misc]
    domain_instance = _Catalogues()


def register(app: Flask) -> None:
    """Begin each request in the browser's language, go on in the customer's, and forget both at its end.

    Forms take `flask_babel.lazy_gettext`; templates ask `languages` without a detour: a page has hundreds.
    """
    for code in languages.codes():
        languages.language(code)  # read before the first request
    _Babel(
        app,
        configure_jinja=False,
        default_locale=languages.SOURCE,
        default_timezone="Europe/Rome",
        locale_selector=lambda: languages.current().code,
    )
    sentences.teach(app.jinja_env, languages.current)
    app.jinja_env.globals |= {"spoken": languages.current, "languages": languages.known}
    app.before_request(_as_the_browser_wants)
    app.teardown_request(_fall_silent)


def follow_customer() -> None:
    """Speak the language that the customer at the other end chose, if somebody is signed in and chose."""
    if request.endpoint not in WITHOUT_WORDS and current_user.is_authenticated:
        chosen = current_user.facts.language
        if chosen:
            languages.speak(chosen)


def remember(response: Response, code: str) -> None:
    """Keep the choice with this browser, for its pages before anybody signs in."""
    response.set_cookie(
        COOKIE,
        code,
        max_age=YEAR_SECONDS,
        secure=web.services().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def chosen_here() -> str | None:
    """Return the language that somebody chose with this browser."""
    code = request.cookies.get(COOKIE, "")
    return code if code in languages.codes() else None


def _as_the_browser_wants() -> None:
    if request.endpoint not in WITHOUT_WORDS:
        languages.speak(chosen_here() or _accepted())


def _accepted() -> str:
    """Return the language that the browser likes best, of those that lack no words; else Italian.

    «it-IT» is Italian: werkzeug's own choice would prefer an exact «en» that is liked less.
    """
    complete = {language.code for language in languages.known() if language.is_complete}
    wanted = (tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality)
    return next((code for code in wanted if code in complete), languages.SOURCE)


def _fall_silent(_failure: BaseException | None) -> None:
    languages.speak(languages.SOURCE)
