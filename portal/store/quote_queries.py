"""Reading kept quotes: by what they say, by their draft, and all of them with what was charged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import NotFound
from portal.domain.money import Cents
from portal.store.drafts import RenewalDraft
from portal.store.extras import OrderExtra
from portal.store.orders import Order, OrderLine
from portal.store.quotes import QuoteRow
from portal.store.scope import own_drafts


class KeptQuote(NamedTuple):
    """A quote, the number of its order, and what that charges: net, VAT, gross, due, net of all lines."""

    row: QuoteRow
    order_number: str | None = None
    charged: tuple[Cents, Cents, Cents, Cents, Cents] | None = None


def quote_by_hash(session: Session, draft_id: int, sha256: str) -> QuoteRow | None:
    """Return the draft's quote with that fingerprint, or None."""
    return session.scalar(select(QuoteRow).where(QuoteRow.draft_id == draft_id, QuoteRow.sha256 == sha256))


def newest_of_draft(session: Session, subject: Subject, public_id: str) -> KeptQuote | None:
    """Return the newest quote of the subject's draft, or None; raises NotFound where that is not theirs."""
    found = session.execute(
        select(QuoteRow, Order.number)
        .select_from(RenewalDraft)
        .outerjoin(QuoteRow, QuoteRow.draft_id == RenewalDraft.id)
        .outerjoin(Order, Order.quote_id == QuoteRow.id)
        .where(RenewalDraft.public_id == public_id, own_drafts(subject))
        .order_by(QuoteRow.id.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise NotFound
    return KeptQuote(found[0], found[1]) if found[0] else None


def quotes_after(session: Session, quote_id: int, *, limit: int) -> Sequence[KeptQuote]:
    """Return up to `limit` quotes after one, with what their orders charge: one statement."""
    lines, extras = (
        select(func.coalesce(func.sum(part.net_cents), 0))
        .where(part.order_id == Order.id)
        .correlate(Order)
        .scalar_subquery()
        for part in (OrderLine, OrderExtra)
    )
    sums = (Order.net_cents, Order.vat_cents, Order.gross_cents, Order.due_cents)
    columns: tuple[Any, ...] = (QuoteRow, Order.number, *sums, (lines + extras).label("parts"))
    rows = session.execute(
        select(*columns)
        .outerjoin(Order, Order.quote_id == QuoteRow.id)
        .where(QuoteRow.id > quote_id)
        .order_by(QuoteRow.id)
        .limit(limit)
    )
    return [KeptQuote(row[0], row[1], _charged(row[2:]) if row[1] else None) for row in rows]


def _charged(sums: Sequence[Any]) -> tuple[Cents, Cents, Cents, Cents, Cents]:
    net, vat, gross, due, parts = (int(each) for each in sums)
    return net, vat, gross, due, parts
