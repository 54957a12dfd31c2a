"""The headers of every response, and its compression. Source: hardening.md S27, S30."""

from __future__ import annotations

import gzip
from functools import lru_cache

import brotli
from flask import Flask, Response, request

from portal import languages, web
from portal.slimming import slim_css, slim_js

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action {forms}; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""`forms`: where a form may lead, after a redirect too: the gateways' pages besides our own."""
DEMO_FRAMES = "; frame-src 'self'"
"""The demo shows the mails it sent in a frame."""
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
LINKS_WITH_SECRETS = ("/conferma-email", "/conferma-avvisi", "/recupero", "/calendario/")
"""Addresses that carry a secret: nobody is told whence one goes on (S22)."""
HSTS = "max-age=63072000; includeSubDomains"
KEPT = ("static", "brand.file")
"""What browsers may keep for a year: its address changes with its content."""
COMPRESSED_FROM = 1_000
"""Bytes below which packing gains nothing."""
TEXTUAL = ("text/", "application/javascript", "application/json", "image/svg+xml")


def register(app: Flask) -> None:
    """Dress every response, errors and static files included.

    A view may set a header of its own first (the demo's mail frame does). Compression does not open a
    page's token to guessing by length (BREACH): guesses need thousands of answers to requests made by a
    page from elsewhere, SameSite keeps the cookie out of those, and the signed token changes by the second.
    """
    app.after_request(_dress)


def _dress(response: Response) -> Response:
    settings = web.services().settings
    policy = CONTENT_POLICY.format(forms=" ".join(["'self'", *settings.gateways.origins]))
    policy += DEMO_FRAMES if settings.demo else ""
    if request.path.startswith(LINKS_WITH_SECRETS):
        response.headers["Referrer-Policy"] = "no-referrer"
    for name, value in {"Content-Security-Policy": policy, **ALWAYS}.items():
        response.headers.setdefault(name, value)
    if settings.secure_cookies:
        response.headers.setdefault("Strict-Transport-Security", HSTS)
    if request.endpoint in KEPT and response.status_code in (200, 304):
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        response.headers["Cache-Control"] = "no-store"
        response.vary.update(("HX-Request", "Cookie", "Accept-Language"))
        response.headers.setdefault("Content-Language", languages.current().code)
    response.vary.add("Accept-Encoding")
    return _compress(response)


def _compress(response: Response) -> Response:
    """Pack a text in a way that the browser reads: what is kept for a year once, and as small as can be."""
    is_kept = request.endpoint in KEPT
    encoding = request.accept_encodings.best_match(["br", "gzip"] if is_kept else ["gzip"])
    if not encoding or not _worth_it(response):
        return response
    if is_kept:
        response.direct_passthrough = False
        packed = _packed_once(response.get_data(), _kind(response), encoding)
    else:
        packed = gzip.compress(response.get_data(), 6)
    response.set_data(packed)
    response.headers["Content-Encoding"] = encoding
    return response


def _worth_it(response: Response) -> bool:
    if response.status_code in (204, 206, 304) or "Content-Encoding" in response.headers:
        return False
    if response.is_streamed and "Content-Length" not in response.headers:
        return False  # perhaps longer than memory
    size = response.content_length
    return (size is None or size >= COMPRESSED_FROM) and (response.mimetype or "").startswith(TEXTUAL)


def _kind(response: Response) -> str:
    """Return what a file of ours is; what others made is sent as they made it."""
    is_ours = not (request.view_args or {}).get("filename", "").startswith("vendor/")
    return (response.mimetype or "").rpartition("/")[2] if is_ours else ""


@lru_cache(maxsize=64)
def _packed_once(body: bytes, kind: str, encoding: str) -> bytes:
    slim = {"css": slim_css, "javascript": slim_js}.get(kind)
    text = slim(body.decode()).encode() if slim else body
    return brotli.compress(text) if encoding == "br" else gzip.compress(text, 9)
