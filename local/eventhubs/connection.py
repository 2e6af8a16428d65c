"""One client connection: headers, SASL, frames, and what ends them."""

import asyncio
import logging
import struct
from typing import cast

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.codec import CodecError
from local.eventhubs.hub import Namespace
from local.eventhubs.performatives import Performative, read
from local.eventhubs.session import ProtocolError, Session
from local.eventhubs.transfers import read_transfer

log = logging.getLogger("eventhubs")
_FRAMING = "amqp:connection:framing-error"
_SASL_INIT = 0x41
# size, data offset in words, type, channel
_FRAME_HEAD = struct.Struct(">IBBH")


class Connection(asyncio.Protocol):
    """Reads the client's frames in order; writes are gathered per read."""

    def __init__(self, namespace: Namespace, others: "set[Connection]") -> None:
        self.namespace = namespace
        self.loop = asyncio.get_running_loop()
        self.sessions: dict[int, Session] = {}
        self.paused = False
        self.reading = False
        self.peer_frame_size = frames.MAX_FRAME_SIZE
        self._others = others
        self._buffer = b""
        # how far the buffer was read; cutting it per frame would copy the rest each time
        self._at = 0
        self._out: list[bytes] = []
        self._phase = self._header
        self._ended: set[int] = set()
        self._opened = False
        self._closing = False
        self._peer = "?"
        self._heart: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there; TCP_NODELAY is the loop's default."""
        self.transport = cast(asyncio.Transport, transport)
        # a client that is gone already has no name
        self._peer = "{}:{}".format(*(transport.get_extra_info("peername") or ("?", 0))[:2])
        self._others.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Give back every place a link held, else a restarted client would find itself refused."""
        self._closing = True
        self._others.discard(self)
        if self._heart is not None:
            self._heart.cancel()
        for session in self.sessions.values():
            session.close()
        self.sessions.clear()
        log.info("connection closed: %s%s", self._peer, f" ({exc})" if exc else "")

    def pause_writing(self) -> None:
        """The client reads slower than we send: no deliveries until it caught up."""
        self.paused = True

    def resume_writing(self) -> None:
        """Go on delivering."""
        self.paused = False
        for session in self.sessions.values():
            for link in tuple(session.links.values()):
                link.wake()

    def data_received(self, data: bytes) -> None:
        """Take what came through the phases; then send what that gave rise to in one write."""
        if self._closing:
            return
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0
        self.reading = True
        try:
            while not self._closing and self._phase():
                pass
        except CodecError as error:
            self.fail("amqp:decode-error", str(error))
        except ProtocolError as error:
            self.fail(error.condition, error.description)
        if not self._closing:
            self._flush()
        self.reading = False
        if self._out and not self.transport.is_closing():
            self.transport.write(b"".join(self._out))
        self._out.clear()
        if self._closing:
            self.transport.close()

    def _flush(self) -> None:
        """Send the accepts that were held back, before what must come after them."""
        for session in self.sessions.values():
            session.flush()

    def write(self, data: bytes) -> None:
        """Send, at the end of the current read when there is one."""
        if self.reading:
            self._out.append(data)
        elif not self.transport.is_closing():
            self.transport.write(data)

    def fail(self, condition: str, description: str) -> None:
        """End the connection with an error."""
        log.warning("connection failed: %s %s: %s", self._peer, condition, description)
        self._flush()
        if not self._opened:
            self.write(frames.open_("local"))
        self.write(frames.close(e.error(condition, description)))
        self._closing = True
        if not self.reading:
            self.transport.close()

    def _header(self) -> bool:
        head = self._buffer[self._at : self._at + 8]
        if not b"AMQP".startswith(head[:4]) or (len(head) == 8 and head[4] not in (0, 3)):
            hint = "this port speaks plain AMQP: put UseDevelopmentEmulator=true (in exactly this "
            log.warning(
                "no AMQP client: %s began with %r; %scase) into the connection string",
                self._peer, head, hint,
            )  # fmt: skip
            self.write(frames.SASL_HEADER)
            self._closing = True
            return False
        if len(head) < 8:
            return False
        self._at += 8
        if head[4] == 3:
            self.write(frames.SASL_HEADER + frames.sasl_mechanisms())
            self._phase = self._sasl
        else:
            self.write(frames.AMQP_HEADER)
            self._phase = self._amqp
        return True

    def _sasl(self) -> bool:
        frame = self._frame(1)
        if frame is None:
            return False
        init = read(frame[1])
        if init.code != _SASL_INIT:
            raise CodecError(f"sasl-init is expected, found 0x{init.code:02x}")
        welcome = init.text(0) in frames.MECHANISMS
        self.write(frames.sasl_outcome(0 if welcome else 1))
        if not welcome:
            log.warning("SASL mechanism refused: %s asked for %r", self._peer, init.text(0))
            self._closing = True
        self._phase = self._header
        return True

    def _frame(self, kind: int) -> tuple[int, bytes] | None:
        buffer, at = self._buffer, self._at
        if len(buffer) - at < _FRAME_HEAD.size:
            return None
        size, offset, found, channel = _FRAME_HEAD.unpack_from(buffer, at)
        skipped = offset * 4
        if not 8 <= skipped <= size <= frames.MAX_FRAME_SIZE or found != kind:
            text = f"a frame of {size} bytes, data offset {skipped}, type {found}"
            raise ProtocolError(_FRAMING, f"{text}: at most {frames.MAX_FRAME_SIZE} bytes are read")
        if len(buffer) - at < size:
            return None
        self._at = at + size
        return channel, buffer[at + skipped : at + size]

    def _amqp(self) -> bool:
        frame = self._frame(0)
        if frame is None:
            return False
        channel, body = frame
        if not body:
            return True
        try:
            self._on_frame(channel, body)
        except ProtocolError as error:
            if not error.session or channel not in self.sessions:
                raise
            self._end(channel, error)
        return True

    def _end(self, channel: int, error: ProtocolError) -> None:
        log.warning("session ended: %s %s: %s", self._peer, error.condition, error.description)
        session = self.sessions[channel]
        session.flush()
        session.close()
        session.ended = True
        self.write(frames.end(channel, e.error(error.condition, error.description)))

    def _on_frame(self, channel: int, body: bytes) -> None:
        kind = body[:3]
        session = self.sessions.get(channel)
        if session is not None and kind == b"\x00\x53\x14":
            if not session.ended:
                session.on_transfer(read_transfer(body))
            return
        if session is not None and kind == b"\x00\x53\x15":
            return
        performative = read(body)
        if performative.code == 0x10:
            self._on_open(performative)
        elif not self._opened:
            raise ProtocolError(_FRAMING, f"0x{performative.code:02x} came before open")
        elif performative.code == 0x18:
            self._flush()
            self.write(frames.close())
            self._closing = True
        elif performative.code == 0x11:
            self._on_begin(channel, performative)
        elif channel in self._ended:
            # the Python SDK still detaches links of a session that it has ended
            return
        elif session is None:
            raise ProtocolError(_FRAMING, f"no session on channel {channel}")
        elif performative.code == 0x17:
            del self.sessions[channel]
            self._ended.add(channel)
            session.flush()
            session.close()
            if not session.ended:
                self.write(frames.end(channel))
        elif not session.ended:
            self._on_session_frame(session, performative)

    def _on_session_frame(self, session: Session, performative: Performative) -> None:
        match performative.code:
            case 0x12:
                session.on_attach(performative)
            case 0x13:
                session.on_flow(performative)
            case 0x14:
                raise ProtocolError(_FRAMING, "a transfer with a long descriptor is not read")
            case 0x15:
                return
            case 0x16:
                session.on_detach(performative)
            case code:
                raise CodecError(f"0x{code:02x} is no performative")

    def _on_open(self, performative: Performative) -> None:
        if self._opened:
            raise ProtocolError("amqp:illegal-state", "the connection is open already")
        container = performative.text(0)
        size = performative.number(2, frames.MAX_FRAME_SIZE)
        # 512 is the least the specification lets a peer ask for
        self.peer_frame_size = max(512, min(size, frames.MAX_FRAME_SIZE))
        self._opened = True
        self.write(frames.open_("local"))
        idle_ms = performative.number(4)
        if idle_ms:
            self._beat(max(idle_ms, 20) / 2000)
        log.info("connection opened: %s container %s", self._peer, container)

    def _beat(self, seconds: float) -> None:
        if self._heart is not None:
            self.write(frames.EMPTY)
        self._heart = self.loop.call_later(seconds, self._beat, seconds)

    def _on_begin(self, channel: int, performative: Performative) -> None:
        if channel > frames.CHANNEL_MAX:
            raise ProtocolError(_FRAMING, f"channel {channel} is above {frames.CHANNEL_MAX}")
        if channel in self.sessions:
            raise ProtocolError(_FRAMING, f"channel {channel} has a session already")
        self._ended.discard(channel)
        self.sessions[channel] = Session(self, channel, performative)
        self.write(frames.begin(channel))
