"""How fast commands over HTTP are beside their floor: `python -m tests.api.bench`.

The floor is what a command cannot do without: one table transaction with a state and an event,
and one AMQP send of that event, by the SDKs alone, on the same servers in the same run.
"""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from azure.data.tables.aio import TableClient
from azure.eventhub import EventData
from azure.eventhub.aio import EventHubProducerClient

from local.ports import Ports
from local.settings import example
from local.stack import Stack
from tests.api.door import PRODUCT

AT_ONCE = 8
SECONDS = 5.0
TURNS = 3
PACE = 20
RATE_WANTED = 40.0
P99_WANTED = 0.5
FLOOR_WANTED = 2.0

type Once = Callable[[], Awaitable[None]]


async def sustained(once: Once) -> float:
    """Calls per second with some always under way."""
    end, done = time.monotonic() + SECONDS, 0

    async def again() -> None:
        nonlocal done
        while time.monotonic() < end:
            await once()
            done += 1

    started = time.monotonic()
    await asyncio.gather(*(again() for _ in range(AT_ONCE)))
    return done / (time.monotonic() - started)


async def paced(once: Once) -> list[float]:
    """Seconds that each call took, with so many started in each second, done or not."""
    took: list[float] = []

    async def timed() -> None:
        started = time.monotonic()
        await once()
        took.append(time.monotonic() - started)

    started = time.monotonic()
    async with asyncio.TaskGroup() as calls:
        for number in range(int(SECONDS * PACE)):
            await asyncio.sleep(max(0.0, started + number / PACE - time.monotonic()))
            calls.create_task(timed())
    return took


def floor(table: TableClient, producer: EventHubProducerClient) -> Once:
    """The transaction and the send."""
    state, body = json.dumps(PRODUCT), b"x" * 60

    async def once() -> None:
        name = uuid4().hex
        rows: list[dict[str, Any]] = [
            {"PartitionKey": "00", "RowKey": f"bench!{name}", "version": 1, "state": state},
            {"PartitionKey": "00", "RowKey": f"benchout!{name}", "events": body},
        ]
        await table.submit_transaction([("create", row) for row in rows])
        await producer.send_batch([EventData(body)], partition_key="00")

    return once


def command(session: aiohttp.ClientSession, url: str) -> Once:
    """A product that is configured for the first time."""

    async def once() -> None:
        async with session.put(f"{url}/api/products/b-{uuid4().hex}", json=PRODUCT) as answer:
            if answer.status != 201:
                raise RuntimeError(f"{answer.status}: {await answer.text()}")

    return once


async def beside(url: str, settings: Mapping[str, str]) -> tuple[float, float]:
    """Rates of the floor and of the commands, by turns, so that a busy machine is so for both."""
    async with (
        TableClient.from_connection_string(settings["STATE"], "product") as table,
        EventHubProducerClient.from_connection_string(
            settings["EVENTS"], eventhub_name="product"
        ) as producer,
        aiohttp.ClientSession() as session,
    ):
        raw, ours = floor(table, producer), command(session, url)
        for once in (raw, ours):
            await asyncio.gather(*(once() for _ in range(AT_ONCE)))
        rates = [(await sustained(raw), await sustained(ours)) for _ in range(TURNS)]
    return statistics.median(each for each, _ in rates), statistics.median(o for _, o in rates)


async def whole(url: str, _: Mapping[str, str]) -> tuple[float, list[float]]:
    """The rate of the commands, and what each took at the pace."""
    async with aiohttp.ClientSession() as session:
        once = command(session, url)
        await asyncio.gather(*(once() for _ in range(AT_ONCE)))
        return await sustained(once), await paced(once)


def on[T](teams: str, measure: Callable[[str, Mapping[str, str]], Awaitable[T]]) -> T:
    """What is measured on a stack whose app has these teams."""

    async def measured(stack: Stack) -> T:
        return await measure(stack.host_url, stack.environment())

    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Path(folder), Ports.free(), {**example(), "DOMAINS": teams}) as stack,
    ):
        stack.start(app=True)
        return asyncio.run(measured(stack))


def main() -> int:
    """Measure, print, and say by the exit code whether what is wanted was reached."""
    rate, took = on(example()["DOMAINS"], whole)
    # Beside the floor the product team's app runs alone, as it does in Azure: the reactions of
    # other teams to its events are no part of its commands.
    raw, ours = on("product", beside)
    p99 = statistics.quantiles(took, n=100)[98]
    print(f"commands over HTTP   {rate:6.1f}/s sustained (wanted: {RATE_WANTED:.0f})")
    print(f"at {PACE}/s              median {statistics.median(took) * 1000:.0f} ms, "
          f"p99 {p99 * 1000:.0f} ms (wanted: under {P99_WANTED * 1000:.0f})")  # fmt: skip
    print(f"the team's app alone {ours:6.1f}/s, floor by the SDKs {raw:.1f}/s: "
          f"{raw / ours:.2f} times as long (wanted: {FLOOR_WANTED:.0f} at most)")  # fmt: skip
    reached = rate >= RATE_WANTED and p99 < P99_WANTED and raw / ours <= FLOOR_WANTED
    print("reached" if reached else "NOT reached")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
