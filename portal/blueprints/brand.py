"""`/marchio/…`: the operator's logo, and the stylesheet and icon in the operator's colour."""

from __future__ import annotations

from flask import Blueprint, Response, abort

from portal import web

bp = Blueprint("brand", __name__)


@bp.get("/marchio/<name>", provide_automatic_options=False)
def file(name: str) -> Response:
    """Return one of the files that the brand makes its own; kept for a year, its address changes with it."""
    found = web.branded(name)
    if found is None:
        abort(404)
    content, mimetype = found
    return Response(content, mimetype=mimetype)
