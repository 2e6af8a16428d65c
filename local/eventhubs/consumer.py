"""The link on which a client reads a partition: a position in its log, moved by credit."""

import logging
import struct
import time
from typing import TYPE_CHECKING

from local.eventhubs import encode as e
from local.eventhubs import frames
from local.eventhubs.errors import Refusal, unreadable
from local.eventhubs.hub import Partition
from local.eventhubs.links import U32, Link, closing_detach
from local.eventhubs.performatives import Performative
from local.eventhubs.record import Batch
from local.eventhubs.segment import CorruptSegmentError

if TYPE_CHECKING:
    from local.eventhubs.session import Session

log = logging.getLogger("eventhubs")
# events and bytes sent before other connections get their turn
TURN_EVENTS = 1000
TURN_BYTES = 1024 * 1024
# a transfer's head, split around its size, delivery id and tag
_HEAD = struct.Struct(">I16sI2sI8s")


class ConsumerLink(Link):
    """Deliveries count as done once written: the Python SDK never settles them."""

    def __init__(
        self, session: "Session", handle: int, partition: Partition, group: str,
        epoch: int | None, *, metrics: bool, settled: bool,
    ) -> None:  # fmt: skip
        super().__init__(session, handle)
        self.epoch = epoch
        self.position = 0
        self._partition = partition
        self._group = group
        self._metrics = metrics
        self._settled = settled
        self._delivery_count = 0
        self._credit = 0
        self._drain = False
        self._scheduled = False
        self._gone = False
        self._batch: Batch | None = None
        head = frames.transfer(session.channel, handle, 0, 0, settled=settled)
        self._head, self._end = head[4:20], head[30:38]

    def lose(self, refusal: Refusal) -> None:
        """Another reader took the partition over."""
        closing_detach(self.session, self.handle, refusal.condition, refusal.description)

    def closed(self) -> None:
        """Give the place among the readers back."""
        self._gone = True
        self._partition.dismiss(self._group, self)

    def on_flow(self, flow: Performative) -> None:
        """Take the client's credit; send at once when it asks to be drained."""
        limit = (flow.number(5, self._delivery_count) + flow.number(6)) & U32
        credit = (limit - self._delivery_count) & U32
        # less than nothing: what was sent before the client's word arrived used the credit up
        self._credit = credit if credit < 0x80000000 else 0
        self._drain = flow.get(8) is True
        if flow.get(9) is True and not self._drain:
            self._tell()
        self.wake()

    def _tell(self) -> None:
        self.session.send_flow((self.handle, self._delivery_count, self._credit), drain=self._drain)

    def wake(self) -> None:
        """Deliver in the loop's next turn; many wakes are one."""
        if not self._scheduled and self._credit > 0 and not self._gone:
            self._scheduled = True
            self.session.connection.loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._scheduled = False
        connection = self.session.connection
        if self._gone or connection.paused:
            return
        events = self._partition.log
        self.position = max(self.position, events.first_sequence)
        available = events.next_sequence - self.position
        room = min(self._credit, self.session.window, TURN_EVENTS)
        if room > 0 and available > 0 and not self._delivered(min(room, available)):
            return
        if self._credit > 0 and self.position < events.next_sequence:
            if self.session.window > 0:
                self.wake()
        elif self._drain:
            self._delivery_count = (self._delivery_count + self._credit) & U32
            self._credit = 0
            self._tell()
            self._drain = False

    def _delivered(self, count: int) -> bool:
        """Deliver, or end the link when the log can't be read: silence would look like no events"""
        try:
            self._deliver(count)
        except (CorruptSegmentError, OSError) as error:
            refusal = unreadable(self._partition.id, error)
            log.error("link ended: %s", refusal.description)  # noqa: TRY400 - no trace of what is told
            self.lose(refusal)
            return False
        return True

    def _deliver(self, count: int) -> None:
        out: list[bytes] = []
        left, size = count, 0
        while left > 0 and size < TURN_BYTES:
            try:
                batch = self._current()
            except (CorruptSegmentError, OSError):
                # good events before the damage still reach the client
                self.session.connection.write(b"".join(out))
                raise
            start = self.position - batch.first_sequence
            sent = 0
            for index in range(start, min(start + left, len(batch.blobs))):
                size += self._append(out, batch, index)
                sent += 1
                if size >= TURN_BYTES or self.session.window <= 0:
                    break
            self.position += sent
            self._delivery_count = (self._delivery_count + sent) & U32
            self._credit -= sent
            left = left - sent if self.session.window > 0 else 0
        self.session.connection.write(b"".join(out))

    def _current(self) -> Batch:
        batch = self._batch
        if batch is None or not batch.first_sequence <= self.position < batch.next_sequence:
            batch = self._batch = self._partition.log.batch_at(self.position)
        return batch

    def _append(self, out: list[bytes], batch: Batch, index: int) -> int:
        blob = batch.blobs[index]
        if self._metrics:
            header = batch.headers[index]
            blob = b"".join((blob[:header], self._runtime_metrics(), blob[header:]))
        session = self.session
        size = len(blob) + frames.TRANSFER_PREFIX
        if size > session.connection.peer_frame_size:
            out.extend(session.fragments(self.handle, blob, settled=self._settled))
            return size
        number = session.next_delivery
        out.append(_HEAD.pack(size, self._head, number, b"\xa0\x04", number, self._end))
        out.append(blob)
        session.next_delivery = (number + 1) & U32
        session.next_outgoing = (session.next_outgoing + 1) & U32
        session.window -= 1
        return size

    def _runtime_metrics(self) -> bytes:
        events = self._partition.log
        return e.described(0x71, e.mapping({
            e.symbol("last_enqueued_sequence_number"): e.long(events.next_sequence - 1),
            e.symbol("last_enqueued_offset"): e.string(str(events.last_offset)),
            e.symbol("last_enqueued_time_utc"): e.timestamp(events.last_time),
            e.symbol("runtime_info_retrieval_time_utc"):
                e.timestamp(time.time_ns() // 1_000_000),
        }))  # fmt: skip
