"""A store, a bus and a registry in memory, held to the same behaviour as the real ones."""

import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any
from zlib import crc32

from fastavro import parse_schema

from eventing import schemas
from eventing.bus import declared
from eventing.codec import Codec
from eventing.decision import State
from eventing.errors import Conflict, Transient, Undecodable
from eventing.event import Event, now
from eventing.files import CHUNK, Claim, Gone
from eventing.handle import Spine
from eventing.parked import Parked
from eventing.position import Position
from eventing.registry import Registered
from eventing.relay import Relay
from eventing.rows import Key, row_key, to_state
from eventing.store import Change, Held, OutboxRow, measured
from eventing.wire import Received, to_message

type Row = tuple[bytes, int, str]
"""A state as JSON, its version and its ETag."""


@dataclass
class MemoryStore:
    """The behaviour of TableStore without a table."""

    buckets: dict[int, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))
    waiting: dict[int, list[OutboxRow]] = field(default_factory=lambda: defaultdict(list))
    positions: dict[tuple[str, str], Position] = field(default_factory=dict)
    parked: dict[str, Parked] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    etags: int = 0

    @property
    def rows(self) -> dict[tuple[int, str], Row]:
        """Every row by its bucket and key, in order."""
        return {
            (bucket, name): rows[name]
            for bucket, rows in sorted(self.buckets.items())
            for name in sorted(rows)
        }

    async def load(self, kind: type[State], aggregate_id: str) -> Held[Any]:
        key = Key(kind, aggregate_id)
        row = self.buckets[key.bucket].get(row_key(key))
        return _held(kind, row) if row else Held(None)

    async def all_of(self, kind: type[State]) -> AsyncIterator[Held[Any]]:
        for (_, name), row in self.rows.items():
            if name.startswith(f"{kind.kind}!"):
                yield _held(kind, row)

    async def due(
        self, kind: type[State], column: str, until: datetime, bucket: int, limit: int
    ) -> list[Held[Any]]:
        found = []
        for _, held in await self.in_bucket(kind, bucket, "", len(self.buckets[bucket])):
            at = getattr(held.state, column)
            if at is not None and at <= until:
                found.append(held)
        return found[:limit]

    async def in_bucket(
        self, kind: type[State], bucket: int, after: str, limit: int
    ) -> list[tuple[str, Held[Any]]]:
        rows = self.buckets[bucket]
        low = f"{kind.kind}!"
        names = sorted(name for name in rows if name.startswith(low) and name > after)
        return [(name, _held(kind, rows[name])) for name in names[:limit]]

    async def commit(
        self, bucket: int, changes: Sequence[Change], outbox: Sequence[bytes]
    ) -> list[OutboxRow]:
        texts = measured(changes, outbox)
        rows = self.buckets[bucket]
        for change in changes:
            assert change.key.bucket == bucket
            found = rows.get(row_key(change.key))
            if (found[2] if found else None) != change.held.etag:
                raise Conflict(row_key(change.key))
        for change, text in zip(changes, texts, strict=True):
            self.etags += 1
            rows[row_key(change.key)] = (text, change.version, str(self.etags))
        written = []
        for packed in outbox:
            self.etags += 1
            written.append(OutboxRow(f"outbox!{self.etags:020d}", packed, time.time()))
        self.waiting[bucket] += written
        return written

    async def outbox(self, bucket: int, limit: int) -> list[OutboxRow]:
        return self.waiting[bucket][:limit]

    async def clear(self, bucket: int, rows: Sequence[OutboxRow]) -> None:
        gone = {row.row_key for row in rows}
        self.waiting[bucket] = [row for row in self.waiting[bucket] if row.row_key not in gone]

    async def position(self, hub: str, partition: str) -> Position | None:
        return self.positions.get((hub, partition))

    async def advance(self, hub: str, partition: str, position: Position) -> None:
        held = self.positions.get((hub, partition))
        if (held.etag if held else None) != position.etag:
            raise Conflict(f"{hub}!{partition}")
        self.etags += 1
        self.positions[hub, partition] = replace(position, etag=str(self.etags))

    async def mark(self, sweep: str) -> str:
        return self.marks.get(sweep, "")

    async def keep_mark(self, sweep: str, mark: str) -> None:
        self.marks[sweep] = mark

    async def park(self, parked: Parked) -> None:
        self.parked[parked.id] = parked


def _held(kind: type[State], row: Row) -> Held[Any]:
    text, version, etag = row
    return Held(to_state(kind, text), version, etag)


