"""Bodies of AMQP frames and messages → what the broker reads in them, or CodecError."""

from collections.abc import Callable
from random import Random
from typing import Any

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.codec import CodecError, decode, skip
from local.eventhubs.event import BATCH_FORMAT, read_publication, stamp
from local.eventhubs.performatives import read
from local.eventhubs.requests import read_request
from local.eventhubs.transfers import read_transfer
from tests.fuzz.target import Target, brief
from tests.local.eventhubs.raw import batch, request, terminus, transfers

TOKENS = (
    *(b"\x00", b"\x40", b"\x45", b"\x00\x53\x14", b"\x00\x80" + bytes(7) + b"\x14"),
    *(b"\xd0\xff\xff\xff\xff\xff\xff\xff\xff", b"\xf0\x00\x00\x00\x05\x7f\xff\xff\xff\x40"),
    *(b"\xf0\x00\x00\x10\x00\x00\x00\x0f\xff\x45", b"\xd1\x00\x00\x00\x08\x00\x00\x00\x02\x40\x40"),
    *(b"\x00" * 200, b"\xc0\x04\x01" * 100, b"\xa1\xff", b"\xb1\x7f\xff\xff\xff", b"\xc0\x01\x00"),
)  # fmt: skip
MESSAGE = (
    e.described(0x70, e.sequence((b"\x41",))),
    e.described(0x72, e.mapping({e.symbol("x-opt-partition-key"): e.string("k")})),
    e.described(0x73, e.sequence((e.string("id"), b"\x40", b"\x40", b"\x40", e.string("reply")))),
    e.described(0x74, e.mapping({e.string("operation"): e.string("READ")})),
    e.described(0x75, e.binary(b"x")),
)


def published(message_format: int) -> Callable[[bytes], Any]:
    """Reads a transfer's payload, and makes of it what consumers get."""

    def parse(data: bytes) -> Any:
        blobs, end = stamp(read_publication(data, message_format).events, 7, 0, 1)
        assert end == sum(map(len, blobs))
        return blobs

    return parse


class Frames(Target):
    """Each input goes through every reader."""

    seeds = (
        (frames.open_("raw")[8:],),
        (frames.begin(0)[8:],),
        (
            frames.attach(
                0, "l", 0, sends=True, settle=b"\x40", source=terminus(0x28, "a", "x > '5'"),
                target=terminus(0x29, "orders"),
            )[8:],
        ),
        (frames.flow(0, 1, 2, (0, 1, 2))[8:],),
        (transfers(0, 0, batch([b"x"] * 3), BATCH_FORMAT)[8:],),
        (frames.disposition(0, 0, 1, frames.rejected("amqp:x", "y"))[8:],),
        (frames.detach(0, 0, e.error("amqp:not-found", "no"))[8:],),
        (frames.sasl_mechanisms()[8:],),
        MESSAGE,
        (batch([b"".join(MESSAGE), MESSAGE[4]]),),
        request("com.microsoft:eventhub", name="orders"),
    )  # fmt: skip
    tokens = TOKENS

    def __init__(self) -> None:
        self._readers: tuple[Callable[[bytes], Any], ...] = (
            *(read, decode, read_transfer, read_request, published(0), published(BATCH_FORMAT)),
        )

    async def put(self, parts: list[bytes], chance: Random) -> str:
        data = b"".join(parts)
        read_by = 0
        for reader in self._readers:
            try:
                reader(data)
            except CodecError as refusal:
                brief(refusal, 500_000)
            else:
                read_by += 1
        try:
            assert skip(data, 0) == decode(data)[1]
        except CodecError:
            return "CodecError" if not read_by else "read"
        return "read"
