"""Encoders for the AMQP values the broker writes; each returns the bytes of one value."""

import struct
from collections.abc import Iterable, Mapping

from local.eventhubs.codec import FALSE, NULL, TRUE


def uint(value: int) -> bytes:
    """A 32-bit unsigned integer."""
    return b"\x70" + value.to_bytes(4, "big")


def ulong(value: int) -> bytes:
    """A 64-bit unsigned integer."""
    return b"\x80" + value.to_bytes(8, "big")


def ubyte(value: int) -> bytes:
    """An 8-bit unsigned integer."""
    return bytes((0x50, value))


def ushort(value: int) -> bytes:
    """A 16-bit unsigned integer."""
    return b"\x60" + value.to_bytes(2, "big")


def integer(value: int) -> bytes:
    """A 32-bit signed integer, the type of status codes and counts."""
    return struct.pack(">Bi", 0x71, value)


def long(value: int) -> bytes:
    """A 64-bit signed integer, the type of sequence numbers."""
    return struct.pack(">Bq", 0x81, value)


def timestamp(milliseconds: int) -> bytes:
    """Milliseconds since 1970, UTC."""
    return struct.pack(">Bq", 0x83, milliseconds)


def boolean(value: bool) -> bytes:
    """True or false in one byte."""
    return TRUE if value else FALSE


def _variable(kind: int, raw: bytes) -> bytes:
    if len(raw) < 256:
        return bytes((0xA0 | kind, len(raw))) + raw
    return bytes((0xB0 | kind,)) + len(raw).to_bytes(4, "big") + raw


def binary(value: bytes) -> bytes:
    """Opaque bytes."""
    return _variable(0, value)


def string(value: str) -> bytes:
    """UTF-8 text."""
    return _variable(1, value.encode())


def symbol(value: str) -> bytes:
    """ASCII name; anything else in it is replaced, for it may quote a client's text."""
    return _variable(3, value.encode("ascii", "replace"))


def sequence(fields: Iterable[bytes]) -> bytes:
    """A list32 of encoded fields."""
    items = list(fields)
    body = b"".join(items)
    return b"\xd0" + struct.pack(">II", len(body) + 4, len(items)) + body


def mapping(entries: Mapping[bytes, bytes]) -> bytes:
    """A map32 from encoded keys to encoded values."""
    body = b"".join(key + value for key, value in entries.items())
    return b"\xd1" + struct.pack(">II", len(body) + 4, 2 * len(entries)) + body


def _array(constructor: int, raws: list[bytes]) -> bytes:
    body = bytes((constructor,)) + b"".join(len(raw).to_bytes(4, "big") + raw for raw in raws)
    return b"\xf0" + struct.pack(">II", len(body) + 4, len(raws)) + body


def symbols(values: Iterable[str]) -> bytes:
    """An array of symbols."""
    return _array(0xB3, [value.encode("ascii") for value in values])


def strings(values: Iterable[str]) -> bytes:
    """An array of strings."""
    return _array(0xB1, [value.encode() for value in values])


def described(code: int, value: bytes) -> bytes:
    """A value under a small-ulong descriptor, the only form the Python SDK reads."""
    return bytes((0x00, 0x53, code)) + value


def error(condition: str, description: str) -> bytes:
    """An AMQP error; with fewer than 3 fields the Python SDK fails while reading it."""
    return described(0x1D, sequence((symbol(condition), string(description), NULL)))
