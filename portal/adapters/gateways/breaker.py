"""A circuit breaker: a gateway that failed several times in a row is left alone, so that pages stay fast.

Source: hardening.md R05.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeVar

from portal.ports import (
    GatewayEvent,
    GatewayReport,
    HostedPage,
    MethodToken,
    PaymentGateway,
    PaymentRequest,
    RefundReport,
    RefundRequest,
    Unavailable,
    Unreachable,
)

FAILURES_IN_A_ROW = 3
REST = timedelta(seconds=30)
Answer = TypeVar("Answer")


class Breaker:
    """Stands before one gateway in this process; nobody waits for it while it rests, then one call tries."""

    def __init__(self, gateway: PaymentGateway, clock: Callable[[], datetime]) -> None:
        self.name = gateway.name
        self._gateway = gateway
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._resting_until: datetime | None = None

    @property
    def is_resting(self) -> bool:
        """Say whether the gateway is left alone just now."""
        return self._resting_until is not None and self._clock() < self._resting_until

    def start(self, request: PaymentRequest) -> HostedPage:
        return self._through(lambda: self._gateway.start(request))

    def ask(self, request: PaymentRequest) -> GatewayReport:
        return self._through(lambda: self._gateway.ask(request))

    def close(self, request: PaymentRequest) -> GatewayReport:
        return self._through(lambda: self._gateway.close(request))

    def charge(self, request: PaymentRequest, method: MethodToken) -> GatewayReport:
        return self._through(lambda: self._gateway.charge(request, method))

    def refund(self, request: RefundRequest) -> RefundReport:
        return self._through(lambda: self._gateway.refund(request))

    def forget(self, method: MethodToken) -> None:
        return self._through(lambda: self._gateway.forget(method))

    def read_event(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayEvent:
        """Read it whatever the state: anybody can send one, and so it says nothing of the gateway."""
        return self._gateway.read_event(headers, body, now=now)

    def _through(self, act: Callable[[], Answer]) -> Answer:
        self._enter()
        try:
            answer = act()
        except Unavailable:
            self._note_failure()
            raise
        with self._lock:
            self._failures, self._resting_until = 0, None
        return answer

    def _enter(self) -> None:
        """Raise Unreachable while it rests; afterwards one call tries, and the others go on as before."""
        with self._lock:
            if self._resting_until is None:
                return
            if self._clock() < self._resting_until:
                raise Unreachable(f"{self.name} did not answer a moment ago")
            self._resting_until = self._clock() + REST

    def _note_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_IN_A_ROW:
                self._resting_until = self._clock() + REST
