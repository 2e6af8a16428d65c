"""State and outbox of a team in one table, committed together in one entity-group transaction."""

import os
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty, UpdateMode
from azure.data.tables.aio import TableClient

from eventing.decision import State
from eventing.errors import Conflict, TooLarge
from eventing.parked import Parked
from eventing.parked_table import ParkedTable
from eventing.position import Position
from eventing.rows import TEXT, Key, chunks, from_state, joined, partition, row_key, to_state
from eventing.tables import translated as _translated

OUTBOX = "outbox!"
LARGEST_TRANSACTION = 100
"""Entities in one transaction ("Performing entity group transactions", Table service REST API)."""

LARGEST_STATE = 1_000_000
"""Bytes of one state: an entity holds 1 MiB with its names and keys."""

LARGEST_REQUEST = 4_000_000
"""Bytes of one transaction on its way, of which the service takes 4 MiB."""


@dataclass(frozen=True, slots=True)
class Held[S: State]:
    """An aggregate as the table holds it; version 0 and no etag when it is not there."""

    state: S | None
    version: int = 0
    etag: str | None = None
    stamp: int = 0
    """When it was committed last, in nanoseconds by its writer's clock."""


@dataclass(frozen=True, slots=True)
class Change:
    """The next state of an aggregate, decided on what was held."""

    key: Key
    held: Held[Any]
    state: State
    version: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """Events of one commit that are still to be published."""

    row_key: str
    packed: bytes
    written: float


class Store(Protocol):
    """What the spine needs of a team's table; also kept by the in-memory store of the tests."""

    async def load(self, kind: type[State], aggregate_id: str) -> Held[Any]: ...

    async def commit(
        self, bucket: int, changes: Sequence[Change], outbox: Sequence[bytes]
    ) -> list[OutboxRow]: ...

    async def outbox(self, bucket: int, limit: int) -> list[OutboxRow]: ...

    async def clear(self, bucket: int, rows: Sequence[OutboxRow]) -> None: ...

    async def position(self, hub: str, partition: str) -> Position | None: ...

    async def advance(self, hub: str, partition: str, position: Position) -> None: ...

    async def park(self, parked: Parked) -> None: ...


