"""The second step of signing in, off by default. Source: domain.md 2.4, hardening.md S23."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

STEP_SECONDS = 30
"""How long an authenticator shows one code."""
DRIFT_STEPS = 1
"""How many steps a phone's clock may be off, either way."""
SIGN_IN_WAITS = timedelta(minutes=10)
"""How long after the password the second step may take."""
TRIES_A_SIGN_IN = 5
"""Wrong codes after which the password is asked for again."""
CHALLENGE_LASTS = timedelta(minutes=5)
RECOVERY_CODES = 10
CODE_LETTERS = 24
"""Of 32 kinds: 120 random bits, so that a plain hash keeps them."""
PASSKEYS_AT_MOST = 10
NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Ways:
    """By what a second step can be taken."""

    has_totp: bool = False
    passkeys: int = 0
    codes_left: int = 0

    @property
    def is_on(self) -> bool:
        """Say whether the password alone lets nobody in."""
        return self.has_totp or self.passkeys > 0


def step_of(now: datetime) -> int:
    """Return the number of the time step, as authenticators count it. Source: RFC 6238."""
    return int(now.timestamp()) // STEP_SECONDS


def steps_accepted(now: datetime) -> range:
    """Return the steps whose codes are taken now."""
    step = step_of(now)
    return range(step - DRIFT_STEPS, step + DRIFT_STEPS + 1)


def bare_code(typed: str) -> str:
    """Return a code without what people put between its signs."""
    return re.sub(r"[\s\-.]", "", typed).lower()


def is_totp(code: str) -> bool:
    """Say whether it looks like an authenticator's code and not like a recovery code."""
    return re.fullmatch(r"[0-9]{6}", code, re.ASCII) is not None


def grouped_code(code: str) -> str:
    """Return a recovery code as it is shown: in groups of six."""
    return "-".join(code[place : place + 6] for place in range(0, len(code), 6))
