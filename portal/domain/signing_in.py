"""How long a sign-in proves something, and how long one waits after failing. Source: hardening.md S13-S20."""

from __future__ import annotations

from datetime import datetime, timedelta

RECENT = timedelta(minutes=15)
"""How long after giving the password one may do what hurts (S20)."""
FREE_FAILURES = 9
"""Failures in a row of one name that cost no wait: people mistype."""
FIRST_WAIT = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=1)
"""No attacker keeps a name closed for longer than this after the last try."""
FAILURES_KEPT = timedelta(hours=24)
"""After so long without another failure the count begins anew."""


def is_recent(authenticated_at: datetime, now: datetime) -> bool:
    """Say whether who is signed in has proved it lately. Source: hardening.md S20."""
    return now - authenticated_at < RECENT


def wait_after(failures: int) -> timedelta:
    """Return how long nobody may try a name after its n-th failure: twice as long each time, to a limit.

    Source: hardening.md S13, S14.
    """
    if failures <= FREE_FAILURES:
        return timedelta(0)
    doublings = min(failures - FREE_FAILURES - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)
