"""One Event Hub batch → every event applied, unchanged or parked, and all accounted for."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol

import azure.functions as func
from pydantic import ValidationError

from eventing import schemas, telemetry
from eventing.bus import declared
from eventing.decision import Rejected
from eventing.errors import Conflict, Forbidden, Transient, Undecodable
from eventing.event import Event, now
from eventing.handle import Rule, Spine, Work
from eventing.parked import Parked
from eventing.position import Position, after, first_missing
from eventing.redact import scrubbed
from eventing.rows import adapter
from eventing.wire import Received, from_trigger, to_event

log = telemetry.logger(__name__)

DEADLINE = 120.0
"""Seconds in which a batch retries what may succeed; well under `functionTimeout` in host.json."""

BUCKETS_AT_ONCE = 8

STANDS_STILL = 30.0
"""Seconds after which the hub is asked whether it goes on beyond a position that does not move."""


class HubReader(Protocol):
    """What reads a range of a hub partition again."""

    async def begins(self, hub: str, partition: str) -> int: ...

    async def ends(self, hub: str, partition: str) -> int: ...

    def read(
        self, hub: str, partition: str, first: int, last: int
    ) -> AsyncIterator[list[Received]]: ...


@dataclass(frozen=True, slots=True)
class Long:
    """A reaction of more than one decision, such as reading the file that an event announces."""

    message: Any
    run: Callable[[Any, Event, float], Awaitable[bool]]
    """Answers whether anything changed. It ends at the time of the monotonic clock that it is
    given, done or not: what is left must go on without this event."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How the events of a batch ended."""

    applied: int = 0
    unchanged: int = 0
    parked: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.applied + other.applied,
            self.unchanged + other.unchanged,
            self.parked + other.parked,
        )

    @property
    def total(self) -> int:
        return self.applied + self.unchanged + self.parked


@dataclass(frozen=True, slots=True)
class _Read:
    received: Received
    event: Event
    reaction: Rule | Long
    message: Any


