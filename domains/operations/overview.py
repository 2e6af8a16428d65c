"""Where every team stands: how far it has read, what it has to publish, what it set aside."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from eventing.bus import Bus
from eventing.watch import Kept


@dataclass(frozen=True, slots=True)
class Place:
    """A partition as its reader stands to it; a number is -1 where there is none yet."""

    partition: str
    last: int
    position: int
    lag: int


@dataclass(frozen=True, slots=True)
class Reader:
    """A team's consumer group on a hub."""

    hub: str
    group: str
    lag: int
    partitions: list[Place]


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a team's outbox holds, the age of its oldest row in seconds, and what is parked."""

    team: str
    outbox: int
    oldest: float
    parked: dict[str, int]


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it at one time; `silent` names what did not answer."""

    at: datetime
    readers: list[Reader]
    teams: list[Waiting]
    silent: list[str]


def overview(
    bus: Bus,
    ends: Mapping[str, Mapping[str, int] | None],
    kept: Mapping[str, Kept | None],
    at: datetime,
) -> Overview:
    """What the hubs and the tables told, put together."""
    pairs = [(hub.name, group) for hub in bus.hubs.values() for group in hub.consumer_groups]
    readers = [
        _reader(hub, group, last, table)
        for hub, group in pairs
        if (last := ends[hub]) is not None and (table := kept.get(group)) is not None
    ]
    teams = [_waiting(team, table, at) for team, table in kept.items() if table is not None]
    silent = [f"hub {hub}" for hub, last in ends.items() if last is None]
    silent += [f"table {team}" for team, table in kept.items() if table is None]
    return Overview(at, readers, teams, silent)


def _reader(hub: str, group: str, ends: Mapping[str, int], table: Kept) -> Reader:
    places = []
    for number, last in ends.items():
        position = table.positions.get((hub, number), -1)
        places.append(Place(number, last, position, max(0, last - position)))
    return Reader(hub, group, sum(place.lag for place in places), places)


def _waiting(team: str, table: Kept, at: datetime) -> Waiting:
    oldest = max(0.0, (at - min(table.outbox)).total_seconds()) if table.outbox else 0.0
    parked = {place: count for place, count in table.parked.items() if count}
    return Waiting(team, len(table.outbox), round(oldest, 1), parked)
