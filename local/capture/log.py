"""A partition's log as the broker writes it, read on from a place without disturbing the broker."""

import logging
from dataclasses import dataclass
from pathlib import Path

from local.eventhubs.record import Batch, RecordError, read_meta, unpack

log = logging.getLogger("capture")


class Lost(Exception):
    """The log ends before what was captured of it: it is not the log that was captured."""


@dataclass(frozen=True, slots=True)
class Place:
    """Up to which sequence number a log was read, and where its next batch begins."""

    last: int
    segment: Path | None = None
    at: int = 0


def read_on(folder: Path, place: Place, most: int) -> tuple[list[Batch], Place]:
    """The whole batches after a place, up to about `most` bytes of events, and where they end.

    Raises Lost.
    """
    found: list[Batch] = []
    segments = sorted(folder.glob("*.log"))
    begun = [path for path in segments if _first(path) <= place.last + 1]
    if segments and not begun:
        gone = f"{place.last + 1} to {_first(segments[0]) - 1}"
        log.error("%s: events %s are gone and were not captured", folder, gone)
    for path in segments[max(0, len(begun) - 1) :]:
        if place.segment and _first(path) > place.last + 1:
            break  # the segment before it has more
        place = _read_segment(path, place, most, found)
    return found, place


def _first(path: Path) -> int:
    return int(path.name.partition("-")[0])


def _read_segment(path: Path, place: Place, most: int, found: list[Batch]) -> Place:
    known = path == place.segment
    last, at = (place.last if known else _first(path) - 1), (place.at if known else 0)
    with path.open("rb") as segment:
        segment.seek(at)
        data = segment.read()
    pos, size = 0, sum(batch.size for batch in found)
    while size < most:
        try:
            meta = read_meta(data, pos)
        except RecordError:
            break  # the end, or a batch that the broker is writing now
        last = meta.first_sequence + meta.count - 1
        if last > place.last:
            found.append(unpack(data, pos))
            size += found[-1].size
        pos += meta.size
    if last < place.last:
        raise Lost(f"{path.parent} ends with event {last}, and {place.last} was captured of it")
    return Place(last, path, at + pos)