class Receiver:
    """A team's side of one hub: what it reacts to, and how far it has come."""

    def __init__(
        self, spine: Spine, reader: HubReader, hub: str, reactions: Sequence[Rule | Long]
    ) -> None:
        self._spine = spine
        self._reader = reader
        self._hub = hub
        self._reactions: Mapping[str, Rule | Long] = {
            reaction.message.type: reaction for reaction in reactions
        }
        self._taking: Counter[str] = Counter()
        self._still: dict[str, tuple[int, float]] = {}

    async def receive(self, events: Sequence[func.EventHubEvent]) -> Counts:
        """A batch from the host, preceded by what the host left out.

        Raises Transient or Conflict when the deadline passes first; the position then stays.
        """
        return await self.take(from_trigger(events, self._hub))

    async def take(self, batch: Sequence[Received]) -> Counts:
        """A batch in the order of its partition."""
        if not batch:
            return Counts()
        partition = batch[0].partition
        self._taking[partition] += 1
        try:
            with telemetry.batch(self._spine.team, self._hub, batch):
                return await self._take(partition, batch, time.monotonic() + DEADLINE)
        finally:
            self._taking[partition] -= 1

    async def catch_up(self, at: float) -> Counts:
        """Go on by ourselves where the host has left off; `at` is a time of the monotonic clock.

        What it skips last is followed by no batch that would tell of it. Raises as `take` does.
        """
        counts = Counts()
        for number in range(declared().hubs[self._hub].partitions):
            partition = str(number)
            position = await self._spine.store.position(self._hub, partition)
            reached = position.sequence_number if position else -1
            stood, since = self._still.get(partition, (None, at))
            if stood != reached or self._taking[partition]:
                self._still[partition] = (reached, at)
            elif at - since >= STANDS_STILL:
                self._still[partition] = (reached, at)
                counts += await self._go_on(partition, reached)
        return counts

    async def _go_on(self, partition: str, reached: int) -> Counts:
        counts = Counts()
        last = await self._reader.ends(self._hub, partition)
        if last > reached:
            log.warning(
                "the host has stopped at %s/%s %d; the hub goes on to %d",
                *(self._hub, partition, reached, last),
            )
            async for part in self._reader.read(self._hub, partition, reached + 1, last):
                counts += await self.take(part)
                telemetry.healed(self._spine.team, self._hub, len(part))
        return counts

    async def _take(self, partition: str, batch: Sequence[Received], deadline: float) -> Counts:
        position = await _within(deadline, lambda: self._spine.store.position(self._hub, partition))
        counts = await self._heal(position, batch, deadline)
        counts += await self.settle(batch, deadline)
        await _within(deadline, lambda: self._advance(partition, batch))
        telemetry.reached(self._spine.team, self._hub, batch[-1])
        log.info(
            "batch ended",
            extra={
                "team": self._spine.team,
                "hub": self._hub,
                "partition": partition,
                "applied": counts.applied,
                "unchanged": counts.unchanged,
                "parked": counts.parked,
            },
        )
        return counts

    async def _heal(
        self, position: Position | None, batch: Sequence[Received], deadline: float
    ) -> Counts:
        first, last = first_missing(position, batch), batch[0].sequence_number - 1
        if first is None:
            return Counts()
        partition = batch[0].partition
        begins = await _within(deadline, lambda: self._reader.begins(self._hub, partition))
        if position is None and begins > last:
            return Counts()
        counts = Counts()
        log.warning(
            "reading what the host left out: %s/%s %d-%d", self._hub, partition, first, last
        )
        reached = first - 1
        async for part in self._reader.read(self._hub, partition, max(first, begins), last):
            if position is not None and part[0].sequence_number > reached + 1:
                self._alarm(partition, reached + 1, part[0].sequence_number - 1)
            counts += await self.settle(part, deadline)
            reached = part[-1].sequence_number
            telemetry.healed(self._spine.team, self._hub, len(part))
        if position is not None and reached < last:
            self._alarm(partition, reached + 1, last)
        return counts

    def _alarm(self, partition: str, first: int, last: int) -> None:
        telemetry.gone(self._spine.team, self._hub, last - first + 1)
        log.critical(
            "events are gone: hub %s partition %s no longer holds %d-%d, which %s never read",
            self._hub,
            partition,
            first,
            last,
            self._spine.team,
        )

    async def _advance(self, partition: str, batch: Sequence[Received]) -> None:
        position = await self._spine.store.position(self._hub, partition)
        further = after(position, batch)
        if further:
            await self._spine.store.advance(self._hub, partition, further)

    async def settle(self, batch: Sequence[Received], deadline: float) -> Counts:
        """Messages of the hub, whatever the position; what can never succeed goes to `park`."""
        counts = Counts()
        works: dict[int, list[_Read]] = defaultdict(list)
        long: list[_Read] = []
        for received in batch:
            read = await self._read(received, deadline)
            if isinstance(read, Counts):
                counts += read
            elif isinstance(read.reaction, Rule):
                key = Work(read.reaction, read.message, read.event.as_cause()).key
                works[key.bucket].append(read)
            else:
                long.append(read)
        gate = asyncio.Semaphore(BUCKETS_AT_ONCE)

        async def one(bucket: int, reads: list[_Read]) -> Counts:
            async with gate:
                return await self._settle_bucket(bucket, reads, deadline)

        settled = await asyncio.gather(*(one(bucket, reads) for bucket, reads in works.items()))
        counts = sum(settled, counts)
        for read in long:
            counts += await self._run(read, deadline)
        if counts.total != len(batch):
            raise AssertionError(f"{len(batch)} events received, {counts} accounted for")
        telemetry.batch_ended(self._spine.team, self._hub, counts)
        return counts

    async def _read(self, received: Received, deadline: float) -> _Read | Counts:
        try:
            event = to_event(received)
            _belongs(event.type, self._hub)
            reaction = self._reactions.get(event.type)
            if reaction is None:
                return Counts(unchanged=1)
            data = await _within(
                deadline,
                lambda: self._spine.codec.decode(event.type, event.content_type, event.body),
            )
            return _Read(received, event, reaction, _message(reaction.message, data, event))
        except Undecodable as error:
            return await self._park(received, "undecodable", str(error), deadline)

    async def _settle_bucket(self, bucket: int, reads: list[_Read], deadline: float) -> Counts:
        works = [
            Work(read.reaction, read.message, read.event.as_cause())
            for read in reads
            if isinstance(read.reaction, Rule)
        ]
        outcomes = await _within(deadline, lambda: self._spine.settle(bucket, works))
        counts = Counts()
        for read, outcome in zip(reads, outcomes, strict=True):
            if outcome.refused:
                counts += await self._park(
                    read.received, outcome.refused.code, str(outcome.refused), deadline
                )
            else:
                counts += Counts(applied=outcome.applied, unchanged=not outcome.applied)
        return counts

    async def _run(self, read: _Read, deadline: float) -> Counts:
        assert isinstance(read.reaction, Long)  # noqa: S101 - narrows the type
        run = read.reaction.run
        try:
            applied = await _within(deadline, lambda: run(read.message, read.event, deadline))
        except Rejected as refused:
            return await self._park(read.received, refused.code, str(refused), deadline)
        return Counts(applied=applied, unchanged=not applied)

    async def _park(self, received: Received, reason: str, detail: str, deadline: float) -> Counts:
        # An error may quote the message, and the message may hold anything.
        detail = scrubbed(detail)
        parked = Parked(received, reason, detail, now())
        await _within(deadline, lambda: self._spine.store.park(parked))
        told = {"team": self._spine.team, "reason": reason, "parked": parked.id}
        log.error("event parked: %s", detail, extra=told | telemetry.fields(received))
        return Counts(parked=1)


def _belongs(event_type: str, hub: str) -> None:
    if not schemas.is_event_type(event_type):
        raise Undecodable(f"event type {event_type!r} has no contract here")
    carrier = declared().hub_of(event_type).name
    if carrier != hub:
        raise Undecodable(f"event type {event_type} is carried by hub {carrier}, not {hub}")


def _message(kind: Any, data: Mapping[str, Any], event: Event) -> Any:
    known = {field.name for field in fields(kind)}
    values = {name: value for name, value in data.items() if name in known}
    if "sequence" in known:
        values["sequence"] = event.sequence
    if "occurred_at" in known:
        values["occurred_at"] = event.time
    try:
        return adapter(kind).validate_python(values)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Undecodable(f"{event.type} breaks its contract: {field}: {first['msg']}") from error


async def _within[T](deadline: float, attempt: Callable[[], Awaitable[T]]) -> T:
    """Try again what may succeed, with growing pauses and jitter, until the deadline."""
    pause = 0.2
    while True:
        try:
            return await attempt()
        except Forbidden:
            raise
        except (Transient, Conflict) as error:
            wait = random.uniform(pause / 2, pause)  # noqa: S311 - jitter
            if time.monotonic() + wait > deadline:
                raise
            log.warning("trying again: %s", error)
            await asyncio.sleep(wait)
            pause = min(pause * 2, 10.0)
