"""Mailbox passwords checked by the mail server itself: the portal neither stores nor logs one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import BoundedSemaphore

from portal.adapters.fuse import Fuse
from portal.adapters.imap.connection import conversation, sign_in
from portal.mail_server_settings import MailServer
from portal.ports import Unavailable

PLAIN_ADDRESS = re.compile(r"[a-z0-9.!#$&'/=?^_`{|}~+-]{1,64}@[a-z0-9.-]{1,190}", re.ASCII)
"""No separator of users who act for others (`*`, `%`) among its letters."""
NOBODY = "nobody@portal.invalid"
PATIENCE_SECONDS = 1.0
"""How long a sign-in waits for its turn."""


class ImapVerifier:
    """The `imap` adapter of the credential port. Source: product.md 2, hardening.md S51.

    One sign-in is one attempt at the server, never repeated; the portal's own limits stand before it. A
    server that is away, busy or confused means «try later», never «wrong password».
    """

    keeps_hashes = False

    def __init__(self, server: MailServer, clock: Callable[[], datetime]) -> None:
        self._server = server
        self._fuse = Fuse("the mail server", clock)
        self._turns = BoundedSemaphore(server.connections)

    def verify(self, address: str, stored_hash: str | None, password: str) -> bool:
        """Return what the server says; for a name that no mailbox can have, of nobody, in the same time."""
        possible = PLAIN_ADDRESS.fullmatch(address) is not None and "\0" not in password
        name, tried = (address, password) if possible else (NOBODY, secrets.token_hex(8))
        with self._turn():
            return self._fuse.through(lambda: self._ask(name, tried)) and possible

    def _ask(self, name: str, password: str) -> bool:
        with conversation(self._server) as client:
            return sign_in(client, name, password)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable("too many sign-ins at the mail server at once")
        try:
            yield
        finally:
            self._turns.release()
