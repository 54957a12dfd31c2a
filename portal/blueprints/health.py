"""`/healthz` says the process lives, `/readyz` that it can work; neither tells a secret."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from portal import web
from portal.store.outbox import OutboxRow, OutboxState

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def live() -> ResponseReturnValue:
    """Answer at all."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> ResponseReturnValue:
    """Ask the database, and say how many seconds the oldest due work has waited."""
    unfinished = (OutboxState.WAITING, OutboxState.QUEUED, OutboxState.CLAIMED)
    try:
        oldest = web.reading().scalar(
            select(func.min(OutboxRow.not_before)).where(OutboxRow.state.in_(unfinished))
        )
    except OperationalError:
        return jsonify(status="database unavailable"), 503
    late = max(0, int((web.services().now() - oldest).total_seconds())) if oldest else 0
    return jsonify(status="ok", outbox_late_seconds=late)
