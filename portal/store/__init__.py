"""Tables and the queries over them, one file an aggregate; imports the domain only."""

from sqlalchemy import MetaData

from portal.store import (
    accounts,
    conventions,
    drafts,
    mailboxes,
    mails,
    orders,
    outbox,
    payments,
    prices,
    selections,
)
from portal.store.base import Base

_AGGREGATES = (accounts, mailboxes, prices, conventions, selections, drafts, orders, payments, mails, outbox)


def every_table() -> MetaData:
    """Return the metadata with every table of the portal in it."""
    assert all(module.__name__.startswith("portal.store.") for module in _AGGREGATES)
    return Base.metadata
