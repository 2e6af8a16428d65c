"""The spine: load → decide → commit → relay, for commands, rows of files and reactions alike."""

import asyncio
import logging
import random
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any

from eventing.codec import Codec
from eventing.decision import Decision, Rejected, State
from eventing.errors import Conflict, TooLarge
from eventing.event import Cause, Event, derived_id
from eventing.outbox import packed
from eventing.relay import Relay
from eventing.rows import Key, partition
from eventing.store import Change, Held, OutboxRow, Store
from eventing.telemetry import decided

log = logging.getLogger(__name__)

ATTEMPTS = 8
AGGREGATES = 90
"""Most aggregates of one commit: a transaction holds 100 entities, and the outbox needs some."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A decision, and the types it stands between. A message names its aggregate by `key`."""

    message: Any
    state: type[State]
    decide: Callable[[Any, Any], Decision[Any]]


@dataclass(frozen=True, slots=True)
class Work:
    """One message for one rule, and what caused it."""

    rule: Rule
    message: Any
    cause: Cause
    expects: Container[int] | None = None
    """The versions of which the aggregate must have one; any by default."""

    @property
    def key(self) -> Key:
        return Key(self.rule.state, str(self.message.key))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a message ended: applied, unchanged (it had been before), or refused by its rule."""

    work: Work
    state: Any
    version: int
    applied: bool
    refused: Rejected | None = None
    created: bool = False


class Stale(Rejected):
    """The aggregate is no longer at the version that the caller knows: HTTP answers 412."""


class Spine:
    """What a team needs to turn messages into committed decisions and published events."""

    def __init__(self, team: str, store: Store, codec: Codec, relay: Relay) -> None:
        self.team = team
        self.store = store
        self.codec = codec
        self.relay = relay

    async def handle(self, work: Work) -> Outcome:
        """One message. Raises Rejected when its rule refuses, Conflict after many lost races."""
        (outcome,) = await self.settle(work.key.bucket, [work])
        if outcome.refused:
            raise outcome.refused
        return outcome

    async def settle(self, bucket: int, works: Sequence[Work]) -> list[Outcome]:
        """Messages for aggregates of one bucket, in order, in as few commits as they fit into."""
        outcomes: list[Outcome] = []
        for start in range(0, len(works), AGGREGATES):
            outcomes += await self._settle(bucket, works[start : start + AGGREGATES])
        return outcomes

    async def _settle(self, bucket: int, works: Sequence[Work]) -> list[Outcome]:
        for attempt in range(ATTEMPTS):
            held = await self._loaded(list(dict.fromkeys(work.key for work in works)))
            outcomes, changes, events = await self._decided(works, held)
            rows: list[OutboxRow] = []
            try:
                if changes:
                    rows = await self.store.commit(bucket, changes, packed(events))
            except Conflict:
                await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter
                continue
            except TooLarge as error:
                return await self._settle_in_parts(bucket, works, error)
            # After a lost race an earlier attempt may have committed although its answer was lost.
            if attempt:
                await self.relay.soon(bucket)
            elif events:
                # An aggregate that is new has no earlier event that could still wait.
                new = all(change.held.etag is None for change in changes)
                await self.relay.soon(bucket, rows if new else ())
            return outcomes
        raise Conflict(f"{works[0].key.kind.kind} {works[0].key.id} keeps changing under us")

    async def _settle_in_parts(
        self, bucket: int, works: Sequence[Work], error: TooLarge
    ) -> list[Outcome]:
        middle = len(works) // 2
        if middle:
            first = await self._settle(bucket, works[:middle])
            return first + await self._settle(bucket, works[middle:])
        (work,) = works
        held = await self.store.load(work.key.kind, work.key.id)
        refused = Rejected("too_large", str(error))
        return [Outcome(work, held.state, held.version, applied=False, refused=refused)]

    async def _loaded(self, keys: Sequence[Key]) -> dict[Key, Held[Any]]:
        held = await asyncio.gather(*(self.store.load(key.kind, key.id) for key in keys))
        return dict(zip(keys, held, strict=True))

    async def _decided(
        self, works: Sequence[Work], held: dict[Key, Held[Any]]
    ) -> tuple[list[Outcome], list[Change], list[Event]]:
        states = {key: (found.state, found.version) for key, found in held.items()}
        outcomes: list[Outcome] = []
        events: list[Event] = []
        for work in works:
            state, version = states[work.key]
            try:
                _as_expected(work, version)
                decision = work.rule.decide(state, work.message)
            except Rejected as refused:
                outcomes.append(Outcome(work, state, version, applied=False, refused=refused))
                continue
            raised = await self._events(work, version, decision)
            events += raised
            applied = bool(raised) or decision.state != state
            # A change that raises nothing is a new version too: no caller's ETag survives it.
            further = version + (len(raised) or applied)
            states[work.key] = (decision.state, further)
            outcomes.append(Outcome(work, decision.state, further, applied, created=not version))
        changes = [
            Change(key, held[key], state, version)
            for key, (state, version) in states.items()
            if state is not None and (state, version) != (held[key].state, held[key].version)
        ]
        return outcomes, changes, events

    async def _events(self, work: Work, version: int, decision: Decision[Any]) -> list[Event]:
        aggregate = f"{work.key.kind.kind}/{work.key.id}"
        traceparent = decided(self.team, aggregate, work.cause, work.rule.message.__name__)
        events = []
        for ordinal, fact in enumerate(decision.events):
            content_type, data_schema, body = await self.codec.encode(fact)
            events.append(
                Event(
                    id=derived_id(work.cause, aggregate, fact, ordinal),
                    type=fact.type,
                    source=f"/{self.team}/{work.key.kind.kind}",
                    subject=work.key.id,
                    time=work.cause.time,
                    sequence=version + ordinal + 1,
                    partition_key=partition(work.key.bucket),
                    correlation_id=work.cause.correlation_id,
                    causation_id=work.cause.id,
                    traceparent=traceparent,
                    content_type=content_type,
                    data_schema=data_schema,
                    body=body,
                )
            )
        return events


def _as_expected(work: Work, version: int) -> None:
    if work.expects is not None and version not in work.expects:
        raise Stale("stale", f"{work.key.kind.kind} {work.key.id} is at version {version} now")
