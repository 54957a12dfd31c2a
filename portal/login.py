"""Flask-Login with two kinds of principal; every route is private unless its policy says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from portal import locales, web
from portal.domain.access import Subject, SubjectKind
from portal.domain.errors import NotFound
from portal.domain.history import Actor, Deed, Origin
from portal.policies import POLLED, REPEATED_FIELDS, UPLOADS, Policy, policy_of
from portal.usecases import access, history, languages, second_steps, sessions
from portal.usecases.access import SessionFacts
from portal.usecases.second_steps import Waiting

log = structlog.get_logger()
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
KEPT_WHEN_RENEWED = ("csrf_token", "_flashes")
"""Of the browser's own memory: it is the same person, with forms open in other windows."""
WAITING, GOAL = "second_step", "goal"
"""Where a browser keeps the token of a sign-in that waits for its second step, and where it was going."""
SEEN_AGAIN_AFTER = timedelta(minutes=1)


class SignedIn(UserMixin):  # type: ignore[misc]
    """The person at the other end, as views and templates know them."""

    def __init__(self, token: str, facts: SessionFacts) -> None:
        self.token = token
        self.facts = facts
        self.identifier = facts.identifier
        self.subject = facts.subject

    @property
    def is_account(self) -> bool:
        return self.subject.kind is SubjectKind.ACCOUNT

    @property
    def log_name(self) -> str:
        """Return who this is in a log line: a kind and a number, no name."""
        return f"{self.subject.kind}:{self.subject.account_id or self.subject.mailbox_id}"

    def get_id(self) -> str:
        return self.token


def register(app: Flask) -> None:
    """Load the principal of each request and guard every route."""
    manager = LoginManager(app)
    manager.session_protection = None  # phones change their address all day
    manager.user_loader(_load)
    app.before_request(_tell_whence)
    app.teardown_request(_forget_whence)
    app.before_request(_refuse_foreign_requests)
    app.before_request(_take_files)
    app.before_request(_refuse_unreadable_input)
    app.before_request(_guard)
    app.jinja_env.globals["way_back"] = way_back


def _tell_whence() -> None:
    """Let what this request does be written down with who may answer for it."""
    history.come_from(
        Origin(
            Actor.CUSTOMER,
            request_id=g.get("request_id", ""),
            address=request.remote_addr or "",
            user_agent=request.user_agent.string,
        )
    )


def _forget_whence(_failure: BaseException | None) -> None:
    history.come_from(Origin())


def begin_session(subject: Subject, deed: Deed = Deed.SIGNED_IN) -> SessionFacts:
    """Start a session on the server and in the browser; the one this browser had ends (S17)."""
    services = web.services()
    now = services.now()
    with services.transaction() as writing:
        if current_user.is_authenticated:
            access.end_session(writing, current_user.token, now=now)
        token, facts = access.start_session(
            writing,
            subject,
            now=now,
            lasts=timedelta(hours=services.settings.session_absolute_hours),
            address=request.remote_addr or "",
            user_agent=request.user_agent.string,
            deed=deed,
        )
        chosen = locales.chosen_here()
        if chosen is not None:
            languages.choose_first_language(writing, subject, chosen)
    session.clear()  # with nothing left of what the browser was before
    login_user(SignedIn(token, facts))
    return facts


def renew_session() -> None:
    """Give who has just proved it again another session (S17); pages open in other windows stay good."""
    kept = {name: session[name] for name in KEPT_WHEN_RENEWED if name in session}
    begin_session(current_user.subject, Deed.IDENTITY_CONFIRMED)
    session.update(kept)


def begin_waiting(subject: Subject, goal: str | None) -> None:
    """Let this browser, which knew the password, take the second step: it is not signed in yet.

    Whoever was signed in here before is not any more (S17).
    """
    services = web.services()
    with services.transaction() as writing:
        if current_user.is_authenticated:
            access.end_session(writing, current_user.token, now=services.now())
        token = second_steps.wait_for_second_step(writing, subject, now=services.now())
    session.clear()
    session[WAITING], session[GOAL] = token, goal or ""


def waiting() -> Waiting | None:
    """Return who has the second step before them in this browser, if it is still to be taken."""
    token = str(session.get(WAITING, ""))
    return second_steps.look_at_waiting(web.reading(), token, now=web.services().now()) if token else None


def waiting_goal() -> str | None:
    """Return where that person was going."""
    return local_path(str(session.get(GOAL, "")))


