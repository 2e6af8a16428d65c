"""The values of a fact → Avro binary, the bytes of any Avro library.

What is ours is what the libraries leave out: a value that does not fit its type is refused, not
rounded, cut or passed on. It is also some times as fast as they are.
"""

import struct
from collections.abc import Callable
from datetime import date, datetime
from decimal import Context, Decimal
from functools import partial
from typing import Any
from uuid import UUID

from eventing.avro_types import EPOCH, EPOCH_DAY, MILLISECOND, Misfit, logical

type Write = Callable[[Any], bytes]

_BYTE = [bytes((number,)) for number in range(128)]
_REFUSED = (TypeError, ValueError, ArithmeticError, AttributeError)


def record_writer(schema: Any) -> Write:
    """What writes an object by its attributes, in the order of the record schema's fields.

    It raises Misfit. Raises LookupError for types that no event has: array, map, fixed, record.
    """
    writes = [(field["name"], _of(field["type"])) for field in schema["fields"]]

    def write(values: Any) -> bytes:
        try:
            return b"".join([one(getattr(values, name)) for name, one in writes])
        except _REFUSED as error:
            raise Misfit(f"{_misfit(writes, values)}: {error}") from error

    return write


def _misfit(writes: list[tuple[str, Write]], values: Any) -> str:
    for name, one in writes:
        try:
            one(getattr(values, name))
        except _REFUSED:
            return name
    return "?"


def _of(kind: Any) -> Write:
    if isinstance(kind, list):
        return _union(kind)
    meaning = logical(kind)
    if meaning and meaning[0] == "decimal":
        _, precision, scale = meaning
        return partial(_decimal, precision, scale, Context(prec=precision))
    if meaning:
        return _MEANT[meaning[0]]
    plain = kind["type"] if isinstance(kind, dict) else kind
    return partial(_symbol, kind["symbols"]) if plain == "enum" else _PLAIN[plain]


def _union(kinds: list[Any]) -> Write:
    if len(kinds) != 2 or "null" not in kinds:
        raise LookupError(f"the union {kinds} is no value or null")
    null = kinds.index("null")
    one, absent, present = _of(kinds[1 - null]), _long(null), _long(1 - null)
    return lambda value: absent if value is None else present + one(value)


def _long(value: int) -> bytes:
    rest = (value << 1) ^ (value >> 63)
    if rest < 128:
        return _BYTE[rest]
    found = bytearray()
    while rest > 127:
        found.append(rest & 127 | 128)
        rest >>= 7
    found.append(rest)
    return bytes(found)


def _whole(bits: int, value: Any) -> bytes:
    if type(value) is not int or not -(1 << bits) <= value < 1 << bits:
        raise Misfit(f"{value!r} is no whole number of {bits + 1} bits")
    return _long(value)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise Misfit(f"{value!r} is no bytes")
    return _long(len(value)) + value


def _text(value: Any) -> bytes:
    if not isinstance(value, str):
        raise Misfit(f"{value!r} is no text")
    raw = value.encode()
    return _long(len(raw)) + raw


def _boolean(value: Any) -> bytes:
    if type(value) is not bool:
        raise Misfit(f"{value!r} is not true or false")
    return _BYTE[value]


def _float(form: str, value: Any) -> bytes:
    if type(value) is not float:
        raise Misfit(f"{value!r} is no float")
    return struct.pack(form, value)


def _null(value: Any) -> bytes:
    if value is not None:
        raise Misfit(f"{value!r} is not null")
    return b""


def _symbol(symbols: list[str], value: Any) -> bytes:
    if value not in symbols:
        raise Misfit(f"{value!r} is none of {', '.join(symbols)}")
    return _long(symbols.index(value))


def _uuid(value: Any) -> bytes:
    if type(value) is not UUID:
        raise Misfit(f"{value!r} is no UUID")
    return b"H" + str(value).encode()  # H is the length, 36


def _day(value: Any) -> bytes:
    if type(value) is not date:
        raise Misfit(f"{value!r} is no day")
    return _long(value.toordinal() - EPOCH_DAY)


def _instant(value: Any) -> bytes:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Misfit(f"{value!r} is no time with an offset")
    return _long((value - EPOCH) // MILLISECOND)


def _decimal(precision: int, scale: int, context: Context, value: Any) -> bytes:
    if not isinstance(value, Decimal):
        raise Misfit(f"{value!r} is no decimal")
    unscaled = int(value.scaleb(scale, context))
    if abs(unscaled) >= 10**precision or Decimal(unscaled).scaleb(-scale, context) != value:
        raise Misfit(f"{value} has more than {precision} digits, or more than {scale} decimals")
    return _bytes(unscaled.to_bytes(unscaled.bit_length() // 8 + 1, signed=True))


_PLAIN: dict[str, Write] = {
    "null": _null,
    "boolean": _boolean,
    "int": partial(_whole, 31),
    "long": partial(_whole, 63),
    "float": partial(_float, "<f"),
    "double": partial(_float, "<d"),
    "bytes": _bytes,
    "string": _text,
}
_MEANT: dict[str, Write] = {"uuid": _uuid, "date": _day, "timestamp-millis": _instant}
