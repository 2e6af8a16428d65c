"""One run of the world, from its beginning till it is quiet, and what must hold then."""

import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from unittest.mock import patch

import eventing.due
import eventing.event
import eventing.ingest
import eventing.relay
from tests.faults import clock
from tests.faults.invariants import check
from tests.faults.plan import Plan
from tests.faults.process import task
from tests.faults.world import World


class _Memory(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name != "asyncio":
            self.lines.append(f"{record.__dict__} {record.getMessage()}")


@contextmanager
def _logged() -> Iterator[list[str]]:
    root, memory = logging.getLogger(), _Memory()
    handlers, level = root.handlers, root.level
    root.handlers = [memory]
    root.setLevel(logging.INFO)
    try:
        yield memory.lines
    finally:
        root.handlers = handlers
        root.setLevel(level)


@contextmanager
def _small() -> Iterator[None]:
    """Few buckets and short slices, so that a little work meets in them and fills them."""
    with ExitStack() as patched:
        patched.enter_context(patch.object(eventing.ingest, "SLICE", 3))
        for module in (eventing.event, eventing.relay, eventing.due):
            patched.enter_context(patch.object(module, "BUCKETS", 8))
        yield


def simulated(
    story: Callable[[World], Awaitable[None]],
    plan: Plan | None,
    seed: int = 0,
) -> World:
    """The world after the story, calmed down and checked. Raises Broken."""
    random.seed(seed)  # the jitter of retries
    world = World(Random(seed), plan)

    async def main(logged: list[str]) -> None:
        await story(world)
        await world.calm()
        await check(world, logged)

    with _logged() as logged, _small():
        try:
            clock.run(main(logged), task)
        finally:
            for process in world.every:
                process.free()
    return world
