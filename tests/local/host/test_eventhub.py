"""The Event Hub listener's promises, with a worker and a partition that the test controls."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from azure.eventhub import EventData

from local.host.batch import Cache
from local.host.eventhub import EventHubListener
from local.host.eventmeta import fast_stamp, naive_stamp
from local.host.eventoptions import EventHubOptions
from local.host.faults import Faults
from local.host.functions import Function
from local.host.worker import Outcome, Payload


class Partition:
    """A partition context that remembers its checkpoints."""

    fully_qualified_namespace = "localhost"
    partition_id = "0"

    def __init__(self) -> None:
        self.checkpoints: list[int | None] = []

    async def update_checkpoint(self, event: EventData) -> None:
        self.checkpoints.append(event.sequence_number)


class ScriptedWorker:
    """Answers with a given outcome, once `go` is set."""

    def __init__(self, ok: bool = True) -> None:
        self.ok, self.payloads = ok, list[Payload]()
        self.go = asyncio.Event()
        self.go.set()

    async def invoke_with_retries(self, _f: Any, payload: Payload, _stopping: Any) -> Outcome:
        self.payloads.append(payload)
        await self.go.wait()
        return Outcome(self.ok)


class Closing:
    """A client or store of which only `close` is called."""

    async def close(self) -> None:
        return None


def event(number: int, body: bytes = b"x") -> EventData:
    made = EventData(body)
    made._raw_amqp_message.annotations = {
        b"x-opt-sequence-number": number,
        b"x-opt-offset": str(number).encode(),
        b"x-opt-enqueued-time": 1_700_000_000_123,
    }
    return made


def listener(
    worker: ScriptedWorker, every: int = 1, faults: str = "[]", cardinality: str = "MANY"
) -> EventHubListener:
    binding = {"cardinality": cardinality, "dataType": "BINARY"}
    function = Function("f", "id", "eventhubtrigger", "events", binding, None, is_async=True)
    return EventHubListener(
        function,
        cast("Any", worker),
        cast("Any", Closing()),
        cast("Any", Closing()),
        EventHubOptions(checkpoint_every=every),
        Faults({"LOCAL_HOST_FAULTS": faults}),
        "sale",
        "customer",
    )


async def deliver(to: EventHubListener, partition: Partition, *numbers: int) -> None:
    await to._on_batch(cast("Any", partition), [event(number) for number in numbers])


@pytest.mark.parametrize("ok", [True, False])
async def test_a_batch_is_checkpointed_whatever_its_outcome(ok: bool) -> None:
    partition = Partition()
    await deliver(listener(ScriptedWorker(ok)), partition, 4, 5)
    assert partition.checkpoints == [5]


async def test_a_checkpoint_is_written_every_nth_batch() -> None:
    partition, subject = Partition(), listener(ScriptedWorker(), every=2)
    for number in range(4):
        await deliver(subject, partition, number)
    assert partition.checkpoints == [1, 3]


async def test_a_batch_that_ends_while_stopping_is_not_checkpointed() -> None:
    worker, partition = ScriptedWorker(), Partition()
    subject = listener(worker)
    worker.go.clear()
    delivery = asyncio.create_task(deliver(subject, partition, 1))
    await asyncio.sleep(0.01)
    stopping = asyncio.create_task(subject.stop())
    await asyncio.sleep(0.01)
    assert not stopping.done()
    worker.go.set()
    await asyncio.gather(delivery, stopping)
    assert partition.checkpoints == []


async def test_nothing_is_dispatched_once_stopping() -> None:
    worker, partition = ScriptedWorker(), Partition()
    subject = listener(worker)
    await subject.stop()
    await deliver(subject, partition, 1)
    assert (worker.payloads, partition.checkpoints) == ([], [])


async def test_a_lost_batch_is_checkpointed_though_no_function_saw_it() -> None:
    worker, partition = ScriptedWorker(), Partition()
    subject = listener(worker, faults='[{"function": "f", "skip_batches": 1}]')
    await deliver(subject, partition, 1)
    await deliver(subject, partition, 2)
    assert partition.checkpoints == [1, 2]
    assert len(worker.payloads) == 1


async def test_a_partition_runs_one_batch_at_a_time() -> None:
    worker, partition = ScriptedWorker(), Partition()
    subject = listener(worker)
    worker.go.clear()
    both = [asyncio.create_task(deliver(subject, partition, number)) for number in (1, 2)]
    await asyncio.sleep(0.01)
    assert len(worker.payloads) == 1
    worker.go.set()
    await asyncio.gather(*both)
    assert partition.checkpoints == [1, 2]


async def test_a_cancelled_callback_leaves_the_invocation_running() -> None:
    worker, partition = ScriptedWorker(), Partition()
    worker.go.clear()
    delivery = asyncio.create_task(deliver(listener(worker), partition, 1))
    await asyncio.sleep(0.01)
    delivery.cancel()
    worker.go.set()
    await asyncio.sleep(0.01)
    assert partition.checkpoints == [1]


def test_times_are_written_naive_as_production_does_unless_asked_otherwise() -> None:
    when = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
    assert naive_stamp(when) == "2026-01-02T03:04:05.678000"
    assert fast_stamp(when) == "2026-01-02T03:04:05+00:00"


def test_events_wait_for_the_smallest_batch_or_the_longest_wait() -> None:
    now = timedelta(0)
    cache = Cache(3, 4, 60.0, lambda: now.total_seconds())
    sizes = [len(batch) for batch in cache.offer([event(0)])]
    assert sizes == [1], "the first dispatch does not wait"
    assert cache.offer([event(1)]) == []
    assert [len(batch) for batch in cache.offer([event(n) for n in range(2, 8)])] == [4, 3]
    cache.offer([event(9)])
    now = timedelta(seconds=59)
    assert cache.offer([]) == []
    now = timedelta(seconds=61)
    assert [len(batch) for batch in cache.offer([])] == [1]
