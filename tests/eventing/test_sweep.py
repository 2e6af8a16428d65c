"""Outbox rows whose relay died are published in the end, at a bounded cost of each sweep."""

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from domains.product.triggers import CONFIGURE
from eventing import relay as module
from eventing.errors import Transient
from eventing.event import BUCKETS, Cause, Event, bucket_of, now
from eventing.handle import Work
from eventing.outbox import packed
from eventing.parked import Group, Parked, parked_row
from eventing.relay import SWEPT_AFTER, Relay
from eventing.replay import Replay
from eventing.store import OutboxRow
from tests.api.door import PRODUCT
from tests.eventing.memory import MemoryBus, MemoryStore, a_spine
from tests.eventing.memory_parked import MemoryParked
from tests.eventing.test_receive import a_sale

SUBJECTS = {bucket_of(str(each := UUID(int=number))): str(each) for number in range(3000)}
"""An aggregate of each bucket."""


class Counting(MemoryStore):
    """A store that notes how much of an outbox was read at once."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[tuple[int, int]] = []

    async def outbox(self, bucket: int, limit: int) -> list[OutboxRow]:
        rows = await super().outbox(bucket, limit)
        self.read.append((bucket, len(rows)))
        return rows


class Slow(MemoryBus):
    """A bus that takes so many seconds for each of our calls, by the clock that is patched."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        super().__init__()
        self.now, self.seconds = time.monotonic(), seconds
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    async def publish(self, events: Sequence[Event]) -> None:
        self.now += self.seconds
        await super().publish(events)


async def left_behind(store: MemoryStore, bucket: int, rows: int, first: int = 1) -> None:
    """Rows that a relay left behind, an event of one aggregate in each."""
    sale = await a_sale(subject=SUBJECTS[bucket], partition_key=f"{bucket:02d}")
    for number in range(first, first + rows):
        (row,) = packed([replace(sale, id=f"{bucket}-{number}", sequence=number)])
        store.waiting[bucket].append(OutboxRow(f"outbox!{number:05d}", row, 0.0))


async def test_rows_of_every_bucket_are_published_in_their_order() -> None:
    store, bus = Counting(), MemoryBus()
    for bucket in range(BUCKETS):
        await left_behind(store, bucket, 3)
    assert await Relay(store, bus).sweep(SWEPT_AFTER) == 3 * BUCKETS
    assert not any(store.waiting.values())
    for bucket in range(BUCKETS):
        ids = [event.id for event in bus.events if event.partition_key == f"{bucket:02d}"]
        assert ids == [f"{bucket}-{number}" for number in (1, 2, 3)]


async def test_a_long_outbox_is_read_a_page_at_a_time_and_keeps_its_order() -> None:
    store, bus = Counting(), MemoryBus()
    await left_behind(store, 7, 10 * module.PAGE + 1)
    assert await Relay(store, bus).sweep(SWEPT_AFTER) == 10 * module.PAGE + 1
    assert max(rows for _, rows in store.read) == module.PAGE
    assert [event.sequence for event in bus.events] == list(range(1, 10 * module.PAGE + 2))


async def test_a_sweep_of_nothing_reads_a_row_of_each_bucket_and_no_more() -> None:
    store = Counting()
    await left_behind(store, 7, 500)
    assert await Relay(store, MemoryBus()).sweep(SWEPT_AFTER - 1) == 0
    assert sum(rows for _, rows in store.read) == 1
    assert len(store.read) == BUCKETS


async def test_a_sweep_that_is_out_of_time_is_followed_by_one_that_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, bus = Counting(), Slow(monkeypatch, seconds=module.SWEPT_FOR / 3)
    for bucket in (0, 1, 2):
        await left_behind(store, bucket, 10 * module.PAGE)
    relay = Relay(store, bus)
    sent = []
    while any(store.waiting.values()):
        sent.append(await relay.sweep(SWEPT_AFTER))
        bus.now += 60
    assert max(sent) <= 4 * module.PAGE
    assert sum(sent) == 30 * module.PAGE
    # The second run does not begin with the bucket that filled the first.
    assert [event.partition_key for event in bus.events].index("01") <= sent[0]


