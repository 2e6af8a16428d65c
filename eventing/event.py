"""An event: the CloudEvents 1.0 envelope round an encoded body, with ids derived from its cause."""

import zlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from eventing.decision import Fact
from eventing.settings import whole

NAMESPACE = UUID("6f1c1f0e-5d0b-5b0a-9a38-1f0f6a4c7a11")
"""The uuid5 namespace of every derived id. Changing it makes every replayed event a new one."""

BUCKETS = 64
"""Partitions of every team's table. Fixed for good: a row is found by its bucket."""


def bucket_of(aggregate_id: str) -> int:
    """The bucket of an aggregate: the partition its state, its outbox and its events share."""
    return zlib.crc32(aggregate_id.encode()) % BUCKETS


@dataclass(frozen=True, slots=True)
class Cause:
    """What made something happen: a request, a file's row, or an event. The root of derived ids."""

    id: str
    time: datetime
    correlation_id: str
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it travels: its attributes, content type and body.

    `sequence` is the version of the aggregate that raised it.
    """

    id: str
    type: str
    source: str
    subject: str
    time: datetime
    sequence: int
    partition_key: str
    correlation_id: str
    causation_id: str
    traceparent: str | None
    content_type: str
    data_schema: str
    body: bytes

    def as_cause(self) -> Cause:
        """This event as the cause of what a reaction decides."""
        return Cause(self.id, self.time, self.correlation_id, self.traceparent)


def derived_id(cause: Cause, aggregate: str, fact: Fact, ordinal: int) -> str:
    """The id of an event: the same cause raises the same event, however often it is replayed."""
    # A timer that decides again may find more than at first: its facts are told apart by a field.
    apart = getattr(fact, fact.once) if hasattr(fact, "once") else ordinal
    return str(uuid5(NAMESPACE, f"{cause.id}/{aggregate}/{fact.type}/{apart}"))


def now() -> datetime:
    """The present instant, to the millisecond that events carry.

    The setting CLOCK_AHEAD_DAYS moves it, so that what takes weeks can be seen at once.
    """
    instant = datetime.now(UTC) + timedelta(days=whole("CLOCK_AHEAD_DAYS", 0))
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
