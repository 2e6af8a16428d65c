"""Events on the wire: an ingested transfer is taken apart without decoding bodies or properties,
and each event becomes the bytes that consumers will receive (system annotations + original)."""

import struct
from dataclasses import dataclass
from typing import NamedTuple

from local.eventhubs.codec import CodecError, decode, skip
from local.eventhubs.encode import symbol

BATCH_FORMAT = 0x80013700
PARTITION_KEY = "x-opt-partition-key"
_SYSTEM = frozenset(("x-opt-sequence-number", "x-opt-offset", "x-opt-enqueued-time"))
_OPAQUE = frozenset((0x73, 0x74, 0x75, 0x76, 0x77, 0x78))
_SEQUENCE = symbol("x-opt-sequence-number") + b"\x81"
_OFFSET = symbol("x-opt-offset") + b"\xa1"
_TIME = symbol("x-opt-enqueued-time") + b"\x83"
_Q = struct.Struct(">q")
_U32 = struct.Struct(">I")
# a data section with a 32-bit length, as all SDKs write the events of a batch
_DATA = b"\x00\x53\x75\xb0"
# how a message without header and annotations starts
_PLAIN = tuple(bytes((0x00, 0x53, code)) for code in range(0x73, 0x78))
# bytes of the three system entries without the offset's digits, and of the map's count
_ENTRIES_SIZE = len(_SEQUENCE) + 8 + len(_OFFSET) + 1 + len(_TIME) + 8 + 4


class Event(NamedTuple):
    """A received event: header section, the client's annotation entries, and the opaque rest.
    A tuple, for a frozen dataclass takes three times as long to make."""

    header: bytes
    annotations: bytes
    annotation_count: int
    tail: bytes


@dataclass(frozen=True, slots=True)
class Publication:
    """What one transfer carries; `key` is the partition key to route by."""

    events: list[Event]
    key: str | None


def _section(data: bytes, pos: int) -> tuple[int, int, int]:
    """Code, start and end of the value of the message section at `pos`."""
    if data[pos : pos + 2] == b"\x00\x53" and pos + 2 < len(data):
        code, start = data[pos + 2], pos + 3
    else:
        if data[pos : pos + 1] != b"\x00":
            raise CodecError(f"no message section at byte {pos}")
        descriptor, start = decode(data, pos + 1)
        if not isinstance(descriptor, int):
            raise CodecError(f"a message section's descriptor is {descriptor!r}")
        code = descriptor
    if not 0x70 <= code <= 0x78:
        raise CodecError(f"0x{code:02x} at byte {pos} is no message section")
    return code, start, skip(data, start)


def _annotations(data: bytes, start: int, end: int) -> tuple[bytes, int, str | None]:
    """The client's own annotation entries, their number (keys and values), the partition key."""
    value, _ = decode(data[start:end])
    if not isinstance(value, dict):
        raise CodecError(f"message annotations at byte {start} are no map")
    pos = start + (3 if data[start] == 0xC1 else 9)
    kept: list[bytes] = []
    while pos < end:
        after_key = skip(data, pos)
        after = skip(data, after_key)
        name = decode(data, pos)[0]
        if not isinstance(name, str) or name not in _SYSTEM:
            kept.append(data[pos:after])
        pos = after
    key = value.get(PARTITION_KEY)
    return b"".join(kept), 2 * len(kept), key if isinstance(key, str) else None


def _read(data: bytes) -> tuple[Event, str | None]:
    """One encoded message as an event. Raises CodecError when it is none."""
    header, kept, count, key, pos = b"", b"", 0, None, 0
    while True:
        code, start, end = _section(data, pos)
        if code in _OPAQUE:
            return Event(header, kept, count, data[pos:]), key
        if code == 0x70:
            header = data[pos:end]
        elif code == 0x72:
            kept, count, key = _annotations(data, start, end)
        pos = end


def _head_size(event: Event, data: bytes) -> int:
    return len(data) - len(event.tail)


def _messages(payload: bytes) -> tuple[list[bytes], str | None]:
    """The encoded messages of a batch, and the key of its envelope."""
    messages: list[bytes] = []
    key, pos, size = None, 0, len(payload)
    while pos < size:
        if payload.startswith(_DATA, pos) and pos + 8 <= size:
            start = pos + 8
            pos = start + _U32.unpack_from(payload, pos + 4)[0]
            if pos > size:
                raise CodecError(f"an event at byte {start} is cut off")
            messages.append(payload[start:pos])
            continue
        code, start, end = _section(payload, pos)
        if code == 0x75:
            raw, _ = decode(payload, start)
            if not isinstance(raw, bytes):
                raise CodecError(f"the data section at byte {pos} holds no bytes")
            messages.append(raw)
        elif code == 0x72:
            key = _annotations(payload, start, end)[2]
        pos = end
    return messages, key


def read_publication(payload: bytes, message_format: int) -> Publication:
    """The events of a transfer. Only the format tells a batch: a body may look like a message."""
    if message_format != BATCH_FORMAT:
        event, key = _read(payload)
        return Publication([event], key)
    messages, key = _messages(payload)
    if not messages:
        raise CodecError("a batch without events")
    added = b"" if key is None else symbol(PARTITION_KEY) + _string(key)
    events: list[Event] = []
    head, last, last_key = b"\xff", Event(b"", b"", 0, b""), None
    for data in messages:
        if not added and data.startswith(_PLAIN):
            events.append(Event(b"", b"", 0, data))
            continue
        # the events of one batch nearly always start alike: same header, same key
        if data.startswith(head) and data.startswith(_PLAIN, len(head)):
            events.append(
                Event(last.header, last.annotations, last.annotation_count, data[len(head) :])
            )
            continue
        event, own_key = _read(data)
        head = data[: _head_size(event, data)]
        if own_key is None and added:
            event = Event(
                event.header, event.annotations + added, event.annotation_count + 2, event.tail
            )
        if not head:
            head = b"\xff"
        last, last_key = event, own_key or last_key
        events.append(event)
    return Publication(events, key if key is not None else last_key)


def _string(text: str) -> bytes:
    raw = text.encode()
    if len(raw) < 256:
        return bytes((0xA1, len(raw))) + raw
    return b"\xb1" + len(raw).to_bytes(4, "big") + raw


def stamp(events: list[Event], sequence: int, offset: int, now_ms: int) -> tuple[list[bytes], int]:
    """The events as consumers receive them, numbered on from `sequence` and `offset`, and the
    next offset: an event's offset is the bytes before it in its partition."""
    blobs: list[bytes] = []
    tail_time = _TIME + _Q.pack(now_ms)
    shape: tuple[int, Event] | None = None
    before = b""
    after = tail_time
    for event in events:
        digits = b"%d" % offset
        width = len(digits)
        if shape is None or shape[0] != width or shape[1].annotations is not event.annotations:
            shape = (width, event)
            size = _ENTRIES_SIZE + width + len(event.annotations)
            count = 6 + event.annotation_count
            before = b"\x00\x53\x72\xd1" + struct.pack(">II", size, count) + _SEQUENCE
            after = tail_time + event.annotations
        blob = b"".join(
            (event.header, before, _Q.pack(sequence), _OFFSET, bytes((width,)), digits, after,
             event.tail)
        )  # fmt: skip
        blobs.append(blob)
        sequence += 1
        offset += len(blob)
    return blobs, offset
