"""Parked messages in memory, held to the same behaviour as those in the table."""

from dataclasses import dataclass, field, replace

from eventing.errors import Conflict
from eventing.parked import Item, Line, Parked, Tally


@dataclass
class MemoryParked:
    """The behaviour of ParkedTable without a table."""

    items: dict[str, Item] = field(default_factory=dict)
    etags: int = 0

    async def park(self, parked: Parked) -> None:
        held = self.items.get(parked.id)
        if held and (
            held.status == "discarded"
            or (held.status == "parked" and held.parked.reason == parked.reason)
        ):
            return
        self._put(replace(held, parked=parked, status="parked") if held else Item(parked, "parked"))

    async def tallies(self) -> list[Tally]:
        found: dict[str, Tally] = {}
        for item in self.items.values():
            at, group = item.parked.parked_at, item.parked.group
            waits, replayed = item.status == "parked", item.status == "replayed"
            one = Tally(group, waits, at, at, replayed, item.status == "discarded")
            found[group.id] = found[group.id] + one if group.id in found else one
        return sorted(found.values(), key=lambda tally: tally.last_seen, reverse=True)

    async def page(self, group: str, after: str, limit: int) -> list[Line]:
        waiting = [
            Line(key, item.parked.parked_at, item.parked.detail[:300])
            for key, item in sorted(self.items.items())
            if item.status == "parked" and item.parked.group.id == group and key > after
        ]
        return waiting[:limit]

    async def item(self, item_id: str) -> Item | None:
        return self.items.get(item_id)

    async def change(self, before: Item, after: Item) -> None:
        if self.items[before.parked.id].etag != before.etag:
            raise Conflict(before.parked.id)
        self._put(after)

    def _put(self, item: Item) -> None:
        self.etags += 1
        self.items[item.parked.id] = replace(item, etag=str(self.etags))
