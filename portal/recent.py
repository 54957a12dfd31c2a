"""A password given lately before what hurts; a form that comes too late keeps what it holds. Source: S20.

The page that asks again posts to where the form was going, with all that it held: whoever proves who they are
goes on as if they had been asked before. Nothing is kept on the server, and nothing leads elsewhere.
"""

from __future__ import annotations

import structlog
from flask import Flask, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import login, proofs, rate_limits, web
from portal.domain.errors import ProofNeeded
from portal.domain.second_step import Ways
from portal.domain.signing_in import is_recent
from portal.login import SAFE_METHODS
from portal.policies import FRESH, OWN_PROOF
from portal.proofs import PASSWORD, PROOF
from portal.usecases import second_steps

log = structlog.get_logger()


def register(app: Flask) -> None:
    """Take proofs with any form, and hold up what needs one; to be called after CSRF's own check."""
    app.before_request(_take_proof)
    app.before_request(_hold_up)
    app.jinja_env.globals["second_step_ways"] = second_step_ways
    app.register_error_handler(ProofNeeded, lambda _refusal: _ask())


def proves_now() -> bool:
    """Say whether this very request proved who it is."""
    return bool(g.get("proved", False))


def is_proved() -> bool:
    """Say whether the person has proved it lately."""
    return current_user.is_authenticated and is_recent(
        current_user.facts.authenticated_at, web.services().now()
    )


def demand_for(hurts: bool) -> None:
    """Raise ProofNeeded where something hurts and the person has not proved lately who it is."""
    if hurts and not is_proved():
        raise ProofNeeded


def _take_proof() -> ResponseReturnValue | None:
    given = request.method not in SAFE_METHODS and PASSWORD in request.form
    if not given or not current_user.is_authenticated:
        return None
    if not _proves():
        log.warning("proof_refused", who=current_user.log_name)
        g.proof_refused = True
        return None if request.endpoint in OWN_PROOF else _ask()
    login.renew_session()
    g.proved = True
    log.info("proved", who=current_user.log_name)
    return None


def _proves() -> bool:
    """Say whether password and, where it is on, second step are right."""
    key = rate_limits.session_key(current_user.facts.session_id)
    candidate = proofs.checked_candidate(current_user.identifier, request.form[PASSWORD], key)
    if candidate is None or candidate.subject != current_user.subject:
        return False
    ways = second_step_ways()
    return not ways.is_on or proofs.second_step_taken(current_user.subject, key)


def second_step_ways() -> Ways:
    """Return by what the person who is signed in takes the second step."""
    return second_steps.look_at_ways(web.reading(), current_user.subject)


def _hold_up() -> ResponseReturnValue | None:
    needed = request.endpoint in FRESH - OWN_PROOF and current_user.is_authenticated
    return _ask() if needed and not is_proved() else None


def _ask() -> ResponseReturnValue:
    """Ask for the password; what was to be done is done after it."""
    if web.wants_part() or request.files or request.method in SAFE_METHODS:
        address = url_for("recent.confirm", next=login.way_back())
        if web.wants_part():
            return "", 401, {"HX-Redirect": address}
        return redirect(address, code=303)
    return web.render(
        "access/confirm_identity.html",
        None,
        422 if g.get("proof_refused") else 403,
        action=request.full_path.rstrip("?"),
        kept=_kept(),
        refused=bool(g.get("proof_refused")),
    )


def _kept() -> list[tuple[str, str]]:
    """Return what the form held, but for what a page must not repeat."""
    return [
        (name, text)
        for name, text in request.form.items(multi=True)
        if name != "csrf_token" and not name.startswith(PROOF)
    ]
