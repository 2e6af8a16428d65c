"""What lies on every hub and waits in every team's table, asked by an identity that only reads."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from azure.data.tables.aio import TableClient

from eventing.bus import declared
from eventing.clients import PROCESS, Clients
from eventing.errors import Transient
from eventing.event import BUCKETS
from eventing.parked_table import ParkedTable
from eventing.rows import partition
from eventing.store import OUTBOX
from eventing.tables import translated

AT_ONCE = 8
"""Buckets of a table that are asked at the same time."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a team's table tells: how far it has read, what it has to publish, what it set aside."""

    positions: Mapping[tuple[str, str], int]
    """By hub and partition."""

    outbox: tuple[datetime, ...]
    """When each row that waits was committed."""

    parked: Mapping[str, int]
    """By hub, or container."""


class Watch:
    """Hubs and tables of the whole bus. What does not answer is None, and keeps nothing else."""

    def __init__(self, clients: Clients = PROCESS) -> None:
        self._clients = clients

    @cached_property
    def _tables(self) -> Mapping[str, TableClient]:
        return {team: self._clients.table(team) for team in declared().teams}

    async def ends(self) -> dict[str, dict[str, int] | None]:
        """The last sequence number of every partition, by hub; -1 for an empty one."""
        hubs = declared().hubs
        return await _each(hubs, (self._clients.hubs.all_ends(hub) for hub in hubs))

    async def kept(self) -> dict[str, Kept | None]:
        """What every team's table tells, by team."""
        return await _each(self._tables, map(_kept, self._tables.values()))


async def _each[T](names: Iterable[str], asked: Iterable[Awaitable[T]]) -> dict[str, T | None]:
    answers = await asyncio.gather(*map(_or_none, asked))
    return dict(zip(names, answers, strict=True))


async def _or_none[T](asked: Awaitable[T]) -> T | None:
    try:
        return await asked
    except Transient:
        return None


async def _kept(table: TableClient) -> Kept:
    turn = asyncio.Semaphore(AT_ONCE)
    outboxes = await asyncio.gather(*(_outbox(table, each, turn) for each in range(BUCKETS)))
    parked: dict[str, int] = {}
    for tally in await ParkedTable(table).tallies():
        parked[tally.group.hub] = parked.get(tally.group.hub, 0) + tally.open
    waiting = tuple(sorted(written for rows in outboxes for written in rows))
    return Kept(await _positions(table), waiting, parked)


async def _outbox(table: TableClient, bucket: int, turn: asyncio.Semaphore) -> list[datetime]:
    query = "PartitionKey eq @bucket and RowKey ge @low and RowKey lt @high"
    parameters = {"bucket": partition(bucket), "low": OUTBOX, "high": 'outbox"'}
    async with turn:
        with translated():
            rows = table.query_entities(query, parameters=parameters, select=["RowKey"])
            return [_written(str(row["RowKey"])) async for row in rows]


def _written(row_key: str) -> datetime:
    return datetime.fromtimestamp(int(row_key.split("!")[1]) / 1e9, UTC)


async def _positions(table: TableClient) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    with translated():
        async for row in table.query_entities("PartitionKey eq 'position'"):
            hub, _, number = str(row["RowKey"]).partition("!")
            found[hub, number] = row["sequence_number"].value
    return found
