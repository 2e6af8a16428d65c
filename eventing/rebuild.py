"""A projection made again from its hub, from zero, by the same reactions; then held to the table.

The table is read first and the hub second: what a row knows was on the hub before, so a row that
differs from what its events make is wrong, unless a reaction wrote it meanwhile.
"""

import logging
import time
from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, cast

from eventing.bus import declared
from eventing.decision import State
from eventing.errors import Conflict
from eventing.handle import Rule, Spine
from eventing.hubs import Hubs
from eventing.parked import Parked
from eventing.receive import DEADLINE, Long, Receiver
from eventing.relay import Relay
from eventing.rows import Key
from eventing.store import Change, Held, OutboxRow, Store, TableStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """How many events were read, and what became of the rows that they make.

    `kept` are rows of which the hub holds no event any more, `overtaken` those that a reaction
    wrote meanwhile.
    """

    events: int = 0
    same: int = 0
    mended: int = 0
    kept: int = 0
    overtaken: int = 0


@dataclass
class _Blank:
    """A store with nothing in it, which keeps what is decided in memory."""

    rows: dict[Key, Held[Any]] = field(default_factory=dict)

    async def load(self, kind: type[State], aggregate_id: str) -> Held[Any]:
        return self.rows.get(Key(kind, aggregate_id), Held(None))

    async def commit(
        self, bucket: int, changes: Sequence[Change], outbox: Sequence[bytes]
    ) -> list[OutboxRow]:
        assert not outbox, "a projection raises nothing"  # noqa: S101 - a defect of ours
        for change in changes:
            self.rows[change.key] = Held(change.state, change.version, "made")
        return []

    async def outbox(self, bucket: int, limit: int) -> list[OutboxRow]:
        return []

    async def park(self, parked: Parked) -> None:
        log.warning("left out, as it was parked: %s", parked.id)


async def rebuild(
    spine: Spine,
    table: TableStore,
    hubs: Hubs,
    hub: str,
    kind: type[State],
    reactions: Sequence[Rule | Long],
) -> Rebuilt:
    """Make the projection `kind` of `hub` again and mend what differs. Raises Transient."""
    held = {Key(kind, _id(each.state)): each async for each in table.all_of(kind)}
    blank = _Blank()
    store = cast("Store", blank)
    apart = Spine(spine.team, store, spine.codec, Relay(store, hubs))
    receiver = Receiver(apart, hubs, hub, reactions)
    partitions = range(declared().hubs[hub].partitions)
    events = sum(await gather(*(_read(receiver, hubs, hub, str(each)) for each in partitions)))
    told = Rebuilt(events, kept=len(held.keys() - blank.rows.keys()))
    for key, made in blank.rows.items():
        told = await _mend(spine.store, key, held.get(key, Held(None)), made, told)
    log.warning("projection rebuilt", extra={"hub": hub, "kind": kind.kind, "told": str(told)})
    return told


async def _read(receiver: Receiver, hubs: Hubs, hub: str, partition: str) -> int:
    first, last = await hubs.extent(hub, partition)
    events = 0
    if last < first:
        return 0
    async for batch in hubs.read(hub, partition, first, last):
        await receiver.settle(batch, time.monotonic() + DEADLINE)
        events += len(batch)
    return events


async def _mend(store: Store, key: Key, held: Held[Any], made: Held[Any], told: Rebuilt) -> Rebuilt:
    if held.state == made.state:
        return replace(told, same=told.same + 1)
    assert made.state is not None  # noqa: S101 - narrows the type
    change = Change(key, held, made.state, held.version + 1)
    try:
        await store.commit(key.bucket, [change], [])
    except Conflict:
        return replace(told, overtaken=told.overtaken + 1)
    return replace(told, mended=told.mended + 1)


def _id(state: Any) -> str:
    # A projection is named by its first field, which is the id of what it knows.
    return str(getattr(state, fields(state)[0].name))
