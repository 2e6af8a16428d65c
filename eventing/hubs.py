"""The hubs through the official SDK: publishing events, and reading a range again."""

import asyncio
from collections import defaultdict
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterator,
    Sequence,
)
from contextlib import aclosing, contextmanager
from typing import Any

from azure.eventhub import EventData
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.exceptions import AuthenticationError, EventHubError

from eventing.bus import Bus
from eventing.denied import denied
from eventing.errors import Transient
from eventing.event import Event
from eventing.wire import Received, from_client, to_message

READERS_GROUP = "$Default"
"""The group for reading a range again: the host holds the team's own and shares it with nobody."""

QUIET = 5.0
"""Seconds without an event after which a reader asks what the hub still holds."""

ANSWER = 30.0
"""Seconds that a hub has for one answer. The SDK's handshake (pyamqp, _sasl_async.py) waits without
a limit: a hub that takes a connection and says nothing would hold its caller for ever."""


class Hubs:
    """Producers and consumers of the bus, made when first needed and kept."""

    def __init__(
        self,
        bus: Bus,
        producer: Callable[[str], EventHubProducerClient],
        consumer: Callable[[str, str], EventHubConsumerClient],
    ) -> None:
        self._bus = bus
        self._make_producer = producer
        self._make_consumer = consumer
        self._producers: dict[str, EventHubProducerClient] = {}
        self._closing: set[asyncio.Task[None]] = set()

    async def publish(self, events: Sequence[Event]) -> None:
        """Send events in their order, batched by hub and partition key. Raises Transient."""
        groups: dict[tuple[str, str], list[EventData]] = defaultdict(list)
        for event in events:
            hub = self._bus.hub_of(event.type).name
            groups[hub, event.partition_key].append(to_message(event))
        for (hub, partition_key), messages in groups.items():
            with _translated(hub):
                await self._send(hub, partition_key, messages)

    async def _send(self, hub: str, partition_key: str, messages: Sequence[EventData]) -> None:
        producer = self._producer(hub)

        async def answered[T](asked: Awaitable[T]) -> T:
            try:
                return await asyncio.wait_for(asked, ANSWER)
            except TimeoutError:
                # What was left in the middle has no defined state: the next begins anew.
                if self._producers.get(hub) is producer:
                    del self._producers[hub]
                    await producer.close()
                raise

        batch = await answered(producer.create_batch(partition_key=partition_key))
        for message in messages:
            try:
                batch.add(message)
            except ValueError:  # the batch is full
                await answered(producer.send_batch(batch))
                batch = await answered(producer.create_batch(partition_key=partition_key))
                batch.add(message)
        await answered(producer.send_batch(batch))

    def _producer(self, hub: str) -> EventHubProducerClient:
        if hub not in self._producers:
            self._producers[hub] = self._make_producer(hub)
        return self._producers[hub]

    async def begins(self, hub: str, partition: str) -> int:
        """The first sequence number that the partition still holds. Raises Transient."""
        return (await self.extent(hub, partition))[0]

    async def ends(self, hub: str, partition: str) -> int:
        """The last sequence number that the partition has given, -1 for none. Raises Transient."""
        return (await self.extent(hub, partition))[1]

    async def extent(self, hub: str, partition: str) -> tuple[int, int]:
        """`begins` and `ends` by one question, so that an empty partition ends before it begins."""
        with _translated(hub):
            async with asyncio.timeout(ANSWER), self._make_consumer(hub, READERS_GROUP) as client:
                properties = await client.get_partition_properties(partition)
        last = -1 if properties["is_empty"] else int(properties["last_enqueued_sequence_number"])
        # A partition that was never used is told to begin at -1; its first event will be 0.
        return max(0, int(properties["beginning_sequence_number"])), last

    async def all_ends(self, hub: str) -> dict[str, int]:
        """`ends` of every partition, asked at once. Raises Transient."""
        numbers = [str(each) for each in range(self._bus.hubs[hub].partitions)]
        ends = await asyncio.gather(*(self.ends(hub, each) for each in numbers))
        return dict(zip(numbers, ends, strict=True))

    async def read(
        self, hub: str, partition: str, first: int, last: int
    ) -> AsyncIterator[list[Received]]:
        """What the partition holds from sequence number `first` to `last`, in slices.

        Ends early when the hub has let go of the rest. Raises Transient, also when it is silent.
        """
        reached = first - 1
        async with aclosing(self._from(hub, partition, first)) as slices:
            async for received in slices:
                wanted = [each for each in received if each.sequence_number <= last]
                if wanted:
                    yield wanted
                reached = received[-1].sequence_number
                if reached >= last:
                    return
        # A hub that is slow is silent, too: gone is only what it says it no longer holds.
        begins, ends = await self.extent(hub, partition)
        if max(begins, reached + 1) <= min(ends, last):
            raise Transient(
                f"event hub {hub}: partition {partition} gave nothing for {QUIET:g} s"
                f" after {reached}, and holds {begins}-{ends}"
            )

    async def _from(self, hub: str, partition: str, first: int) -> AsyncGenerator[list[Received]]:
        """What comes from `first` on, until nothing comes for QUIET seconds."""
        slices: asyncio.Queue[list[EventData]] = asyncio.Queue(maxsize=2)

        async def take(_: Any, events: list[EventData]) -> None:
            await slices.put(events)

        with _translated(hub):
            client = self._make_consumer(hub, READERS_GROUP)
            reading = asyncio.create_task(
                client.receive_batch(
                    take,
                    partition_id=partition,
                    starting_position=first,
                    starting_position_inclusive=True,
                    max_wait_time=QUIET,
                )
            )
            try:
                while events := await _next(slices, reading):
                    yield [from_client(event, hub, partition) for event in events]
            finally:
                # The SDK looks once a second whether it has stopped: nobody need wait for that.
                closing = asyncio.create_task(_end(reading, client))
                self._closing.add(closing)
                closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close every connection."""
        for producer in self._producers.values():
            await producer.close()
        self._producers.clear()
        await asyncio.gather(*self._closing)


async def _end(reading: asyncio.Task[None], client: EventHubConsumerClient) -> None:
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await client.close()


@contextmanager
def _translated(hub: str) -> Iterator[None]:
    try:
        yield
    except AuthenticationError as error:
        raise denied(f"event hub {hub}", error) from error
    except (EventHubError, OSError) as error:
        # Our own limit comes without a word; a connection that times out tells its reason.
        reason = str(error) or f"no answer within {ANSWER:g} s"
        raise Transient(f"event hub {hub}: {reason}") from error


async def _next(
    slices: asyncio.Queue[list[EventData]], reading: asyncio.Task[None]
) -> list[EventData]:
    arriving = asyncio.create_task(slices.get())
    done, _ = await asyncio.wait(
        {arriving, reading}, timeout=QUIET + ANSWER, return_when=asyncio.FIRST_COMPLETED
    )
    if arriving in done:
        return arriving.result()
    arriving.cancel()
    if not done:
        raise TimeoutError
    reading.result()  # raises what ended the reading
    return []
