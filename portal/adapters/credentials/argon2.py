"""Password hashes by argon2id, never more of them at once than there are cores."""

from __future__ import annotations

import os
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher as Argon2
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB = 19 * 1024
ROUNDS = 2


class Argon2Hasher:
    """argon2id at OWASP's floor (19 MiB, t=2, p=1). Source: hardening.md S16, P15."""

    def __init__(self) -> None:
        self._argon2 = _argon2()
        self._slots = BoundedSemaphore(os.cpu_count() or 1)
        self._nobody = _hash_of_nobody()

    def hash(self, password: str) -> str:
        with self._slots:
            return self._argon2.hash(password)

    def verify(self, stored_hash: str | None, password: str) -> bool:
        """Return whether `password` matches; an absent or broken hash costs one check too."""
        with self._slots:
            try:
                right = self._argon2.verify(stored_hash or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return right and stored_hash is not None

    def needs_rehash(self, stored_hash: str) -> bool:
        return self._argon2.check_needs_rehash(stored_hash)


def _argon2() -> Argon2:
    return Argon2(time_cost=ROUNDS, memory_cost=MEMORY_KIB, parallelism=1)


@cache
def _hash_of_nobody() -> str:
    """Return a hash that no password has, made once a process because it costs one sign-in."""
    return _argon2().hash("nobody has this password")
