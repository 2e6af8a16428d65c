"""The record a partition's log is made of: one ingested batch, guarded by a CRC."""

import struct
import zlib
from array import array
from dataclasses import dataclass
from functools import cached_property

MAGIC = b"EHR1"
# magic, size of what follows the CRC, CRC-32 of it
HEAD = struct.Struct(">4sII")
# first sequence number, first offset, time enqueued (ms), number of events
_META = struct.Struct(">qqqI")


class RecordError(ValueError):
    """Bytes that are no whole record; the message says why."""


@dataclass(frozen=True)
class Batch:
    """A stored batch. `blobs` are the events as they are sent; `headers` the size of each one's
    header section, after which delivery annotations go."""

    first_sequence: int
    first_offset: int
    time_ms: int
    blobs: list[bytes]
    headers: list[int]

    @property
    def next_sequence(self) -> int:
        """The sequence number after the last event."""
        return self.first_sequence + len(self.blobs)

    @cached_property
    def size(self) -> int:
        """Bytes of all events."""
        return sum(map(len, self.blobs))

    @property
    def last_offset(self) -> int:
        """The offset of the last event."""
        return self.first_offset + self.size - len(self.blobs[-1])


@dataclass(frozen=True, slots=True)
class RecordMeta:
    """A record's place in the partition, without its events."""

    first_sequence: int
    first_offset: int
    time_ms: int
    count: int
    next_offset: int
    size: int


def pack(batch: Batch) -> bytes:
    """The batch as a record."""
    lengths = array("I", map(len, batch.blobs))
    headers = array("I", batch.headers)
    lengths.byteswap()
    headers.byteswap()
    body = b"".join((
        _META.pack(batch.first_sequence, batch.first_offset, batch.time_ms, len(batch.blobs)),
        lengths.tobytes(), headers.tobytes(), *batch.blobs,
    ))  # fmt: skip
    return HEAD.pack(MAGIC, len(body), zlib.crc32(body)) + body


def _body(data: bytes, pos: int) -> memoryview:
    if pos + HEAD.size > len(data):
        raise RecordError("its head is cut off")
    magic, size, crc = HEAD.unpack_from(data, pos)
    if magic != MAGIC:
        raise RecordError(f"it starts with {magic!r}")
    start = pos + HEAD.size
    if start + size > len(data):
        raise RecordError(f"{size} bytes announced, {len(data) - start} are there")
    body = memoryview(data)[start : start + size]
    if zlib.crc32(body) != crc:
        raise RecordError("its checksum differs")
    return body


def read_meta(data: bytes, pos: int) -> RecordMeta:
    """The record at `pos`, checked. Raises RecordError."""
    body = _body(data, pos)
    sequence, offset, time_ms, count = _META.unpack_from(body)
    bytes_of_events = len(body) - _META.size - 8 * count
    size = HEAD.size + len(body)
    return RecordMeta(sequence, offset, time_ms, count, offset + bytes_of_events, size)


def unpack(data: bytes, pos: int) -> Batch:
    """The batch of the record at `pos`. Raises RecordError."""
    body = _body(data, pos)
    sequence, offset, time_ms, count = _META.unpack_from(body)
    tables = array("I", body[_META.size : _META.size + 8 * count].tobytes())
    tables.byteswap()
    raw, blobs, at = body.tobytes(), [], _META.size + 8 * count
    for length in tables[:count]:
        blobs.append(raw[at : at + length])
        at += length
    return Batch(sequence, offset, time_ms, blobs, list(tables[count:]))
