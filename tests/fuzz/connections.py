"""Whole conversations with the broker, damaged: each ends in an answer or an error."""

import asyncio
import gc
import shutil
import tempfile
from pathlib import Path
from random import Random

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.connection import Connection
from local.eventhubs.event import BATCH_FORMAT
from local.eventhubs.hub import Namespace
from tests.fuzz.frames import TOKENS
from tests.fuzz.target import Target
from tests.local.eventhubs.inprocess import connected, conversed, opened
from tests.local.eventhubs.raw import SASL_ANONYMOUS, batch, request, terminus, transfers

_OPENING = (SASL_ANONYMOUS, frames.AMQP_HEADER, frames.open_("raw"), frames.begin(0))
_KEPT = 20_000
"""Inputs after which the broker's folder is made anew."""


def attach(handle: int, address: str, *, sends: bool, start: str = "") -> bytes:
    return frames.attach(
        0, f"link-{handle}", handle, sends=sends, settle=e.ubyte(0 if sends else 1),
        source=terminus(0x28, "me") if sends else terminus(0x28, address, start),
        target=terminus(0x29, address) if sends else terminus(0x29, "answers"),
    )  # fmt: skip


def asked(node: str, kind: str, **properties: str) -> tuple[bytes, ...]:
    message = b"".join(request(kind, **properties))
    return (
        *(_OPENING, attach(0, node, sends=True), attach(1, node, sends=False))[0],
        attach(0, node, sends=True),
        attach(1, node, sends=False),
        frames.flow(0, 0, 0, (1, 0, 10)),
        transfers(0, 0, message, 0),
        frames.detach(0, 0),
    )


class Connections(Target):
    """Frames are the parts; a frame that was changed mostly gets its size put right."""

    seeds = (
        (*_OPENING, attach(0, "orders/Partitions/0", sends=True),
         transfers(0, 0, batch([b"x"] * 3), BATCH_FORMAT),
         transfers(0, 1, b"\x00\x53\x75\xa0\x01y", 0),
         frames.close()),
        (*_OPENING, attach(0, "orders", sends=True),
         transfers(0, 0, b"\x00\x53\x75\xb0\x00\x01\x11\x70" + b"z" * 70_000, 0), frames.end(0)),
        (*_OPENING,
         attach(0, "orders/ConsumerGroups/readers/Partitions/0", sends=False,
                start="amqp.annotation.x-opt-sequence-number > '1'"),
         frames.flow(0, 0, 0, (0, 0, 5)), frames.flow(0, 3, 0, (0, 3, 5), drain=True),
         frames.disposition(0, 0, 2), frames.detach(0, 0), frames.close()),
        asked("$management", "com.microsoft:partition", name="orders", partition="1"),
        asked("$cbs", "servicebus.windows.net:sastoken", name="amqp://x/orders"),
        (frames.AMQP_HEADER, frames.open_("raw"), frames.EMPTY, frames.begin(1), frames.close()),
    )  # fmt: skip
    tokens = (
        *TOKENS,
        frames.EMPTY,
        frames.AMQP_HEADER,
        frames.SASL_HEADER,
        b"\x16\x03\x01\x02\x00",
    )

    def __init__(self) -> None:
        self._put = 0
        self._folder = ""
        self._namespace = Namespace([])
        self._failed: list[str] = []
        self._others: set[Connection] = set()

    async def start(self) -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: self._failed.append(repr(context))
        )

    def _broker(self) -> None:
        for hub in self._namespace.hubs():
            for partition in hub.partitions:
                partition.log.close()
        # Connections and what they hold are cycles; the old broker is to go before the new one.
        self._namespace = Namespace([])
        gc.collect()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder = tempfile.mkdtemp(prefix="fuzz-broker-")
        self._namespace = opened(Path(self._folder))

    async def put(self, parts: list[bytes], chance: Random) -> str:
        if self._put % _KEPT == 0:
            self._broker()
        self._put += 1
        connection, sink = connected(self._namespace, self._others)
        unread = await conversed(connection, _chunks(parts, chance))
        assert not self._failed, self._failed
        assert not self._others
        assert sink.closed or unread < frames.MAX_FRAME_SIZE
        return "closed" if sink.closed else "waiting for more"


def _chunks(parts: list[bytes], chance: Random) -> list[bytes]:
    whole = b"".join(_sized(part, chance) for part in parts)
    if chance.random() < 0.8 or not whole:
        return [whole]
    at = chance.randrange(len(whole))
    return [whole[:at], whole[at:]]


def _sized(part: bytes, chance: Random) -> bytes:
    """The frame with the size that it has, if it is one frame."""
    if len(part) < 8 or part.startswith(b"AMQP") or chance.random() < 0.1:
        return part
    told = int.from_bytes(part[:4])
    return (
        part
        if told < len(part) and part[told : told + 2] == b"\x00\x00"
        else (len(part).to_bytes(4) + part[4:])
    )
