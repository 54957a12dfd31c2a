"""`/caselle/<address>/documento`: the identity document of a mailbox's holder. Source: hardening.md S43."""

from __future__ import annotations

import structlog
from flask import Blueprint, Response, flash, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from portal import web
from portal.domain.documents import (
    LARGEST_BYTES,
    MOST_PAGES,
    DocumentKind,
    DocumentProblem,
    DocumentRefused,
)
from portal.rate_limits import limited_uploads
from portal.usecases import documents

bp = Blueprint("documents", __name__)
log = structlog.get_logger()
TYPES = {DocumentKind.PDF: ("application/pdf", "pdf"), DocumentKind.JPEG: ("image/jpeg", "jpg")}
ALONE = "sandbox; default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""Should a browser show it after all, it can do nothing."""


@bp.get("/caselle/<address>/documento")
def show(address: str) -> ResponseReturnValue:
    """Show what was sent, and ask for more."""
    return _page(address)


@bp.post("/caselle/<address>/documento")
@limited_uploads
def send(address: str) -> ResponseReturnValue:
    """Take a file apart, and keep what it became."""
    services, subject = web.services(), web.subject()
    try:
        documents.check_sending(web.reading(), subject, address, now=services.now())
        _keep(address)
    except DocumentRefused as refusal:
        with services.transaction() as session:
            documents.record_refusal(session, subject, address, now=services.now())
        log.warning("document_refused", who=current_user.log_name, problem=refusal.problem)
        return _page(address, 422, problem=refusal.problem)
    flash(web.words("documents/_sent_text.html"), "ok")
    return web.see_other("documents.show", address=address)


@bp.get("/caselle/<address>/documento/<int:document>")
def download(address: str, document: int) -> ResponseReturnValue:
    """Give a document to who sent it, as a file and never as a page."""
    found = documents.own_document(web.reading(), web.subject(), address, document)
    content = web.services().vault.get(found.name)
    kind, ending = TYPES[found.kind]
    log.info("document_read", who=current_user.log_name, document=found.id)
    headers = {
        "Content-Disposition": f'attachment; filename="documento-{found.id}.{ending}"',
        "Content-Security-Policy": ALONE,
    }
    return Response(content, content_type=kind, headers=headers)


@bp.post("/caselle/<address>/documento/<int:document>/elimina")
def take_back(address: str, document: int) -> ResponseReturnValue:
    """Let go of a document that one sent oneself."""
    services = web.services()
    with services.transaction() as session:
        documents.take_back(session, web.subject(), address, document, now=services.now())
    flash(web.words("documents/_removed_text.html"), "ok")
    return web.see_other("documents.show", address=address)


def _keep(address: str) -> None:
    """Scan, clean and seal the file, then write it down; without its row it is dropped again."""
    services = web.services()
    sent = request.files.get("document")
    if sent is None or not sent.filename:
        raise DocumentRefused(DocumentProblem.MISSING)
    data = sent.stream.read(LARGEST_BYTES + 1)
    services.scanner.scan(data)
    clean = services.cleaner.clean(data)
    services.scanner.scan(clean.content)
    name = services.vault.put(clean.content)
    kept = False
    try:
        with services.transaction() as session:
            documents.keep_document(session, web.subject(), address, clean, name, now=services.now())
        kept = True
    finally:
        if not kept:
            services.vault.drop(name)


def _page(address: str, status: int = 200, problem: DocumentProblem | None = None) -> ResponseReturnValue:
    found = documents.look_at_documents(web.reading(), web.subject(), address)
    return web.render(
        "documents/show.html",
        status=status,
        found=found,
        problem=problem,
        largest_mb=LARGEST_BYTES // 1024 // 1024,
        most_pages=MOST_PAGES,
        days=web.services().settings.document_days,
    )
