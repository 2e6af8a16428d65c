"""Messages set aside because they can never succeed: raw bytes, properties, reason, origin."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Literal, Protocol

from eventing import schemas
from eventing.event import now
from eventing.wire import PREFIX, Received

UNKNOWN = "unknown"
"""The type of what names none of our contracts: invented names must not become groups."""

DEEPEST = 8

type Status = Literal["parked", "replayed", "discarded"]


@dataclass(frozen=True, slots=True)
class Group:
    """What one consumer set aside alike. A consumer is a team and the hub it reads."""

    hub: str
    type: str
    reason: str

    @property
    def id(self) -> str:
        return sha256("\n".join((self.hub, self.type, self.reason)).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that this team's consumer set aside, and why."""

    received: Received
    reason: str
    detail: str
    parked_at: datetime

    @property
    def id(self) -> str:
        """Where the message stands on its hub: the same message parks in the same place.

        A hub that was made anew counts from zero again, so the time tells its messages apart.
        """
        message = self.received
        second = int(message.enqueued.timestamp())
        return f"{message.hub}.{message.partition}.{message.sequence_number:020d}.{second:x}"

    @property
    def group(self) -> Group:
        properties = self.received.properties
        named = str(properties.get(f"{PREFIX}type") or properties.get("cloudEvents:type"))
        # No message of a hub can pass for a file: a hub's partitions are numbers.
        known = schemas.event_types() if self.received.partition.isdecimal() else (BLOB, OUTBOX)
        kind = named if named in known else UNKNOWN
        return Group(self.received.hub, kind, self.reason)


BLOB = "blob"
"""The type of a file that its trigger could not take."""

OUTBOX = "outbox"
"""The type, and instead of a hub, of an outbox row whose events cannot be published."""


def parked_row(row_key: str, content: bytes, written: datetime, detail: str) -> Parked:
    """An outbox row as a message that its own team set aside: raw, for it may hold anything."""
    received = Received(
        hub=OUTBOX,
        partition=_place(row_key.encode()),
        sequence_number=0,
        offset="",
        enqueued=written,
        content_type="",
        properties={f"{PREFIX}type": OUTBOX, "row": row_key},
        body=content,
    )
    return Parked(received, "undecodable", detail, now())


def _place(what: bytes) -> str:
    # A letter first, so that no place passes for a hub's partition.
    return f"b{sha256(what).hexdigest()[:16]}"


def parked_blob(notice: str, arrived: datetime, parked_at: datetime) -> Parked:
    """The notice of a poison blob as a message of its container. Source: BlobTriggerMessage.cs."""
    try:
        told = json.loads(notice)
        container, name = str(told["ContainerName"]), str(told["BlobName"])
        etag, function = str(told.get("ETag", "")), str(told.get("FunctionId", ""))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        container, name, etag, function = UNKNOWN, "", "", ""
    kind = {f"{PREFIX}type": BLOB} if name else {}
    what = f"{container}/{name}/{etag}" if name else notice
    received = Received(
        hub=container if _plain_name(container) else UNKNOWN,
        partition=_place(what.encode(errors="replace")),
        sequence_number=0,
        offset="",
        enqueued=arrived,
        content_type="application/json",
        properties={**kind, "container": container, "blob": name, "etag": etag, "by": function},
        body=notice.encode(errors="replace"),
    )
    detail = f"{function or 'a blob trigger'} failed five times" if name else "no blob's notice"
    return Parked(received, "poison_blob" if name else "undecodable", detail, parked_at)


def _plain_name(text: str) -> bool:
    return 0 < len(text) <= 63 and text.isascii() and text.replace("-", "").isalnum()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a parked message's history: who did what, when, and what came of it."""

    at: datetime
    who: str
    action: Literal["replay", "discard"]
    outcome: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A parked message as it is kept, for good: ended ones are the audit's record."""

    parked: Parked
    status: Status
    attempts: int = 0
    history: tuple[Entry, ...] = ()
    etag: str | None = None

    def ended(self, status: Status, entry: Entry) -> "Item":
        """This item after it was replayed or discarded."""
        tried = self.attempts + (entry.action == "replay")
        return replace(self, status=status, attempts=tried, history=(*self.history, entry))

    def failed(self, reason: str, detail: str, entry: Entry) -> "Item":
        """This item after a replay that failed again: it stays, with the new error."""
        parked = replace(self.parked, reason=reason, detail=detail)
        return replace(self.ended("parked", entry), parked=parked)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a group wait; first and last seen since none did; how the others ended."""

    group: Group
    open: int
    first_seen: datetime
    last_seen: datetime
    replayed: int = 0
    discarded: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        some = [each for each in (self, other) if each.open] or [self, other]
        return Tally(
            self.group,
            self.open + other.open,
            min(each.first_seen for each in some),
            max(each.last_seen for each in some),
            self.replayed + other.replayed,
            self.discarded + other.discarded,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """A parked message in its group's listing."""

    id: str
    parked_at: datetime
    detail: str


class ParkedStore(Protocol):
    """Where a team's parked messages lie; also kept by the in-memory one of the tests."""

    async def park(self, parked: Parked) -> None: ...

    async def tallies(self) -> list[Tally]: ...

    async def page(self, group: str, after: str, limit: int) -> list[Line]: ...

    async def item(self, item_id: str) -> Item | None: ...

    async def change(self, before: Item, after: Item) -> None: ...


def packed(received: Received) -> bytes:
    """A message whole, as bytes: whatever its properties are, they can be kept."""
    head = {
        "content_type": received.content_type,
        "offset": received.offset,
        "properties": _plain(received.properties, DEEPEST),
    }
    text = json.dumps(head).encode()
    return len(text).to_bytes(4) + text + received.body


def unpacked(raw: bytes) -> tuple[Mapping[str, Any], bytes]:
    """Content type, offset and properties, and the body."""
    end = 4 + int.from_bytes(raw[:4])
    return json.loads(raw[4:end]), raw[end:]


def _plain(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if depth and isinstance(value, Mapping):
        return {str(_plain(key, 0)): _plain(each, depth - 1) for key, each in value.items()}
    if depth and isinstance(value, list | tuple):
        return [_plain(each, depth - 1) for each in value]
    return str(value)[:1000]
