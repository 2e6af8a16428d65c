"""What an event may carry and where it may go, with both clients of the Python SDK."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.aio import EventHubConsumerClient as AsyncConsumerClient
from azure.eventhub.aio import EventHubProducerClient as AsyncProducerClient
from azure.eventhub.amqp import AmqpAnnotatedMessage, AmqpMessageBodyType
from azure.eventhub.exceptions import EventHubError

from local.eventhubs.lookup3 import partition_for
from tests.local.eventhubs.processes import Broker
from tests.local.eventhubs.raw import RawClient, batch
from tests.local.eventhubs.readers import until

pytestmark = pytest.mark.stack
LAST = b"last_enqueued_sequence_number\x81"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """One broker for all tests of this file: what they count, they count from where they began."""
    started = Broker(tmp_path_factory.mktemp("broker"))
    yield started
    assert started.stop() == 0


def producer(broker: Broker) -> EventHubProducerClient:
    return EventHubProducerClient.from_connection_string(
        broker.connection_string, eventhub_name="orders", retry_total=0
    )


def ends(broker: Broker) -> list[int]:
    """The last sequence number of each partition."""
    told = []
    for partition in ("0", "1"):
        with RawClient(broker.port) as client:
            client.open()
            answer = client.ask("com.microsoft:partition", name="orders", partition=partition)
        told.append(int.from_bytes(answer.partition(LAST)[2][:8], signed=True))
    return told


async def sent(broker: Broker, *events: Any) -> list[Any]:
    """The events as they come back from partition 1."""
    begin = ends(broker)[1]
    got: list[Any] = []
    with producer(broker) as client:
        client.send_batch(list(events), partition_id="1")

    async def on_event(_context: Any, event: Any) -> None:
        got.append(event)

    async with AsyncConsumerClient.from_connection_string(
        broker.connection_string, "readers", eventhub_name="orders"
    ) as reader:
        reading = asyncio.create_task(
            reader.receive(on_event, partition_id="1", starting_position=begin)
        )
        await until(lambda: len(got) >= len(events), 60)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    return got


def test_a_hub_and_its_partitions_tell_of_themselves(broker: Broker) -> None:
    with producer(broker) as client:
        told = client.get_eventhub_properties()
        assert (told["eventhub_name"], told["partition_ids"]) == ("orders", ["0", "1"])
        empty = client.get_partition_properties("0")
        assert (empty["is_empty"], empty["last_enqueued_sequence_number"]) == (True, -1)
        client.send_batch([EventData("a"), EventData("b")], partition_id="0")
        filled = client.get_partition_properties("0")
    assert (filled["is_empty"], filled["beginning_sequence_number"]) == (False, 0)
    assert filled["last_enqueued_sequence_number"] == 1
    assert filled["last_enqueued_time_utc"].tzinfo is not None


async def test_the_asynchronous_client_hears_the_same(kept: Broker) -> None:
    async with AsyncProducerClient.from_connection_string(
        kept.connection_string, eventhub_name="orders"
    ) as client:
        assert (await client.get_eventhub_properties())["partition_ids"] == ["0", "1"]
        assert await client.get_partition_ids() == ["0", "1"]
        before = (await client.get_partition_properties("0"))["last_enqueued_sequence_number"]
        whole = await client.create_batch(partition_id="0")
        whole.add(EventData("a"))
        await client.send_batch(whole)
        after = (await client.get_partition_properties("0"))["last_enqueued_sequence_number"]
    assert after == before + 1


def test_events_without_a_partition_go_to_each_in_turn(kept: Broker) -> None:
    before = ends(kept)
    with producer(kept) as client:
        for number in range(4):
            client.send_batch([EventData(str(number))])
        client.send_event(EventData("4"))
        client.send_event(EventData("5"))
    assert [after - one for one, after in zip(before, ends(kept), strict=True)] == [3, 3]


def test_a_key_goes_to_its_partition_by_every_way_of_sending(kept: Broker) -> None:
    with producer(kept) as client:
        for key in ("device-1", "é", "日本", "x" * 128, "FWfAT"):
            before = ends(kept)
            whole = client.create_batch(partition_key=key)
            whole.add(EventData("a"))
            client.send_batch(whole)
            client.send_batch([EventData("b"), EventData("c")], partition_key=key)
            client.send_event(EventData("d"), partition_key=key)
            counts = [after - one for one, after in zip(before, ends(kept), strict=True)]
            assert counts[partition_for(key, 2)] == sum(counts) == 4


async def test_everything_on_an_event_comes_back(kept: Broker) -> None:
    event = EventData(b"\x00\xff")
    event.properties = {"text": "Ärger", "number": 7, "truth": True, b"bytes": b"\x01"}
    event.message_id, event.correlation_id = "m-1", "c-1"
    event.content_type = "avro/binary+aa"
    value = AmqpAnnotatedMessage(value_body={"a": [1, None, "b"]})
    sequence = AmqpAnnotatedMessage(sequence_body=[[1, 2], ["c"]])
    bodies = [EventData(b""), value, sequence, EventData(b"x" * 200_000), EventData(b"y" * 300_000)]
    got, empty, valued, listed, long, longer = await sent(kept, event, *bodies)
    assert b"".join(got.body) == b"\x00\xff"
    assert (got.message_id, got.correlation_id) == ("m-1", "c-1")
    assert got.content_type == "avro/binary+aa"
    assert {_text(key): _text(value) for key, value in got.properties.items()} == {
        "text": "Ärger", "number": 7, "truth": True, "bytes": "\x01",
    }  # fmt: skip
    assert got.enqueued_time.tzinfo is not None
    assert int(got.offset) >= 0
    assert b"".join(empty.body) == b""
    assert (valued.body_type, listed.body_type) == (
        AmqpMessageBodyType.VALUE, AmqpMessageBodyType.SEQUENCE,
    )  # fmt: skip
    assert valued.body == {b"a": [1, None, b"b"]}
    assert [list(part) for part in listed.body] == [[1, 2], [b"c"]]
    assert [len(b"".join(each.body)) for each in (long, longer)] == [200_000, 300_000]


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def test_what_does_not_exist_is_refused_and_the_connection_goes_on(kept: Broker) -> None:
    with producer(kept) as client:
        with pytest.raises(EventHubError):
            client.get_partition_properties("9")
        with pytest.raises(EventHubError):
            client.send_batch([EventData("a")], partition_id="9")
        assert client.get_partition_ids() == ["0", "1"]


def test_an_unknown_consumer_group_is_refused(kept: Broker) -> None:
    client = EventHubConsumerClient.from_connection_string(
        kept.connection_string, "nobody", eventhub_name="orders", retry_total=0
    )
    told: list[Exception] = []

    def on_error(_context: Any, error: Exception) -> None:
        told.append(error)
        client.close()

    client.receive(on_event=lambda *_: None, on_error=on_error, partition_id="0")
    assert "nobody" in str(told[0])


def test_a_reader_that_takes_nothing_holds_up_no_other(broker: Broker) -> None:
    events = 20_000
    address = "orders/ConsumerGroups/readers/Partitions/1"
    with RawClient(broker.port) as slow, RawClient(broker.port) as fast:
        for client in (slow, fast):
            client.open()
            client.attach(0, address, sends=False)
        # ten megabytes of credit, and nobody reads from the socket
        slow.credit(0, 0, events)
        with RawClient(broker.port) as sender:
            sender.open()
            sender.attach(0, "orders/Partitions/1", sends=True)
            for number in range(events // 1000):
                sender.publish(0, number, batch([b"x" * 500] * 1000))
            sender.accepted(events // 1000 - 1)
        fast.credit(0, 0, events)
        fast.take(events)
        slow.take(events)


def test_a_reader_gets_as_many_events_as_it_asks_for(broker: Broker) -> None:
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, "orders/Partitions/1", sends=True)
        client.publish(0, 0, batch([b"%d" % number for number in range(5)]))
        client.accepted(0)
    with RawClient(broker.port) as client:
        client.open()
        client.attach(0, "orders/ConsumerGroups/readers/Partitions/1", sends=False)
        for count in range(5):
            client.credit(0, count, 1)
            assert client.until(0x14).payload.endswith(b"%d" % count)
