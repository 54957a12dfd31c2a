"""Passwords that were stolen elsewhere and are in the lists that guessers begin with.

Of each the file keeps the first five bytes of a hash, sorted: it is looked at where it lies and takes no
memory, and one password in three million is taken for another. `make stolen-passwords` writes it anew.
"""

from __future__ import annotations

import mmap
from bisect import bisect_left
from hashlib import sha256
from pathlib import Path

LIST = Path(__file__).with_name("stolen.bin")
LENGTH = 5


def mark(password: str) -> bytes:
    """Return what is kept of a password, however its letters were written."""
    return sha256(password.casefold().encode()).digest()[:LENGTH]


class StolenPasswords:
    """The port of known passwords, answered from a file of ours: nobody is asked."""

    def __init__(self, path: Path = LIST) -> None:
        with path.open("rb") as file:
            self._marks = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def knows(self, password: str) -> bool:
        wanted = mark(password)
        place = bisect_left(range(len(self._marks) // LENGTH), wanted, key=self._mark_at)
        return self._mark_at(place) == wanted

    def _mark_at(self, place: int) -> bytes:
        return self._marks[place * LENGTH : (place + 1) * LENGTH]