@dataclass
class MemoryBus:
    """Every hub with its partitions, each kept in order; `down` makes publishing fail."""

    events: list[Event] = field(default_factory=list)
    down: bool = False
    begin: int = 0
    logs: dict[tuple[str, str], list[Received]] = field(default_factory=lambda: defaultdict(list))

    def batches(self, events: Sequence[Event]) -> list[list[Event]]:
        """The events as they are sent: those of a hub and a partition key together."""
        groups: dict[tuple[str, str], list[Event]] = defaultdict(list)
        for event in events:
            groups[declared().hub_of(event.type).name, event.partition_key].append(event)
        return list(groups.values())

    async def publish(self, events: Sequence[Event]) -> None:
        if self.down:
            raise Transient("the broker is down")
        for event in events:
            self.events.append(event)
            hub = declared().hub_of(event.type)
            partition = crc32(event.partition_key.encode()) % hub.partitions
            self.put(hub.name, event, str(partition))

    def put(self, hub: str, event: Event, partition: str = "0") -> Received:
        """Place an event on a hub as its next message."""
        properties = dict(to_message(event).properties or {})
        return self.put_raw(hub, properties, event.content_type, event.body, partition)

    def put_raw(
        self,
        hub: str,
        properties: dict[Any, Any],
        content_type: str,
        body: bytes,
        partition: str = "0",
    ) -> Received:
        """Place any message on a hub."""
        log = self.logs[hub, partition]
        number = len(log)
        message = Received(
            hub, partition, number, str(number), now(), content_type, properties, body
        )
        log.append(message)
        return message

    async def begins(self, hub: str, partition: str) -> int:
        return self.begin

    async def ends(self, hub: str, partition: str) -> int:
        return len(self.logs[hub, partition]) - 1

    async def all_ends(self, hub: str) -> dict[str, int]:
        numbers = [str(each) for each in range(declared().hubs[hub].partitions)]
        return {each: await self.ends(hub, each) for each in numbers}

    async def read(
        self, hub: str, partition: str, first: int, last: int
    ) -> AsyncIterator[list[Received]]:
        found = self.logs[hub, partition][max(first, self.begin) : last + 1]
        for start in range(0, len(found), 300):
            yield found[start : start + 300]


@dataclass
class MemoryFiles:
    """The behaviour of Files without an account; a report is kept as its blocks."""

    blobs: dict[tuple[str, str], tuple[bytes, str]] = field(default_factory=dict)
    reports: dict[tuple[str, str], tuple[str, list[bytes]]] = field(default_factory=dict)
    etags: int = 0
    written: int = 0

    async def claim(self, container: str, name: str) -> Claim:
        claim = self._claim(container, name)
        return replace(claim, sha256=sha256(self.blobs[container, name][0]).hexdigest())

    async def read(self, claim: Claim, offset: int = 0) -> AsyncIterator[bytes]:
        while offset < claim.size:
            content, etag = self.blobs.get((claim.container, claim.name), (b"", ""))
            if etag != claim.etag:
                raise Gone(f"{claim.name} is no longer there as it was announced")
            yield content[offset : offset + CHUNK]
            offset += CHUNK

    async def store(self, container: str, name: str, content: bytes) -> str:
        self.etags += 1
        self.blobs[container, name] = (content, f"0x{self.etags}")
        return f"https://files.test/{container}/{name}"

    async def version(self, container: str, name: str) -> str | None:
        found = self.reports.get((container, name))
        return found[0] if found else None

    async def append_report(
        self, container: str, name: str, blocks: int, block: bytes, version: str | None
    ) -> None:
        etag, told = self.reports.get((container, name), (None, []))
        if etag != version:
            raise Conflict(f"{name} was written by another meanwhile")
        if blocks > len(told):
            raise Conflict(f"{name} has {len(told)} blocks")
        self.written += 1
        self.reports[container, name] = (f"0x{self.written}", [*told[:blocks], block])

    async def forget_report(self, container: str, name: str, version: str | None) -> None:
        if version:
            if await self.version(container, name) != version:
                raise Conflict(f"{name} was written by another meanwhile")
            del self.reports[container, name]

    async def content(self, container: str, name: str) -> bytes:
        self._claim(container, name)
        return self.blobs[container, name][0]

    async def folders(self, container: str, within: str = "") -> list[str]:
        names = [name for place, name in self.blobs if place == container]
        below = [name[len(within) :] for name in names if name.startswith(within)]
        return sorted({f"{within}{name.split('/')[0]}/" for name in below if "/" in name})

    async def after(self, container: str, folder: str, last: str) -> AsyncIterator[str]:
        for place, name in sorted(self.blobs):
            if place == container and name.startswith(folder) and name > last:
                yield name

    async def page(self, container: str, mark: str, limit: int) -> tuple[list[Claim], str]:
        names = sorted(name for place, name in self.blobs if place == container and name > mark)
        claims = [self._claim(container, name) for name in names[:limit]]
        return claims, names[limit - 1] if len(names) > limit else ""

    def _claim(self, container: str, name: str) -> Claim:
        if (container, name) not in self.blobs:
            raise Gone(f"{name} is no longer there as it was announced")
        content, etag = self.blobs[container, name]
        return Claim(container, name, f"https://files.test/{container}/{name}", etag, len(content))


@dataclass
class MemoryRegistry:
    """Every contract of the repository under an id of its own; `asked` counts the calls."""

    namespace: str = "registry.test"
    down: bool = False
    asked: int = 0

    async def id_of(self, event_type: str) -> str:
        return f"{schemas.event_types().index(event_type):032x}"

    async def by_id(self, schema_id: str) -> Registered:
        self.asked += 1
        if self.down:
            raise Transient("the registry is down")
        for index, event_type in enumerate(schemas.event_types()):
            if f"{index:032x}" == schema_id:
                return _registered(schema_id, event_type)
        raise Undecodable(f"schema id {schema_id!r} is unknown to the registry")

    async def close(self) -> None:
        return None


@cache
def _registered(schema_id: str, event_type: str) -> Registered:
    text = schemas.definition(event_type)
    return Registered(schema_id, event_type, parse_schema(schemas.parsed(text), named_schemas={}))


def a_spine(team: str, store: MemoryStore, bus: MemoryBus) -> Spine:
    """The real spine, codec and relay over a store and a bus in memory."""
    return Spine(team, store, Codec(MemoryRegistry()), Relay(store, bus))
