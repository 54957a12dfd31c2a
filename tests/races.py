"""Threads let loose at the same moment, and functions whose callers wait until all of them have looked."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any, TypeVar

Answer = TypeVar("Answer")
SECONDS = 30


def at_once(
    act: Callable[[int], Answer], threads: int = 50, *, refusals: type[Exception] = Exception
) -> list[Answer | Exception]:
    """Return what each of the threads got, an answer or a refusal, all let loose at the same moment."""
    gate = Barrier(threads)

    def one(number: int) -> Answer | Exception:
        gate.wait(SECONDS)
        try:
            return act(number)
        except refusals as refusal:
            return refusal

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


def meeting(look: Callable[..., Answer], callers: int) -> Callable[..., Answer]:
    """Return `look`, whose first callers go on when all have looked: so a race is lost for certain."""
    gate, calls = Barrier(callers), count()

    def look_and_wait(*about: Any, **more: Any) -> Answer:
        found = look(*about, **more)
        if next(calls) < callers:
            gate.wait(SECONDS)
        return found

    return look_and_wait
