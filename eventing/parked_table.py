"""Parked messages in a team's table, with counts by group kept in the same transactions.

One partition holds these rows: `item!` the message, `part!` what of it is too long for a row,
`open!` its place in its group while it waits, `tally!` a group's counts for one hub partition,
`audit!` its history. So listing the groups costs as many rows as there are groups, however many
messages are parked.
"""

import asyncio
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from azure.core import MatchConditions
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import UpdateMode
from azure.data.tables.aio import TableClient

from eventing.errors import Conflict
from eventing.parked import Entry, Group, Item, Line, Parked, Tally, packed, unpacked
from eventing.rows import chunks, joined
from eventing.tables import translated
from eventing.wire import Received

PARKED = "parked"
ATTEMPTS = 8
IN_ONE_ENTITY = 420 * 1024
"""Bytes of a message beside its head; the service allows 1 MiB for an entity."""

SHOWN = 300
"""Characters of the error in a listing."""


class ParkedTable:
    """The parked messages of a team."""

    def __init__(self, table: TableClient) -> None:
        self._table = table
        self._tallies: dict[str, dict[str, Any]] = {}
        self._turn = asyncio.Lock()

    async def park(self, parked: Parked) -> None:
        """Set a message aside; again changes nothing but the reason.

        What was discarded stays so. Raises Conflict or Transient.
        """
        async with self._turn:
            for attempt in range(ATTEMPTS):
                # The first try takes it for new, which costs one call and is nearly always right.
                before = await self.item(parked.id) if attempt else None
                if before and not _news(before, parked):
                    return
                after = replace(before, parked=parked, status="parked") if before else None
                if await self._changed(before, after or Item(parked, "parked"), attempt):
                    return
        raise Conflict(f"parked message {parked.id} keeps changing under us")

    async def change(self, before: Item, after: Item) -> None:
        """Write what became of an item, with its history. Raises Conflict if it is not as read."""
        async with self._turn:
            for attempt in range(ATTEMPTS):
                if await self._changed(before, after, attempt):
                    return
                now = await self.item(before.parked.id)
                if now is None or now.etag != before.etag:
                    raise Conflict(f"parked message {before.parked.id} was changed meanwhile")
        raise Conflict(f"the counts of {before.parked.group.id} keep changing under us")

    async def _changed(self, before: Item | None, after: Item, attempt: int) -> bool:
        if attempt:
            self._tallies.clear()
            await asyncio.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter
        if before is None:
            await self._keep_parts(after.parked)
        rows = await self._counted(before, after)
        operations = [*_item_operations(before, after), *_open_operations(before, after)]
        operations += [_write(row) for row in rows]
        try:
            with translated():
                answers = await self._table.submit_transaction(operations)
        except Conflict:
            return False
        for row, answer in zip(rows, answers[-len(rows) :] if rows else [], strict=True):
            self._tallies[row["RowKey"]] = row | {"etag": answer.get("etag")}
        return True

    async def _counted(self, before: Item | None, after: Item) -> list[dict[str, Any]]:
        """The tally rows that a change moves, as they are after it."""
        old = _tally_key(before.parked) if before and before.status == "parked" else None
        new = _tally_key(after.parked)
        if old == new and after.status == "parked":
            return []
        rows = []
        if old and (old != new or after.status != "parked"):
            assert before is not None  # noqa: S101 - narrows the type
            row = await self._tally(old, before.parked.group, before.parked.parked_at)
            counted = {"open": max(0, row["open"] - 1)}
            if after.status != "parked":
                counted[after.status] = row[after.status] + 1
            rows.append(row | counted)
        if after.status == "parked":
            seen = after.parked.parked_at
            row = await self._tally(new, after.parked.group, seen)
            first = min(_instant(row["first_seen"]), seen) if row["open"] else seen
            last = max(_instant(row["last_seen"]), seen) if row["open"] else seen
            seen_at = {"first_seen": first.isoformat(), "last_seen": last.isoformat()}
            rows.append(row | seen_at | {"open": row["open"] + 1})
        return rows

    async def _tally(self, row_key: str, group: Group, seen: datetime) -> dict[str, Any]:
        if row_key in self._tallies:
            return self._tallies[row_key]
        with translated():
            try:
                found = await self._table.get_entity(PARKED, row_key)
            except ResourceNotFoundError:
                names = {"hub": group.hub, "type": group.type, "reason": group.reason}
                counts = {"open": 0, "replayed": 0, "discarded": 0}
                at = {"first_seen": seen.isoformat(), "last_seen": seen.isoformat()}
                return {"PartitionKey": PARKED, "RowKey": row_key, **names, **counts, **at}
        return dict(found) | {"etag": _etag(found)}

    async def tallies(self) -> list[Tally]:
        """The groups, those with the newest trouble first."""
        groups: dict[Group, Tally] = {}
        with translated():
            async for row in self._between("tally!", 'tally"'):
                tally = Tally(
                    Group(row["hub"], row["type"], row["reason"]),
                    row["open"],
                    _instant(row["first_seen"]),
                    _instant(row["last_seen"]),
                    row["replayed"],
                    row["discarded"],
                )
                groups[tally.group] = (
                    groups[tally.group] + tally if tally.group in groups else tally
                )
        return sorted(groups.values(), key=lambda tally: tally.last_seen, reverse=True)

    async def page(self, group: str, after: str, limit: int) -> list[Line]:
        """Up to `limit` waiting messages of a group behind the id `after`, in their hub's order."""
        lines: list[Line] = []
        low = f"open!{group}!{after}\x20" if after else f"open!{group}!"
        with translated():
            pages = self._between(low, f'open!{group}"', limit).by_page()
            async for page in pages:
                async for row in page:
                    name = row["RowKey"].rpartition("!")[2]
                    lines.append(Line(name, _instant(row["parked_at"]), row["detail"]))
                break
        return lines[:limit]

    async def item(self, item_id: str) -> Item | None:
        """One message with its history, or None."""
        with translated():
            try:
                head = await self._table.get_entity(PARKED, f"item!{item_id}")
            except ResourceNotFoundError:
                return None
            raw = joined(head, "raw") if "raw" in head else await self._parts(item_id)
            history = [
                _entry(row) async for row in self._between(f"audit!{item_id}!", f'audit!{item_id}"')
            ]
        return _item(head, raw, history)

    async def _keep_parts(self, parked: Parked) -> None:
        """What is too long for one entity lies beside it, and before it."""
        raw = packed(parked.received)
        if len(raw) > IN_ONE_ENTITY:
            for start in range(0, len(raw), IN_ONE_ENTITY):
                part = f"part!{parked.id}!{start // IN_ONE_ENTITY:04d}"
                keys = {"PartitionKey": PARKED, "RowKey": part}
                with translated():
                    await self._table.upsert_entity(
                        keys | chunks("raw", raw[start : start + IN_ONE_ENTITY]),
                        mode=UpdateMode.REPLACE,
                    )

    async def _parts(self, item_id: str) -> bytes:
        rows = self._between(f"part!{item_id}!", f'part!{item_id}"')
        return b"".join([joined(row, "raw") async for row in rows])

    def _between(self, low: str, high: str, at_once: int | None = None) -> Any:
        return self._table.query_entities(
            "PartitionKey eq @partition and RowKey ge @low and RowKey lt @high",
            parameters={"partition": PARKED, "low": low, "high": high},
            results_per_page=at_once,
        )


