"""Refusals and errors as pages: calm, equal for everybody, and without a word about the inside."""

from __future__ import annotations

import structlog
from flask import Flask, g, render_template
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from jinja2 import TemplateError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from portal import web
from portal.domain.errors import NotFound
from portal.rate_limits import limiter

log = structlog.get_logger()
PAGES = frozenset({400, 403, 404, 405, 409, 413, 429, 500, 503})


def register(app: Flask) -> None:
    """Map what can go wrong to a page."""
    app.register_error_handler(NotFound, _not_found)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(RateLimitExceeded, _too_many)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(PoolTimeout, _busy)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _bug)


def _not_found(_refusal: NotFound) -> ResponseReturnValue:
    return _page(404)


def _forged(error: CSRFError) -> ResponseReturnValue:
    log.warning("csrf_refused", reason=error.description)
    return _page(403)


def _too_many(_error: RateLimitExceeded) -> ResponseReturnValue:
    current = limiter.current_limit
    seconds = 900
    if current is not None:
        seconds = max(1, int(current.reset_at - web.services().now().timestamp()))
    log.warning("rate_limited", seconds=seconds)
    body, status = _page(429, retry_after=-(-seconds // 60))
    return body, status, {"Retry-After": str(seconds)}


def _busy(error: Exception) -> ResponseReturnValue:
    log.error("database_unavailable", error=type(error).__name__)
    body, status = _page(503)
    return body, status, {"Retry-After": "10"}


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error
    body, status = _page(status if status in PAGES else 400 if status < 500 else 500)
    allow = {"Allow": ", ".join(sorted(error.valid_methods or ()))} if status == 405 else {}  # type: ignore[attr-defined]
    return body, status, allow


def _bug(error: Exception) -> ResponseReturnValue:
    log.error("bug", exc_info=error)
    return _page(500, request_id=g.get("request_id", ""))


def _page(status: int, **values: object) -> tuple[str, int]:
    try:
        return render_template(f"errors/{status}.html", **values), status
    except TemplateError:
        log.error("error_page_broken", status=status)
        return "Si è verificato un errore. Riprova tra qualche minuto.", status