async def test_a_bucket_in_trouble_keeps_no_other_waiting() -> None:
    class Refusing(MemoryBus):
        async def publish(self, events: Sequence[Event]) -> None:
            if events[0].partition_key == "03":
                raise Transient("not this one")
            await super().publish(events)

    store, bus = Counting(), Refusing()
    for bucket in (2, 3, 4):
        await left_behind(store, bucket, 2)
    relay = Relay(store, bus)
    with pytest.raises(Transient):
        await relay.sweep(SWEPT_AFTER)
    assert {event.partition_key for event in bus.events} == {"02", "04"}
    assert relay.waited == SWEPT_AFTER


async def test_only_an_aggregate_that_is_new_is_told_without_a_look_at_what_waits() -> None:
    class Down(MemoryBus):
        down = False

        async def publish(self, events: Sequence[Event]) -> None:
            if self.down:
                raise Transient("the hub does not answer")
            await super().publish(events)

    store, bus = Counting(), Down()
    spine = a_spine("product", store, bus)
    for price, bus.down in (("1.00", False), ("2.00", True), ("3.00", False)):
        # Two in the same millisecond: the second would be refused as overtaken.
        at = now() + timedelta(seconds=float(price))
        asked = {**PRODUCT, "product_id": "fibre", "price": Decimal(price), "occurred_at": at}
        await spine.handle(Work(CONFIGURE, CONFIGURE.message(**asked), Cause(price, at, price)))
        assert bool(store.read) == (price != "1.00")
    assert [event.sequence for event in bus.events] == [1, 2, 3]
    assert not any(store.waiting.values())


def row(number: int, content: bytes) -> OutboxRow:
    return OutboxRow(f"outbox!{number:05d}", content, 0.0)


async def test_f09_a_damaged_outbox_row_is_set_aside_raw_and_the_others_go_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, bus = MemoryStore(), MemoryBus()
    await left_behind(store, 7, 2)
    gone = packed([await a_sale(type="nobody.nothing.done")])[0]
    damaged = [b"", b"\xff\x00damaged", store.waiting[7][0].packed[:-1], gone]
    store.waiting[7][:0] = [row(number, content) for number, content in enumerate(damaged)]
    await left_behind(store, 7, 1, first=3)
    assert await Relay(store, bus).sweep(SWEPT_AFTER) == 3
    assert [event.id for event in bus.events] == ["7-1", "7-2", "7-3"]
    assert store.waiting[7] == []
    assert [each.received.body for each in store.parked.values()] == damaged
    assert {each.group for each in store.parked.values()} == {
        Group("outbox", "outbox", "undecodable")
    }
    assert [record.levelname for record in caplog.records].count("CRITICAL") == len(damaged)


async def test_f09_a_damaged_row_that_cannot_be_set_aside_stays_where_it_is() -> None:
    class Full(MemoryStore):
        async def park(self, parked: Parked) -> None:
            raise Transient("the table does not answer")

    store, bus = Full(), MemoryBus()
    store.waiting[7] = [row(0, b"\xff")]
    await left_behind(store, 7, 1)
    with pytest.raises(Transient):
        await Relay(store, bus).sweep(SWEPT_AFTER)
    assert len(store.waiting[7]) == 2
    assert bus.events == []


async def test_f09_a_row_that_was_set_aside_is_published_by_a_replay_once_it_can_be_read() -> None:
    store, bus, parked = MemoryStore(), MemoryBus(), MemoryParked()
    replay = Replay(a_spine("conversions", store, bus), bus, parked, {}, {})
    (good,) = packed([await a_sale()])
    for name, content in (("now", good), ("never", b"\xff")):
        await parked.park(parked_row(f"outbox!{name}", content, now(), "damaged"))
    for item in list(parked.items.values()):
        readable = item.parked.received.body == good
        trial = await replay.try_out(item)
        assert (len(trial.events), trial.ending.outcome) == (
            (1, "applied") if readable else (0, "parked")
        )
        ending = await replay.replay(item, "ada")
        assert ending.outcome == ("applied" if readable else "parked")
    assert len(bus.events) == 1
