"""Captured files as the service writes them, of events as the app raises them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

from fastavro import parse_schema, reader, schemaless_writer, writer

from eventing import schemas
from eventing.captured_form import FIELDS
from eventing.codec import Codec
from eventing.event import Event
from eventing.wire import to_message
from local.examples import values
from tests.eventing.memory import MemoryRegistry

CODEC = Codec(MemoryRegistry())
SCHEMA = parse_schema({"type": "record", "name": "EventData", "fields": list(FIELDS)})


async def an_event(event_type: str) -> Event:
    body = BytesIO()
    schemaless_writer(body, schemas.reader(event_type), values(event_type))
    schema_id = await MemoryRegistry().id_of(event_type)
    return Event(
        id=str(uuid4()),
        type=event_type,
        source="/team/aggregate",
        subject="one",
        time=datetime(2026, 5, 1, 12, 30, 15, 250000, tzinfo=UTC),
        sequence=3,
        partition_key="07",
        correlation_id="c",
        causation_id="f",
        traceparent=None,
        content_type=f"avro/binary+{schema_id}",
        data_schema=f"https://registry.test/$schemaGroups/$schemas/{schema_id}",
        body=body.getvalue(),
    )


def record(event: Event, number: int = 0, **changed: Any) -> dict[str, Any]:
    """The captured record of an event, with some of its fields changed."""
    return {
        "SequenceNumber": number,
        "Offset": str(number * 100),
        "EnqueuedTimeUtc": "5/1/2026 12:30:16 PM",
        "SystemProperties": {"content-type": event.content_type, "x-opt-partition-key": "07"},
        "Properties": to_message(event).properties,
        "Body": event.body,
        **changed,
    }


def content(records: Iterable[dict[str, Any]]) -> bytes:
    file = BytesIO()
    writer(file, SCHEMA, list(records), sync_interval=1)
    return file.getvalue()


def rows(file: bytes) -> list[dict[str, Any]]:
    return [dict(each) for each in reader(BytesIO(file)) if isinstance(each, dict)]
