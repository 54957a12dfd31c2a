"""How things are measured: interleaved rounds, medians of CPU time, counted statements."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Engine, event

Act = Callable[[], object]


@dataclass(slots=True)
class Times:
    """What one act cost over all rounds, in milliseconds."""

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.cpu)

    @property
    def wall_median(self) -> float:
        return statistics.median(self.wall)

    @property
    def tail(self) -> float:
        """Return p99 over p50 of the wall time."""
        ordered = sorted(self.wall)
        return ordered[int(len(ordered) * 0.99)] / statistics.median(ordered)


def interleaved(acts: Mapping[str, Act], rounds: int) -> dict[str, Times]:
    """Run every act once a round, A B C A B C …, so that a slow machine slows them alike."""
    times = {name: Times() for name in acts}
    for act in acts.values():
        for _ in range(5):
            act()
    gc.collect()
    gc.freeze()
    for _ in range(rounds):
        for name, act in acts.items():
            wall, cpu = time.perf_counter(), time.process_time()
            act()
            times[name].cpu.append((time.process_time() - cpu) * 1000)
            times[name].wall.append((time.perf_counter() - wall) * 1000)
    gc.unfreeze()
    return times


def once(act: Act) -> tuple[float, object]:
    """Run the act once; return its wall time in milliseconds and what it returned."""
    start = time.perf_counter()
    result = act()
    return (time.perf_counter() - start) * 1000, result


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """Collect the statements sent to the database while the block runs."""
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
