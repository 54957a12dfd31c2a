"""The mail servers of the adapters' tests: a real Dovecot where there is one, and one that misbehaves."""

from __future__ import annotations

from portal.mail_server_settings import MailServer
from tests.servers.certificates import Authority
from tests.servers.dovecot import USAGE_PASSWORD, USAGE_USER

PASSWORDS = {
    "studio.rossi@pec.example": "prova-portale-2026",
    "piena@pec.example": 'è già piena! «sì» \\ " { %s',
}


def at(port: int, authority: Authority, *, host: str = "localhost", seconds: int = 5) -> MailServer:
    """Return the settings for a server on this machine."""
    return MailServer(
        host=host,
        port=port,
        ca_file=str(authority.file),
        timeout_seconds=seconds,
        usage_user=USAGE_USER,
        usage_password=USAGE_PASSWORD,
    )
