"""Stored events → a captured file: the documented record of each, and the file's name."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from fastavro import parse_schema, writer

from eventing.captured_form import FIELDS
from local.eventhubs.codec import CodecError, Described, decode
from local.eventhubs.record import Batch

type Value = int | float | str | bytes

SCHEMA = parse_schema(
    {
        "type": "record",
        "namespace": "Microsoft.ServiceBus.Messaging",
        "name": "EventData",
        "fields": list(FIELDS),
    }
)

_ANNOTATIONS, _PROPERTIES, _APPLICATION, _DATA = 0x72, 0x73, 0x74, 0x75
_OWN_COLUMN = {"x-opt-sequence-number", "x-opt-offset", "x-opt-enqueued-time"}
# The fields of the properties section in their order (AMQP 1.0, 3.2.4).
_FIELDS = (
    *("message-id", "user-id", "to", "subject", "reply-to", "correlation-id", "content-type"),
    *("content-encoding", "absolute-expiry-time", "creation-time", "group-id", "group-sequence"),
    "reply-to-group-id",
)


def content(batches: list[Batch]) -> bytes:
    """The Avro container file of the events."""
    file = BytesIO()
    writer(file, SCHEMA, (record for batch in batches for record in records(batch)))
    return file.getvalue()


def records(batch: Batch) -> Iterator[dict[str, Any]]:
    """The captured record of each event. Of one that is no AMQP message the bytes are kept."""
    offset, enqueued = batch.first_offset, datetime.fromtimestamp(batch.time_ms / 1000, UTC)
    for number, message in enumerate(batch.blobs):
        try:
            system, application, body = _parts(message)
        except (CodecError, TypeError):
            system, application, body = {}, {}, message
        yield {
            "SequenceNumber": batch.first_sequence + number,
            "Offset": str(offset),
            # As the service writes it, to the second: 11/26/2026 4:44:11 PM
            "EnqueuedTimeUtc": f"{enqueued:%-m/%-d/%Y %-I:%M:%S %p}",
            "SystemProperties": system,
            "Properties": application,
            "Body": body,
        }
        offset += len(message)


def _parts(message: bytes) -> tuple[dict[str, Value], dict[str, Value], bytes | None]:
    sections: dict[object, Any] = {}
    body: bytes | None = None
    position = 0
    while position < len(message):
        section, position = decode(message, position)
        if not isinstance(section, Described):
            raise CodecError(f"no message section before byte {position}")
        if section.descriptor == _DATA:
            body = (body or b"") + bytes(section.value)  # type: ignore[call-overload]  # else TypeError
        sections[section.descriptor] = section.value
    annotations = sections.get(_ANNOTATIONS) or {}
    given = {name: annotations[name] for name in annotations.keys() - _OWN_COLUMN}
    given |= dict(zip(_FIELDS, sections.get(_PROPERTIES) or (), strict=False))
    return _plain(given), _plain(sections.get(_APPLICATION) or {}), body


def _plain(found: Mapping[Any, Any]) -> dict[str, Value]:
    return {str(name): _value(value) for name, value in found.items() if value is not None}


def _value(value: object) -> Value:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63:
        return value
    return value if isinstance(value, float | bytes) else str(value)


def name(form: str, namespace: str, hub: str, partition: str, begun: datetime) -> str:
    """The name of the file whose events begin then."""
    given = {
        "Namespace": namespace,
        "EventHub": hub,
        "PartitionId": partition,
        **{part: f"{getattr(begun, part.lower()):02d}" for part in _TIME},
    }
    for token, value in given.items():
        form = form.replace(f"{{{token}}}", value)
    return f"{form}.avro"


_TIME = ("Year", "Month", "Day", "Hour", "Minute", "Second")


def begins(batches: list[Batch], before: str | None) -> datetime:
    """The second in the file's name: its first event's, but after the name of the file before.

    It follows from what is there, so that two who write the same events choose one name.
    """
    first = datetime.fromtimestamp(batches[0].time_ms // 1000, UTC)
    if before is None:
        return first
    numbers = map(int, before.removesuffix(".avro").split("/")[-len(_TIME) :])
    year, month, day, hour, minute, second = numbers
    taken = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return max(first, taken + timedelta(seconds=1))
