"""Sealing by AES and HMAC (Fernet) with a key made from the installation's secret key."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from portal.ports import Rejected

PURPOSE = b"portal: secrets on their way to a mail\0"
"""So that this key is no other use's."""


class KeySealer:
    """Seals with the first key, opens with any: keys are replaced without losing what is under way."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = MultiFernet([Fernet(_derived(key)) for key in keys])

    def seal(self, secret: str) -> str:
        return self._keys.encrypt(secret.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        try:
            return self._keys.decrypt(sealed).decode()
        except InvalidToken as failure:
            raise Rejected("sealed with a key that is not ours") from failure


def _derived(key: str) -> bytes:
    return urlsafe_b64encode(sha256(PURPOSE + key.encode()).digest())
