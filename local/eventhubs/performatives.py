"""Frames the broker reads: a performative as its fields, each with the bytes it came in."""

from dataclasses import dataclass

from local.eventhubs.codec import NULL, CodecError, decode, skip


@dataclass(frozen=True, slots=True)
class Performative:
    """A decoded performative; absent trailing fields read as null. `payload` follows the list."""

    code: int
    fields: tuple[object, ...]
    raws: tuple[bytes, ...]
    payload: bytes

    def get(self, index: int) -> object:
        """Field `index`, None when absent."""
        return self.fields[index] if index < len(self.fields) else None

    def raw(self, index: int) -> bytes:
        """The encoded bytes of field `index`."""
        return self.raws[index] if index < len(self.raws) else NULL

    def number(self, index: int, default: int = 0) -> int:
        """An unsigned field; null is `default`. Raises CodecError for another type."""
        value = self.get(index)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise CodecError(f"field {index} of performative 0x{self.code:02x} is {value!r}")
        return value

    def text(self, index: int) -> str:
        """A string or symbol field. Raises CodecError when it is neither."""
        value = self.get(index)
        if not isinstance(value, str):
            raise CodecError(f"field {index} of performative 0x{self.code:02x} is {value!r}")
        return value


def list_raws(data: bytes, pos: int) -> tuple[list[bytes], int]:
    """The encoded elements of the list at `pos`, and the position after the list."""
    end = skip(data, pos)
    code = data[pos]
    if code == 0x45:
        return [], end
    if code == 0xC0 and pos + 2 < end:
        count, at = data[pos + 2], pos + 3
    elif code == 0xD0 and pos + 8 < end:
        count, at = int.from_bytes(data[pos + 5 : pos + 9], "big"), pos + 9
    else:
        raise CodecError(f"a list is expected at byte {pos}, found 0x{code:02x}")
    within, raws = data[:end], []
    for _ in range(count):
        after = skip(within, at)
        raws.append(data[at:after])
        at = after
    return raws, end


def read(body: bytes) -> Performative:
    """A frame's body as a performative. Raises CodecError."""
    if len(body) < 3 or body[0] != 0:
        raise CodecError("a frame does not start with a described performative")
    code, pos = decode(body, 1)
    if not isinstance(code, int) or isinstance(code, bool):
        raise CodecError(f"a performative's descriptor is {code!r}")
    raws, end = list_raws(body, pos)
    return Performative(code, tuple(decode(raw)[0] for raw in raws), tuple(raws), body[end:])
