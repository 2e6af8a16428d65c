"""Virtual time: an event loop whose clock jumps to the next thing that waits, and never sleeps."""

import asyncio
import selectors
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import Any
from unittest.mock import patch

import eventing.event

BEGINNING = datetime(2026, 5, 1, 12, tzinfo=UTC).timestamp()


class Stuck(Exception):
    """Everybody waits for what will never happen."""


class _Clock(selectors.SelectSelector):
    """Nothing but time ever comes from outside: to wait is to move the clock."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise Stuck("every task waits, and nothing is due")
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop in virtual time."""

    def __init__(self) -> None:
        self.clock = _Clock()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


@contextmanager
def _time_of(loop: VirtualLoop) -> Iterator[None]:
    def wall() -> float:
        return BEGINNING + loop.time()

    class Clockwork(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # no Self
            return datetime.fromtimestamp(wall(), tz)

    with (
        patch.object(time, "monotonic", loop.time),
        patch.object(time, "time", wall),
        patch.object(eventing.event, "datetime", Clockwork),
    ):
        yield


async def _end_all() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def run[T](main: Coroutine[Any, Any, T], factory: Any = None) -> T:
    """Run to the end in virtual time; `factory` makes the tasks."""
    loop = VirtualLoop()
    loop.set_task_factory(factory)
    try:
        with _time_of(loop):
            try:
                return loop.run_until_complete(main)
            finally:
                loop.set_task_factory(None)
                loop.run_until_complete(_end_all())
                loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()
