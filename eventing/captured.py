"""Captured files → the messages in them; rows → a table's file. Both are Avro containers."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from io import BytesIO
from typing import Any

from fastavro import parse_schema, reader
from fastavro.write import Writer

from eventing import schemas
from eventing.captured_form import ENQUEUED, FIELDS
from eventing.codec import MIME_TYPE
from eventing.errors import Undecodable
from eventing.event import Event
from eventing.wire import PREFIX, Received

UNDECODABLE = "undecodable"
"""The table of what has no other: captured records as they are, each with the reason."""

_INSTANT = {"type": "long", "logicalType": "timestamp-millis"}
_ENVELOPE: Mapping[str, Any] = {
    **dict.fromkeys(("ce_id", "ce_source", "ce_type", "ce_subject"), "string"),
    "ce_time": _INSTANT,
    "ce_sequence": "long",
    **dict.fromkeys(("ce_partitionkey", "ce_correlationid", "ce_causationid"), "string"),
    "ce_traceparent": ["null", "string"],
    "ce_dataschema": "string",
    **dict.fromkeys(("eh_hub", "eh_partition"), "string"),
    "eh_sequence_number": "long",
    "eh_enqueued": _INSTANT,
}


class Broken(Exception):
    """The bytes are no Avro container, or end before it does."""


def records(content: bytes) -> Iterator[dict[str, Any]]:
    """The captured records in a file. Raises Broken, after those that could be read."""
    try:
        for record in reader(BytesIO(content)):
            if not isinstance(record, dict) or not {each["name"] for each in FIELDS} <= set(record):
                raise Broken("its records are none of Event Hubs Capture")
            yield record
    except Broken:
        raise
    except Exception as error:  # fastavro raises whatever damaged bytes lead to
        raise Broken(f"{type(error).__name__}: {error}") from error


def received(record: Mapping[str, Any], hub: str, partition: str) -> Received:
    """The message in a captured record. Raises Undecodable."""
    properties, system = record["Properties"], record["SystemProperties"]
    # Where the service keeps the content type is not documented; the schema's URI ends the same.
    schema_id = str(properties.get(f"{PREFIX}dataschema", "")).rpartition("/")[2]
    content_type = system.get("content-type") or properties.get("content-type")
    return Received(
        hub=hub,
        partition=partition,
        sequence_number=record["SequenceNumber"],
        offset=record["Offset"],
        enqueued=_instant(record["EnqueuedTimeUtc"]),
        content_type=str(content_type or f"{MIME_TYPE}+{schema_id}"),
        properties=properties,
        body=record["Body"] or b"",
    )


def _instant(text: str) -> datetime:
    try:
        found = datetime.strptime(text, ENQUEUED) if "/" in text else datetime.fromisoformat(text)  # noqa: DTZ007 - made aware below
    except ValueError as error:
        raise Undecodable(f"EnqueuedTimeUtc {text!r} is no time") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def columns(event: Event, of: Received, data: Mapping[str, Any]) -> dict[str, Any]:
    """An event as one flat row: its attributes, where it lay, and its data."""
    return {
        "ce_id": event.id,
        "ce_source": event.source,
        "ce_type": event.type,
        "ce_subject": event.subject,
        "ce_time": event.time,
        "ce_sequence": event.sequence,
        "ce_partitionkey": event.partition_key,
        "ce_correlationid": event.correlation_id,
        "ce_causationid": event.causation_id,
        "ce_traceparent": event.traceparent,
        "ce_dataschema": event.data_schema,
        "eh_hub": of.hub,
        "eh_partition": of.partition,
        "eh_sequence_number": of.sequence_number,
        "eh_enqueued": of.enqueued,
        **data,
    }


@cache
def _schema(table: str) -> Any:
    if table == UNDECODABLE:
        names = ("reason", "captured_file")
        fields = [*FIELDS, *({"name": name, "type": "string"} for name in names)]
    else:
        fields = [{"name": name, "type": kind} for name, kind in _ENVELOPE.items()]
        fields += schemas.parsed(schemas.definition(table))["fields"]
    return parse_schema({"type": "record", "name": table, "fields": fields}, named_schemas={})


class Table:
    """One file of a table, row by row. The same rows of the same captured file make its bytes."""

    def __init__(self, name: str, captured_file: str) -> None:
        marker = hashlib.sha256(f"{name} of {captured_file}".encode()).digest()[:16]
        self._file = BytesIO()
        self._writer = Writer(self._file, _schema(name), sync_marker=marker)
        self.rows = 0

    def add(self, row: Mapping[str, Any]) -> None:
        """One row more."""
        self._writer.write(dict(row))
        self.rows += 1

    def content(self) -> bytes:
        """The whole file."""
        self._writer.flush()
        return self._file.getvalue()
