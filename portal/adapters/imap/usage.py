"""How full a mailbox is, by the QUOTA extension (RFC 9208), asked by a user who may act for every mailbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from imapclient import IMAPClient

from portal.adapters.fuse import Fuse
from portal.adapters.imap.connection import conversation, sign_in
from portal.mail_server_settings import MailServer
from portal.ports import SpaceUse, Unreachable

INBOX = "INBOX"
KIB_PER_MB = 1024


class ImapMeter:
    """The `imap` adapter of the meter port."""

    def __init__(self, server: MailServer, clock: Callable[[], datetime]) -> None:
        self._server = server
        self._fuse = Fuse("the mail server's quota", clock)

    def read(self, address: str) -> SpaceUse | None:
        return self._fuse.through(lambda: self._read(address))

    def _read(self, address: str) -> SpaceUse | None:
        server = self._server
        with conversation(server) as client:
            if not sign_in(client, server.usage_user, server.usage_password, for_whom=address):
                return None
            if not client.has_capability("QUOTA"):
                raise Unreachable("the mail server does not tell quotas")
            mailbox = _used_mb(client, INBOX)
            archive = _used_mb(client, server.archive_folder) if server.archive_folder else None
            return None if mailbox is None else SpaceUse(mailbox, archive)


def _used_mb(client: IMAPClient, folder: str) -> int | None:
    """Return what the folder's first quota of storage counts, in whole MB begun; None: it has no quota."""
    _, quotas = client.get_quota_root(folder)
    used = [int(quota.usage) for quota in quotas if str(quota.resource).upper() == "STORAGE"]
    return -(-max(used[0], 0) // KIB_PER_MB) if used else None
