"""Documents in a folder that its owner alone reads, each sealed by AES-256-GCM under a key of its own."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Collection, Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from portal.ports import Rejected, Unavailable

PURPOSE = b"portal: documents of customers"
SALT_BYTES, NONCE_BYTES = 16, 12
NAME = re.compile(r"[0-9a-f]{32}", re.ASCII)


class FolderVault:
    """The vault port. Seals with the first key, opens with any."""

    def __init__(self, folder: Path, keys: Sequence[str]) -> None:
        self._folder = folder
        self._keys = tuple(keys)

    def put(self, content: bytes) -> str:
        """Keep it; return the name by which it is found, which tells nothing."""
        name = secrets.token_hex(16)
        salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
        sealed = _cipher(self._keys[0], salt).encrypt(nonce, content, name.encode())
        try:
            self._write(name, salt + nonce + sealed)
        except OSError as failure:  # the disk is full, above all: what was begun is no document
            self.drop(name)
            raise Unavailable(f"the folder of documents: {os.strerror(failure.errno or 0)}") from failure
        return name

    def get(self, name: str) -> bytes:
        """Return it. Raises Rejected for what is not there, was changed, or was sealed with a lost key."""
        try:
            kept = self._path(name).read_bytes()
        except FileNotFoundError as failure:
            raise Rejected("no such document") from failure
        salt, rest = kept[:SALT_BYTES], kept[SALT_BYTES:]
        nonce, sealed = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
        for key in self._keys:
            try:
                return _cipher(key, salt).decrypt(nonce, sealed, name.encode())
            except InvalidTag:
                continue
        raise Rejected("sealed with a key that is not ours, or changed")

    def drop(self, name: str) -> None:
        """Forget it; again is harmless."""
        self._path(name).unlink(missing_ok=True)

    def drop_all_but(self, names: Collection[str], *, older_than_seconds: float) -> int:
        """Forget what is kept under no such name and has been there for so long; return how much."""
        if not self._folder.is_dir():
            return 0
        oldest = self._disk_time() - older_than_seconds
        stray = [
            path
            for path in self._folder.iterdir()
            if NAME.fullmatch(path.name) and path.name not in names and path.stat().st_mtime < oldest
        ]
        for path in stray:
            path.unlink(missing_ok=True)
        return len(stray)

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _disk_time(self) -> float:
        """Return the present as files are dated: a demo's calendar may be elsewhere."""
        mark = self._folder / "sweep"
        mark.touch(mode=0o600)
        return mark.stat().st_mtime

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise Rejected("no name of a document")
        return self._folder / name


def _cipher(key: str, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, salt, PURPOSE).derive(key.encode()))
