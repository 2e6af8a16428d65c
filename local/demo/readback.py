"""Reads every hub with the official SDK, from its first event on, and decodes."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, PartitionContext
from azure.identity import DefaultAzureCredential
from azure.schemaregistry import SchemaRegistryClient
from azure.schemaregistry.encoder.avroencoder import AvroEncoder

from eventing.bus import declared
from eventing.trust import authorities

PREFIX = "cloudEvents_"


@dataclass(frozen=True, slots=True)
class Read:
    """One event as a consumer sees it."""

    id: str
    type: str
    subject: str
    source: str
    cause: str
    time: datetime
    enqueued: datetime
    data: dict[str, Any]


class Unread(Exception):
    """Time was up before the ends of the hubs."""


@dataclass
class ReadBack:
    """All events of all hubs, growing while they flow."""

    connection: str
    namespace: str
    events: list[Read] = field(default_factory=list)
    deliveries: int = 0
    _clients: dict[str, EventHubConsumerClient] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _position: dict[tuple[str, str], int] = field(default_factory=dict)
    _seen: set[str] = field(default_factory=set)

    async def __aenter__(self) -> Self:
        registry = SchemaRegistryClient(self.namespace, DefaultAzureCredential())
        self._encoder = AvroEncoder(client=registry, group_name=declared().schema_group)
        try:
            await asyncio.gather(*(self._begin(hub) for hub in declared().hubs))
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._close()

    async def _begin(self, hub: str) -> None:
        client = EventHubConsumerClient.from_connection_string(
            self.connection,
            consumer_group="$Default",
            eventhub_name=hub,
            ssl_context=authorities(),
        )
        self._clients[hub] = client

        async def read(context: PartitionContext, batch: list[EventData]) -> None:
            self._read(hub, context.partition_id, batch)

        receiving = client.receive_batch(read, starting_position="-1", max_wait_time=1)
        self._tasks.append(asyncio.create_task(receiving))

    async def _ends(self, hub: str) -> dict[str, int]:
        partitions = [str(number) for number in range(declared().hubs[hub].partitions)]
        ask = self._clients[hub].get_partition_properties
        told = await asyncio.gather(*map(ask, partitions))
        return {
            partition: -1 if each["is_empty"] else int(each["last_enqueued_sequence_number"])
            for partition, each in zip(partitions, told, strict=True)
        }

    def _read(self, hub: str, partition: str, batch: Iterable[EventData]) -> None:
        for message in batch:
            self.deliveries += 1
            self._position[hub, partition] = message.sequence_number or 0
            event = self._decoded(message)
            # At-least-once: an event that was published twice is one event.
            if event.id not in self._seen:
                self._seen.add(event.id)
                self.events.append(event)

    def _decoded(self, message: EventData) -> Read:
        found = {_text(name): _text(value) for name, value in (message.properties or {}).items()}
        return Read(
            id=found[PREFIX + "id"],
            type=found[PREFIX + "type"],
            subject=found.get(PREFIX + "subject", ""),
            source=found.get(PREFIX + "source", ""),
            cause=found.get(PREFIX + "causationid", ""),
            time=datetime.fromisoformat(found[PREFIX + "time"]),
            enqueued=message.enqueued_time or datetime.fromtimestamp(0, UTC),
            data=self._encoder.decode(message),
        )

    def types(self) -> Counter[str]:
        """How many events of each type were read. Raises what ended a reading."""
        self._check()
        return Counter(event.type for event in self.events)

    async def catch_up(self, seconds: float) -> None:
        """Read on to the ends of the hubs. Raises Unread, and as `types` does."""
        try:
            async with asyncio.timeout(seconds) as limit:
                while True:
                    if await self._caught_up():
                        return
                    await asyncio.sleep(0.2)
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise Unread(f"not all that lies on the hubs was read within {seconds:g} s") from error

    async def _caught_up(self) -> bool:
        self._check()
        ends = await asyncio.gather(*map(self._ends, self._clients))
        return all(
            self._position.get((hub, partition), -1) >= last
            for hub, found in zip(self._clients, ends, strict=True)
            for partition, last in found.items()
        )

    def _check(self) -> None:
        for task in self._tasks:
            if task.done():
                task.result()  # a consumer that failed must not look like a quiet hub

    async def _close(self) -> None:
        # A closed client sleeps its balancing interval out before its reading ends.
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(client.close() for client in self._clients.values()))
        self._encoder.close()


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
