"""Quotes as records: kept once, shown again, and proved against the orders that carry them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.access import Subject
from portal.domain.errors import DraftStale, NotFound
from portal.domain.price_list import PriceList
from portal.domain.pricing import Choice, quote
from portal.domain.quotes import QuoteFault, ToldQuote, canonical, faults, fingerprint, read_quote
from portal.store import locks, order_queries, quote_queries
from portal.store.drafts import RenewalDraft
from portal.store.extras import draft_pieces
from portal.store.quote_queries import KeptQuote
from portal.store.quotes import QuoteRow
from portal.usecases.draft_totals import OpenDraft, look_at_draft

BATCH = 500
"""How many quotes a verification reads at once."""


@dataclass(frozen=True, slots=True)
class QuotePaper:
    """A kept quote with what its paper says besides."""

    public_id: str
    sha256: str
    created_at: datetime
    told: ToldQuote
    order_number: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with one quote, or with the order that carries it."""

    public_id: str
    order_number: str | None
    faults: Sequence[QuoteFault]


def told_of(draft: OpenDraft) -> ToldQuote:
    """Return the quote of a draft as it stands today."""
    facts, totals = draft.facts, draft.totals
    return ToldQuote(
        facts.public_id,
        totals.version,
        totals.mailboxes,
        draft.prices.day,
        totals.quote,
        facts.split_payment,
    )


def tell_quote(
    session: Session,
    draft: RenewalDraft,
    choices: Mapping[Choice, int],
    prices: PriceList,
    *,
    split_payment: bool,
) -> ToldQuote:
    """Return what these choices, each of so many mailboxes, cost now with the draft's extras. As `quote`."""
    taken = draft_pieces(session, draft.id)
    total = quote(
        choices.items(),
        prices,
        day=prices.day,
        split_payment=split_payment,
        extras={code: pieces for code, pieces in taken.items() if code in prices.extras},
    )
    mailboxes = sum(choices.values())
    return ToldQuote(draft.public_id, draft.version, mailboxes, prices.day, total, split_payment)


def fingerprint_of(told: ToldQuote) -> str:
    """Return the SHA-256 that stands for the quote in a form."""
    return fingerprint(canonical(told))


def keep_quote(session: Session, draft_id: int | None, told: ToldQuote, *, now: datetime) -> QuoteRow:
    """Return the record of this quote, written now unless it is there. The draft is locked by the caller.

    Where no draft led here, the caller keeps it once: each such quote is its order's alone.
    """
    content = canonical(told)
    sha256 = fingerprint(content)
    known = quote_queries.quote_by_hash(session, draft_id, sha256) if draft_id is not None else None
    if known is not None:
        return known
    row = QuoteRow(
        public_id=secrets.token_hex(8).upper(),
        draft_id=draft_id,
        quoted_on=told.day,
        valid_until=told.valid_until,
        content=content,
        sha256=sha256,
        **asdict(told.amounts),
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def give_quote(session: Session, subject: Subject, public_id: str, *, today: date, now: datetime) -> None:
    """Write down what the open draft costs today. Raises NotFound, DraftClosed, DraftStale."""
    locks.lock_draft(session, subject, public_id)
    draft = look_at_draft(session, subject, public_id, today=today)
    if not draft.totals.can_go_on:
        raise DraftStale
    keep_quote(session, draft.facts.id, told_of(draft), now=now)


def quote_of_draft(session: Session, subject: Subject, public_id: str) -> QuotePaper | None:
    """Return the newest quote that was given for the subject's draft, or None. Raises NotFound."""
    kept = quote_queries.newest_of_draft(session, subject, public_id)
    return _paper(kept) if kept else None


def quote_of_order(session: Session, subject: Subject, number: str) -> QuotePaper | None:
    """Return the quote that the subject's order carries, or None. Raises NotFound."""
    order = order_queries.visible_order(session, subject, number)
    if order is None:
        raise NotFound
    if order.quote_id is None:
        return None
    return _paper(KeptQuote(session.get_one(QuoteRow, order.quote_id), order.number))


def verify_quotes(session: Session) -> Iterator[tuple[int, list[Verdict]]]:
    """Yield batch by batch how many quotes were proved and which do not hold.

    Proved is the fingerprint, every product and sum, that the columns say the same, and that the order is
    charged just this: its sums and those of its lines and extras. Source: lessons.md L4.
    """
    after = 0
    while batch := quote_queries.quotes_after(session, after, limit=BATCH):
        wrong = [verdict for kept in batch if (verdict := _verdict(kept)) is not None]
        yield len(batch), wrong
        after = batch[-1].row.id


def _verdict(kept: KeptQuote) -> Verdict | None:
    row, found = kept.row, faults(kept.row.content, kept.row.sha256)
    total = read_quote(row.content).quote
    told = (total.net_cents, total.vat_cents, total.gross_cents, total.due_cents)
    if told != (row.net_cents, row.vat_cents, row.gross_cents, row.due_cents):
        found.append(QuoteFault.COLUMNS)
    if kept.charged is not None and kept.charged != (*told, total.net_cents):
        found.append(QuoteFault.ORDER)
    return Verdict(row.public_id, kept.order_number, found) if found else None


def _paper(kept: KeptQuote) -> QuotePaper:
    row = kept.row
    return QuotePaper(row.public_id, row.sha256, row.created_at, read_quote(row.content), kept.order_number)
