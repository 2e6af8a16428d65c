"""minEventBatchSize: events of a partition wait together until they are enough or it is time."""

import time
from collections.abc import Callable, Sequence

from azure.eventhub import EventData


class Cache:
    """Holds one partition's events; gone with it when the partition is closed.

    The very first dispatch does not wait, as on the real host without a checkpoint.
    """

    def __init__(
        self,
        smallest: int,
        biggest: int,
        max_wait: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._smallest, self._biggest, self._max_wait = smallest, biggest, max_wait
        self._clock = clock
        self._events: list[EventData] = []
        self._due = clock()

    def offer(self, events: Sequence[EventData]) -> list[list[EventData]]:
        """Add events (none: only look at the clock); the batches to dispatch now, in order."""
        self._events.extend(events)
        batches = []
        while len(self._events) >= self._smallest:
            batches.append(self._events[: self._biggest])
            self._events = self._events[self._biggest :]
        if self._events and self._clock() >= self._due:
            batches.append(self._events)
            self._events = []
        if batches or not self._events:
            self._due = self._clock() + self._max_wait
        return batches
