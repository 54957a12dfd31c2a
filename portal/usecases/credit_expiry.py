"""Leftovers that nobody used in time leave the wallet. Source: domain.md C9."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.credit import LedgerAccount, Lot, PostingKind
from portal.store import ledger, ledger_queries
from portal.usecases import wallets
from portal.usecases.wallets import Why

PIECE = 200


def lapse_leftovers(
    session: Session, cursor: bool | None, *, today: date, now: datetime
) -> tuple[int, bool | None]:
    """Take out one piece of what lapsed before today; return how many, and True if there may be more.

    Wallets are locked in their order, and each lot is looked at again under its wallet's lock.
    """
    found = ledger_queries.lapsed_lots(session, today, limit=PIECE)
    for row, holder in found:
        owner = ledger_queries.owner_in(holder.account_id, holder.mailbox_id)
        wallet = ledger.locked_wallet(session, owner)
        lots: list[Lot] = [lot for lot in ledger.lots_left(session, wallet.id) if lot.id == row.id]
        for lot in lots:
            why = Why(PostingKind.EXPIRY, str(lot.id))
            wallets.take_from(session, wallet, [lot], why, lot.left_cents, LedgerAccount.LAPSED, now=now)
    return len(found), True if len(found) == PIECE else None
