"""Every team over one bus, in memory and in virtual time: what lasts, and who works on it."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from eventing.bus import declared
from eventing.errors import Conflict, Transient
from eventing.event import Event
from eventing.outbox import unpacked
from eventing.receive import Counts
from eventing.store import Change, OutboxRow
from eventing.wire import Received
from tests.eventing.memory import MemoryBus, MemoryFiles, MemoryRegistry, MemoryStore
from tests.faults.plan import Plan
from tests.faults.process import Answer, Died, Process, asked
from tests.rules.found import TEAMS

INSTANCES = 2
"""Processes of each team: two may hold the same partition when its lease is stolen."""

ROUND = 61.0
"""Seconds between the timers once things have calmed down: whatever waits for a time has waited."""


class Broken(AssertionError):
    """An invariant does not hold."""


@dataclass
class Journal(MemoryStore):
    """A team's table that remembers the events of each commit."""

    committed: list[Event] = field(default_factory=list)
    changes: int = 0

    async def commit(
        self, bucket: int, changes: Sequence[Change], outbox: Sequence[bytes]
    ) -> list[OutboxRow]:
        written = await super().commit(bucket, changes, outbox)
        self.changes += 1
        self.committed += [event for row in outbox for event in unpacked(row)]
        return written


@dataclass(frozen=True, slots=True)
class Reader:
    """A team's reading of one partition of a hub."""

    team: str
    hub: str
    partition: str


@dataclass
class World:
    """What outlives every process, the processes, and the host that hands batches over."""

    chance: Random
    plan: Plan | None = None
    trouble: bool = False
    stores: dict[str, Journal] = field(default_factory=lambda: {team: Journal() for team in TEAMS})
    bus: MemoryBus = field(default_factory=MemoryBus)
    files: MemoryFiles = field(default_factory=MemoryFiles)
    registry: MemoryRegistry = field(default_factory=MemoryRegistry)
    checkpoints: dict[Reader, int] = field(default_factory=dict)
    busy: set[Reader] = field(default_factory=set)
    deaths: int = 0
    poison: set[tuple[str, str, int]] = field(default_factory=set)
    erased: list[str] = field(default_factory=list)
    taken: Counts = field(default_factory=Counts)
    fleet: dict[str, list[Process]] = field(default_factory=dict)
    every: list[Process] = field(default_factory=list)

    def process(self, team: str, index: int = 0) -> Process:
        """A living process of a team: a dead one is replaced."""
        instances = self.fleet.setdefault(team, [])
        while len(instances) <= index:
            instances.append(self._started(team))
        if instances[index].dead:
            self.deaths += 1
            instances[index] = self._started(team)
        return instances[index]

    def some(self, team: str) -> Process:
        """Any process of a team."""
        return self.process(team, self.chance.randrange(INSTANCES) if self.trouble else 0)

    def _started(self, team: str) -> Process:
        self.every.append(Process(team, self))
        return self.every[-1]

    @property
    def readers(self) -> list[Reader]:
        """Everybody who has something to read."""
        return [
            Reader(group, hub, partition)
            for (hub, partition) in sorted(self.bus.logs)
            for group in declared().hubs[hub].consumer_groups
        ]

    def batch(self, reader: Reader, first: int, size: int = 100) -> list[Received]:
        return self.bus.logs[reader.hub, reader.partition][first : first + size]

    def poisoned(self, hub: str) -> None:
        """A stranger places on a hub what nobody can read."""
        place = str(self.chance.randrange(declared().hubs[hub].partitions))
        message = self.bus.put_raw(hub, {"cloudEvents_id": "x"}, "text/plain", b"\xff", place)
        self.poison.add((hub, place, message.sequence_number))

    def is_poison(self, message: Received) -> bool:
        return (message.hub, message.partition, message.sequence_number) in self.poison

    async def hand(self, process: Process, reader: Reader, batch: Sequence[Received]) -> bool:
        """A batch to a process, as the host does it; answers False when the process died."""
        receiver = process.team.receiver(reader.hub)
        try:
            counts = await process.run(receiver.take(batch))
        except Died:
            return False
        except (Transient, Conflict):
            return True  # the host checkpoints what failed
        if counts.total < len(batch):
            raise Broken(f"I5: {len(batch)} events handed over, {counts} accounted for")
        self.taken += counts
        return True

    async def deliver(self, reader: Reader, size: int = 100) -> bool:
        """The next batch; answers whether there was one."""
        first = self.checkpoints.get(reader, 0)
        batch = self.batch(reader, first, size)
        if not batch or reader in self.busy:
            return False
        self.busy.add(reader)
        try:
            if await self.hand(self.some(reader.team), reader, batch):
                self.checkpoints[reader] = first + len(batch)
        finally:
            self.busy.discard(reader)
        return True

    async def ask(
        self, team: str, method: str, path: str, body: Any = None, key: str = ""
    ) -> Answer:
        """A client that asks till it has an answer that is final."""
        headers = {"idempotency-key": key} if key else {}
        await asyncio.sleep(0.01)
        for attempt in range(100):
            try:
                answer = await asked(self.some(team), method, path, body, headers)
                if not answer.again:
                    return answer
            except Died:
                pass
            await asyncio.sleep(self.chance.uniform(0.1, 2.0) * min(attempt + 1, 10))
            if not self.trouble:
                await self.round()
        raise Broken(f"{method} {path} is never answered")

    async def settle(self) -> None:
        """Deliver, one after the other, till there is nothing new."""
        while any([await self.deliver(reader) for reader in self.readers]):
            pass

    async def tick(self, team: str) -> None:
        """Every timer of a team, once."""
        process = self.some(team)
        for name, timer in process.app.timers.items():
            try:
                await process.run(timer())
            except Died:
                return
            except (Transient, Conflict) as error:
                logging.getLogger(__name__).warning("timer %s failed: %s", name, error)

    async def calm(self) -> None:
        """No more trouble: deliveries and timers go on till nothing moves any more."""
        self.plan = None
        self.trouble = False
        still = 0
        for _ in range(40):
            before = self._moved()
            await self.round()
            still = still + 1 if before == self._moved() else 0
            if still == 2:
                return
        raise Broken("it never becomes quiet")

    async def round(self) -> None:
        """Deliveries, then every timer, then what came of them."""
        await self.settle()
        await asyncio.sleep(ROUND)
        for team in TEAMS:
            await self.tick(team)
        await self.settle()

    async def rest(self) -> None:
        """A while in which nothing goes wrong."""
        plan, self.plan = self.plan, None
        await self.round()
        self.plan = plan

    def _moved(self) -> tuple[int, int, Mapping[Any, Any]]:
        positions = {
            (team, place): held.sequence_number
            for team, store in self.stores.items()
            for place, held in store.positions.items()
        }
        changes = sum(store.changes for store in self.stores.values())
        return changes, len(self.bus.events), positions
