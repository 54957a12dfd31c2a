"""Lines at which a test ends the process as a power cut would, to see that nothing is lost or done twice.

Nothing happens at them unless PORTAL_FAILPOINT names one, which the settings refuse outside the demo.
Source: hardening.md R01-R03.
"""

from __future__ import annotations

import os
from enum import StrEnum

KILLED = 137
"""Exit code, the one of a process that was killed by signal 9."""


class Failpoint(StrEnum):
    """Where a process can end; those before a commit leave nothing, those after it everything."""

    ORDER_STORED = "order.stored"
    ORDER_TOLD = "order.told"
    ORDER_COMMITTED = "order.committed"
    ATTEMPT_COMMITTED = "attempt.committed"
    ATTEMPT_BEGUN = "attempt.begun"
    ATTEMPT_ANSWERED = "attempt.answered"
    PAYMENT_RECORDED = "payment.recorded"
    PAYMENT_APPLIED = "payment.applied"
    PAYMENT_COMMITTED = "payment.committed"
    CREDIT_TAKEN = "credit.taken"
    METHOD_COMMITTED = "method.committed"
    METHOD_BEGUN = "method.begun"
    METHOD_ANSWERED = "method.answered"
    REFUND_ANSWERED = "refund.answered"
    REFUND_RECORDED = "refund.recorded"


_armed: set[Failpoint] = set()


def arm(point: Failpoint | None) -> None:
    """Let the process end at this point, and at no other."""
    _armed.clear()
    if point is not None:
        _armed.add(point)


def reach(point: Failpoint) -> None:
    """End the process here and now if it is armed for this point: no cleaning up, no rollback, no answer."""
    if point in _armed:
        os._exit(KILLED)
