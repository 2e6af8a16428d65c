"""Run by test_contract in a process of its own: Event Hub shapes through the pinned runtime."""

import asyncio
import sys
from pathlib import Path

from azure.eventhub import EventData

from local.host.eventmeta import Source, fast_stamp, many, naive_stamp, one
from local.host.functions import Function
from local.host.protos import TypedData
from local.host.worker import Outcome, Payload, Worker

SOURCE = Source("localhost", "sale", "customer", "3")


def event(number: int, body: bytes) -> EventData:
    made = EventData(body)
    made.content_type = "avro/binary+1"
    made.properties = {b"cloudEvents_id": b"e%d" % number, "count": 5}
    made._raw_amqp_message.annotations = {
        b"x-opt-sequence-number": number,
        b"x-opt-offset": str(number * 100).encode(),
        b"x-opt-enqueued-time": 1_700_000_000_123,
        b"x-opt-partition-key": b"key",
    }
    return made


async def main(app: Path) -> None:
    worker = Worker(30.0, lambda name: sys.exit(f"{name} is stuck"))
    functions = {f.name: f for f in await worker.index(app)}

    async def run(function: Function, shape: tuple[TypedData, dict[str, TypedData]]) -> Outcome:
        return await worker.invoke_with_retries(
            function, Payload(shape[0], shape[1]), asyncio.Event()
        )

    events = [event(1, b"a"), event(2, b"")]
    for stamp in (naive_stamp, fast_stamp):
        outcome = await run(functions["on_many"], many(events, SOURCE, True, True, stamp))
        assert outcome.ok, outcome
    # As strings the empty body is dropped, and the runtime refuses the whole batch.
    outcome = await run(functions["on_many"], many(events, SOURCE, True, False, naive_stamp))
    assert "Number of bodies and metadata mismatched" in str(outcome.error)
    outcome = await run(functions["on_one"], one(events[0], SOURCE, True, True, naive_stamp))
    assert outcome.ok, outcome
    failing = many([event(7, b"fail")], SOURCE, True, True, naive_stamp)
    assert not (await run(functions["on_many"], failing)).ok


asyncio.run(main(Path(sys.argv[1]).resolve()))
