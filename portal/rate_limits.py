"""How often one may try to sign in: per name, per address, in all. Source: hardening.md S13, S14.

The tries of a name are counted in the database, which nobody loses; those of an address and of everybody in
Redis, and in this process where it is lost.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_limiter import Limiter
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.exceptions import TooManyRequests

from portal import counting, web
from portal.usecases import calendar_feeds, tries
from portal.wiring import system_clock

PER_ADDRESS = "40 per 15 minutes; 400 per day"
IN_ALL = "1000 per 5 minutes"
REQUESTS = "10 per 15 minutes; 50 per day"
QUESTIONS = "30 per 15 minutes; 300 per day"
UPLOADS = "30 per 15 minutes; 100 per day"
PER_FEED = "60 per hour"
FORGERIES = "60 per minute"
GUESSES = "30 per 15 minutes; 200 per day"
SECOND_STEP = "second:"
"""What the keys of tries of the second step begin with."""
DEVICE_COOKIE = "portal_device"
DEVICE_SECONDS = 365 * 24 * 3600
NETWORK_BITS = 64
"""Whoever has one IPv6 address has the whole network of this prefix."""


class TriesExhausted(TooManyRequests):
    """A name that was tried too often: nobody may try it for a while, the right password included."""

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


def caller_address() -> str:
    """Return the address that the attempts of this request are counted for."""
    text = request.remote_addr or ""
    try:
        address = ip_address(text)
    except ValueError:
        return text or "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return f"{int(address) >> (128 - NETWORK_BITS):x}/{NETWORK_BITS}"
    return text


# Errors of the storage never cost a page: the counters go on in this process, and a failure to count
# after the answer is only logged.
limiter = Limiter(
    caller_address, strategy=counting.NAME, in_memory_fallback_enabled=True, swallow_errors=True
)


def register(app: Flask) -> None:
    """Keep the counters in Redis where there is one, and in this process when it is lost."""
    redis_url = app.extensions["portal"].settings.redis_url
    app.config["RATELIMIT_STORAGE_URI"] = redis_url or "memory://"
    app.config["RATELIMIT_STORAGE_OPTIONS"] = (
        {"socket_connect_timeout": 1, "socket_timeout": 1} if redis_url else {}
    )
    limiter.init_app(app)


def limited_sign_in(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit failed attempts by address and in all. A right password is refused too while the limit lasts.

    Failures alone count, a success resets nothing, and what is refused here does not count again, so that
    no limit outlasts its window. Attempts under way at once may exceed a limit by as many as there are
    threads.
    """
    for limits, key in ((PER_ADDRESS, caller_address), (IN_ALL, _stranger_key)):
        view = limiter.limit(limits, key_func=key, methods=["POST"], deduct_when=_failed)(view)
    return view


