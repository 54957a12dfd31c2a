"""How workers begin: `dramatiq workers.main:production`, or inside the web process. See docs/workers.md."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import dramatiq
from dramatiq import Worker

from portal import log_lines
from portal.store import outbox
from portal.wiring import Services
from workers.broker import Shop, make_shop
from workers.clock import Clock
from workers.services import services_from_environment
from workers.waiting import in_thread

EMBEDDED_THREADS = 2
STOP_MS = 25_000
CLOCK_STOP_SECONDS = 10


def production() -> None:
    """Make the broker of this worker process; the dramatiq command calls it once in each."""
    log_lines.configure(alone=True)
    dramatiq.set_broker(make_shop(services_from_environment()).broker)


class Embedded:
    """Workers and relay as threads of this process, for one machine without Redis."""

    def __init__(self, shop: Shop) -> None:
        shop.broker.emit_after("process_boot")
        self._worker = Worker(shop.broker, worker_threads=EMBEDDED_THREADS, worker_timeout=100)
        self._worker.start()

    def stop(self) -> None:
        """Finish the rows in hand, hand the rest back and stop."""
        self._worker.stop(timeout=STOP_MS)


def start_embedded_clock(services: Services) -> Callable[[], None]:
    """Start the clock as a thread of this process; call what is returned to end it."""
    stopping = Event()
    thread = in_thread("clock", Clock(services).run, stopping)

    def stop() -> None:
        stopping.set()
        thread.join(CLOCK_STOP_SECONDS)

    return stop


def start_embedded(services: Services) -> Embedded:
    """Start workers and relay in this process; `stop()` of what is returned ends them.

    What an earlier process had handed over to itself died with it, so it is due again at once.
    """
    with services.transaction() as session:
        outbox.take_back_everything(session, now=services.now())
    return Embedded(make_shop(services))
