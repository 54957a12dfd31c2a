"""A gateway that failed several times in a row is left alone, so that pages stay fast (R05)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from portal.adapters.fuse import Fuse
from portal.ports import (
    GatewayEvent,
    GatewayReport,
    HostedPage,
    MethodToken,
    PaymentGateway,
    PaymentRequest,
    RefundReport,
    RefundRequest,
)


class Breaker:
    """Stands before one gateway in this process; nobody waits for it while it rests, then one call tries."""

    def __init__(self, gateway: PaymentGateway, clock: Callable[[], datetime]) -> None:
        self.name = gateway.name
        self._gateway = gateway
        self._fuse = Fuse(gateway.name, clock)

    @property
    def is_resting(self) -> bool:
        """Say whether the gateway is left alone just now."""
        return self._fuse.is_resting

    def start(self, request: PaymentRequest) -> HostedPage:
        return self._fuse.through(lambda: self._gateway.start(request))

    def ask(self, request: PaymentRequest) -> GatewayReport:
        return self._fuse.through(lambda: self._gateway.ask(request))

    def close(self, request: PaymentRequest) -> GatewayReport:
        return self._fuse.through(lambda: self._gateway.close(request))

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        return self._fuse.through(lambda: self._gateway.charge(request, method))

    def refund(self, request: RefundRequest) -> RefundReport:
        return self._fuse.through(lambda: self._gateway.refund(request))

    def forget(self, method: MethodToken) -> None:
        return self._fuse.through(lambda: self._gateway.forget(method))

    def read_event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayEvent:
        """Read it whatever the state: anybody can send one, and so it says nothing of the gateway."""
        return self._gateway.read_event(headers, body, now=now)
