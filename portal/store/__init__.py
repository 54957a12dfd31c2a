"""Tables and the queries over them, one file an aggregate; imports the domain only."""

from sqlalchemy import MetaData

from portal.store import (
    accounts,
    attempts,
    auto_renewals,
    billing,
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
    refunds,
    scheduled_changes,
    selections,
    space_purchases,
    statement_lines,
    stored_methods,
    withdrawals,
)
from portal.store.base import Base

_AGGREGATES = (
    accounts,
    attempts,
    auto_renewals,
    billing,
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
    refunds,
    scheduled_changes,
    selections,
    space_purchases,
    statement_lines,
    stored_methods,
    withdrawals,
)


def every_table() -> MetaData:
    """Return the metadata with every table of the portal in it."""
    assert all(module.__name__.startswith("portal.store.") for module in _AGGREGATES)
    return Base.metadata
