"""What random schedules have found, each told again as a story of its own."""

import asyncio
from dataclasses import dataclass

from tests.faults import workload
from tests.faults.plan import Fault
from tests.faults.simulation import simulated
from tests.faults.world import World


@dataclass
class Slow:
    """The first step of a kind takes long on its way there; nothing fails."""

    label: str
    seconds: float = 5.0

    def next(self, label: str) -> tuple[Fault, float, float]:
        if label != self.label:
            return Fault.NONE, 0.0, 0.0
        self.label = ""
        return Fault.NONE, self.seconds, 0.0


async def two_readers(world: World) -> None:
    """Both instances are handed the event of one file, which takes more than one slice."""
    await workload.configured(world, "home")
    contact = await workload.opened(world, 1)
    await world.settle()
    leads = [await workload.offered(world, number, contact, "home") for number in range(4)]
    await workload.dropped(world, "may.csv", leads)
    readers = [reader for reader in world.readers if reader.team == "conversions"]
    await asyncio.gather(
        *(
            world.hand(world.process("conversions", index), reader, world.batch(reader, 0))
            for reader in readers
            for index in range(2)
            if reader.hub == "sale"
        )
    )


def test_a_slow_reader_of_a_file_takes_nothing_out_of_the_report_of_a_fast_one() -> None:
    world = simulated(two_readers, Slow("files.append_report"))
    ((_, blocks),) = world.files.reports.values()
    assert len(blocks) > 1
    assert b"".join(blocks).count(b"bad_lead_id") == 4


def test_a_reader_that_looked_at_the_report_too_early_writes_nothing() -> None:
    world = simulated(two_readers, Slow("files.version"))
    ((_, blocks),) = world.files.reports.values()
    assert b"".join(blocks).count(b"bad_lead_id") == 4


async def skipped(world: World) -> None:
    """The host never hands over anything to the customer team, and all counts as read."""
    await workload.configured(world, "home")
    contact = await workload.opened(world, 1)
    for reader in [reader for reader in world.readers if reader.hub == "account"]:
        world.checkpoints[reader] = len(world.bus.logs[reader.hub, reader.partition])
    await workload.offered(world, 1, contact, "home")


def test_a_new_consumer_that_was_never_called_catches_up_by_itself() -> None:
    world = simulated(skipped, None)
    (place,) = [place for place, log in world.bus.logs.items() if place[0] == "account" and log]
    assert world.stores["customer"].positions[place].sequence_number == 0


async def one_contact_twice(world: World) -> None:
    """A lead is taken in by one instance, while the other switches its contact off."""
    await workload.configured(world, "home")
    contact = await workload.opened(world, 1)
    await world.settle()
    await workload.offered(world, 1, contact, "home")
    world.plan = Slow("customer.commit")
    leads = [reader for reader in world.readers if reader.hub == "lead"]
    await asyncio.gather(
        *(world.deliver(reader) for reader in leads),
        workload.switched(world, f"contacts/{contact}/deactivate"),
    )


def test_who_loses_a_race_decides_again() -> None:
    world = simulated(one_contact_twice, None)
    assert "customer.contact.deactivated" in {event.type for event in world.bus.events}


@dataclass
class Down:
    """No step of a kind succeeds."""

    label: str

    def next(self, label: str) -> tuple[Fault, float, float]:
        return (Fault.FAIL_BEFORE if label == self.label else Fault.NONE), 0.0, 0.0


async def no_registry(world: World) -> None:
    """The batch fails at its deadline, and the host goes on past it all the same."""
    await workload.opened(world, 1)
    await world.settle()


def test_a_registry_that_is_down_for_longer_than_a_batch_lasts_parks_nothing() -> None:
    world = simulated(no_registry, Down("registry.by_id"))
    assert "customer.contact.activated" in {event.type for event in world.bus.events}
