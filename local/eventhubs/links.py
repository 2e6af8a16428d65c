"""What all links share, and the links that carry requests and answers."""

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.performatives import Performative
from local.eventhubs.requests import Request, read_request
from local.eventhubs.transfers import Transfer

if TYPE_CHECKING:
    from local.eventhubs.session import Session

log = logging.getLogger("eventhubs")
U32 = 0xFFFFFFFF
INCOMING_CREDIT = 1000
MAX_WAITING_ANSWERS = 1000


class Link:
    """A link that is no longer served, or the base of one that is: whatever comes is swallowed."""

    def __init__(self, session: "Session", handle: int) -> None:
        self.session = session
        self.handle = handle

    def on_flow(self, flow: Performative) -> None:
        """The peer's credit, or a wish to hear ours."""

    def on_transfer(self, transfer: Transfer) -> None:
        """A frame of a message."""

    def wake(self) -> None:
        """There may be something to send."""

    def closed(self) -> None:
        """The link is gone, with or without a word of the peer."""


class IncomingLink(Link):
    """A link on which the client sends: grants credit, puts the frames of a message together."""

    def __init__(self, session: "Session", handle: int, delivery_count: int) -> None:
        super().__init__(session, handle)
        self._delivery_count = delivery_count
        self._credit = 0
        self._first: Transfer | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self.grant()

    def grant(self) -> None:
        """Top the client's credit up."""
        self._credit = INCOMING_CREDIT
        self.session.send_flow((self.handle, self._delivery_count, self._credit))

    def on_flow(self, flow: Performative) -> None:
        """Answer when the client asks for the state."""
        if flow.get(9) is True:
            self.session.send_flow((self.handle, self._delivery_count, self._credit))

    def on_transfer(self, transfer: Transfer) -> None:
        """Collect the frames of a delivery; hand the whole message on."""
        first = self._first
        if first is None:
            first = transfer
        self._size += len(transfer.payload)
        if self._size <= frames.MAX_MESSAGE_SIZE:
            self._parts.append(transfer.payload)
        else:
            self._parts.clear()
        if transfer.more and not transfer.aborted:
            self._first = first
            return
        payload = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        size = self._size
        self._first, self._parts, self._size = None, [], 0
        self._delivery_count = (self._delivery_count + 1) & U32
        self._credit -= 1
        if not transfer.aborted:
            self._whole(first, payload, size)
        if self._credit <= INCOMING_CREDIT // 2:
            self.grant()

    def _whole(self, first: Transfer, payload: bytes, size: int) -> None:
        if size > frames.MAX_MESSAGE_SIZE:
            self.refuse(
                first,
                "amqp:link:message-size-exceeded",
                f"The message is {size} bytes, {frames.MAX_MESSAGE_SIZE} are allowed.",
            )
        else:
            self.deliver(first, payload)

    def deliver(self, first: Transfer, payload: bytes) -> None:
        """A whole message arrived; `first` is the frame that identifies it."""
        raise NotImplementedError

    def accept(self, first: Transfer) -> None:
        """Settle a delivery as accepted."""
        if not first.settled and first.delivery_id is not None:
            self.session.accept(first.delivery_id)

    def refuse(self, first: Transfer, condition: str, description: str) -> None:
        """Settle a delivery as rejected."""
        log.warning("message refused: %s %s", condition, description)
        if not first.settled and first.delivery_id is not None:
            self.session.reject(first.delivery_id, frames.rejected(condition, description))


class RequestLink(IncomingLink):
    """The client's requests to a node."""

    def __init__(
        self, session: "Session", handle: int, count: int, node: str,
        respond: Callable[[Request], bytes],
    ) -> None:  # fmt: skip
        super().__init__(session, handle, count)
        self._node = node
        self._respond = respond

    def deliver(self, first: Transfer, payload: bytes) -> None:
        """Answer a request on the answers' link of this session."""
        request = read_request(payload)
        reply = self.session.reply_link(self._node, request.reply_to)
        if reply is None:
            self.refuse(first, "amqp:not-found", f"No receiver of {self._node} answers here.")
            return
        reply.send(self._respond(request))
        self.accept(first)


class ReplyLink(Link):
    """The answers of a node, sent as the client's credit allows."""

    def __init__(self, session: "Session", handle: int, node: str, names: tuple[str, str]) -> None:
        super().__init__(session, handle)
        self.node = node
        self.names = names
        self._waiting: deque[bytes] = deque()
        self._delivery_count = 0
        self._credit = 0

    def on_flow(self, flow: Performative) -> None:
        """Take the client's credit."""
        limit = flow.number(5, self._delivery_count) + flow.number(6)
        self._credit = max(0, limit - self._delivery_count)
        self.wake()
        if flow.get(8) is True:
            self._delivery_count += self._credit
            self._credit = 0
        if flow.get(8) is True or flow.get(9) is True:
            self.session.send_flow(
                (self.handle, self._delivery_count, self._credit), drain=flow.get(8) is True
            )

    def send(self, message: bytes) -> None:
        """Send when there is credit; a client that never reads loses the oldest."""
        if len(self._waiting) >= MAX_WAITING_ANSWERS:
            self._waiting.popleft()
        self._waiting.append(message)
        self.wake()

    def wake(self) -> None:
        """Send what credit and window allow."""
        while self._waiting and self._credit > 0 and self.session.window > 0:
            self._credit -= 1
            self._delivery_count += 1
            self.session.send_message(self.handle, self._waiting.popleft(), settled=True)


def closing_detach(session: "Session", handle: int, condition: str, description: str) -> None:
    """Tell the client that a link ends; its own detach is then only swallowed, for a second answer
    makes the JavaScript client drop its connection."""
    session.links[handle].closed()
    session.links[handle] = Link(session, handle)
    error = e.error(condition, description)
    session.connection.write(frames.detach(session.channel, handle, error))
