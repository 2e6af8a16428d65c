"""AMQP 1.0 types (part 1 of the specification): a bounded decoder; encode.py has the encoders."""

import struct
from dataclasses import dataclass

MAX_DEPTH = 32
NULL = b"\x40"
TRUE = b"\x41"
FALSE = b"\x42"

# constructor -> bytes of the fixed-width value that follows
_FIXED = {
    **dict.fromkeys((0x40, 0x41, 0x42, 0x43, 0x44, 0x45), 0),
    **dict.fromkeys((0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56), 1),
    **dict.fromkeys((0x60, 0x61), 2),
    **dict.fromkeys((0x70, 0x71, 0x72, 0x73, 0x74), 4),
    **dict.fromkeys((0x80, 0x81, 0x82, 0x83, 0x84), 8),
    **dict.fromkeys((0x94, 0x98), 16),
}
_NUMBER = {
    0x50: ">B", 0x51: ">b", 0x52: ">B", 0x53: ">B", 0x54: ">b", 0x55: ">b",
    0x60: ">H", 0x61: ">h", 0x70: ">I", 0x71: ">i", 0x72: ">f",
    0x80: ">Q", 0x81: ">q", 0x82: ">d", 0x83: ">q",
}  # fmt: skip
_CONSTANT: dict[int, object] = {0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0}
_U32 = struct.Struct(">I")


class CodecError(ValueError):
    """Bytes that are no AMQP value; the message says where and what."""


class Symbol(str):
    """An AMQP symbol, told apart from a string."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Described:
    """A value with its descriptor (a ulong or a symbol)."""

    descriptor: object
    value: object


def _sized(data: bytes, pos: int, width: int) -> tuple[int, int]:
    if pos + width > len(data):
        raise CodecError(f"a length at byte {pos} is cut off")
    size = data[pos] if width == 1 else _U32.unpack_from(data, pos)[0]
    start = pos + width
    if start + size > len(data):
        raise CodecError(f"{size} bytes announced at byte {pos}, {len(data) - start} are there")
    return start, start + size


def skip(data: bytes, pos: int, depth: int = 0) -> int:
    """The position after the value at `pos`, without building it."""
    if pos >= len(data):
        raise CodecError(f"a value is missing at byte {pos}")
    code = data[pos]
    if code == 0:
        if depth > MAX_DEPTH:
            raise CodecError(f"nested deeper than {MAX_DEPTH} at byte {pos}")
        return skip(data, skip(data, pos + 1, depth + 1), depth + 1)
    width = _FIXED.get(code)
    if width is not None:
        if pos + 1 + width > len(data):
            raise CodecError(f"the value at byte {pos} is cut off")
        return pos + 1 + width
    if code >> 4 in (0xA, 0xC, 0xE):
        return _sized(data, pos + 1, 1)[1]
    if code >> 4 in (0xB, 0xD, 0xF):
        return _sized(data, pos + 1, 4)[1]
    raise CodecError(f"unknown type 0x{code:02x} at byte {pos}")


def decode(data: bytes, pos: int = 0, depth: int = 0) -> tuple[object, int]:
    """The value at `pos` and the position after it. Raises CodecError."""
    if depth > MAX_DEPTH:
        raise CodecError(f"nested deeper than {MAX_DEPTH} at byte {pos}")
    if pos >= len(data):
        raise CodecError(f"a value is missing at byte {pos}")
    code = data[pos]
    if code == 0:
        descriptor, pos = decode(data, pos + 1, depth + 1)
        value, pos = decode(data, pos, depth + 1)
        return Described(descriptor, value), pos
    return _decode_body(code, data, pos + 1, depth)


def _decode_body(code: int, data: bytes, pos: int, depth: int) -> tuple[object, int]:
    if code in _CONSTANT:
        return _CONSTANT[code], pos
    if code == 0x45:
        return [], pos
    width = _FIXED.get(code)
    if width is not None:
        end = pos + width
        if end > len(data):
            raise CodecError(f"the value at byte {pos} is cut off")
        if code == 0x56:
            return data[pos] != 0, end
        form = _NUMBER.get(code)
        return (struct.unpack_from(form, data, pos)[0] if form else data[pos:end]), end
    family = code >> 4
    if family not in (0xA, 0xB, 0xC, 0xD, 0xE, 0xF):
        raise CodecError(f"unknown type 0x{code:02x} at byte {pos - 1}")
    wide = 4 if family & 1 else 1
    start, end = _sized(data, pos, wide)
    if family in (0xA, 0xB):
        return _variable(code & 0xF, data[start:end], start), end
    return _compound(family, code & 0xF, data[:end], start, wide, depth), end


def _variable(kind: int, raw: bytes, at: int) -> object:
    try:
        if kind == 0:
            return raw
        if kind == 1:
            return raw.decode("utf-8")
        if kind == 3:
            return Symbol(raw.decode("ascii"))
    except UnicodeDecodeError as error:
        raise CodecError(f"the text at byte {at} is not valid: {error.reason}") from None
    raise CodecError(f"unknown variable-width type {kind} at byte {at}")


def _compound(family: int, kind: int, data: bytes, pos: int, wide: int, depth: int) -> object:
    if pos + wide > len(data):
        raise CodecError(f"a count at byte {pos} is cut off")
    count = data[pos] if wide == 1 else _U32.unpack_from(data, pos)[0]
    pos += wide
    # every element takes at least a byte; without this a frame could announce four billion of them
    if count > len(data) - pos and family < 0xE:
        raise CodecError(f"{count} elements announced at byte {pos}, only {len(data) - pos} bytes")
    if family >= 0xE:
        return _array(data, pos, count, depth)
    items: list[object] = []
    for _ in range(count):
        item, pos = decode(data, pos, depth + 1)
        items.append(item)
    if kind == 0:
        return items
    if kind != 1 or count % 2:
        raise CodecError(f"not a list or map of {count} elements before byte {pos}")
    return {_hashable(items[i]): items[i + 1] for i in range(0, count, 2)}


def _hashable(key: object) -> object:
    return repr(key) if isinstance(key, (list, dict, Described)) else key


def _array(data: bytes, pos: int, count: int, depth: int) -> list[object]:
    # its elements have no constructor of their own, so `decode` doesn't see how deep they are
    if depth > MAX_DEPTH:
        raise CodecError(f"nested deeper than {MAX_DEPTH} at byte {pos}")
    if count > len(data):
        raise CodecError(f"an array of {count} elements in {len(data)} bytes")
    if count == 0:
        return []
    if pos < len(data) and data[pos] == 0:
        pos = skip(data, pos + 1, depth + 1)
    if pos >= len(data):
        raise CodecError(f"an array without a constructor at byte {pos}")
    code, pos = data[pos], pos + 1
    items: list[object] = []
    for _ in range(count):
        item, pos = _decode_body(code, data, pos, depth + 1)
        items.append(item)
    return items
