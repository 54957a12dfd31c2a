"""The step «Extra»: what is offered once beside the renewal, and how many pieces of it are taken."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import ExtraNotOffered
from portal.store import draft_changes
from portal.store.extras import set_draft_extras
from portal.store.prices import prices_on
from portal.usecases.draft_totals import claim_change


def choose_extras(
    session: Session,
    subject: Subject,
    public_id: str,
    pieces: Mapping[str, int],
    *,
    today: date,
    now: datetime,
) -> None:
    """Keep how many pieces of each extra are taken, none where nothing is said.

    Raises NotFound, DraftClosed, ExtraNotOffered. Source: product.md 4 (2), domain.md 3.5.
    """
    draft_id, _ = claim_change(session, subject, public_id, now)
    offered = prices_on(session, today).extras
    if missing := sorted(code for code, count in pieces.items() if count and code not in offered):
        raise ExtraNotOffered(missing[0])
    set_draft_extras(session, draft_id, pieces)
    draft_changes.set_extras_answered(session, draft_id)
