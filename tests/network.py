"""Shuts the network for the process of the tests: only this machine's own addresses can be reached."""

from __future__ import annotations

import ipaddress
import sys
from typing import Any

_LOCAL_NAMES = {"", "localhost", "ip6-localhost"}


class NetworkIsShut(BaseException):
    """A test tried to reach another machine; no `except Exception` can swallow this."""


def shut() -> None:
    """Refuse from now on, for good, every connection and look-up that would leave this machine."""
    sys.addaudithook(_refuse_strangers)


def _refuse_strangers(event: str, arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        target = arguments[1]
        host = target[0] if isinstance(target, tuple) else ""
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not is_local(host):
        raise NetworkIsShut(f"{event} {host}")


def is_local(host: Any) -> bool:
    """Say whether a host is this machine; a file's path (a unix socket) counts as one."""
    name = host.decode() if isinstance(host, bytes) else str(host or "")
    if name in _LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
