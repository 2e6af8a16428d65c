"""Event Hub events as the .NET extension hands them to a worker: bodies and metadata arrays.

Keys and forms: NET Triggers/EventHubTriggerBindingStrategy and the host's gRPC conversion.
"""

import base64
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from azure.eventhub import EventData

from local.host.protos import Collection, TypedData

Stamp = Callable[[datetime], str]


def naive_stamp(when: datetime) -> str:
    """As the real host writes it: UTC without a zone, seven digits at most."""
    return when.astimezone(UTC).replace(tzinfo=None).isoformat()


def fast_stamp(when: datetime) -> str:
    """Whole seconds with `+00:00`: ten times cheaper to parse, and not production-like."""
    return when.astimezone(UTC).replace(microsecond=0).isoformat()


@dataclass(frozen=True, slots=True)
class Source:
    """Where a batch comes from; goes into PartitionContext."""

    namespace: str
    hub: str
    group: str
    partition: str


def many(
    events: Sequence[EventData], source: Source, checkpointing: bool, binary: bool, stamp: Stamp
) -> tuple[TypedData, dict[str, TypedData]]:
    """Argument and trigger metadata of a batch (cardinality MANY)."""
    bodies = [body_of(event) for event in events]
    data = (
        TypedData(collection_bytes=Collection(bytes=bodies))
        if binary
        # Empty strings are dropped by the host, which then fails the batch: kept as it is.
        else TypedData(collection_string=Collection(string=[_text(b) for b in bodies if b]))
    )
    keys = [text for event in events if (text := _text(event.partition_key))]
    metadata = {
        "PartitionContext": _json(_context(source, checkpointing)),
        "SequenceNumberArray": TypedData(
            collection_sint64=Collection(sint64=[event.sequence_number for event in events])
        ),
        "OffsetArray": TypedData(
            collection_string=Collection(string=[_text(event.offset) for event in events])
        ),
        "PartitionKeyArray": TypedData(collection_string=Collection(string=keys)),
        "EnqueuedTimeUtcArray": _json([_stamped(event, stamp) for event in events]),
        "PropertiesArray": _json([_plain_map(event.properties) for event in events]),
        "SystemPropertiesArray": _json([_system(event, stamp) for event in events]),
    }
    return data, metadata


def one(
    event: EventData, source: Source, checkpointing: bool, binary: bool, stamp: Stamp
) -> tuple[TypedData, dict[str, TypedData]]:
    """Argument and trigger metadata of a single event (cardinality ONE)."""
    body = body_of(event)
    data = TypedData(bytes=body) if binary else TypedData(string=_text(body))
    metadata = {
        "PartitionContext": _json(_context(source, checkpointing)),
        "SequenceNumber": _json(event.sequence_number),
        "Offset": TypedData(string=_text(event.offset)),
        "EnqueuedTimeUtc": _json(_stamped(event, stamp)),
        "Properties": _json(_plain_map(event.properties)),
        "SystemProperties": _json(_system(event, stamp)),
    }
    if key := _text(event.partition_key):
        metadata["PartitionKey"] = TypedData(string=key)
    return data, metadata


def body_of(event: EventData) -> bytes:
    """The whole body; the SDK gives it in pieces."""
    body = event.body
    return body if isinstance(body, bytes) else b"".join(body)  # type: ignore[arg-type]  # untyped parts


def _context(source: Source, checkpointing: bool) -> dict[str, Any]:
    return {
        "FullyQualifiedNamespace": source.namespace,
        "EventHubName": source.hub,
        "ConsumerGroup": source.group,
        "PartitionId": source.partition,
        "IsCheckpointingAfterInvocation": checkpointing,
    }


def _stamped(event: EventData, stamp: Stamp) -> str | None:
    return stamp(event.enqueued_time) if event.enqueued_time else None


def _system(event: EventData, stamp: Stamp) -> dict[str, Any]:
    properties = {
        key: stamp(value) if isinstance(value, datetime) else value
        for key, value in _plain_map(event.system_properties).items()
    }
    if event.content_type:
        properties["content-type"] = event.content_type
    properties["SequenceNumber"] = event.sequence_number
    properties["Offset"] = _text(event.offset)
    properties["PartitionKey"] = _text(event.partition_key) or None
    properties["EnqueuedTimeUtc"] = _stamped(event, stamp)
    return properties


def _plain_map(properties: Mapping[Any, Any] | None) -> dict[str, Any]:
    return {_text(key): _plain(value) for key, value in (properties or {}).items()}


def _plain(value: Any) -> Any:
    """AMQP strings may arrive as bytes; what is no text is base64, as byte[] in Newtonsoft."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, Mapping):
        return _plain_map(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _default(value: Any) -> str:
    return naive_stamp(value) if isinstance(value, datetime) else str(value)


def _json(value: Any) -> TypedData:
    return TypedData(json=json.dumps(value, default=_default))
