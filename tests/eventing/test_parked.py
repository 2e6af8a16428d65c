"""One behaviour for parked messages in the table and in memory."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableServiceClient

from eventing.errors import Conflict
from eventing.parked import (
    UNKNOWN,
    Entry,
    Parked,
    ParkedStore,
    Tally,
    packed,
    parked_blob,
    unpacked,
)
from eventing.parked_table import ParkedTable
from eventing.wire import Received
from local.host.queue import queue_options
from local.settings import ROOT
from local.stack import Stack
from tests.eventing.memory_parked import MemoryParked

AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
SOLD = {"cloudEvents_type": "conversions.sale.confirmed"}


def message(
    number: int,
    *,
    hub: str = "sale",
    partition: str = "0",
    properties: Mapping[Any, Any] = SOLD,
    body: bytes = b"\x00\xff",
    enqueued: datetime = AT,
) -> Received:
    return Received(hub, partition, number, str(number), enqueued, "text", properties, body)


def parked(number: int, reason: str = "undecodable", minute: int = 0, **more: Any) -> Parked:
    at = AT + timedelta(minutes=minute)
    return Parked(message(number, **more), reason, f"why {number}", at)


@pytest.fixture(params=["memory", pytest.param("table", marks=pytest.mark.stack)])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[ParkedStore]:
    if request.param == "memory":
        yield MemoryParked()
        return
    stack: Stack = request.getfixturevalue("servers")
    account = stack.environment()["STATE"]
    async with TableServiceClient.from_connection_string(account) as tables:
        table = await tables.create_table(f"p{uuid4().hex}")
        yield ParkedTable(table)
        await tables.delete_table(table.table_name)


async def test_groups_count_what_waits_with_first_and_last_seen(store: ParkedStore) -> None:
    await store.park(parked(1, minute=5, partition="0"))
    await store.park(parked(1, minute=9, partition="1"))
    await store.park(parked(2, minute=1, partition="1"))
    await store.park(parked(3, "unknown_lead", minute=2))
    await store.park(parked(4, minute=3, properties={"cloudEvents_type": "made.up.today"}))
    tallies = await store.tallies()
    assert [(each.group.type, each.group.reason, each.open) for each in tallies] == [
        ("conversions.sale.confirmed", "undecodable", 3),
        (UNKNOWN, "undecodable", 1),
        ("conversions.sale.confirmed", "unknown_lead", 1),
    ]
    assert tallies[0].first_seen == AT + timedelta(minutes=1)
    assert tallies[0].last_seen == AT + timedelta(minutes=9)


async def test_parking_the_same_message_again_counts_it_once(store: ParkedStore) -> None:
    for minute in (0, 1, 2):
        await store.park(parked(1, minute=minute))
    (tally,) = await store.tallies()
    assert tally.open == 1


async def test_a_message_that_parks_again_for_another_reason_changes_its_group(
    store: ParkedStore,
) -> None:
    await store.park(parked(1))
    await store.park(parked(1, "unknown_lead"))
    counts = {tally.group.reason: tally.open for tally in await store.tallies()}
    assert counts == {"undecodable": 0, "unknown_lead": 1} or counts == {"unknown_lead": 1}
    old, new = parked(1).group.id, parked(1, "unknown_lead").group.id
    assert await store.page(old, "", 9) == []
    assert [line.id for line in await store.page(new, "", 9)] == [parked(1).id]


async def test_a_hub_made_anew_parks_beside_what_its_number_had_before(store: ParkedStore) -> None:
    later = parked(1, enqueued=AT + timedelta(days=9), body=b"another")
    await store.park(parked(1))
    await store.park(later)
    found = [await store.item(each.id) for each in (parked(1), later)]
    assert [each.parked.received.body for each in found if each] == [b"\x00\xff", b"another"]


async def test_a_group_is_read_page_by_page_in_its_hubs_order(store: ParkedStore) -> None:
    for number in (11, 2, 33, 4, 25):
        await store.park(parked(number))
    group = parked(2).group.id
    first = await store.page(group, "", 2)
    second = await store.page(group, first[-1].id, 2)
    third = await store.page(group, second[-1].id, 2)
    ids = [line.id for line in (*first, *second, *third)]
    assert ids == [parked(number).id for number in (2, 4, 11, 25, 33)]
    assert first[0].detail == "why 2"


STRANGE: list[Mapping[Any, Any]] = [
    {},
    {"n": 1, "t": True, "f": float("nan"), "none": None, "when": AT, "b": b"\xff\x00"},
    {b"bytes": {b"as": [b"keys", {"deep": ["er"]}]}, 7: "a number"},
    {"long": "x" * 70_000, "control": "\x00\x01\x1f" * 1000, "lone": "\ud800"},
]


@pytest.mark.parametrize("properties", STRANGE, ids=["none", "kinds", "keys", "long"])
@pytest.mark.parametrize("size", [0, 2, 1_000_000])
async def test_a_message_of_any_size_and_properties_is_kept_raw(
    store: ParkedStore, properties: Mapping[Any, Any], size: int
) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    one = parked(7, properties=properties, body=body[:size])
    await store.park(one)
    found = await store.item(one.id)
    assert found is not None
    assert found.parked.received.body == body[:size]
    assert found.parked.received.content_type == "text"
    assert len(found.parked.received.properties) == len(properties)
    assert (found.status, found.parked.reason, found.history) == ("parked", "undecodable", ())


def test_properties_nested_without_end_are_cut() -> None:
    deep: Any = "bottom"
    for _ in range(2000):
        deep = {"down": deep}
    envelope, body = unpacked(packed(message(1, properties={"deep": deep})))
    assert body == b"\x00\xff"
    assert len(json.dumps(envelope)) < 10_000


async def _ended(store: ParkedStore, item_id: str, status: Any, outcome: str = "applied") -> None:
    item = await store.item(item_id)
    assert item is not None
    action: Any = "discard" if status == "discarded" else "replay"
    await store.change(item, item.ended(status, Entry(AT, "ada", action, outcome, "note")))


async def test_what_was_replayed_leaves_the_list_and_stays_as_a_record(store: ParkedStore) -> None:
    await store.park(parked(1))
    await store.park(parked(2))
    await _ended(store, parked(1).id, "replayed")
    (tally,) = await store.tallies()
    assert (tally.open, tally.replayed, tally.discarded) == (1, 1, 0)
    assert [line.id for line in await store.page(tally.group.id, "", 9)] == [parked(2).id]
    item = await store.item(parked(1).id)
    assert item is not None
    assert (item.status, item.attempts) == ("replayed", 1)
    assert item.history == (Entry(AT, "ada", "replay", "applied", "note"),)
    assert item.parked.received.body == b"\x00\xff"


async def test_what_fails_again_stays_with_its_new_error(store: ParkedStore) -> None:
    await store.park(parked(1))
    item = await store.item(parked(1).id)
    assert item is not None
    entry = Entry(AT, "ada", "replay", "parked", "still unknown")
    await store.change(item, item.failed("unknown_lead", "there is no lead", entry))
    found = await store.item(parked(1).id)
    assert found is not None
    assert (found.status, found.attempts, len(found.history)) == ("parked", 1, 1)
    assert (found.parked.reason, found.parked.detail) == ("unknown_lead", "there is no lead")
    waiting = {tally.group.reason: tally.open for tally in await store.tallies() if tally.open}
    assert waiting == {"unknown_lead": 1}


async def test_only_the_first_of_two_who_read_the_same_item_may_change_it(
    store: ParkedStore,
) -> None:
    await store.park(parked(1))
    item = await store.item(parked(1).id)
    assert item is not None
    await store.change(item, item.ended("replayed", Entry(AT, "ada", "replay", "applied")))
    with pytest.raises(Conflict):
        await store.change(item, item.ended("discarded", Entry(AT, "bob", "discard", "discarded")))
    (tally,) = await store.tallies()
    assert (tally.open, tally.replayed, tally.discarded) == (0, 1, 0)


async def test_a_redelivery_reopens_what_was_replayed_and_never_what_was_discarded(
    store: ParkedStore,
) -> None:
    for number, status in ((1, "replayed"), (2, "discarded")):
        await store.park(parked(number))
        await _ended(store, parked(number).id, status)
        await store.park(parked(number, minute=9))
    first, second = [await store.item(parked(number).id) for number in (1, 2)]
    assert first is not None
    assert second is not None
    assert (first.status, len(first.history)) == ("parked", 1)
    assert second.status == "discarded"


async def test_counts_hold_while_several_park_and_end_at_once(store: ParkedStore) -> None:
    other = ParkedTable(store._table) if isinstance(store, ParkedTable) else store
    both = [store, other]
    await asyncio.gather(*(both[n % 2].park(parked(n, partition=str(n % 2))) for n in range(40)))
    await asyncio.gather(*(_ended(both[n % 2], parked(n, partition=str(n % 2)).id, "replayed")
                           for n in range(0, 40, 4)))  # fmt: skip
    (tally,) = await store.tallies()
    assert (tally.open, tally.replayed) == (30, 10)
    assert len(await store.page(tally.group.id, "", 100)) == 30


def test_a_poison_blobs_notice_is_tried_as_long_as_its_queue_keeps_it() -> None:
    options = queue_options(json.loads((ROOT / "host.json").read_text()))
    week = timedelta(days=7)
    assert timedelta(seconds=options.hidden_after_failure) * options.attempts >= week


def test_the_notice_of_a_poison_blob_is_parked_under_its_container() -> None:
    notice = json.dumps(
        {
            "Type": "BlobTrigger",
            "FunctionId": "Host.Functions.receive_sales_file",
            "BlobType": "BlockBlob",
            "ContainerName": "sales-files",
            "BlobName": "acme/january.csv",
            "ETag": '"0x8D"',
        }
    )
    found = parked_blob(notice, AT, AT)
    assert (found.group.hub, found.group.type, found.reason) == (
        "sales-files",
        "blob",
        "poison_blob",
    )
    assert found.received.properties["blob"] == "acme/january.csv"
    assert found.id == parked_blob(notice, AT, AT + timedelta(days=1)).id
    assert found.id != parked_blob(notice.replace("0x8D", "0x8E"), AT, AT).id


@pytest.mark.parametrize("notice", ["", "{", "[]", "7", '{"ContainerName": "x"}', "\ud800"])
def test_a_notice_of_no_blob_is_parked_too_and_can_be_stored(notice: str) -> None:
    found = parked_blob(notice, AT, AT)
    assert (found.group.hub, found.group.type, found.reason) == (UNKNOWN, UNKNOWN, "undecodable")
    assert found.id.isascii()


def test_a_sum_of_tallies_spans_both_and_forgets_the_times_of_what_is_empty() -> None:
    group = parked(1).group
    early, late = AT, AT + timedelta(days=1)
    empty = Tally(group, 0, early, early, 3)
    some = Tally(group, 2, late, late)
    assert empty + some == Tally(group, 2, late, late, 3)
    assert replace(empty, open=1) + some == Tally(group, 3, early, late, 3)
