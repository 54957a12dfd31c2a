"""Mailbox passwords checked against the hashes in the portal's own database."""

from __future__ import annotations

from portal.ports import PasswordHasher


class LocalVerifier:
    """The `local` adapter of the credential port. Source: product.md 2."""

    keeps_hashes = True

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher

    def verify(self, address: str, stored_hash: str | None, password: str) -> bool:
        return self._hasher.verify(stored_hash, password)
