"""What every adapter holds to: nobody talks to the world outside while a transaction is open."""

from __future__ import annotations

from portal.store.session import in_transaction


class CalledInsideTransaction(RuntimeError):
    """The database would be held up by a network, and its rollback could not undo what was done outside."""


def must_be_outside_transaction() -> None:
    """Raise CalledInsideTransaction when the caller has a write transaction open. Source: style.md 2 (4)."""
    if in_transaction():
        raise CalledInsideTransaction("commit first, then ask the world outside")
