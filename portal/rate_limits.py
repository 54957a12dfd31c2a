"""How often sign-in may be tried: per identifier, per address, in all. Source: hardening.md S13, S14."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from itsdangerous import BadSignature, URLSafeSerializer

PER_IDENTIFIER = "10 per 15 minutes; 50 per day"
PER_ADDRESS = "40 per 15 minutes; 400 per day"
IN_ALL = "1000 per 5 minutes"
DEVICE_COOKIE = "portal_device"
DEVICE_SECONDS = 365 * 24 * 3600

limiter = Limiter(get_remote_address, strategy="moving-window", in_memory_fallback_enabled=True)


def register(app: Flask) -> None:
    """Keep the counters in Redis where there is one, and in this process when it is lost."""
    redis_url = app.extensions["portal"].settings.redis_url
    app.config["RATELIMIT_STORAGE_URI"] = redis_url or "memory://"
    limiter.init_app(app)


def limited_sign_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit failed attempts. A right password is refused too while the limit lasts.

    Failures alone count, and a success resets nothing. A browser that has signed in before counts
    apart, so that an attacker cannot keep the owner out.
    """
    for limits, key in (
        (PER_IDENTIFIER, identifier_key),
        (PER_ADDRESS, get_remote_address),
        (IN_ALL, lambda: "everybody"),
    ):
        view = limiter.limit(limits, key_func=key, methods=["POST"], deduct_when=_failed)(view)
    return view


def identifier_key() -> str:
    """Return whose attempts these are: the identifier's, or its known device's."""
    identifier = request.form.get("identifier", "").strip().lower()
    digest = hashlib.sha256(identifier.encode()).hexdigest()
    token = request.cookies.get(DEVICE_COOKIE, "")
    return f"device:{digest}:{token[-16:]}" if _device_of(token) == digest else f"identifier:{digest}"


def remember_device(response: Response, identifier: str, *, secure: bool) -> None:
    """Tell this browser's later attempts from a stranger's; the cookie lets nobody in."""
    digest = hashlib.sha256(identifier.lower().encode()).hexdigest()
    response.set_cookie(
        DEVICE_COOKIE,
        _signer().dumps(digest),
        max_age=DEVICE_SECONDS,
        secure=secure,
        httponly=True,
        samesite="Lax",
        path="/accedi",
    )


def _device_of(token: str) -> str | None:
    try:
        digest: str = _signer().loads(token)
    except BadSignature:
        return None
    return digest


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="device")


def _failed(response: Response) -> bool:
    return response.status_code != 303
