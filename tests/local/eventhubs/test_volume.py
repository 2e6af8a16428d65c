"""Many events on one link, and the SDK's buffered producer."""

import contextlib
from typing import Any

import pytest
from azure.eventhub import EventData, EventDataBatch, EventHubProducerClient
from azure.eventhub.aio import EventHubProducerClient as BufferedProducerClient

from local.eventhubs.lookup3 import partition_for
from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import RawClient, batch
from tests.local.eventhubs.readers import Reader, until

pytestmark = pytest.mark.stack
# more than the 65,536 deliveries of the SDK's session window
MANY = 70_000


async def test_a_link_delivers_more_events_than_its_window_holds(broker: Broker) -> None:
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, "orders/Partitions/1", sends=True)
        for number in range(MANY // 1000):
            client.publish(0, number, batch([b"%d" % number] * 1000))
        client.accepted(MANY // 1000 - 1)
    async with Reader(broker, prefetch=3000, max_batch_size=3000) as reader:
        await until(lambda: len(reader.events) >= MANY, 60)
    assert [sequence for _, sequence in reader.events] == list(range(MANY))
    assert reader.bodies[-1] == str(MANY // 1000 - 1)
    assert reader.errors == []
    assert broker.log.count("-partition1\n") == 1, "it went on by a new connection"


async def test_the_buffered_producer_keeps_each_keys_events_together(broker: Broker) -> None:
    failed: list[Any] = []
    sent: list[Any] = []

    async def on_success(events: Any, _partition: Any) -> None:
        sent.extend(events)

    async def on_error(events: Any, _partition: Any, error: Any) -> None:
        failed.append((events, error))

    client = BufferedProducerClient.from_connection_string(
        broker.connection_string, eventhub_name="orders", buffered_mode=True, max_wait_time=1,
        on_success=on_success, on_error=on_error,
    )  # fmt: skip
    keys = [f"key-{number}" for number in range(10)]
    async with client:
        for number in range(200):
            key = keys[number % len(keys)]
            await client.send_event(EventData(f"{key}/{number}"), partition_key=key)
        await client.flush()
    assert (len(sent), failed) == (200, [])
    async with Reader(broker) as reader:
        mine = [n for n in range(200) if partition_for(keys[n % 10], 2) == 1]
        await until(lambda: len(reader.events) >= len(mine))
    for key in keys:
        got = [body for body in reader.bodies if body.startswith(f"{key}/")]
        assert got == [f"{key}/{n}" for n in mine if keys[n % 10] == key]


def filled(full: EventDataBatch) -> int:
    """How many events of 5,000 bytes went into a batch."""
    added = 0
    with contextlib.suppress(ValueError):
        while True:
            full.add(EventData(b"x" * 5000))
            added += 1
    return added


def test_a_batch_of_the_largest_size_is_accepted(broker: Broker) -> None:
    with EventHubProducerClient.from_connection_string(
        broker.connection_string, eventhub_name="orders", retry_total=0
    ) as client:
        full = client.create_batch(partition_id="1")
        added = filled(full)
        client.send_batch(full)
        properties = client.get_partition_properties("1")
    assert full.max_size_in_bytes == 1_048_576
    assert properties["last_enqueued_sequence_number"] == added - 1
