"""Parked message → the reaction of the one consumer that parked it, again; or discarded.

Through the same receiver as the first time, so that a replay is as idempotent as a redelivery.
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

from eventing import telemetry
from eventing.decision import Rejected
from eventing.errors import Conflict, TooLarge, Transient, Undecodable
from eventing.event import Event, now
from eventing.handle import Rule, Spine
from eventing.outbox import unpacked
from eventing.parked import BLOB, OUTBOX, Entry, Item, Parked, ParkedStore, Status
from eventing.receive import HubReader, Long, Receiver
from eventing.redact import scrubbed
from eventing.relay import Relay, carried
from eventing.store import Change, OutboxRow, Store

log = telemetry.logger(__name__)

PATIENCE = 20.0
"""Seconds in which one replay retries what may succeed."""

BURST, PER_SECOND = 100, 10.0
"""Replays that one instance starts at once, and that it may start in each second after."""

type Blob = Callable[[str], Awaitable[None]]
"""Takes the file at a place of its container once more."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a replay or a discard of one message ended.

    `already` is one that ended before: whoever comes second changes nothing.
    """

    id: str
    outcome: Literal["applied", "unchanged", "parked", "discarded", "already"]
    status: Status
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a replay would do: the states it would write and the events it would raise."""

    ending: Ending
    changes: tuple[Change, ...] = ()
    events: tuple[Event, ...] = ()


@dataclass
class Pace:
    """So many at once, so many a second: a bucket of tokens. Each instance has its own."""

    burst: float = BURST
    per_second: float = PER_SECOND
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens, self._at = self.burst, self.clock()

    def take(self, wanted: int) -> int:
        """How many of those may start now; 0 for wait."""
        at = self.clock()
        self._tokens = min(self.burst, self._tokens + (at - self._at) * self.per_second)
        self._at = at
        given = min(wanted, int(self._tokens))
        self._tokens -= given
        return given


class Unplayable(Exception):
    """Nothing of this team reacts to what was parked; the message stays, or is discarded."""


