"""The loop that relay and clock share: do it again and again, and longer apart while something is away."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long to wait between two rounds, in seconds; it doubles with each failure, up to the longest."""

    usual: float
    longest: float


def repeat(
    name: str,
    once: Callable[[], object],
    pauses: Pauses,
    away: tuple[type[Exception], ...],
    stopping: Event,
) -> None:
    """Call `once` until told to stop, whatever of `away` it raises; all else is a bug and ends it."""
    pause = pauses.usual
    while not stopping.is_set():
        try:
            once()
        except away as failure:
            pause = min(pause * 2, pauses.longest)
            log.warning("%s: next try in %.1f s: %s", name, pause, failure)
        else:
            pause = pauses.usual
        stopping.wait(pause)


def in_thread(name: str, run: Callable[[Event], None], stopping: Event) -> Thread:
    """Run it beside the other threads of this process. Should it ever die of a bug, so does the process:
    a supervisor sees that, while nobody would see work that nobody does.
    """

    def live() -> None:
        try:
            run(stopping)
        finally:
            if not stopping.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    thread = Thread(target=live, name=name, daemon=True)
    thread.start()
    return thread
