"""What the portal asks of whoever looks at documents and keeps them; how they say no: `portal/ports.py`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from portal.domain.documents import CleanDocument


class DocumentCleaner(Protocol):
    """Makes a harmless document of a file that may be anything."""

    def clean(self, data: bytes) -> CleanDocument:
        """Return what the file became. Raises DocumentRefused, Unavailable."""
        ...


class DocumentScanner(Protocol):
    """Knows viruses."""

    def scan(self, data: bytes) -> None:
        """Raise DocumentRefused for a file that holds one, Unavailable where nobody can say."""
        ...


class DocumentVault(Protocol):
    """Keeps documents sealed, outside of what any web server gives out."""

    def put(self, content: bytes) -> str:
        """Keep it; return the name by which it is found, which tells nothing. Raises Unavailable."""
        ...

    def get(self, name: str) -> bytes:
        """Return it. Raises Rejected for what is not there or was changed."""
        ...

    def drop(self, name: str) -> None:
        """Forget it; again is harmless."""
        ...

    def drop_all_but(self, names: Collection[str], *, older_than_seconds: float) -> int:
        """Forget what is kept under no such name and has been there for so long; return how much."""
        ...
