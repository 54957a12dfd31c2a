"""The operator's virus scanner, read from the environment with the other settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LONGEST_TIMEOUT = 60


@dataclass(frozen=True, slots=True)
class VirusScanner:
    """Where clamd listens: a socket of this machine by its path, or another's by host and port."""

    path: str = ""
    host: str = ""
    port: int = 3310
    timeout_seconds: int = 15
    """How long one whole conversation may take."""


def read_virus_scanner(environ: Mapping[str, str]) -> VirusScanner | None:
    """Return what PORTAL_CLAMD says: `/run/clamav/clamd.ctl`, `host:3310`, nothing. Raises ValueError."""
    address = environ.get("PORTAL_CLAMD", "").strip()
    if not address:
        return None
    seconds = _whole("PORTAL_CLAMD_TIMEOUT_SECONDS", environ.get("PORTAL_CLAMD_TIMEOUT_SECONDS") or "15")
    if not 1 <= seconds <= LONGEST_TIMEOUT:
        raise ValueError(f"PORTAL_CLAMD_TIMEOUT_SECONDS must be from 1 to {LONGEST_TIMEOUT}")
    if address.startswith("/"):
        return VirusScanner(path=address, timeout_seconds=seconds)
    host, colon, port = address.rpartition(":")
    if not colon or not host:
        raise ValueError("PORTAL_CLAMD must be the path of a socket or host:port")
    return VirusScanner(host=host.strip("[]"), port=_whole("PORTAL_CLAMD", port), timeout_seconds=seconds)


def _whole(name: str, text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise ValueError(f"{name}: {text!r} is no whole number that can be")
    return int(text)
