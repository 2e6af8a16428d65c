"""Outbox → hub, at least once and in each aggregate's order."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Protocol

from eventing import telemetry
from eventing.bus import declared
from eventing.errors import Conflict, Transient, Undecodable
from eventing.event import BUCKETS, Event
from eventing.outbox import unpacked
from eventing.parked import parked_row
from eventing.redact import scrubbed
from eventing.store import OutboxRow, Store

log = telemetry.logger(__name__)

PATIENCE = 2.0
"""Seconds that a commit waits for its events to be published before it leaves them to go on."""

SWEPT_AFTER = 10.0
"""Seconds after which the sweep takes an outbox row for forgotten."""

SWEPT_FOR = 30.0
"""Seconds after which a sweep leaves what else waits to the next."""

PAGE = 25
"""Outbox rows that are published together: 20 MB at most, and few kilobytes as a rule."""


class Publisher(Protocol):
    """What sends events to their hubs. Raises Transient when it cannot now."""

    async def publish(self, events: Sequence[Event]) -> None: ...


class Relay:
    """Publishes a bucket's outbox; one at a time in a bucket, so that its order holds."""

    def __init__(self, store: Store, publisher: Publisher) -> None:
        self._store = store
        self._publisher = publisher
        self._turns: dict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._running: set[asyncio.Task[int]] = set()
        self._next = 0
        self.waited = 0.0
        """Seconds that the oldest row had waited when the last sweep came by."""

    async def publish(self, bucket: int, until: float = math.inf) -> int:
        """Publish what waits in a bucket, page by page, and remove it; answers how many events.

        No page is begun after `until`, a time of the monotonic clock. Raises Transient.
        """
        sent = 0
        async with self._turns[bucket]:
            while rows := await self._store.outbox(bucket, PAGE):
                sent += await self._publish(bucket, rows)
                if len(rows) < PAGE or time.monotonic() > until:
                    break
        return sent

    async def _just(self, bucket: int, rows: Sequence[OutboxRow]) -> int:
        async with self._turns[bucket]:
            return await self._publish(bucket, rows)

    async def _publish(self, bucket: int, rows: Sequence[OutboxRow]) -> int:
        events = [event for row in rows for event in await self._carried(row)]
        events.sort(key=lambda event: (event.source, event.subject, event.sequence))
        with telemetry.publishing(events):
            await self._publisher.publish(events)
        await self._store.clear(bucket, rows)
        return len(events)

    async def _carried(self, row: OutboxRow) -> list[Event]:
        """The row's events. A damaged row is set aside, so that the others go on, and has none."""
        try:
            return carried(row.packed)
        except Undecodable as error:
            written = datetime.fromtimestamp(row.written, UTC)
            parked = parked_row(row.row_key, row.packed, written, scrubbed(str(error)))
            await self._store.park(parked)
            log.critical("outbox row cannot be published", extra={"parked": parked.id})
            return []

    async def send(self, packed: bytes) -> None:
        """Publish what was set aside, after all. Raises Undecodable, Transient."""
        await self._publisher.publish(carried(packed))

    async def soon(self, bucket: int, rows: Sequence[OutboxRow] = ()) -> None:
        """Publish what waits in a bucket, or just `rows` where nothing can wait that comes before.

        Waits a little at most; what fails or lasts is the sweep's.
        """
        task = asyncio.create_task(self._just(bucket, rows) if rows else self.publish(bucket))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait({task}, timeout=PATIENCE)
        if not done:
            log.warning("relay goes on in the background", extra={"bucket": bucket})
            task.add_done_callback(_report)
        else:
            _report(task)

    async def sweep(self, now: float) -> int:
        """Publish the rows that their own relay left behind; answers how many events.

        One bucket's trouble keeps no other waiting. A run ends after SWEPT_FOR; the next goes on
        with the bucket after. Raises in the end what kept a bucket from being published.
        """
        until = time.monotonic() + SWEPT_FOR
        sent, oldest, trouble = 0, now, None
        for _ in range(BUCKETS):
            bucket, self._next = self._next, (self._next + 1) % BUCKETS
            try:
                for row in await self._store.outbox(bucket, 1):
                    oldest = min(oldest, row.written)
                    if row.written <= now - SWEPT_AFTER:
                        sent += await self.publish(bucket, until)
            except (Transient, Conflict) as error:
                trouble = error
            if time.monotonic() > until:
                break
        self.waited = now - oldest
        if sent:
            log.warning("outbox swept", extra={"events": sent})
        if trouble:
            raise trouble
        return sent


def carried(packed: bytes) -> list[Event]:
    """The events of an outbox row. Raises Undecodable, also for an event that no hub carries."""
    events = unpacked(packed)
    for event in events:
        try:
            declared().hub_of(event.type)
        except LookupError as error:
            raise Undecodable(f"outbox row: {error}") from error
    return events


def _report(task: asyncio.Task[int]) -> None:
    error = None if task.cancelled() else task.exception()
    if isinstance(error, Transient):
        log.warning("relay left events in the outbox: %s", error)
    elif error:
        log.error("relay failed", exc_info=error)