def _news(before: Item, parked: Parked) -> bool:
    """Whether parking a message again says anything that the table does not."""
    if before.status == "discarded":
        return False
    return before.status == "replayed" or before.parked.reason != parked.reason


def _shard(parked: Parked) -> str:
    # One reader at a time has a partition, so that its counts have one writer.
    return parked.received.partition if parked.received.partition.isdecimal() else "-"


def _tally_key(parked: Parked) -> str:
    return f"tally!{parked.group.id}!{_shard(parked)}"


def _write(row: Mapping[str, Any]) -> Any:
    entity = {name: value for name, value in row.items() if name != "etag"}
    return _guarded(entity, row["etag"]) if row.get("etag") else ("create", entity)


def _guarded(entity: Mapping[str, Any], etag: str | None) -> Any:
    guard = {"etag": etag, "match_condition": MatchConditions.IfNotModified}
    return ("update", entity, {"mode": UpdateMode.MERGE, **guard})


def _item_operations(before: Item | None, after: Item) -> list[Any]:
    parked = after.parked
    head = {
        "PartitionKey": PARKED,
        "RowKey": f"item!{parked.id}",
        "status": after.status,
        "attempts": after.attempts,
        "reason": parked.reason,
        "detail": _text(parked.detail, 8000),
        "parked_at": parked.parked_at.isoformat(),
    }
    known = before.history if before else ()
    audit = [("create", _audit(parked.id, entry)) for entry in after.history[len(known) :]]
    if before:
        return [_guarded(head, before.etag), *audit]
    message = parked.received
    head |= {
        "hub": message.hub,
        "partition": message.partition,
        "sequence_number": str(message.sequence_number),
        "enqueued": message.enqueued.isoformat(),
    }
    raw = packed(message)
    if len(raw) <= IN_ONE_ENTITY:
        head |= chunks("raw", raw)
    return [("create", head), *audit]


def _open_operations(before: Item | None, after: Item) -> list[Any]:
    old = _open_key(before.parked) if before and before.status == "parked" else None
    new = _open_key(after.parked) if after.status == "parked" else None
    operations: list[Any] = []
    if old and old != new:
        operations.append(("delete", {"PartitionKey": PARKED, "RowKey": old}))
    if new:
        seen = after.parked.parked_at.isoformat()
        shown = {"parked_at": seen, "detail": _text(after.parked.detail, SHOWN)}
        operations.append(("upsert", {"PartitionKey": PARKED, "RowKey": new, **shown}))
    return operations


def _open_key(parked: Parked) -> str:
    return f"open!{parked.group.id}!{parked.id}"


def _audit(item_id: str, entry: Entry) -> dict[str, Any]:
    unique = f"{int(entry.at.timestamp() * 1000):015d}!{os.urandom(4).hex()}"
    return {
        "PartitionKey": PARKED,
        "RowKey": f"audit!{item_id}!{unique}",
        "at": entry.at.isoformat(),
        "who": entry.who,
        "action": entry.action,
        "outcome": entry.outcome,
        "note": _text(entry.note, 8000),
    }


def _entry(row: Mapping[str, Any]) -> Entry:
    return Entry(
        _instant(row["at"]),
        row["who"],
        cast("Any", row["action"]),
        row["outcome"],
        row["note"],
    )


def _item(head: Mapping[str, Any], raw: bytes, history: Sequence[Entry]) -> Item:
    envelope, body = unpacked(raw)
    received = Received(
        hub=head["hub"],
        partition=head["partition"],
        sequence_number=int(head["sequence_number"]),
        offset=envelope["offset"],
        enqueued=_instant(head["enqueued"]),
        content_type=envelope["content_type"],
        properties=envelope["properties"],
        body=body,
    )
    parked = Parked(received, head["reason"], head["detail"], _instant(head["parked_at"]))
    status = cast("Any", head["status"])
    return Item(parked, status, head["attempts"], tuple(history), _etag(head))


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _text(text: str, most: int) -> str:
    return text[:most].encode(errors="replace").decode()


def _etag(entity: Any) -> str:
    return str(entity.metadata["etag"])
