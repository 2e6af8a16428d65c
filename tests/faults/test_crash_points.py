"""Every single point at which a command, a reaction or the reading of a file can be cut off."""

import asyncio
import json
import re
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.faults import workload
from tests.faults.plan import AFTER, CONDITIONAL, READS, Fair, Fault, One, Plan
from tests.faults.schedule import DAY
from tests.faults.simulation import simulated
from tests.faults.world import Broken, World
from tests.rules.found import TEAMS

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT")


async def story(world: World) -> None:
    """Each command, each reaction, the reading of files, and timers, one after the other."""
    await workload.configured(world, "home")
    await world.rest()
    await workload.configured(world, "home", "29.90")
    await world.rest()
    contact = await workload.opened(world, 1)
    await quiet(world)
    leads = [await workload.offered(world, number, contact, "home") for number in range(4)]
    await quiet(world)
    await workload.dropped(world, "may.csv", leads[:2])
    await quiet(world)
    await workload.switched(world, f"leads/{leads[2]}/fail", team="conversions")
    await workload.prospected(world, "may.csv", [contact], "home")
    await workload.dropped(world, "june.csv", leads[3:], hint=False)
    await timers(world)
    for change in SWITCHES:
        await workload.switched(world, change.format(contact))
        await quiet(world)
    await asyncio.sleep(40 * DAY)
    await timers(world)
    await workload.erased(world, contact)
    await quiet(world)


SWITCHES = [
    f"{kind}/{{}}/{change}"
    for kind in ("contacts", "accounts")
    for change in ("deactivate", "activate")
]


async def timers(world: World) -> None:
    """Every timer of every team, where something may go wrong, and then where nothing does."""
    for team in TEAMS:
        await world.tick(team)
    await quiet(world)


async def quiet(world: World) -> None:
    """What happened is delivered, and what went wrong with that is made good."""
    await world.settle()
    await world.rest()


def _plain(value: Any) -> Any:
    """A state without its times and versions, which a second attempt may move on."""
    if isinstance(value, dict):
        kept = {name: each for name, each in value.items() if not name.endswith("sequence")}
        return {name: _plain(each) for name, each in kept.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return None if isinstance(value, str) and _INSTANT.match(value) else value


def outcome(world: World) -> Any:
    """All states, and which events there were of which aggregate."""
    states = {
        (team, name): _plain(json.loads(text))
        for team, store in world.stores.items()
        for (_, name), (text, _, _) in store.rows.items()
    }
    events = sorted(
        (event.subject, event.type) for store in world.stores.values() for event in store.committed
    )
    return states, events, {place: blocks for place, (_, blocks) in world.files.reports.items()}


def possible(step: str, fault: Fault) -> bool:
    """Whether a step can meet the fault, and not only as it could have before it began."""
    does = step.split(".")[-1]
    if fault is Fault.CONFLICT_AFTER:
        return does in CONDITIONAL
    return fault not in AFTER or does not in READS


def points(steps: list[str], fault: Fault) -> list[int]:
    """The steps at which a fault is possible; of many like reads in a row, as in a sweep, two."""
    return [
        number
        for number, step in enumerate(steps)
        if possible(step, fault) and steps[max(0, number - 2) : number] != [step, step]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.NONE])
def test_wherever_one_step_goes_wrong_all_ends_as_if_nothing_had(
    fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    undisturbed = Fair()
    expected = outcome(simulated(story, undisturbed))
    tried = points(undisturbed.steps, fault)
    for number in tried:
        step = f"{fault.name} at step {number}, {undisturbed.steps[number]}"
        try:
            assert outcome(simulated(story, One(number, fault))) == expected, step
        except Broken as broken:
            raise AssertionError(f"{step}: {broken}") from broken
    counts = f"{len(tried)} points of {len(undisturbed.steps)} steps"
    record_property("told", f"{fault.name}: {counts}")


@dataclass
class Watching(Fair):
    """Nothing goes wrong; it is noted what the steps leave in what outlives the processes."""

    world: World | None = None
    left: Any = None
    wrote: set[str] = field(default_factory=set)

    def next(self, label: str) -> tuple[Fault, float, float]:
        found = self.world and lasting(self.world)
        if self.steps and found != self.left:
            self.wrote.add(self.steps[-1].split(".")[-1])
        self.left = found
        return super().next(label)


def lasting(world: World) -> Any:
    """What the steps of a process can change outside of it."""
    stores = [
        (each.rows, dict(each.waiting), each.positions, each.parked, each.marks, each.etags)
        for each in world.stores.values()
    ]
    return deepcopy((stores, len(world.bus.events), world.files.reports))


def test_a_step_that_counts_as_a_read_leaves_nothing_behind() -> None:
    plan = Watching()

    async def watched(world: World) -> None:
        plan.world = world
        await story(world)

    simulated(watched, plan)
    assert {step.split(".")[-1] for step in plan.steps} == {*READS, *plan.wrote}
    assert plan.wrote.isdisjoint(READS)


def test_a_story_without_faults_ends_as_it_should() -> None:
    plan: Plan = Fair()
    world = simulated(story, plan)
    assert len(world.files.reports) == 3
    assert world.deaths == 0
