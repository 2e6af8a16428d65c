"""A random schedule: people at work, while the host and the machines under it misbehave."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any

from tests.faults import workload
from tests.faults.plan import Chaos, Plan
from tests.faults.simulation import simulated
from tests.faults.world import Reader, World
from tests.rules.found import TEAMS

DAY = 24 * 60 * 60.0


async def deliver(world: World, reader: Reader) -> None:
    await world.deliver(reader, world.chance.choice((1, 2, 3, 100)))


async def duplicate(world: World, reader: Reader) -> None:
    """Some range that has been there before, once more."""
    first = world.chance.randint(0, world.checkpoints.get(reader, 0))
    if batch := world.batch(reader, first, world.chance.choice((1, 2, 5))):
        await world.hand(world.some(reader.team), reader, batch)


async def drop_ack(world: World, reader: Reader) -> None:
    """The batch is handled, and the host dies before its checkpoint."""
    if batch := world.batch(reader, world.checkpoints.get(reader, 0), 3):
        await world.hand(world.some(reader.team), reader, batch)


async def crash(world: World, reader: Reader) -> None:
    world.some(reader.team).crash()


async def steal_lease(world: World, reader: Reader) -> None:
    """Two instances hold the partition at once, at places of their own."""
    first = world.checkpoints.get(reader, 0)
    back = world.chance.randint(0, first)
    await asyncio.gather(
        *(
            world.hand(world.process(reader.team, index), reader, batch)
            for index, start in enumerate((first, back))
            if (batch := world.batch(reader, start, 4))
        )
    )


async def skip(world: World, reader: Reader) -> None:
    """The host goes on past a batch that it never handed over."""
    if reader not in world.busy:
        first = world.checkpoints.get(reader, 0)
        world.checkpoints[reader] = first + len(world.batch(reader, first, 2))


async def never_call(world: World, reader: Reader) -> None:
    """The worker never starts; all that there is counts as read."""
    if reader not in world.busy:
        world.checkpoints[reader] = len(world.bus.logs[reader.hub, reader.partition])


async def time_out(world: World, reader: Reader) -> None:
    """The host kills the worker in the middle of a batch, and goes on past it."""
    first = world.checkpoints.get(reader, 0)
    if (batch := world.batch(reader, first, 3)) and reader not in world.busy:
        process = world.some(reader.team)
        handing = asyncio.create_task(world.hand(process, reader, batch))
        await asyncio.sleep(world.chance.uniform(0, 1))
        process.crash()
        await handing
        world.checkpoints[reader] = first + len(batch)


async def replay(world: World, reader: Reader) -> None:
    """The checkpoints are lost: the host begins anew."""
    if reader not in world.busy:
        world.checkpoints[reader] = 0


async def tick(world: World, reader: Reader) -> None:
    await world.tick(world.chance.choice(TEAMS))


async def poison(world: World, reader: Reader) -> None:
    world.poisoned(reader.hub)


type Act = Callable[[World, Reader], Coroutine[Any, Any, None]]

ACTS: dict[Act, int] = {
    deliver: 24,
    duplicate: 2,
    drop_ack: 2,
    crash: 1,
    steal_lease: 2,
    skip: 1,
    never_call: 1,
    time_out: 1,
    replay: 1,
    tick: 2,
    poison: 1,
}


async def host(world: World, plan: Plan | None, turns: int) -> None:
    """So many things happen, at their times; what goes wrong does so as long as this lasts."""
    doing: list[asyncio.Task[None]] = []
    chance = world.chance
    acts, weights = list(ACTS), list(ACTS.values())
    world.plan, world.trouble = plan, True
    for _ in range(turns):
        await asyncio.sleep(chance.uniform(0, 1.0))
        if readers := world.readers:
            act = chance.choices(acts, weights)[0]
            doing.append(asyncio.create_task(act(world, chance.choice(readers))))
    world.plan, world.trouble = None, False
    await asyncio.gather(*doing)


async def beginning(world: World) -> list[str]:
    """A few products, accounts, leads and files, some at once; answers the contacts."""
    chance = world.chance
    products = ["home", "garden"][: chance.randint(1, 2)]
    prices = asyncio.gather(*(workload.configured(world, each) for each in products))
    accounts = await asyncio.gather(
        *(workload.opened(world, n) for n in range(chance.randint(1, 2)))
    )
    await prices
    wanted = [(n, chance.choice(accounts), chance.choice(products)) for n in range(3)]
    leads = await asyncio.gather(*(workload.offered(world, *each) for each in wanted))
    left = [workload.dropped(world, "may.csv", leads[:2], hint=chance.random() < 0.7)]
    if chance.random() < 0.3:
        left.append(workload.dropped(world, "june.csv", leads[:1]))
    if chance.random() < 0.5:
        left.append(workload.configured(world, products[0], "29.90"))
    if chance.random() < 0.4:
        hint = chance.random() < 0.7
        left.append(workload.prospected(world, "may.csv", accounts, products[0], hint=hint))
    if chance.random() < 0.3:
        left.append(workload.switched(world, f"leads/{leads[2]}/fail", team="conversions"))
    await asyncio.gather(*left)
    return accounts


async def end(world: World, account: str) -> None:
    """A person goes, and may come back or be forgotten, while timers find what is due."""
    chance = world.chance
    kind = "accounts" if chance.random() < 0.5 else "contacts"
    if chance.random() < 0.5:
        await workload.switched(world, f"{kind}/{account}/deactivate")
        await workload.switched(world, f"{kind}/{account}/activate")
    if chance.random() < 0.3:
        await workload.erased(world, account)
    await asyncio.gather(*(world.tick("customer") for _ in range(chance.randint(1, 2))))


async def story(world: World) -> None:
    chance, plan = world.chance, world.plan
    first = host(world, plan, chance.randint(10, 50))
    _, accounts = await asyncio.gather(first, beginning(world))
    if chance.random() < 0.5:
        await asyncio.sleep(chance.choice((0, 15, 40)) * DAY)
        ends = [end(world, each) for each in accounts]
        await asyncio.gather(host(world, plan, chance.randint(5, 20)), *ends)


def tried(seed: int) -> World:
    """The world after the schedule of a seed. Raises Broken."""
    return simulated(story, Chaos(Random(seed)), seed)
