"""A team's app: its table, its outbox and its reactions, over the process's clients."""

from collections.abc import Container, Mapping, Sequence
from functools import cached_property
from typing import Any

import azure.functions as func

from eventing import telemetry
from eventing.clients import PROCESS, Clients
from eventing.codec import Codec
from eventing.decision import State
from eventing.event import Cause, now
from eventing.files import Files
from eventing.handle import Outcome, Rule, Spine, Work
from eventing.operation import Operation
from eventing.rebuild import Rebuilt, rebuild
from eventing.receive import Counts, Long, Receiver
from eventing.relay import Relay
from eventing.replay import Blob, Replay
from eventing.store import TableStore


class Team:
    """What a team's triggers call. Makes nothing until the first message."""

    def __init__(self, name: str, clients: Clients = PROCESS) -> None:
        self.name = name
        self._clients = clients
        self._receivers: dict[str, Receiver] = {}
        self.reactions: Mapping[str, Sequence[Rule | Long]] = {}
        """What the team does with the events of each hub that it reads."""
        self.blobs: Mapping[str, Blob] = {}

        self.operations: list[Operation] = []
        """What the team answers over HTTP."""

    @cached_property
    def store(self) -> TableStore:
        return TableStore(self._clients.table(self.name))

    @cached_property
    def spine(self) -> Spine:
        relay = Relay(self.store, self._clients.hubs)
        return Spine(self.name, self.store, self.codec, relay)

    @cached_property
    def codec(self) -> Codec:
        return self._clients.codec

    @cached_property
    def files(self) -> Files:
        return Files(self._clients.blobs)

    @cached_property
    def replay(self) -> Replay:
        return Replay(self.spine, self._clients.hubs, self.store.parked, self.reactions, self.blobs)

    async def rebuild(self, hub: str, kind: type[State]) -> Rebuilt:
        """Make a projection again from its hub. Raises Transient."""
        hubs = self._clients.hubs
        return await rebuild(self.spine, self.store, hubs, hub, kind, self.reactions[hub])

    async def measure(self) -> None:
        """Tell how far behind each hub the team is, and what of it is parked."""
        parked = await self.store.parked.tallies()
        for hub in self.reactions:
            waiting = sum(tally.open for tally in parked if tally.group.hub == hub)
            telemetry.PARKED.set(waiting, {"team": self.name, "hub": hub})
            for partition, last in (await self._clients.hubs.all_ends(hub)).items():
                await self._behind(hub, partition, last)
        others = sum(tally.open for tally in parked if tally.group.hub not in self.reactions)
        telemetry.PARKED.set(others, {"team": self.name, "hub": "others"})

    async def _behind(self, hub: str, partition: str, last: int) -> None:
        position = await self.store.position(hub, partition)
        reached = position.sequence_number if position else -1
        behind = max(0, last - reached)
        labels = {"team": self.name, "hub": hub, "partition": partition}
        telemetry.LAG.set(behind, labels)
        since = (now() - position.enqueued).total_seconds() if position and behind else 0.0
        telemetry.LAG_AGE.set(since, labels)

    async def command(
        self, rule: Rule, message: Any, cause: Cause, expects: Container[int] | None = None
    ) -> Outcome:
        """Handle one command. Raises Rejected, Conflict or Transient."""
        return await self.spine.handle(Work(rule, message, cause, expects))

    def receiver(self, hub: str) -> Receiver:
        """The team's side of a hub that it reads."""
        if hub not in self._receivers:
            reactions = self.reactions[hub]
            self._receivers[hub] = Receiver(self.spine, self._clients.hubs, hub, reactions)
        return self._receivers[hub]

    async def receive(self, hub: str, events: Sequence[func.EventHubEvent]) -> Counts:
        """Take a batch of a hub. Raises Transient or Conflict when it could not end in time."""
        return await self.receiver(hub).receive(events)
