"""A client on a bare socket, made of the broker's own codec: fast enough to load it, and free to
break every rule."""

import socket
from typing import Self

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.codec import FALSE, NULL
from local.eventhubs.event import BATCH_FORMAT
from local.eventhubs.performatives import Performative, read
from local.eventhubs.selector import FILTER

# room for the head of a transfer in a frame
_HEAD = 64
SASL_ANONYMOUS = frames.SASL_HEADER + frames.frame(
    0, e.described(0x41, e.sequence((e.symbol("ANONYMOUS"), NULL, NULL))), kind=1
)


def batch(bodies: list[bytes]) -> bytes:
    """The payload of a batch transfer: a data section per event, each an encoded message."""
    events = (e.described(0x75, e.binary(body)) for body in bodies)
    return b"".join(e.described(0x75, e.binary(event)) for event in events)


def transfers(handle: int, delivery: int, payload: bytes, message_format: int) -> bytes:
    """All frames of one unsettled delivery on channel 0."""
    room = frames.MAX_FRAME_SIZE - _HEAD
    parts = []
    for start in range(0, len(payload), room):
        head = e.described(0x14, e.sequence((
            e.uint(handle), e.uint(delivery), e.binary(delivery.to_bytes(4, "big")),
            e.uint(message_format), FALSE, e.boolean(start + room < len(payload)),
            NULL, NULL, NULL, NULL, NULL,
        )))  # fmt: skip
        parts.append(frames.frame(0, head + payload[start : start + room]))
    return b"".join(parts)


def terminus(code: int, address: str, start: str = "") -> bytes:
    """A source (0x28), with the filter that says where to start, or a target (0x29)."""
    fields = [e.string(address)]
    if start:
        name = e.symbol(FILTER)
        wish = b"\x00" + name + e.string(start)
        fields += [NULL] * 6 + [e.mapping({name: wish})]
    return e.described(code, e.sequence(fields))


def request(kind: str, **properties: str) -> tuple[bytes, ...]:
    """A request to a node, as the sections of a message."""
    told = {"operation": "READ", "type": kind, **properties}
    return (
        e.described(0x73, e.sequence((e.string("1"), *[NULL] * 3, e.string("answers")))),
        e.described(0x74, e.mapping({e.string(k): e.string(v) for k, v in told.items()})),
        e.described(0x77, e.string("token")),
    )


class RawClient:
    """One connection with one session. Reads raise TimeoutError after 60 s."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._buffer = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def rest(self) -> bytes:
        """All bytes until the broker closes."""
        data = self._buffer
        while chunk := self.socket.recv(65536):
            data += chunk
        return data

    def exactly(self, count: int) -> bytes:
        """The next `count` bytes; EOFError when the broker closes before."""
        while len(self._buffer) < count:
            chunk = self.socket.recv(1 << 18)
            if not chunk:
                raise EOFError(self._buffer)
            self._buffer += chunk
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def frame(self) -> Performative:
        """The next performative."""
        size = int.from_bytes(self.exactly(4), "big")
        return read(self.exactly(size - 4)[4:])

    def until(self, code: int) -> Performative:
        """The next performative with `code`; others are dropped."""
        while (found := self.frame()).code != code:
            pass
        return found

    def open(self) -> None:
        """Connection and session, pipelined."""
        self.send(frames.AMQP_HEADER + frames.open_("raw") + frames.begin(0))
        assert self.exactly(8) == frames.AMQP_HEADER
        self.until(0x11)

    def attach(self, handle: int, address: str, *, sends: bool, start: str = "") -> None:
        """A producer's link (`sends`) or a reader's, presettled; returns when it is answered."""
        self.send(
            frames.attach(
                0, f"link-{handle}", handle, sends=sends, settle=e.ubyte(0 if sends else 1),
                source=NULL if sends else terminus(0x28, address, start),
                target=terminus(0x29, address) if sends else NULL,
            )
        )  # fmt: skip
        self.until(0x12)

    def publish(self, handle: int, delivery: int, payload: bytes) -> None:
        """A batch, without waiting for its outcome."""
        self.send(transfers(handle, delivery, payload, BATCH_FORMAT))

    def accepted(self, delivery: int) -> None:
        """Wait until `delivery` is settled; it must be accepted."""
        while True:
            settled = self.until(0x15)
            assert settled.raw(4) == frames.ACCEPTED, settled
            if settled.number(2, settled.number(1)) >= delivery:
                return

    def credit(self, handle: int, count: int, credit: int) -> None:
        """Grant a reader's link credit."""
        self.send(frames.flow(0, count, 0, (handle, count, credit)))

    def ask(self, kind: str, **properties: str) -> bytes:
        """What `$management` answers; asked once on a connection."""
        for handle in (8, 9):
            self.send(
                frames.attach(
                    0, f"link-{handle}", handle, sends=handle == 8, settle=e.ubyte(1),
                    source=terminus(0x28, "$management"), target=terminus(0x29, "$management"),
                )
            )  # fmt: skip
            self.until(0x12)
        self.credit(9, 0, 1)
        self.send(transfers(8, 0, b"".join(request(kind, **properties)), 0))
        return self.until(0x14).payload

    def take(self, events: int) -> None:
        """Read that many single-frame transfers and throw them away; fast."""
        buffer, pos = self._buffer, 0
        while events > 0:
            size = int.from_bytes(buffer[pos : pos + 4], "big") if len(buffer) - pos >= 4 else 0
            if size == 0 or len(buffer) - pos < size:
                chunk = self.socket.recv(1 << 20)
                if not chunk:
                    raise EOFError
                buffer, pos = buffer[pos:] + chunk, 0
                continue
            events -= buffer[pos + 10] == 0x14
            pos += size
        self._buffer = buffer[pos:]
