"""The circuit breaker before a gateway: closed, open, one that tries. R05."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.adapters.fuse import FAILURES_IN_A_ROW
from portal.adapters.gateways.breaker import Breaker
from portal.adapters.gateways.simulated.gateway import SimulatedGateway
from portal.domain.attempts import Standing
from portal.domain.payments import PaymentMethod
from portal.ports import GatewayReport, PaymentRequest, Rejected, Unavailable, Unreachable
from tests.conftest import Clock


class Scripted(SimulatedGateway):
    """Fails as often as it is told, and counts how often it was asked."""

    failures: int = 0
    asked: int = 0
    failure: Exception = Unavailable("timeout")

    def ask(self, request: PaymentRequest) -> GatewayReport:
        self.asked += 1
        if self.failures:
            self.failures -= 1
            raise self.failure
        return super().ask(request)


@pytest.fixture
def gateway(tmp_path: Path, clock: Clock) -> Scripted:
    return Scripted(tmp_path / "gateway.db", "http://localhost/", "secret", clock)


def request_at(clock: Clock) -> PaymentRequest:
    return PaymentRequest("p-1", PaymentMethod.CARD, 610, "ABC", "http://localhost/", clock())


def fail(breaker: Breaker, clock: Clock, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Unavailable):
            breaker.ask(request_at(clock))


def test_r05_after_failures_in_a_row_nobody_waits_any_more(gateway: Scripted, clock: Clock) -> None:
    breaker = Breaker(gateway, clock)
    gateway.failures = 100
    fail(breaker, clock, FAILURES_IN_A_ROW)

    for _ in range(50):
        with pytest.raises(Unreachable):
            breaker.ask(request_at(clock))

    assert gateway.asked == FAILURES_IN_A_ROW
    assert breaker.is_resting


def test_after_its_rest_one_call_tries_and_heals(gateway: Scripted, clock: Clock) -> None:
    breaker = Breaker(gateway, clock)
    gateway.failures = FAILURES_IN_A_ROW
    fail(breaker, clock, FAILURES_IN_A_ROW)

    clock.forward(seconds=30)

    assert not breaker.is_resting
    assert breaker.ask(request_at(clock)).standing is Standing.MISSING
    assert breaker.ask(request_at(clock)).standing is Standing.MISSING


def test_a_try_that_fails_begins_another_rest(gateway: Scripted, clock: Clock) -> None:
    breaker = Breaker(gateway, clock)
    gateway.failures = FAILURES_IN_A_ROW + 1
    fail(breaker, clock, FAILURES_IN_A_ROW)
    clock.forward(seconds=30)

    fail(breaker, clock, 1)

    with pytest.raises(Unreachable):
        breaker.ask(request_at(clock))
    assert gateway.asked == FAILURES_IN_A_ROW + 1


def test_failures_with_answers_between_rest_nothing(gateway: Scripted, clock: Clock) -> None:
    breaker = Breaker(gateway, clock)

    for _ in range(5):
        gateway.failures = FAILURES_IN_A_ROW - 1
        fail(breaker, clock, FAILURES_IN_A_ROW - 1)
        breaker.ask(request_at(clock))

    assert not breaker.is_resting


def test_a_refusal_is_an_answer(gateway: Scripted, clock: Clock) -> None:
    breaker = Breaker(gateway, clock)
    gateway.failures, gateway.failure = 10, Rejected("no")

    for _ in range(10):
        with pytest.raises(Rejected):
            breaker.ask(request_at(clock))

    assert not breaker.is_resting
