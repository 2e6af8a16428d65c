"""Work ends in time by our own clock: the host moves past a batch that it had to cut off."""

import asyncio
import json
import time
from datetime import timedelta

import pytest

from domains.conversions.intake import READING_TIME
from domains.conversions.sale import SaleConfirmed
from domains.conversions.sweep import LOOKING_TIME
from eventing import clients, hubs, receive
from eventing.bus import ROOT
from eventing.clients import Clients
from eventing.errors import Transient
from eventing.event import Event
from eventing.receive import DEADLINE, Counts, Long, Receiver
from eventing.relay import SWEPT_FOR
from eventing.store import TableStore
from tests.eventing.memory import MemoryBus, MemoryStore, a_spine
from tests.eventing.test_receive import a_sale
from tests.eventing.test_store import Box


def function_timeout() -> float:
    hours, minutes, seconds = json.loads((ROOT / "host.json").read_text())["functionTimeout"].split(
        ":"
    )
    return timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds)).total_seconds()


def test_our_deadlines_are_well_under_the_hosts() -> None:
    """Half of the host's time is left for an attempt that begins just before ours is over."""
    assert function_timeout() / 2 >= DEADLINE
    assert READING_TIME < DEADLINE
    assert function_timeout() / 2 > LOOKING_TIME + READING_TIME + SWEPT_FOR
    # The SDK asks a table four times.
    assert DEADLINE >= 4 * (clients.CONNECTED + clients.ANSWER)
    assert DEADLINE >= hubs.QUIET + hubs.ANSWER


@pytest.mark.slow
async def test_a_table_that_takes_connections_and_says_nothing_holds_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += bool(await reader.read(1))
        await reader.read()
        writer.close()

    monkeypatch.setattr(clients, "ANSWER", 0.2)
    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        table = f"TableEndpoint=http://127.0.0.1:{port}/devstoreaccount1"
        account = "AccountName=devstoreaccount1;AccountKey=c2VjcmV0"
        monkeypatch.setenv("STATE", f"DefaultEndpointsProtocol=http;{account};{table};")
        made = Clients()
        began = time.monotonic()
        with pytest.raises(Transient, match="table storage"):
            await TableStore(made.table("customer")).load(Box, "b1")
        assert time.monotonic() - began < 60
        assert asked == 4
        await made.close()


async def test_f13_what_takes_long_is_told_when_the_batch_must_end() -> None:
    """However many files a batch announces, they share its time."""
    told: list[float] = []

    async def run(_message: object, _event: Event, until: float) -> bool:
        told.append(until)
        return True

    bus = MemoryBus()
    receiver = Receiver(a_spine("customer", MemoryStore(), bus), bus, "sale", [_long(run)])
    began = time.monotonic()
    messages = [bus.put("sale", await a_sale()) for _ in range(5)]
    assert await receiver.take(messages) == Counts(applied=5)
    assert len(set(told)) == 1
    assert began <= told[0] <= time.monotonic() + DEADLINE


async def test_f13_what_does_not_succeed_in_time_fails_the_batch_and_keeps_the_position(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receive, "DEADLINE", 0.05)

    async def run(_message: object, _event: Event, _until: float) -> bool:
        raise Transient("not yet")

    store, bus = MemoryStore(), MemoryBus()
    receiver = Receiver(a_spine("customer", store, bus), bus, "sale", [_long(run)])
    with pytest.raises(Transient):
        await receiver.take([bus.put("sale", await a_sale())])
    assert store.positions == {}
    assert store.parked == {}


def _long(run: object) -> Long:
    return Long(SaleConfirmed, run)  # type: ignore[arg-type]  # the tests' own run
