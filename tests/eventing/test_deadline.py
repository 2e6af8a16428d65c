"""Work ends in time by our own clock: the host moves past a batch that it had to cut off."""

import json
import time
from datetime import timedelta

import pytest

from domains.conversions.intake import READING_TIME
from domains.conversions.sale import SaleConfirmed
from domains.conversions.sweep import LOOKING_TIME
from eventing import receive
from eventing.bus import ROOT
from eventing.errors import Transient
from eventing.event import Event
from eventing.receive import DEADLINE, Counts, Long, Receiver
from eventing.relay import SWEPT_FOR
from tests.eventing.memory import MemoryBus, MemoryStore, a_spine
from tests.eventing.test_receive import a_sale


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