class Replay:
    """A team's parked messages, and the reactions that they go back to."""

    def __init__(
        self,
        spine: Spine,
        reader: HubReader,
        parked: ParkedStore,
        reactions: Mapping[str, Sequence[Rule | Long]],
        blobs: Mapping[str, Blob],
        pace: Pace | None = None,
    ) -> None:
        self.parked = parked
        self.pace = pace or Pace()
        self._spine = spine
        self._reader = reader
        self._reactions = reactions
        self._blobs = blobs

    async def replay(self, item: Item, who: str) -> Ending:
        """Run the reaction again and write down how it ended, and who asked.

        Raises Transient when it could not be told in time: the message stays as it was, audited.
        Raises Unplayable.
        """
        if item.status != "parked":
            return Ending(item.parked.id, "already", item.status)
        try:
            outcome, failure = await self._run(item.parked)
        except (Transient, Conflict, TooLarge) as error:
            entry = Entry(now(), who, "replay", "not told", scrubbed(str(error)))
            await self._end(item, item.ended("parked", entry), entry)
            raise
        if failure:
            entry = Entry(now(), who, "replay", "parked", scrubbed(failure.detail))
            after = item.failed(failure.reason, scrubbed(failure.detail), entry)
        else:
            entry = Entry(now(), who, "replay", outcome)
            after = item.ended("replayed", entry)
        if not await self._end(item, after, entry):
            return await self._second(item)
        parked = after.parked
        told = (parked.reason, parked.detail) if failure else ("", "")
        return Ending(parked.id, cast("Any", entry.outcome), after.status, *told)

    async def discard(self, item: Item, who: str, reason: str) -> Ending:
        """Set a message aside for good, with the reason; its record stays."""
        if item.status != "parked":
            return Ending(item.parked.id, "already", item.status)
        entry = Entry(now(), who, "discard", "discarded", reason)
        if not await self._end(item, item.ended("discarded", entry), entry):
            return await self._second(item)
        return Ending(item.parked.id, "discarded", "discarded", reason)

    async def try_out(self, item: Item) -> Trial:
        """What a replay would do, without doing it. Raises Transient or Unplayable."""
        parked = item.parked
        if item.status != "parked":
            return Trial(Ending(parked.id, "already", item.status))
        if parked.group.type == BLOB:
            self._blob(parked)
            return Trial(
                Ending(parked.id, "applied", "parked", detail="the file would be received")
            )
        if parked.group.type == OUTBOX:
            try:
                return Trial(
                    Ending(parked.id, "applied", "parked"),
                    events=tuple(carried(parked.received.body)),
                )
            except Undecodable as error:
                told = (parked.reason, scrubbed(str(error)))
                return Trial(Ending(parked.id, "parked", "parked", *told))
        store = _Trying(self._spine.store)
        spine = Spine(self._spine.team, store.seen, self._spine.codec, Relay(store.seen, store))
        reactions = [_untried(each) for each in self._of(parked)]
        receiver = Receiver(spine, self._reader, parked.received.hub, reactions)
        counts = await receiver.settle([parked.received], time.monotonic() + PATIENCE)
        if store.parked:
            (failure,) = store.parked
            told = (failure.reason, scrubbed(failure.detail))
            return Trial(Ending(parked.id, "parked", "parked", *told))
        outcome: Any = "applied" if counts.applied else "unchanged"
        ending = Ending(parked.id, outcome, "parked")
        return Trial(ending, tuple(store.changes), tuple(store.events))

    async def _run(self, parked: Parked) -> tuple[str, Parked | None]:
        """How the reaction ended, and the failure for which it would be parked again."""
        if parked.group.type == BLOB:
            receive, place = self._blob(parked)
            try:
                await receive(place)
            except Rejected as refused:
                return "parked", Parked(parked.received, refused.code, str(refused), now())
            return "applied", None
        if parked.group.type == OUTBOX:
            try:
                await self._spine.relay.send(parked.received.body)
            except Undecodable as error:
                return "parked", replace(parked, detail=str(error))
            return "applied", None
        store = _Aside(self._spine.store)
        spine = Spine(self._spine.team, store.seen, self._spine.codec, self._spine.relay)
        receiver = Receiver(spine, self._reader, parked.received.hub, self._of(parked))
        counts = await receiver.settle([parked.received], time.monotonic() + PATIENCE)
        if store.parked:
            return "parked", store.parked[0]
        return "applied" if counts.applied else "unchanged", None

    def _of(self, parked: Parked) -> Sequence[Rule | Long]:
        hub = parked.received.hub
        if hub not in self._reactions:
            raise Unplayable(f"the {self._spine.team} team reads no hub {hub}")
        return self._reactions[hub]

    def _blob(self, parked: Parked) -> tuple[Blob, str]:
        hub = parked.received.hub
        if hub not in self._blobs:
            raise Unplayable(f"the {self._spine.team} team takes no files of {hub}")
        return self._blobs[hub], str(parked.received.properties["blob"])

    async def _end(self, item: Item, after: Item, entry: Entry) -> bool:
        """Whether this was the first to change the item since it was read."""
        told = {"parked": item.parked.id, "who": entry.who, "outcome": entry.outcome}
        try:
            await self.parked.change(item, after)
        except Conflict:
            log.warning("parked event %s: another was first", entry.action, extra=told)
            return False
        log.warning("parked event: %s", entry.action, extra=told)
        return True

    async def _second(self, item: Item) -> Ending:
        found = await self.parked.item(item.parked.id)
        return Ending(item.parked.id, "already", found.status if found else item.status)


class _Aside:
    """A team's store, which keeps in hand what would be parked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.parked: list[Parked] = []

    @property
    def seen(self) -> Store:
        """This as a store: what it does not do itself, the team's store does."""
        return cast("Store", self)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def park(self, parked: Parked) -> None:
        self.parked.append(parked)


class _Trying(_Aside):
    """A team's store that can only be read, and a publisher that publishes nothing."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.changes: list[Change] = []
        self.events: list[Event] = []

    async def commit(
        self, bucket: int, changes: Sequence[Change], outbox: Sequence[bytes]
    ) -> list[OutboxRow]:
        self.changes += changes
        self.events += [event for row in outbox for event in unpacked(row)]
        return []

    async def outbox(self, bucket: int, limit: int) -> list[OutboxRow]:
        return []

    async def publish(self, events: Sequence[Event]) -> None:
        raise AssertionError("a trial publishes nothing")


def _untried(reaction: Rule | Long) -> Rule | Long:
    """A reaction that decides, or a stand-in for one that also does what can't be tried."""
    if isinstance(reaction, Rule):
        return reaction

    async def would(message: Any, event: Event, until: float) -> bool:
        return True

    return Long(reaction.message, would)
