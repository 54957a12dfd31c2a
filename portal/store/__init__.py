"""Tables and the queries over them, one file an aggregate; imports the domain only."""

from sqlalchemy import MetaData

from portal.store import (  # noqa: F401  each brings its tables along
    accounts,
    address_confirmations,
    attempts,
    auto_renewals,
    billing,
    calendar_feeds,
    clock_slots,
    contracts,
    conventions,
    declarations,
    documents,
    drafts,
    email_changes,
    extras,
    failures,
    history,
    ledger,
    lifecycle_steps,
    mailboxes,
    mails,
    notices,
    order_people,
    orders,
    outbox,
    payments,
    prices,
    promotions,
    quotes,
    recovery,
    refunds,
    scheduled_changes,
    second_steps,
    selections,
    space_ends,
    space_purchases,
    statement_lines,
    stored_methods,
    withdrawals,
)
from portal.store.base import Base


def every_table() -> MetaData:
    """Return the metadata with every table of the portal in it."""
    return Base.metadata
