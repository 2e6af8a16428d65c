"""Transfers, the hot path: parsed by hand, without building a performative."""

from dataclasses import dataclass

from local.eventhubs.codec import CodecError, skip


@dataclass(slots=True)
class Transfer:
    """One transfer frame. Identity, format and settlement count only in a delivery's first."""

    handle: int
    delivery_id: int | None
    message_format: int
    settled: bool
    more: bool
    aborted: bool
    payload: bytes


def read_transfer(body: bytes) -> Transfer:
    """The transfer in a frame's body, which starts with 00 53 14. Raises CodecError."""
    values: list[int | None] = [None] * 11
    try:
        if body[3] == 0xC0:
            end, count, at = 5 + body[4], body[5], 6
        elif body[3] == 0xD0:
            end = 8 + int.from_bytes(body[4:8], "big")
            count, at = int.from_bytes(body[8:12], "big"), 12
        else:
            raise CodecError(f"a transfer's fields are no list but 0x{body[3]:02x}")
        for index in range(min(count, 11)):
            code = body[at]
            if code == 0x70:
                values[index] = int.from_bytes(body[at + 1 : at + 5], "big")
                at += 5
            elif code in (0x52, 0x56):
                values[index] = body[at + 1]
                at += 2
            elif code in (0x41, 0x42, 0x43):
                values[index] = int(code == 0x41)
                at += 1
            elif code == 0x40:
                at += 1
            else:
                at = skip(body, at)
    except IndexError:
        raise CodecError("a transfer is cut off") from None
    if at > end or end > len(body) or values[0] is None:
        raise CodecError("a transfer's fields don't fill its list, or name no handle")
    return Transfer(
        values[0], values[1], values[3] or 0, bool(values[4]), bool(values[5]), bool(values[9]),
        body[end:],
    )  # fmt: skip