class TableStore:
    """The store in Azure Table Storage."""

    def __init__(self, table: TableClient) -> None:
        self.table = table
        self.parked = ParkedTable(table)

    async def load(self, kind: type[State], aggregate_id: str) -> Held[Any]:
        """One aggregate by its id."""
        key = Key(kind, aggregate_id)
        with _translated():
            try:
                entity = await self.table.get_entity(partition(key.bucket), row_key(key))
            except ResourceNotFoundError:
                return Held(None)
        return _held(kind, entity)

    async def all_of(self, kind: type[State]) -> AsyncIterator[Held[Any]]:
        """Every aggregate of a kind, bucket by bucket."""
        low = f"{kind.kind}!"
        # Buckets are digits; positions, marks and parked messages lie in partitions named by words.
        query = "PartitionKey lt ':' and RowKey ge @low and RowKey lt @high"
        with _translated():
            async for entity in self.table.query_entities(
                query, parameters={"low": low, "high": f'{kind.kind}"'}
            ):
                yield _held(kind, entity)

    async def in_bucket(
        self, kind: type[State], bucket: int, after: str, limit: int
    ) -> list[tuple[str, Held[Any]]]:
        """Up to `limit` aggregates of a kind in a bucket, behind a row key if one is given."""
        query = "PartitionKey eq @bucket and RowKey gt @after and RowKey lt @high"
        low, high = f"{kind.kind}!", f'{kind.kind}"'
        parameters = {"bucket": partition(bucket), "after": after or low, "high": high}
        found: list[tuple[str, Held[Any]]] = []
        with _translated():
            async for entity in self.table.query_entities(
                query, parameters=parameters, results_per_page=limit
            ):
                found.append((entity["RowKey"], _held(kind, entity)))
                if len(found) == limit:
                    break
        return found

    async def due(
        self, kind: type[State], column: str, until: datetime, bucket: int, limit: int
    ) -> list[Held[Any]]:
        """Up to `limit` aggregates of a bucket whose `column` is at `until` or before."""
        query = (
            f"PartitionKey eq @bucket and RowKey ge @low and RowKey lt @high and {column} le @at"
        )
        parameters = {
            "bucket": partition(bucket),
            "low": f"{kind.kind}!",
            "high": f'{kind.kind}"',
            "at": sortable(until),
        }
        found: list[Held[Any]] = []
        with _translated():
            async for entity in self.table.query_entities(
                query, parameters=parameters, results_per_page=min(limit, 1000)
            ):
                if len(found) == limit:
                    break
                found.append(_held(kind, entity))
        return found

    async def commit(
        self, bucket: int, changes: Sequence[Change], outbox: Sequence[bytes]
    ) -> list[OutboxRow]:
        """Write the changes and the packed events of one bucket, all or nothing.

        Answers the rows of the outbox that it wrote, one for each of the packed events.
        Raises Conflict when an aggregate is no longer as it was loaded, and Transient when the
        table does not answer; after that the commit may or may not have happened. Raises TooLarge
        before anything is sent.
        """
        texts = measured(changes, outbox)
        # Later than what each aggregate holds, whatever this clock says: so the outbox keeps the
        # order of an aggregate's events, and can be read in pages.
        stamp = max([time.time_ns(), *(change.held.stamp + 1 for change in changes)])
        operations: list[Any] = [
            _operation(bucket, change, text, stamp)
            for change, text in zip(changes, texts, strict=True)
        ]
        rows = _outbox_rows(stamp, outbox)
        operations += [("create", _outbox_entity(bucket, row)) for row in rows]
        with _translated():
            if len(operations) == 1:  # what a transaction of one would do, for half of its cost
                await self._one(*operations[0])
            else:
                await self.table.submit_transaction(operations)
        return rows

    async def _one(self, verb: str, entity: Any, options: Mapping[str, Any] | None = None) -> None:
        if verb == "create":
            await self.table.create_entity(entity)
            return
        try:
            await self.table.update_entity(entity, **(options or {}))
        except ResourceNotFoundError as error:
            raise Conflict(f"{entity['RowKey']} was deleted") from error

    async def outbox(self, bucket: int, limit: int) -> list[OutboxRow]:
        """Up to `limit` of the bucket's unpublished rows, oldest first."""
        query = "PartitionKey eq @bucket and RowKey ge @low and RowKey lt @high"
        parameters = {"bucket": partition(bucket), "low": OUTBOX, "high": 'outbox"'}
        rows: list[OutboxRow] = []
        with _translated():
            async for entity in self.table.query_entities(
                query, parameters=parameters, results_per_page=limit
            ):
                rows.append(_outbox_row(entity))
                if len(rows) == limit:
                    break
        return rows

    async def clear(self, bucket: int, rows: Sequence[OutboxRow]) -> None:
        """Remove published rows; a row that another relay removed first is no error."""
        if len(rows) == 1:
            with _translated():
                await self.table.delete_entity(partition(bucket), rows[0].row_key)
            return
        for start in range(0, len(rows), LARGEST_TRANSACTION):
            some = rows[start : start + LARGEST_TRANSACTION]
            operations: list[Any] = [
                ("delete", {"PartitionKey": partition(bucket), "RowKey": row.row_key})
                for row in some
            ]
            try:
                with _translated():
                    await self.table.submit_transaction(operations)
            except Conflict:
                for row in some:
                    with _translated():
                        await self.table.delete_entity(partition(bucket), row.row_key)

    async def position(self, hub: str, partition: str) -> Position | None:
        """How far this team has read a partition, or None before its first batch."""
        with _translated():
            try:
                entity = await self.table.get_entity("position", f"{hub}!{partition}")
            except ResourceNotFoundError:
                return None
        return Position(entity["sequence_number"].value, entity["enqueued"], _etag(entity))

    async def advance(self, hub: str, partition: str, position: Position) -> None:
        """Move a position. Raises Conflict when another instance moved it since it was read."""
        entity = {
            "PartitionKey": "position",
            "RowKey": f"{hub}!{partition}",
            "sequence_number": EntityProperty(position.sequence_number, EdmType.INT64),
            "enqueued": position.enqueued,
        }
        with _translated():
            if position.etag is None:
                await self.table.create_entity(entity)
            else:
                await self.table.update_entity(
                    entity,
                    mode=UpdateMode.REPLACE,
                    etag=position.etag,
                    match_condition=MatchConditions.IfNotModified,
                )

    async def mark(self, sweep: str) -> str:
        """Where a sweep goes on; "" for its beginning."""
        with _translated():
            try:
                entity = await self.table.get_entity("sweep", sweep)
            except ResourceNotFoundError:
                return ""
        return str(entity["mark"])

    async def keep_mark(self, sweep: str, mark: str) -> None:
        """Let the sweep go on there. Of two at once the last has its way: a sweep goes round."""
        entity = {"PartitionKey": "sweep", "RowKey": sweep, "mark": mark}
        with _translated():
            await self.table.upsert_entity(entity, mode=UpdateMode.REPLACE)

    async def park(self, parked: Parked) -> None:
        """Set a message aside; parking it again changes nothing but the reason."""
        await self.parked.park(parked)


