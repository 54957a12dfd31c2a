"""The application factory: extensions, filters, policies, error pages and blueprints, in that order."""

from __future__ import annotations

from io import BytesIO

from flask import Flask, Request
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from portal import error_pages, headers, locales, login, logs, policies, rate_limits, recent, web
from portal.blueprints import (
    access,
    auto_renewal,
    auto_renewal_many,
    brand,
    budget,
    calendar_feed,
    confirm_step,
    contact_email,
    contracts,
    credit,
    demo,
    demo_till,
    documents,
    health,
    history,
    home,
    languages,
    mailbox_export,
    mailboxes,
    mails,
    notice_addresses,
    order_payments,
    orders,
    paying,
    payment_step,
    people,
    profile,
    profile_data,
    profile_second_step,
    quotes,
    recovery,
    renewal_extras,
    renewals,
    second_step,
    selection,
    space,
    stored_methods,
    webhooks,
    withdrawals,
)
from portal.blueprints import recent as recent_pages
from portal.wiring import Services

csrf = CSRFProtect()


class InMemoryRequest(Request):
    """Keeps a file that is sent in memory, never in a temporary file of the machine (S43)."""

    def _get_file_stream(self, *_about: object, **_more: object) -> BytesIO:
        return BytesIO()


PAGES = (
    home,
    languages,
    access,
    second_step,
    recovery,
    recent_pages,
    profile,
    profile_second_step,
    profile_data,
    notice_addresses,
    mailboxes,
    mailbox_export,
    budget,
    calendar_feed,
    documents,
    selection,
    renewals,
    people,
    contact_email,
    renewal_extras,
    payment_step,
    confirm_step,
    contracts,
    orders,
    withdrawals,
    order_payments,
    quotes,
    mails,
    history,
    paying,
    credit,
    space,
    auto_renewal,
    auto_renewal_many,
    brand,
    stored_methods,
    webhooks,
    health,
)
"""The modules with a blueprint, one a line."""


def create_app(services: Services) -> Flask:
    """Return the portal's web application on these services."""
    app = Flask(__name__)
    app.request_class = InMemoryRequest
    app.extensions["portal"] = services
    _configure(app, services)
    logs.register(app)
    web.register(app)
    locales.register(app)
    rate_limits.register(app)
    login.register(app)
    app.before_request(locales.follow_customer)  # after the guard, which asked who it is
    csrf.init_app(app)  # after the guard: whoever is signed out is sent to sign in, not told of a token
    recent.register(app)  # after the token's check: a password from elsewhere is never tried
    headers.register(app)
    for module in PAGES:
        app.register_blueprint(module.bp)
    if services.settings.demo:
        app.register_blueprint(demo.bp)
        app.register_blueprint(demo_till.bp)
    error_pages.register(app)  # draws its pages, which may lead to any of the others
    csrf.exempt(webhooks.bp)  # their signature is their token
    policies.check(app)
    return app


def _configure(app: Flask, services: Services) -> None:
    settings = services.settings
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        SESSION_COOKIE_NAME="__Host-portal" if settings.secure_cookies else "portal",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # not all browsers send a Referer; Origin is checked
        MAX_CONTENT_LENGTH=256 * 1024,
        MAX_FORM_MEMORY_SIZE=128 * 1024,
        MAX_FORM_PARTS=500,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
    )
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["brand"] = settings.brand
    if settings.proxy_count:
        count = settings.proxy_count
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
