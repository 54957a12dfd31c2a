"""Refusals and errors as pages: calm, equal for everybody, and without a word about the inside."""

from __future__ import annotations

import structlog
from flask import Flask, current_app, g, render_template
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from portal import languages, rate_limits, web
from portal.domain.errors import DomainError, NotFound
from portal.ports import OutsideFailure

log = structlog.get_logger()
STATUSES = (400, 403, 404, 405, 409, 413, 429, 500, 503)
RETRY_SECONDS = "10"
_MINUTES, _REQUEST_ID = 987_654_321, "request-id-goes-here"


def register(app: Flask) -> None:
    """Map what can go wrong to a page.

    The pages are drawn now, at the start: then nothing can fail while an error is being answered, not even
    for a Host that no address can be built for, and all askers of a language get the same bytes (S03, S50).
    """
    pages = app.extensions["portal_error_pages"] = {}
    with app.test_request_context():
        for code in languages.codes():
            with languages.speaking(code):
                pages[code] = {
                    (status, part): _draw(status, part=part) for status in STATUSES for part in (False, True)
                }
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(rate_limits.TriesExhausted, _too_many)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(PoolTimeout, _busy)
    app.register_error_handler(OutsideFailure, _busy)
    app.register_error_handler(InternalServerError, _bug)
    app.register_error_handler(HTTPException, _http)


def _draw(status: int, *, part: bool) -> str:
    if part:
        return render_template("errors/_part.html", status=status)
    return render_template(f"errors/{status}.html", retry_after=_MINUTES, request_id=_REQUEST_ID)


def _not_found(_refusal: NotFound) -> ResponseReturnValue:
    return _page(404)


def _refused(refusal: DomainError) -> ResponseReturnValue:
    """Answer a refusal that its view did not put into words of its own."""
    log.warning("refused", refusal=type(refusal).__name__)
    return _page(409)


def _forged(error: CSRFError) -> ResponseReturnValue:
    log.warning("csrf_refused", reason=error.description)
    return _page(403)


def _too_many(error: RateLimitExceeded | rate_limits.TriesExhausted) -> ResponseReturnValue:
    if isinstance(error, rate_limits.TriesExhausted):
        seconds = error.seconds
    else:
        seconds = rate_limits.seconds_to_wait()
    log.warning("rate_limited", seconds=seconds)
    body, status = _page(429)
    minutes = max(2, -(-seconds // 60))  # drawn in the plural
    return body.replace(str(_MINUTES), str(minutes)), status, {"Retry-After": str(seconds)}


def _busy(error: Exception) -> ResponseReturnValue:
    log.error("unavailable", error=type(error).__name__)
    return *_page(503), {"Retry-After": RETRY_SECONDS}


def _bug(error: InternalServerError) -> ResponseReturnValue:
    """Say sorry; Flask has logged the exception itself."""
    log.error("bug", error=type(error.original_exception or error).__name__)
    body, status = _page(500)
    return body.replace(_REQUEST_ID, g.get("request_id", "-")), status


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    if status not in STATUSES:
        body, _ = _page(400 if status < 500 else 503)
        return body, status
    allowed = getattr(error, "valid_methods", None)
    return *_page(status), {"Allow": ", ".join(sorted(allowed))} if allowed else {}


def _page(status: int) -> tuple[str, int]:
    pages = current_app.extensions["portal_error_pages"]
    page: str = pages[languages.current().code][status, web.wants_part()]
    return page, status
