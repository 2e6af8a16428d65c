"""A session: the links of one channel, their windows, and the settling of what came in."""

from typing import TYPE_CHECKING

from local.eventhubs import frames
from local.eventhubs.attach import open_link
from local.eventhubs.links import U32, Link, ReplyLink
from local.eventhubs.performatives import Performative
from local.eventhubs.transfers import Transfer

if TYPE_CHECKING:
    from local.eventhubs.connection import Connection


class ProtocolError(Exception):
    """The peer broke the protocol: `condition` ends the session, or the whole connection."""

    def __init__(self, condition: str, description: str, *, session: bool = False) -> None:
        super().__init__(description)
        self.condition = condition
        self.description = description
        self.session = session


class Session:
    """`window` is how many transfer frames the client will still take."""

    def __init__(self, connection: "Connection", channel: int, begin: Performative) -> None:
        self.connection = connection
        self.channel = channel
        self.links: dict[int, Link] = {}
        self.ended = False
        # delivery ids count messages, next_outgoing counts frames: a long message takes several
        self.next_delivery = 0
        self.next_outgoing = 0
        self.next_incoming = begin.number(1)
        self.window = begin.number(2)
        self._accepted: tuple[int, int] | None = None

    def on_attach(self, attach: Performative) -> None:
        """Open a link; a refused one is answered and then detached."""
        handle = attach.number(1)
        if handle > frames.HANDLE_MAX:
            text = f"handle {handle} is above {frames.HANDLE_MAX}"
            raise ProtocolError("amqp:connection:framing-error", text)
        if handle in self.links:
            text = f"handle {handle} is in use"
            raise ProtocolError("amqp:session:handle-in-use", text, session=True)
        open_link(self, attach, handle)

    def on_flow(self, flow: Performative) -> None:
        """Renew the window; pass a link's part on."""
        self.window = self._window(flow.number(0), flow.number(1))
        self.next_incoming = flow.number(2, self.next_incoming)
        if flow.get(4) is not None:
            self._link(flow.number(4)).on_flow(flow)
        elif flow.get(9) is True:
            self.send_flow(None)
        if self.window > 0:
            for link in tuple(self.links.values()):
                link.wake()

    def _window(self, next_incoming: int, incoming_window: int) -> int:
        window = (next_incoming + incoming_window - self.next_outgoing) & U32
        return window if window < 0x80000000 else 0

    def on_transfer(self, transfer: Transfer) -> None:
        """Pass a frame to its link."""
        self.next_incoming = (self.next_incoming + 1) & U32
        self._link(transfer.handle).on_transfer(transfer)

    def on_detach(self, detach: Performative) -> None:
        """Close a link and say so, unless the client only answers our own detach."""
        handle = detach.number(0)
        link = self._link(handle)
        self.flush()
        del self.links[handle]
        link.closed()
        if type(link) is not Link:
            closed = detach.get(1) is True
            self.connection.write(frames.detach(self.channel, handle, closed=closed))

    def _link(self, handle: int) -> Link:
        try:
            return self.links[handle]
        except KeyError:
            text = f"no link has handle {handle}"
            raise ProtocolError("amqp:session:unattached-handle", text, session=True) from None

    def reply_link(self, node: str, reply_to: str) -> ReplyLink | None:
        """The link for a node's answers: the one `reply_to` names, else any of this session."""
        links = [k for k in self.links.values() if isinstance(k, ReplyLink) and k.node == node]
        named = [link for link in links if reply_to and reply_to in link.names]
        return next(iter(named or links), None)

    def send_flow(self, link: tuple[int, int, int] | None, *, drain: bool = False) -> None:
        """Tell the session's state and, with handle, count and credit, a link's."""
        self.connection.write(
            frames.flow(self.channel, self.next_incoming, self.next_outgoing, link, drain=drain)
        )

    def send_message(self, handle: int, message: bytes, *, settled: bool) -> None:
        """Send a message in as many frames as it takes."""
        self.connection.write(b"".join(self.fragments(handle, message, settled=settled)))

    def fragments(self, handle: int, message: bytes, *, settled: bool) -> list[bytes]:
        """The frames of one delivery. A client's window may be overrun by its own last message."""
        room = self.connection.peer_frame_size - frames.TRANSFER_PREFIX
        delivery = self.next_delivery
        self.next_delivery = (delivery + 1) & U32
        parts: list[bytes] = []
        for start in range(0, max(1, len(message)), room):
            part = message[start : start + room]
            more = start + room < len(message)
            parts.append(
                frames.transfer(
                    self.channel, handle, delivery, len(part), settled=settled, more=more
                )
            )
            parts.append(part)
            self.next_outgoing = (self.next_outgoing + 1) & U32
            self.window -= 1
        return parts

    def accept(self, delivery: int) -> None:
        """Settle; accepts that follow each other become one disposition per read."""
        if self._accepted is not None and delivery == self._accepted[1] + 1:
            self._accepted = (self._accepted[0], delivery)
        else:
            self.flush()
            self._accepted = (delivery, delivery)
        if not self.connection.reading:
            self.flush()

    def reject(self, delivery: int, state: bytes) -> None:
        """Settle as rejected."""
        self.flush()
        self.connection.write(frames.disposition(self.channel, delivery, delivery, state))

    def flush(self) -> None:
        """Send the accepts that were held back."""
        if self._accepted is not None:
            accepted, self._accepted = self._accepted, None
            self.connection.write(frames.disposition(self.channel, *accepted))

    def close(self) -> None:
        """Let go of all links."""
        links = tuple(self.links.values())
        self.links.clear()
        for link in links:
            link.closed()
