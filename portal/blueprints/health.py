"""`/healthz` says the process lives, `/readyz` that it can work; neither tells a secret."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from portal import web
from portal.migrate import newest_revision
from portal.usecases import health

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def live() -> ResponseReturnValue:
    """Answer at all."""
    return jsonify(status="ok")


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
