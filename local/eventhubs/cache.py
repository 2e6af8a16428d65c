"""The batches read or written last, bounded by bytes and shared by all partitions."""

from collections import OrderedDict

from local.eventhubs.record import Batch

# what one event costs in memory beside its bytes
_EVENT_OVERHEAD = 80


class BatchCache:
    """Least recently used batches by (owner, first sequence number)."""

    def __init__(self, limit: int = 64 * 1024 * 1024) -> None:
        self._limit = limit
        self._size = 0
        self._batches: OrderedDict[tuple[int, int], Batch] = OrderedDict()

    def get(self, owner: int, first_sequence: int) -> Batch | None:
        """The batch, None when it has to be read from its segment."""
        batch = self._batches.get((owner, first_sequence))
        if batch is not None:
            self._batches.move_to_end((owner, first_sequence))
        return batch

    def put(self, owner: int, batch: Batch) -> None:
        """Keep the batch, and drop the least used beyond the limit."""
        key = (owner, batch.first_sequence)
        if key in self._batches:
            return
        self._batches[key] = batch
        self._size += _weight(batch)
        while self._size > self._limit and len(self._batches) > 1:
            self._size -= _weight(self._batches.popitem(last=False)[1])


def _weight(batch: Batch) -> int:
    return batch.size + _EVENT_OVERHEAD * len(batch.blobs)
