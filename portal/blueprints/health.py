"""`/healthz` says the process lives, `/readyz` that it can work; neither tells a secret.

`/health` and `/metrics` tell how the work goes, to monitors of this machine or with the operator's token.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from portal import web
from portal.domain.errors import NotFound
from portal.migrate import newest_revision
from portal.usecases import checkup, health

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def live() -> ResponseReturnValue:
    """Answer at all."""
    return jsonify(status="ok")


def for_monitors(view: Callable[[], ResponseReturnValue]) -> Callable[[], ResponseReturnValue]:
    """Answer this machine's monitors and whoever has the operator's token; for all others it is not there."""

    @wraps(view)
    def guarded() -> ResponseReturnValue:
        if not (_has_token() or _is_of_this_machine()):
            raise NotFound
        return view()

    return guarded


@bp.get("/health")
@for_monitors
def report() -> ResponseReturnValue:
    """Tell the numbers of today's work and what is wrong; 503 when a person has to look."""
    found = checkup.check_up(web.reading(), now=web.services().now())
    body = jsonify(ailments=[*found.ailments], **found.numbers)
    return body, 503 if found.ailments else 200


@bp.get("/metrics")
@for_monitors
def metrics() -> ResponseReturnValue:
    """Tell the same numbers as Prometheus reads them."""
    found = checkup.check_up(web.reading(), now=web.services().now())
    registry = CollectorRegistry()
    for name, number in found.numbers.items():
        Gauge(f"portal_{name}", name.replace("_", " "), registry=registry).set(number)
    Gauge("portal_ailments", "what a person has to look at", registry=registry).set(len(found.ailments))
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Say whether the database answers with the schema of this code, and how late its work is.

    A database that does not answer is the 503 of the error pages.
    """
    found = health.readiness(web.reading(), now=web.services().now())
    at_head = found.schema == newest_revision()
    status = "ok" if at_head else "schema is not this version's"
    body = jsonify(status=status, outbox_late_seconds=found.outbox_late_seconds)
    return body, 200 if at_head else 503


def _has_token() -> bool:
    token = web.services().settings.monitor_token
    given = request.authorization.token if request.authorization else None
    return bool(token) and hmac.compare_digest((given or "").encode(), token.encode())


def _is_of_this_machine() -> bool:
    """Say whether the caller is local and came through no proxy, which would make everybody local."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