def limited_questions(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit the questions that strangers may ask without signing in, by their address."""
    limited: Callable[..., Any] = limiter.limit(
        QUESTIONS, key_func=caller_address, exempt_when=_nothing_asked
    )(view)
    return limited


def limited_requests(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit what strangers may ask us to send, by their address; each counts, whatever becomes of it."""
    limited: Callable[..., Any] = limiter.limit(REQUESTS, key_func=caller_address, methods=["POST"])(view)
    return limited


def limited_uploads(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit the files that somebody signed in may have taken apart, those that are refused included (S43)."""
    limited: Callable[..., Any] = limiter.limit(UPLOADS, key_func=_uploader)(view)
    return limited


def limited_feed(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit how often one private address is read, and how many wrong ones somebody may try.

    A calendar's provider reads for many people from few addresses: right ones count for themselves alone, and
    are read however many wrong ones somebody lets the same provider ask for.
    """
    view = limiter.limit(PER_FEED, key_func=_asked_feed)(view)
    limited: Callable[..., Any] = limiter.limit(
        GUESSES, key_func=caller_address, deduct_when=_not_found, exempt_when=_is_right_feed
    )(view)
    return limited


def limited_news(view: Callable[..., Any]) -> Callable[..., Any]:
    """Limit how much news a stranger may forge: to see through each may cost a question (S38)."""
    limited: Callable[..., Any] = limiter.limit(FORGERIES, key_func=caller_address, deduct_when=_refused)(
        view
    )
    return limited


def count_failure() -> None:
    """Let this attempt count when its answer leaves."""
    g.sign_in_failed = True


def seconds_to_wait() -> int:
    """Return how long the limit that was just met still lasts; the counters go by the machine's clock."""
    met = limiter.current_limit
    if met is None:
        return 60
    return min(max(1, met.reset_at - int(system_clock().timestamp())), met.limit.get_expiry())


def begin_try(key: str) -> None:
    """Count a try before it is judged. Raises TriesExhausted while the key is closed."""
    services = web.services()
    with services.transaction() as session:
        wait = tries.begin_try(session, key, now=services.now())
    if wait:
        raise TriesExhausted(-int(-wait.total_seconds() // 1))


def take_back_try(key: str) -> None:
    """Uncount the try that succeeded."""
    services = web.services()
    with services.transaction() as session:
        tries.take_back(session, key, now=services.now())


def name_key(identifier: str, what: str = "") -> str:
    """Return under which key this browser's tries of a name are counted.

    A browser that has signed in before counts apart from strangers, so that nobody can keep the owner out.
    `what` tells apart what is tried: the second step counts for itself.
    """
    digest = _digest(identifier)
    device = _known_device(digest)
    return f"{what}device:{device}" if device else f"{what}name:{digest}"


def session_key(session_id: int) -> str:
    """Return under which key the tries of somebody already signed in are counted."""
    return f"session:{session_id}"


def strangers_keys(identifier: str) -> list[str]:
    """Return under which keys the tries of browsers that the name does not know are counted."""
    return [f"{what}name:{_digest(identifier)}" for what in ("", SECOND_STEP)]


def remember_device(response: Response, identifier: str) -> None:
    """Tell this browser's later attempts from a stranger's; the cookie lets nobody in."""
    digest = _digest(identifier)
    device = _known_device(digest) or secrets.token_hex(16)
    response.set_cookie(
        device_cookie(),
        _signer().dumps([digest, device]),
        max_age=DEVICE_SECONDS,
        secure=web.services().settings.secure_cookies,
        httponly=True,
        samesite="Lax",
    )


def device_cookie() -> str:
    """Return the cookie's name; over HTTPS no other host, not even one below ours, can set it (S18)."""
    return f"__Host-{DEVICE_COOKIE}" if web.services().settings.secure_cookies else DEVICE_COOKIE


def _stranger_key() -> str:
    device = _known_device(_digest(request.form.get("identifier", "")))
    return f"device:{device}" if device else "everybody"


def _known_device(digest: str) -> str | None:
    """Return the name of this browser if that identifier has signed in from it before."""
    try:
        known, device = _signer().loads(request.cookies.get(device_cookie(), ""))
    except (BadSignature, ValueError):
        return None
    return str(device) if known == digest else None


def _signer() -> URLSafeSerializer:
    keys = [*current_app.config["SECRET_KEY_FALLBACKS"], current_app.config["SECRET_KEY"]]
    return URLSafeSerializer(keys, salt="device")


def _uploader() -> str:
    return f"uploads:{web.subject()}"


def _digest(identifier: str) -> str:
    return sha256(identifier.strip().lower().encode(errors="replace")).hexdigest()


def _nothing_asked() -> bool:
    """Say whether the form is only looked at: that is always possible."""
    return not request.args


def _asked_feed() -> str:
    return f"feed:{_digest(_feed_token())}"


def _is_right_feed() -> bool:
    return calendar_feeds.is_open(web.reading(), _feed_token())


def _feed_token() -> str:
    return str((request.view_args or {}).get("token", ""))


def _refused(response: Response) -> bool:
    return response.status_code == 400


def _not_found(response: Response) -> bool:
    return response.status_code == 404


def _failed(_response: Response) -> bool:
    return bool(g.get("sign_in_failed"))
