"""Event ⇄ Event Hubs message: CloudEvents 1.0 AMQP binding, binary content mode (section 3.1)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import azure.functions as func
from azure.eventhub import EventData

from eventing.errors import Undecodable
from eventing.event import Event

PREFIX = "cloudEvents_"
LONGEST = 1024
"""Characters of an attribute."""

_REQUIRED = ("specversion", "id", "type", "source")
_OPTIONAL = (
    *("subject", "time", "dataschema", "partitionkey", "sequence"),
    *("correlationid", "causationid", "traceparent"),
)
_READ = {
    prefix + name: name for prefix in (PREFIX, "cloudEvents:") for name in _REQUIRED + _OPTIONAL
}
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})",
    re.IGNORECASE | re.ASCII,
)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
# Control characters, surrogates and code points that are no characters (CloudEvents, "String").
_FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


@dataclass(frozen=True, slots=True)
class Received:
    """One message of a hub as it arrived, before anything is believed of it."""

    hub: str
    partition: str
    sequence_number: int
    offset: str
    enqueued: datetime
    content_type: str
    properties: Mapping[str, Any]
    body: bytes


def to_message(event: Event) -> EventData:
    """The message of an event: attributes as application properties, the body untouched."""
    message = EventData(event.body)
    message.content_type = event.content_type
    attributes = {
        "specversion": "1.0",
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "time": event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "dataschema": event.data_schema,
        "partitionkey": event.partition_key,
        # The sequence extension is a string that sorts; ten digits sort as numbers do.
        "sequence": f"{event.sequence:010d}",
        "correlationid": event.correlation_id,
        "causationid": event.causation_id,
    }
    if event.traceparent:
        attributes["traceparent"] = event.traceparent
    message.properties = {PREFIX + name: value for name, value in attributes.items()}
    return message


def to_event(received: Received) -> Event:
    """The event in the message. Raises Undecodable for an envelope that breaks the contract."""
    if received.content_type[:23].lower() == "application/cloudevents":
        raise Undecodable(f"{received.content_type} is not the binary content mode of this bus")
    found = _attributes(received.properties)
    absent = [name for name in _REQUIRED if not found.get(name)]
    if absent:
        raise Undecodable(f"CloudEvents attributes are missing: {', '.join(absent)}")
    if found["specversion"] != "1.0":
        raise Undecodable(f"CloudEvents specversion {found['specversion']!r} is not 1.0")
    return Event(
        id=found["id"],
        type=found["type"],
        source=found["source"],
        subject=found.get("subject", ""),
        time=_time(found.get("time"), received.enqueued),
        sequence=_sequence(found.get("sequence")),
        partition_key=found.get("partitionkey", ""),
        correlation_id=found.get("correlationid", found["id"]),
        causation_id=found.get("causationid", ""),
        traceparent=_traceparent(found.get("traceparent")),
        content_type=received.content_type,
        data_schema=found.get("dataschema", ""),
        body=received.body,
    )


def _attributes(properties: Mapping[str, Any]) -> dict[str, str]:
    """The attributes that we read, as text. Raises Undecodable."""
    found: dict[str, str] = {}
    for key, value in properties.items():
        name = _READ.get(key)
        if name and value is not None:
            text = _string(name, value)
            if found.setdefault(name, text) != text:
                raise Undecodable(f"CloudEvents attribute {name} is there twice, and differs")
    return found


def _string(name: str, value: Any) -> str:
    if name == "sequence" and type(value) is int:
        return str(value)
    if not isinstance(value, str):
        raise Undecodable(f"CloudEvents attribute {name} is a {type(value).__name__}, not text")
    # What we raise carries some of it on: it must not grow beyond a message.
    if len(value) > LONGEST:
        raise Undecodable(f"CloudEvents attribute {name} has {len(value)} characters")
    if not (value.isascii() and value.isprintable()) and _FORBIDDEN.search(value):
        raise Undecodable(f"CloudEvents attribute {name} is no text of CloudEvents: {value!r}")
    return value


def _time(text: str | None, otherwise: datetime) -> datetime:
    if not text:
        return otherwise
    if not _RFC_3339.fullmatch(text):
        raise Undecodable(f"CloudEvents time {text!r} is no RFC 3339 timestamp")
    try:
        # The first and the last day of the calendar may have no instant in UTC.
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Undecodable(f"CloudEvents time {text!r} is no RFC 3339 timestamp") from error


def _sequence(text: str | None) -> int:
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise Undecodable(f"CloudEvents sequence {text!r} is no whole number")
    return int(text)


def _traceparent(text: str | None) -> str | None:
    # A trace that cannot be read is left out (W3C Trace Context, 3.2.2.2): the event counts.
    return text if text and _TRACEPARENT.fullmatch(text) else None


def from_trigger(events: Sequence[func.EventHubEvent], hub: str) -> list[Received]:
    """The batch that the Functions host handed over, in its order.

    With cardinality MANY each event's `metadata` is the whole batch's, so it is read once;
    application properties are reachable only there, by position.
    """
    if not events:
        return []
    metadata = events[0].metadata or {}
    context = metadata["PartitionContext"]
    properties = metadata["PropertiesArray"]
    system = metadata["SystemPropertiesArray"]
    return [
        Received(
            hub=hub,
            partition=str(context["PartitionId"]),
            sequence_number=int(system[index]["SequenceNumber"]),
            offset=str(system[index].get("Offset", "")),
            enqueued=_aware(event.enqueued_time),
            content_type=_content_type(system[index]),
            properties=properties[index],
            body=event.get_body(),
        )
        for index, event in enumerate(events)
    ]


def from_client(event: EventData, hub: str, partition: str) -> Received:
    """A message that we read from the hub ourselves."""
    return Received(
        hub=hub,
        partition=partition,
        sequence_number=event.sequence_number or 0,
        offset=str(event.offset),
        enqueued=_aware(event.enqueued_time),
        content_type=event.content_type or "",
        properties={_text(key): _text(value) for key, value in (event.properties or {}).items()},
        body=b"".join(cast("Iterable[bytes]", event.body)),
    )


def _text(value: Any) -> Any:
    return value.decode(errors="replace") if isinstance(value, bytes) else value


def _content_type(system: Mapping[str, Any]) -> str:
    # The host's name for it has changed with the SDK under it.
    for name in ("content-type", "contentType", "ContentType"):
        if system.get(name):
            return str(system[name])
    return ""


def _aware(instant: datetime | None) -> datetime:
    if instant is None:
        return datetime.fromtimestamp(0, UTC)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
