"""Gives due outbox rows to the broker, again and again, whatever happens to the broker or the database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from threading import Event

from redis import RedisError
from sqlalchemy.exc import InterfaceError, OperationalError

from portal.store import outbox
from portal.wiring import Services
from workers.waiting import Pauses, repeat

WINDOW = 1000
"""How many rows of one kind may be in the broker's and the workers' hands at any time."""
LONGEST_PAUSE_SECONDS = 15.0
AWAY = (RedisError, OperationalError, InterfaceError)
"""The broker or the database does not answer: they will again."""

Send = Callable[[list[int]], object]
"""Puts a batch of row ids before the workers."""


class Relay:
    """The loop between the outbox and the broker; a second one beside it is harmless."""

    def __init__(self, services: Services, senders: Mapping[str, Send], sizes: Mapping[str, int]) -> None:
        self._services = services
        self._senders = senders
        self._sizes = sizes

    def once(self) -> int:
        """Hand over what is due; return how many batches. Raises what is in AWAY.

        A round with nothing to do only reads: it takes no lock from whoever writes.
        """
        with self._services.reading() as session:
            due = outbox.due_kinds(session, self._senders, now=self._services.now())
        return sum(self._hand_over(kind) for kind in due)

    def run(self, stopping: Event) -> None:
        """Hand over until told to stop; wait longer and longer while something is away."""
        pauses = Pauses(self._services.settings.outbox_poll_seconds, LONGEST_PAUSE_SECONDS)
        repeat("relay", self.once, pauses, AWAY, stopping)

    def _hand_over(self, kind: str) -> int:
        now = self._services.now()
        until = now + timedelta(seconds=self._services.settings.outbox_lease_seconds)
        with self._services.transaction() as session:
            batches = outbox.hand_over(
                session, kind, now=now, until=until, window=WINDOW, size=self._sizes[kind]
            )
        for sent, batch in enumerate(batches):
            try:
                self._senders[kind](batch)
            except RedisError:
                self._take_back(batches[sent:])
                raise
        return len(batches)

    def _take_back(self, batches: Iterable[Sequence[int]]) -> None:
        """Make due again at once what did not reach the broker; were this to fail, the lease would do it."""
        ids = [row_id for batch in batches for row_id in batch]
        with self._services.transaction() as session:
            outbox.take_back(session, ids, now=self._services.now())
