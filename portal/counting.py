"""A moving window that goes on counting when its storage is full: it is read then, and not written."""

from __future__ import annotations

from limits import RateLimitItem, WindowStats
from limits.storage import MemoryStorage, Storage
from limits.strategies import STRATEGIES, MovingWindowRateLimiter
from redis.exceptions import ResponseError

NAME = "moving-window-even-when-full"


class EvenWhenFull(MovingWindowRateLimiter):
    """Counts in this process what a full Redis (or one that may only be read) does not take.

    One that is away is the limiter's own business: it goes on in memory as soon as it cannot ask.
    """

    def __init__(self, storage: Storage) -> None:
        super().__init__(storage)
        self._here = MovingWindowRateLimiter(MemoryStorage())

    def hit(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        try:
            return super().hit(item, *identifiers, cost=cost)
        except ResponseError:
            return self._here.hit(item, *identifiers, cost=cost)

    def test(self, item: RateLimitItem, *identifiers: str, cost: int = 1) -> bool:
        there = super().test(item, *identifiers, cost=cost)
        return there and self._here.test(item, *identifiers, cost=cost)

    def get_window_stats(self, item: RateLimitItem, *identifiers: str) -> WindowStats:
        there = super().get_window_stats(item, *identifiers)
        here = self._here.get_window_stats(item, *identifiers)
        return min(there, here, key=lambda stats: stats.remaining)


STRATEGIES[NAME] = EvenWhenFull
