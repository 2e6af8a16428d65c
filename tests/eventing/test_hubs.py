"""A hub that is silent is not a hub that let go, and holds nobody who asks it."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from azure.eventhub.aio import EventHubConsumerClient, EventHubProducerClient

import eventing.hubs
from eventing.bus import Bus, Hub, declared
from eventing.errors import Transient
from eventing.event import Event
from eventing.hubs import Hubs
from eventing.wire import to_event
from tests.local.eventhubs.processes import Broker


class Silent:
    """A consumer client whose hub says what it holds and sends none of it."""

    def __init__(self, begins: int, ends: int) -> None:
        self._told = {
            "is_empty": False,
            "beginning_sequence_number": begins,
            "last_enqueued_sequence_number": ends,
        }

    async def __aenter__(self) -> "Silent":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        return None

    async def get_partition_properties(self, _: str) -> dict[str, Any]:
        return self._told

    async def receive_batch(
        self, take: Callable[[Any, list[Any]], Awaitable[None]], **_: object
    ) -> None:
        await take(None, [])  # what the SDK calls when max_wait_time passes without an event


def read_by(client: Silent) -> Hubs:
    made = cast("EventHubConsumerClient", client)
    return Hubs(declared(), lambda _: pytest.fail("nothing is sent"), lambda _hub, _group: made)


async def _read(begins: int, ends: int) -> list[Any]:
    hubs = read_by(Silent(begins, ends))
    return [part async for part in hubs.read("sale", "3", 2089, 2135)]


@pytest.mark.parametrize(("begins", "ends"), [(0, 2139), (2089, 2135), (2135, 2139)])
async def test_silence_about_events_that_the_hub_holds_is_transient(begins: int, ends: int) -> None:
    with pytest.raises(Transient, match=f"gave nothing for 5 s after 2088, and holds {begins}-"):
        await _read(begins, ends)


@pytest.mark.parametrize(("begins", "ends"), [(2136, 2139), (0, 12)])
async def test_events_that_the_hub_has_let_go_are_the_end_of_the_range(
    begins: int, ends: int
) -> None:
    assert await _read(begins, ends) == []


class Together(Silent):
    """It answers nobody before every partition has been asked."""

    def __init__(self) -> None:
        super().__init__(0, 7)
        self._all = asyncio.Barrier(declared().hubs["sale"].partitions)

    async def get_partition_properties(self, partition: str) -> dict[str, Any]:
        await self._all.wait()
        return await super().get_partition_properties(partition)


async def test_the_partitions_of_a_hub_are_asked_at_once() -> None:
    async with asyncio.timeout(5):
        ends = await read_by(Together()).all_ends("sale")
    assert ends == {str(each): 7 for each in range(declared().hubs["sale"].partitions)}


class Lingering(Silent):
    """It has nothing any more, and takes its time to close what has read."""

    def __init__(self) -> None:
        super().__init__(2136, 2139)
        self.may_close = asyncio.Event()
        self.closed = False

    async def __aexit__(self, *_: object) -> None:
        return None

    async def close(self) -> None:
        await self.may_close.wait()
        self.closed = True


async def test_a_reader_is_waited_for_when_the_hubs_are_closed_and_not_before() -> None:
    client = Lingering()
    hubs = read_by(client)
    async with asyncio.timeout(5):
        assert [part async for part in hubs.read("sale", "3", 2089, 2135)] == []
    assert not client.closed
    client.may_close.set()
    await hubs.close()
    assert client.closed


BUS = Bus({"orders": Hub("orders", "shop", ("order",), 2, ("readers",))}, "group", ("shop",))
SHORT = 0.5


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    started = Broker(tmp_path)
    yield started
    assert started.stop() == 0


@pytest.fixture
async def hubs(broker: Broker) -> AsyncIterator[Hubs]:
    def producer(hub: str) -> EventHubProducerClient:
        told = broker.connection_string
        return EventHubProducerClient.from_connection_string(told, eventhub_name=hub)

    def consumer(hub: str, group: str) -> EventHubConsumerClient:
        told = broker.connection_string
        return EventHubConsumerClient.from_connection_string(told, group, eventhub_name=hub)

    made = Hubs(BUS, producer, consumer)
    yield made
    await made.close()


@contextmanager
def frozen(broker: Broker) -> Iterator[None]:
    """The broker keeps its connections, takes new ones and says nothing; nobody waits for long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(eventing.hubs, "ANSWER", SHORT)
        patch.setattr(eventing.hubs, "QUIET", SHORT)
        broker.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        try:
            yield
        finally:
            broker.process.send_signal(signal.SIGCONT)
        assert time.monotonic() - began < 20 * SHORT


def placed(first: int, last: int) -> list[Event]:
    """Events of one order, which lie in one partition."""
    return [
        Event(
            id=f"e{number}",
            type="shop.order.placed",
            source="/shop/order",
            subject="o1",
            time=datetime(2026, 5, 1, tzinfo=UTC),
            sequence=number,
            partition_key="7",
            correlation_id="c",
            causation_id="c",
            traceparent=None,
            content_type="application/octet-stream",
            data_schema="",
            body=b"x",
        )
        for number in range(first, last)
    ]


async def everything(hubs: Hubs, partition: str, first: int = 0) -> list[int]:
    """The sequence of each event of a partition."""
    last = await hubs.ends("orders", partition)
    parts = [part async for part in hubs.read("orders", partition, first, last)]
    return [to_event(each).sequence for part in parts for each in part]


async def filled(hubs: Hubs) -> str:
    """The partition of the events."""
    ends = await hubs.all_ends("orders")
    [partition] = [place for place, last in ends.items() if last >= 0]
    return partition


@pytest.mark.stack
async def test_a_broker_that_freezes_after_some_events_has_not_let_go_of_the_others(
    broker: Broker, hubs: Hubs
) -> None:
    await hubs.publish(placed(0, 3000))
    partition = await filled(hubs)
    slices = hubs.read("orders", partition, 0, 2999)
    read = [to_event(each).sequence for each in await anext(slices)]

    async def go_on() -> None:
        async for part in slices:
            read.extend(to_event(each).sequence for each in part)

    with frozen(broker), pytest.raises(Transient, match="no answer"):
        await go_on()
    assert 0 < len(read) < 3000
    assert read + await everything(hubs, partition, len(read)) == list(range(3000))


@pytest.mark.stack
@pytest.mark.parametrize(
    "ask",
    [
        lambda hubs: hubs.all_ends("orders"),
        lambda hubs: hubs.extent("orders", "0"),
        lambda hubs: anext(hubs.read("orders", "0", 0, 9)),
    ],
    ids=["all ends", "extent", "read"],
)
async def test_a_broker_that_takes_connections_and_says_nothing_holds_no_reader(
    broker: Broker, hubs: Hubs, ask: Callable[[Hubs], Awaitable[object]]
) -> None:
    with frozen(broker), pytest.raises(Transient, match=r"no answer within 0\.5 s"):
        await ask(hubs)


@pytest.mark.stack
@pytest.mark.parametrize("connected", [False, True])
async def test_a_broker_that_says_nothing_holds_no_publisher_and_the_next_begins_anew(
    broker: Broker, hubs: Hubs, *, connected: bool
) -> None:
    first = 10 if connected else 0
    await hubs.publish(placed(0, first))
    with frozen(broker), pytest.raises(Transient, match=r"no answer within 0\.5 s"):
        await hubs.publish(placed(first, 20))
    await hubs.publish(placed(first, 20))
    # At least once: what was on its way when the broker froze may have arrived, too.
    assert sorted(set(await everything(hubs, await filled(hubs)))) == list(range(20))
