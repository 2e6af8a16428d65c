"""Hubs, their partitions, and who reads them: ownership by epoch as the service grants it."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from local.eventhubs.errors import Refusal, unknown_entity, unknown_partition
from local.eventhubs.event import Publication
from local.eventhubs.log import PartitionLog
from local.eventhubs.lookup3 import partition_for

MAX_READERS = 5
_cached_partition = lru_cache(maxsize=65536)(partition_for)


class Reader(Protocol):
    """A link that is delivered a partition's events."""

    epoch: int | None

    def wake(self) -> None:
        """There may be something to deliver."""

    def lose(self, refusal: Refusal) -> None:
        """Another reader took over."""


@dataclass(eq=False)
class Partition:
    """One partition: its log, and the readers of each consumer group."""

    id: str
    log: PartitionLog
    readers: dict[str, list[Reader]] = field(default_factory=dict)

    def admit(self, group: str, reader: Reader) -> None:
        """Register a reader by its epoch; raises Refusal. An epoch equal to the owner's wins, so
        that a client that lost its connection without us noticing gets its partition back."""
        present = self.readers.setdefault(group, [])
        highest = max((r.epoch for r in present if r.epoch is not None), default=None)
        if reader.epoch is None:
            if highest is not None:
                raise _stolen(f"a receiver with epoch '{highest}' exists")
            if len(present) >= MAX_READERS:
                raise _too_many(self.id, group)
            present.append(reader)
            return
        if highest is not None and reader.epoch < highest:
            raise _stolen(f"epoch '{highest}' is higher than '{reader.epoch}'")
        self.readers[group] = [reader]
        for other in present:
            other.lose(_stolen(f"a receiver with epoch '{reader.epoch}' took over"))

    def dismiss(self, group: str, reader: Reader) -> None:
        """Forget a reader; one that is not registered is no error."""
        present = self.readers.get(group, [])
        if reader in present:
            present.remove(reader)

    def wake(self) -> None:
        """Tell all readers that there are events."""
        for present in self.readers.values():
            for reader in present:
                reader.wake()


def _stolen(why: str) -> Refusal:
    return Refusal("amqp:link:stolen", f"New receiver with higher epoch decides ownership: {why}.")


def _too_many(partition: str, group: str) -> Refusal:
    return Refusal(
        "amqp:resource-limit-exceeded",
        "Exceeded the maximum number of allowed receivers per partition in a consumer group "
        f"which is {MAX_READERS}. Partition '{partition}', consumer group '{group}'.",
    )


class Hub:
    """An event hub. `commit` runs its argument when what was written is as safe as asked for."""

    def __init__(
        self,
        name: str,
        created_at_ms: int,
        groups: tuple[str, ...],
        partitions: list[Partition],
        commit: Callable[[PartitionLog, Callable[[], None]], None],
    ) -> None:
        self.name = name
        self.created_at_ms = created_at_ms
        self.partitions = partitions
        self._groups = {group.lower(): group for group in groups}
        self._turn = itertools.cycle(partitions)
        self._commit = commit

    def group(self, name: str) -> str:
        """The declared spelling of a consumer group. Raises Refusal."""
        try:
            return self._groups[name.lower()]
        except KeyError:
            raise unknown_entity(f"{self.name}/ConsumerGroups/{name}") from None

    def partition(self, name: str) -> Partition:
        """Raises Refusal for a partition the hub has not."""
        for partition in self.partitions:
            if partition.id == name:
                return partition
        raise unknown_partition(name)

    def publish(
        self, publication: Publication, fixed: Partition | None, done: Callable[[], None]
    ) -> None:
        """Write a batch to one partition, then `done`. Raises OSError; then nothing was kept."""
        if fixed is not None:
            partition = fixed
        elif publication.key is not None:
            index = _cached_partition(publication.key, len(self.partitions))
            partition = self.partitions[index]
        else:
            partition = next(self._turn)
        partition.log.append(publication.events, time.time_ns() // 1_000_000)

        def committed() -> None:
            done()
            partition.wake()

        self._commit(partition.log, committed)


class Namespace:
    """All hubs, found by name in any case."""

    def __init__(self, hubs: list[Hub]) -> None:
        self._hubs = {hub.name.lower(): hub for hub in hubs}

    def hub(self, name: str) -> Hub:
        """Raises Refusal for a hub that is not declared."""
        try:
            return self._hubs[name.lower()]
        except KeyError:
            raise unknown_entity(name) from None

    def hubs(self) -> list[Hub]:
        """Every hub."""
        return list(self._hubs.values())
