"""Events waiting to be published, packed as bytes: many to one table entity."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer

from eventing.errors import Undecodable
from eventing.event import Event

_STRINGS = (
    "id",
    "type",
    "source",
    "subject",
    "partition_key",
    "correlation_id",
    "causation_id",
    "content_type",
    "data_schema",
)
_SCHEMA = parse_schema(
    {
        "type": "array",
        "items": {
            "type": "record",
            "name": "eventing.Event",
            "fields": [
                *({"name": name, "type": "string"} for name in _STRINGS),
                {"name": "time", "type": "string"},
                {"name": "sequence", "type": "long"},
                {"name": "traceparent", "type": ["null", "string"]},
                {"name": "body", "type": "bytes"},
            ],
        },
    }
)

LARGEST = 800 * 1024
"""Bytes in one outbox row: an entity holds 1 MiB with its names and keys."""


def packed(events: Sequence[Event]) -> list[bytes]:
    """The events as as few byte strings as fit into outbox rows, in order."""
    rows: list[bytes] = []
    waiting: list[Event] = []
    size = 0
    for event in events:
        weight = len(event.body) + 1000
        if waiting and size + weight > LARGEST:
            rows.append(_written(waiting))
            waiting, size = [], 0
        waiting.append(event)
        size += weight
    return [*rows, _written(waiting)] if waiting else rows


def _written(events: Iterable[Event]) -> bytes:
    stream = BytesIO()
    records = [{**asdict(event), "time": event.time.isoformat()} for event in events]
    schemaless_writer(stream, _SCHEMA, records, strict=True)
    return stream.getvalue()


def unpacked(row: bytes) -> list[Event]:
    """The events of one outbox row. Raises Undecodable for one that was damaged."""
    stream = BytesIO(row)
    try:
        records: Any = schemaless_reader(stream, _SCHEMA, None)
        events = [
            Event(**{**record, "time": datetime.fromisoformat(record["time"])})
            for record in records
        ]
    except (EOFError, ValueError, LookupError, TypeError, OverflowError, MemoryError) as error:
        raise Undecodable(f"outbox row of {len(row)} bytes: {error!r}") from error
    if not events or stream.read(1):
        raise Undecodable(f"outbox row of {len(row)} bytes: {len(events)} events do not fill it")
    return events
