"""Frames the broker sends. Every performative carries its full field count: the Python SDK indexes
fields by position and fails on a legally shortened list."""

import struct

from local.eventhubs import encode as e
from local.eventhubs.codec import FALSE, NULL, TRUE

AMQP_HEADER = b"AMQP\x00\x01\x00\x00"
SASL_HEADER = b"AMQP\x03\x01\x00\x00"
EMPTY = b"\x00\x00\x00\x08\x02\x00\x00\x00"
MAX_FRAME_SIZE = 65536
CHANNEL_MAX = 4999
HANDLE_MAX = 255
INCOMING_WINDOW = 2**31 - 1
MAX_MESSAGE_SIZE = 1_048_576
MECHANISMS = ("MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL")

ACCEPTED = b"\x00\x53\x24\x45"
_NO_TERMINUS = b"\x45"

# transfer: size, doff, type, channel | descriptor, list8 of 11 | handle, id, tag, format,
# settled, more, and five nulls
_TRANSFER = struct.Struct(">IBBH3sBBB" + "BI" + "BI" + "BBI" + "B" + "BB" + "5s")
TRANSFER_PREFIX = _TRANSFER.size
_TRANSFER_BODY = TRANSFER_PREFIX - 13


def frame(channel: int, body: bytes, kind: int = 0) -> bytes:
    """One frame: 8-byte header and performative."""
    return struct.pack(">IBBH", len(body) + 8, 2, kind, channel) + body


def _performative(channel: int, code: int, *fields: bytes) -> bytes:
    return frame(channel, e.described(code, e.sequence(fields)))


def open_(container: str) -> bytes:
    """Our open (10 fields). No idle time-out: Python producers send nothing while idle."""
    return _performative(
        0, 0x10, e.string(container), NULL, e.uint(MAX_FRAME_SIZE), e.ushort(CHANNEL_MAX),
        NULL, NULL, NULL, NULL, NULL, NULL,
    )  # fmt: skip


def begin(channel: int) -> bytes:
    """Our begin (8 fields); we use the client's channel number as our own."""
    return _performative(
        channel, 0x11, e.ushort(channel), e.uint(0), e.uint(INCOMING_WINDOW), e.uint(65536),
        e.uint(HANDLE_MAX), NULL, NULL, NULL,
    )  # fmt: skip


def attach(
    channel: int,
    name: str,
    handle: int,
    *,
    sends: bool,
    settle: bytes,
    source: bytes,
    target: bytes,
) -> bytes:
    """Our attach (14 fields) with the client's termini echoed; `sends` when the broker sends."""
    return _performative(
        channel, 0x12, e.string(name), e.uint(handle), e.boolean(not sends), settle, e.ubyte(0),
        e.described(0x28, _NO_TERMINUS) if source == NULL else source,
        e.described(0x29, _NO_TERMINUS) if target == NULL else target,
        NULL, FALSE, e.uint(0) if sends else NULL, e.ulong(MAX_MESSAGE_SIZE), NULL, NULL, NULL,
    )  # fmt: skip


def flow(
    channel: int, next_incoming: int, next_outgoing: int,
    link: tuple[int, int, int] | None = None, *, drain: bool = False,
) -> bytes:  # fmt: skip
    """A flow (11 fields); `link` is handle, delivery-count, credit."""
    handle, count, credit = (NULL, NULL, NULL) if link is None else map(e.uint, link)
    return _performative(
        channel, 0x13, e.uint(next_incoming), e.uint(INCOMING_WINDOW), e.uint(next_outgoing),
        e.uint(65536), handle, count, credit, NULL, e.boolean(drain), FALSE, NULL,
    )  # fmt: skip


def transfer(
    channel: int, handle: int, delivery: int, size: int, *, settled: bool, more: bool = False
) -> bytes:
    """The fixed-size head of a transfer (11 fields) that is followed by `size` payload bytes."""
    return _TRANSFER.pack(
        TRANSFER_PREFIX + size, 2, 0, channel, b"\x00\x53\x14", 0xC0, _TRANSFER_BODY, 11,
        0x70, handle, 0x70, delivery, 0xA0, 4, delivery, 0x43,
        0x41 if settled else 0x42, 0x41 if more else 0x42, b"\x40\x40\x40\x40\x40",
    )  # fmt: skip


def disposition(channel: int, first: int, last: int, state: bytes = ACCEPTED) -> bytes:
    """Our settlement (6 fields) of deliveries first..last, as their receiver."""
    return _performative(channel, 0x15, TRUE, e.uint(first), e.uint(last), TRUE, state, FALSE)


def rejected(condition: str, description: str) -> bytes:
    """The delivery state that fails a send."""
    return e.described(0x25, e.sequence((e.error(condition, description),)))


def detach(channel: int, handle: int, error: bytes = NULL, *, closed: bool = True) -> bytes:
    """A detach (3 fields)."""
    return _performative(channel, 0x16, e.uint(handle), e.boolean(closed), error)


def end(channel: int, error: bytes = NULL) -> bytes:
    """End of a session (1 field)."""
    return _performative(channel, 0x17, error)


def close(error: bytes = NULL) -> bytes:
    """End of the connection (1 field)."""
    return _performative(0, 0x18, error)


def sasl_mechanisms() -> bytes:
    """The mechanisms on offer (1 field, an array)."""
    return frame(0, e.described(0x40, e.sequence((e.symbols(MECHANISMS),))), kind=1)


def sasl_outcome(code: int = 0) -> bytes:
    """The outcome (2 fields); the code is 0 for welcome, 1 for refused."""
    return frame(0, e.described(0x44, e.sequence((e.ubyte(code), NULL))), kind=1)
