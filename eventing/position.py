"""Our own position in a hub partition: the host may skip events, we don't.

The host checkpoints after a failure, a timeout and a worker that never started. So each team
keeps the sequence number up to which everything has ended; what a batch leaves out is read from
the hub first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from eventing.wire import Received


@dataclass(frozen=True, slots=True)
class Position:
    """Everything up to this sequence number has ended."""

    sequence_number: int
    enqueued: datetime
    etag: str | None = None


def restarted(position: Position, batch: Sequence[Received]) -> bool:
    """Whether the hub was deleted and made again: its numbers began anew, its time went on."""
    return (
        batch[-1].sequence_number < position.sequence_number
        and batch[0].enqueued > position.enqueued
    )


def first_missing(position: Position | None, batch: Sequence[Received]) -> int | None:
    """The first sequence number that the batch leaves out, or None when it leaves out nothing."""
    expected = 0 if position is None or restarted(position, batch) else position.sequence_number + 1
    return expected if batch[0].sequence_number > expected else None


def after(position: Position | None, batch: Sequence[Received]) -> Position | None:
    """The position after the batch, or None when it does not move."""
    last = batch[-1]
    if position is None:
        return Position(last.sequence_number, last.enqueued)
    if last.sequence_number > position.sequence_number or restarted(position, batch):
        return Position(last.sequence_number, last.enqueued, position.etag)
    return None
