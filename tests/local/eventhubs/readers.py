"""A consumer of the Python SDK that runs beside the test and keeps what happened to it."""

import asyncio
import contextlib
import time
from typing import Any, Self

from azure.eventhub.aio import EventHubConsumerClient

from tests.local.eventhubs.processes import Broker


class Reader:
    """Reads partition 1, or with `checkpoints` whatever its balance gives it."""

    def __init__(self, broker: Broker, *, checkpoints: Any = None, **options: Any) -> None:
        self.events: list[tuple[str, int]] = []
        self.errors: list[str] = []
        self.partitions: set[str] = set()
        self._client = EventHubConsumerClient.from_connection_string(
            broker.connection_string, "readers", eventhub_name="orders", retry_total=0,
            checkpoint_store=checkpoints, load_balancing_interval=1 if checkpoints else 30,
            partition_ownership_expiration_interval=5,
        )  # fmt: skip
        self._options: dict[str, Any] = {"starting_position": "-1", "max_wait_time": 0.2}
        if checkpoints is None:
            self._options["partition_id"] = "1"
        self._options.update(options)
        self._saves = checkpoints is not None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(
            self._client.receive_batch(
                self._on_batch, on_error=self._on_error,
                on_partition_initialize=self._on_start, on_partition_close=self._on_stop,
                **self._options,
            )
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _on_batch(self, context: Any, events: list[Any]) -> None:
        # what a test has seen is saved already, so that it may end the reader at once
        if events and self._saves:
            await context.update_checkpoint(events[-1])
        self.events += [(event.body_as_str(), event.sequence_number) for event in events]

    async def _on_error(self, _context: Any, error: Exception) -> None:
        self.errors.append(str(error))

    async def _on_start(self, context: Any) -> None:
        self.partitions.add(context.partition_id)

    async def _on_stop(self, context: Any, _reason: Any) -> None:
        self.partitions.discard(context.partition_id)

    @property
    def bodies(self) -> list[str]:
        return [body for body, _ in self.events]


async def until(condition: Any, seconds: float = 60) -> None:
    """Wait until `condition()` is true; AssertionError when it does not become so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.05)