def measured(changes: Sequence[Change], outbox: Sequence[bytes]) -> list[bytes]:
    """The states as text. Raises TooLarge when they do not fit into a transaction."""
    texts = [from_state(change.state) for change in changes]
    for change, text in zip(changes, texts, strict=True):
        if len(text) > LARGEST_STATE:
            told = f"{change.key.kind.kind} {change.key.id} would hold {len(text)} bytes"
            raise TooLarge(f"{told}; a row holds {LARGEST_STATE}")
    # Text travels with every character escaped at worst, bytes as base64; each part has headers.
    size = sum(1500 + len(each) * (3 if len(each) <= TEXT else 1.5) for each in (*texts, *outbox))
    if size > LARGEST_REQUEST or len(texts) + len(outbox) > LARGEST_TRANSACTION:
        raise TooLarge(
            f"{len(texts)} states and their events are about {size:.0f} bytes in one commit"
        )
    return texts


def _operation(bucket: int, change: Change, text: bytes, stamp: int) -> Any:
    entity = {
        "PartitionKey": partition(bucket),
        "RowKey": row_key(change.key),
        "version": change.version,
        "stamp": EntityProperty(stamp, EdmType.INT64),
        **_due(change.state),
        **chunks("state", text, text=True),
    }
    if change.held.etag is None:
        return ("create", entity)
    return (
        "update",
        entity,
        {
            "mode": UpdateMode.REPLACE,
            "etag": change.held.etag,
            "match_condition": MatchConditions.IfNotModified,
        },
    )


def sortable(instant: datetime) -> str:
    """An instant as text that sorts as the instants do."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds")


def _due(state: State) -> dict[str, str]:
    columns = {name: getattr(state, name) for name in getattr(state, "due", ())}
    return {name: sortable(instant) for name, instant in columns.items() if instant}


def _outbox_rows(stamp: int, outbox: Sequence[bytes]) -> list[OutboxRow]:
    # The random end keeps two processes apart.
    return [
        OutboxRow(f"{OUTBOX}{stamp:020d}!{index:03d}!{os.urandom(6).hex()}", packed, stamp / 1e9)
        for index, packed in enumerate(outbox)
    ]


def _outbox_entity(bucket: int, row: OutboxRow) -> dict[str, Any]:
    key = {"PartitionKey": partition(bucket), "RowKey": row.row_key}
    return {**key, **chunks("events", row.packed)}


def _outbox_row(entity: Mapping[str, Any]) -> OutboxRow:
    # What was damaged is still a row: the relay sets it aside.
    stamp = entity["RowKey"].split("!")[1]
    written = int(stamp) / 1e9 if stamp.isdecimal() else 0.0
    return OutboxRow(entity["RowKey"], joined(entity, "events"), written)


def _held(kind: type[State], entity: Mapping[str, Any]) -> Held[Any]:
    state = to_state(kind, joined(entity, "state"))
    stamp = entity["stamp"].value if "stamp" in entity else 0
    return Held(state, entity["version"], _etag(entity), stamp)


def _etag(entity: Mapping[str, Any]) -> str:
    return str(cast("Any", entity).metadata["etag"])
