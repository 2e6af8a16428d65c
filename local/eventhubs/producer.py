"""The link on which a client publishes to a hub or to one of its partitions."""

import logging
from typing import TYPE_CHECKING

from local.eventhubs.codec import CodecError
from local.eventhubs.event import read_publication
from local.eventhubs.hub import Hub, Partition
from local.eventhubs.links import IncomingLink
from local.eventhubs.transfers import Transfer

if TYPE_CHECKING:
    from local.eventhubs.session import Session

log = logging.getLogger("eventhubs")


class ProducerLink(IncomingLink):
    """Accepts a batch only after it was written: a killed broker loses nothing it confirmed."""

    def __init__(
        self, session: "Session", handle: int, count: int, hub: Hub, partition: Partition | None
    ) -> None:
        super().__init__(session, handle, count)
        self._hub = hub
        self._partition = partition

    def deliver(self, first: Transfer, payload: bytes) -> None:
        """Publish one event or one batch."""
        try:
            publication = read_publication(payload, first.message_format)
        except CodecError as error:
            self.refuse(first, "amqp:decode-error", f"The message can't be read: {error}.")
            return
        try:
            self._hub.publish(publication, self._partition, lambda: self.accept(first))
        except OSError as error:
            log.exception("hub %s: a batch could not be written", self._hub.name)
            self.refuse(first, "amqp:internal-error", f"Not written: {error.strerror}.")
