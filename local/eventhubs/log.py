"""A partition's durable log: segments on disk, found again by sequence number, offset or time."""

import bisect
import itertools
import os
from pathlib import Path

from local.eventhubs.cache import BatchCache
from local.eventhubs.event import Event, stamp
from local.eventhubs.record import Batch
from local.eventhubs.segment import Segment

_owners = itertools.count()


class PartitionLog:
    """Append-only. Sequence numbers start at 0 without gaps; offsets are bytes and only grow."""

    def __init__(self, folder: Path, cache: BatchCache, max_segment_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._cache = cache
        self._owner = next(_owners)
        self._max_segment_bytes = max_segment_bytes
        self.segments = [Segment(path) for path in sorted(folder.glob("*.log"))]
        for segment in self.segments:
            segment.recover(last=segment is self.segments[-1])
        if not self.segments:
            self.segments.append(Segment.create(folder, 0, 0))
        self.last_time = max(segment.last_time for segment in self.segments)
        self.last_offset = self._last_offset()

    def _last_offset(self) -> int:
        if self.is_empty:
            return self.next_offset - 1
        batch = self.batch_at(self.next_sequence - 1)
        return batch.last_offset

    @property
    def first_sequence(self) -> int:
        """The oldest sequence number that is still kept."""
        return self.segments[0].first_sequence

    @property
    def next_sequence(self) -> int:
        """The number the next event gets."""
        return self.segments[-1].next_sequence

    @property
    def next_offset(self) -> int:
        """The offset the next event gets."""
        return self.segments[-1].next_offset

    @property
    def is_empty(self) -> bool:
        """Whether no event is kept."""
        return self.first_sequence == self.next_sequence

    def append(self, events: list[Event], now_ms: int) -> None:
        """Number, stamp and write the events. Raises OSError; then nothing was kept."""
        if self.segments[-1].size >= self._max_segment_bytes:
            self._roll()
        # the clock may step back; times in a partition don't, so that they can be searched
        now_ms = max(now_ms, self.last_time)
        first, offset = self.next_sequence, self.next_offset
        blobs, _ = stamp(events, first, offset, now_ms)
        batch = Batch(first, offset, now_ms, blobs, [len(event.header) for event in events])
        self.segments[-1].append(batch)
        self.last_time = now_ms
        self.last_offset = batch.last_offset
        self._cache.put(self._owner, batch)

    def _roll(self) -> None:
        os.fdatasync(self.segments[-1].descriptor)
        self.segments.append(Segment.create(self.folder, self.next_sequence, self.next_offset))

    def sync(self) -> None:
        """Force what was appended to the disk."""
        os.fdatasync(self.segments[-1].descriptor)

    def batch_at(self, sequence: int) -> Batch:
        """The batch that holds `sequence`, which must be kept."""
        segment = next(s for s in reversed(self.segments) if s.first_sequence <= sequence)
        index = segment.record_with(sequence)
        batch = self._cache.get(self._owner, segment.sequences[index])
        if batch is None:
            batches = segment.read(index)
            for read in reversed(batches):
                self._cache.put(self._owner, read)
            batch = batches[0]
        return batch

    def sequence_after_offset(self, offset: int, *, inclusive: bool) -> int:
        """The first kept event beyond (or at) `offset`; the next one when there is none."""
        wanted = offset if inclusive else offset + 1
        if wanted > self.last_offset:
            return self.next_sequence
        segment = self.segments[0]
        for candidate in self.segments:
            if candidate.first_offset <= wanted and candidate.sequences:
                segment = candidate
        if wanted <= segment.first_offset:
            return segment.first_sequence
        return self._within(segment, wanted)

    def _within(self, segment: Segment, offset: int) -> int:
        index = bisect.bisect_right(segment.offsets, offset) - 1
        batch = self.batch_at(segment.sequences[index])
        at, sequence = batch.first_offset, batch.first_sequence
        for blob in batch.blobs:
            if at >= offset:
                break
            at += len(blob)
            sequence += 1
        return sequence

    def sequence_after_time(self, time_ms: int, *, inclusive: bool) -> int:
        """The first kept event enqueued after (or at) `time_ms`; the next one when none was."""
        search = bisect.bisect_left if inclusive else bisect.bisect_right
        for segment in self.segments:
            index = search(segment.times, time_ms)
            if index < len(segment.times):
                return segment.sequences[index]
        return self.next_sequence

    def drop_before(self, time_ms: int) -> int:
        """Delete whole segments whose events are all older than `time_ms`; how many."""
        last = self.segments[-1]
        if last.size and last.last_time < time_ms:
            self._roll()
        old = [s for s in self.segments[:-1] if s.last_time < time_ms]
        for segment in old:
            self.segments.remove(segment)
            segment.delete()
        return len(old)

    def close(self) -> None:
        """Close all files."""
        for segment in self.segments:
            segment.close()