def stop_waiting() -> None:
    """Forget that this browser knew the password."""
    session.pop(WAITING, None)
    session.pop(GOAL, None)


def onward(goal: str | None) -> Response:
    """Go where the person was going, if that is a place of ours; else to the first page."""
    return redirect(goal, code=303) if goal else web.see_other("home.index")


def keep_this_session_alone() -> None:
    """Give this browser another session and end all others: what it takes to sign in is not what it was."""
    services = web.services()
    renew_session()
    with services.transaction() as writing:
        sessions.end_others(writing, current_user.subject, current_user.facts.session_id, now=services.now())


def end() -> None:
    """Sign this browser out."""
    logout_user()
    session.clear()


def _load(token: str) -> SignedIn | None:
    services = web.services()
    now = services.now()
    facts = access.session_facts(
        web.reading(), token, now=now, idle=timedelta(minutes=services.settings.session_idle_minutes)
    )
    if facts is None:
        return None
    if request.endpoint not in POLLED and now - facts.last_seen_at >= SEEN_AGAIN_AFTER:
        _touch(facts, now)
    return SignedIn(token, facts)


def _touch(facts: SessionFacts, now: datetime) -> None:
    try:
        with web.services().transaction() as writing:
            access.touch_session(writing, facts.session_id, now=now)
    except OperationalError as error:  # a busy database costs no page: the next request notes it
        log.warning("session_not_touched", error=type(error).__name__)


def _refuse_foreign_requests() -> None:
    """Second line against forged requests, before the token: Fetch Metadata, else Origin (S25)."""
    if (request.method not in SAFE_METHODS or web.wants_part()) and _from_elsewhere():
        log.warning("foreign_request_refused", endpoint=request.endpoint)
        abort(403)


def _from_elsewhere() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin")
    return origin is not None and origin not in (
        request.host_url.rstrip("/"),
        web.services().settings.public_url,
    )


def _take_files() -> None:
    """Let who is signed in send more where a file is asked for (S34)."""
    if request.endpoint in UPLOADS and current_user.is_authenticated:
        request.max_content_length = UPLOADS[request.endpoint]


def _refuse_unreadable_input() -> None:
    """Refuse what no page of ours sends: a field twice (S08), or the character no database stores."""
    if "\0" in request.path:
        abort(404)
    doubled = [
        name
        for name, values in (() if request.method in SAFE_METHODS else _fields())
        if len(values) > 1 and name not in REPEATED_FIELDS
    ]
    if doubled or any("\0" in value for values in request.values.listvalues() for value in values):
        log.warning("unreadable_input_refused", endpoint=request.endpoint, doubled=len(doubled))
        abort(400)


def _fields() -> Iterator[tuple[str, list[Any]]]:
    """Give every field of the request's form with all its values, files too."""
    yield from request.form.lists()
    yield from request.files.lists()


def _guard() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    policy = policy_of(request.endpoint)
    if policy in (Policy.PUBLIC, Policy.WEBHOOK):
        return None
    if not current_user.is_authenticated:
        return _to_sign_in()
    if policy is Policy.ACCOUNT and not current_user.is_account:
        log.warning("access_refused", endpoint=request.endpoint, who=current_user.log_name)
        raise NotFound
    return None


def _to_sign_in() -> ResponseReturnValue:
    """Send to the sign-in page, and from there back; htmx is told by a header, in a 401."""
    log.info("not_signed_in", endpoint=request.endpoint)
    address = url_for("access.sign_in", next=way_back())
    if web.wants_part():
        return "", 401, {"HX-Redirect": address}
    return redirect(address)


def way_back() -> str | None:
    """Return the page asked for, if it is one that can be asked for again once who asks is known."""
    addresses = current_app.create_url_adapter(request)
    readable = addresses is not None and addresses.test(request.path, "GET")
    if not readable or request.endpoint in POLLED:
        return None
    goal = request.full_path if request.method in SAFE_METHODS else request.path
    return local_path(goal.rstrip("?"))


def local_path(goal: str) -> str | None:
    """Return `goal` if it is a plain path of ours, else None: nothing else may follow a sign-in (S32)."""
    if not goal.startswith("/") or goal.startswith(("//", "/\\")):
        return None
    if any(ord(letter) < 33 or letter == "\\" or ord(letter) == 127 for letter in goal):
        return None
    return goal
