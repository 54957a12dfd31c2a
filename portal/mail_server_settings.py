"""The provider's mail server, read from the environment with the other settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

LONGEST_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mailbox passwords are checked and their use is read: IMAP over TLS."""

    host: str
    port: int = 993
    ca_file: str = ""
    """Who vouches for its certificate, as a PEM file; empty: whom this machine trusts."""
    timeout_seconds: int = 10
    """How long one whole conversation may take."""
    connections: int = 4
    """How many sign-ins at once; the others are asked to try again, so that other pages go on."""
    usage_user: str = ""
    """The server's user who may act for every mailbox, to read how full it is; empty: nobody does."""
    usage_password: str = field(default="", repr=False)
    archive_folder: str = ""
    """The folder whose quota is the archive's; empty: the server does not tell of archives."""


def read_mail_server(environ: Mapping[str, str]) -> MailServer | None:
    """Return what PORTAL_IMAP_* say, None where PORTAL_CREDENTIALS is not `imap`. Raises ValueError."""
    kind = environ.get("PORTAL_CREDENTIALS") or "local"
    if kind not in ("local", "imap"):
        raise ValueError("PORTAL_CREDENTIALS must be local or imap")
    if kind == "local":
        return None
    host = environ.get("PORTAL_IMAP_HOST", "").strip()
    if not host:
        raise ValueError("PORTAL_IMAP_HOST is missing: with PORTAL_CREDENTIALS=imap it checks the passwords")
    user, password = environ.get("PORTAL_IMAP_USAGE_USER", ""), environ.get("PORTAL_IMAP_USAGE_PASSWORD", "")
    if bool(user) != bool(password):
        raise ValueError("PORTAL_IMAP_USAGE_USER and PORTAL_IMAP_USAGE_PASSWORD belong together")
    return MailServer(
        host=host,
        port=_whole(environ, "PORTAL_IMAP_PORT", 993, 65_535),
        ca_file=_file(environ.get("PORTAL_IMAP_CA_FILE", "")),
        timeout_seconds=_whole(environ, "PORTAL_IMAP_TIMEOUT_SECONDS", 10, LONGEST_TIMEOUT),
        connections=_whole(environ, "PORTAL_IMAP_CONNECTIONS", 4, 64),
        usage_user=user,
        usage_password=password,
        archive_folder=environ.get("PORTAL_IMAP_ARCHIVE_FOLDER", ""),
    )


def _file(path: str) -> str:
    if path and not Path(path).is_file():
        raise ValueError(f"PORTAL_IMAP_CA_FILE: there is no file {path!r}")
    return path


def _whole(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = environ.get(name, "").strip() or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ValueError(f"{name} must be a whole number from 1 to {most}, not {text!r}")
    return int(text)
