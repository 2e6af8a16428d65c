"""One file of a partition's log: records appended in order, and an index of them in memory."""

import bisect
import logging
import os
import re
from array import array
from pathlib import Path

from local.eventhubs import record
from local.eventhubs.record import Batch, RecordError, RecordMeta

log = logging.getLogger("eventhubs")
_NAME = re.compile(r"(\d{20})-(\d{20})\.log")
# how much is read at once on behalf of a consumer that is behind
READ_AHEAD = 256 * 1024


class CorruptSegmentError(ValueError):
    """A damaged record with good ones after it: no torn write, and nothing we may cut."""


class Segment:
    """An open segment file. The name carries the first sequence number and offset, so that an
    empty one keeps the count going after older segments were deleted."""

    def __init__(self, path: Path) -> None:
        matched = _NAME.fullmatch(path.name)
        if matched is None:
            raise CorruptSegmentError(f"{path} is no segment file: move it away")
        self.path = path
        self.first_sequence = self.next_sequence = int(matched[1])
        self.first_offset = self.next_offset = int(matched[2])
        self.size = 0
        self.last_time = 0
        self.sequences, self.offsets = array("q"), array("q")
        self.times, self.positions = array("q"), array("q")
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)

    @classmethod
    def create(cls, folder: Path, sequence: int, offset: int) -> "Segment":
        """A new, empty segment that goes on at `sequence` and `offset`."""
        return cls(folder / f"{sequence:020d}-{offset:020d}.log")

    def recover(self, *, last: bool) -> None:
        """Index the file. A torn record at the end of the last segment is cut and logged."""
        data = self.path.read_bytes()
        pos = 0
        while pos < len(data):
            try:
                meta = record.read_meta(data, pos)
                if meta.first_sequence != self.next_sequence:
                    raise RecordError(f"it starts at {meta.first_sequence}")
            except RecordError as error:
                self._cut(data, pos, error, last=last)
                break
            self._note(meta)
            pos += meta.size

    def _cut(self, data: bytes, pos: int, error: RecordError, *, last: bool) -> None:
        if not last or _record_after(data, pos + 1):
            raise CorruptSegmentError(
                f"{self.path} is damaged at byte {pos} ({error}) and good records follow: "
                "restore the file, or delete the broker's data to start anew"
            )
        log.warning(
            "torn record cut: %s at byte %d, %d bytes dropped (%s)",
            self.path, pos, len(data) - pos, error,
        )  # fmt: skip
        os.ftruncate(self.descriptor, pos)

    def _note(self, meta: RecordMeta) -> None:
        self.sequences.append(meta.first_sequence)
        self.offsets.append(meta.first_offset)
        self.times.append(meta.time_ms)
        self.positions.append(self.size)
        self.size += meta.size
        self.last_time = meta.time_ms
        self.next_sequence = meta.first_sequence + meta.count
        self.next_offset = meta.next_offset

    def append(self, batch: Batch) -> None:
        """Write the batch, whole or not at all. Raises OSError."""
        data = record.pack(batch)
        try:
            written = os.write(self.descriptor, data)
            while written < len(data):
                written += os.write(self.descriptor, memoryview(data)[written:])
        except OSError:
            os.ftruncate(self.descriptor, self.size)
            raise
        self._note(
            RecordMeta(
                batch.first_sequence, batch.first_offset, batch.time_ms, len(batch.blobs),
                batch.first_offset + batch.size, len(data),
            )
        )  # fmt: skip

    def record_with(self, sequence: int) -> int:
        """The index of the record that holds `sequence`."""
        return bisect.bisect_right(self.sequences, sequence) - 1

    def read(self, index: int) -> list[Batch]:
        """Record `index`, and as many of the following as one read brings."""
        start = self.positions[index]
        end = self._end(index)
        stop = max(end, min(self.size, start + READ_AHEAD))
        data = os.pread(self.descriptor, stop - start, start)
        batches: list[Batch] = []
        while index < len(self.positions) and self._end(index) <= stop:
            try:
                batches.append(record.unpack(data, self.positions[index] - start))
            except RecordError as error:
                if batches:
                    # read ahead too far; the good ones count
                    break
                raise CorruptSegmentError(
                    f"{self.path} is damaged at byte {self.positions[index]} ({error}): restore "
                    "the file, or delete the broker's data to start anew"
                ) from None
            index += 1
        return batches

    def _end(self, index: int) -> int:
        return self.positions[index + 1] if index + 1 < len(self.positions) else self.size

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)

    def delete(self) -> None:
        """Close and remove the file."""
        self.close()
        self.path.unlink()


def _record_after(data: bytes, pos: int) -> bool:
    while (pos := data.find(record.MAGIC, pos)) >= 0:
        try:
            record.read_meta(data, pos)
        except RecordError:
            pos += 1
        else:
            return True
    return False
