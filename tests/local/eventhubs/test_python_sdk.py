"""The unmodified azure-eventhub package against a real broker process."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable
from functools import partial
from threading import Thread
from typing import Any

import pytest
from azure.eventhub import EventData, EventHubConsumerClient, EventHubProducerClient
from azure.eventhub.aio import EventHubConsumerClient as AsyncConsumerClient
from azure.eventhub.exceptions import EventDataSendError, EventHubError

from tests.local.eventhubs.processes import Broker

pytestmark = pytest.mark.stack


def producer(broker: Any, hub: str = "orders") -> EventHubProducerClient:
    return EventHubProducerClient.from_connection_string(
        broker.connection_string, eventhub_name=hub, retry_total=0
    )


async def received(broker: Any, count: int, **options: Any) -> list[tuple[int | None, str]]:
    """The first `count` events of partition 1."""
    got: list[tuple[int | None, str]] = []
    done = asyncio.Event()

    async def on_event(_context: Any, event: Any) -> None:
        got.append((event.sequence_number, event.body_as_str()))
        if len(got) >= count:
            done.set()

    consumer = AsyncConsumerClient.from_connection_string(
        broker.connection_string, "readers", eventhub_name="orders"
    )
    async with consumer:
        options.setdefault("starting_position", "-1")
        task = asyncio.create_task(consumer.receive(on_event, partition_id="1", **options))
        await asyncio.wait_for(done.wait(), 60)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return got


async def test_confirmed_events_survive_kill_9(broker: Any) -> None:
    with producer(broker) as client:
        for number in range(20):
            client.send_event(EventData(f"e{number}"), partition_id="1")
    broker.stop(signal.SIGKILL)
    broker.start()
    expected = [(number, f"e{number}") for number in range(20)]
    assert await received(broker, 20) == expected
    assert await received(broker, 5, starting_position=14) == expected[15:]


PATIENT: dict[str, Any] = {"eventhub_name": "orders", "retry_total": 20, "retry_backoff_max": 1}


def test_a_broker_that_is_killed_loses_nothing_of_a_stream(broker: Broker) -> None:
    sent: list[str] = []
    read: list[str] = []

    def send() -> None:
        with EventHubProducerClient.from_connection_string(
            broker.connection_string, **PATIENT
        ) as client:
            for number in range(200):
                client.send_event(EventData(f"e{number}"), partition_id="1")
                sent.append(f"e{number}")

    reader = EventHubConsumerClient.from_connection_string(
        broker.connection_string, "readers", **PATIENT
    )
    options = {"partition_id": "1", "starting_position": "-1"}
    on_event = lambda _context, event: read.append(event.body_as_str())  # noqa: E731
    threads = [Thread(target=send), Thread(target=reader.receive, args=(on_event,), kwargs=options)]
    for thread in threads:
        thread.start()
    for count in (40, 120):
        eventually(partial(_holds, sent, count))
        broker.stop(signal.SIGKILL)
        broker.start()
    eventually(lambda: "e199" in read)
    reader.close()
    for thread in threads:
        thread.join(30)
    # what was confirmed has come, in order; what the kill left in doubt may have come twice
    assert list(dict.fromkeys(read)) == sent


def _holds(found: list[str], count: int) -> bool:
    return len(found) >= count


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


async def test_a_long_message_comes_back_whole(broker: Any) -> None:
    body = "x" * 300_000
    with producer(broker) as client:
        client.send_batch([EventData(body)], partition_id="1")
    got = await received(broker, 1, track_last_enqueued_event_properties=True)
    assert got == [(0, body)]


def test_an_unknown_hub_is_refused_at_once(broker: Any) -> None:
    started = time.monotonic()
    with producer(broker, "nothing") as client, pytest.raises(EventHubError, match="could not be"):
        client.get_eventhub_properties()
    assert time.monotonic() - started < 3


def test_an_oversized_message_fails_at_once(broker: Any) -> None:
    started = time.monotonic()
    with producer(broker) as client, pytest.raises((EventDataSendError, ValueError)):
        client.send_event(EventData("x" * 1_100_000), partition_id="1")
    assert time.monotonic() - started < 3
