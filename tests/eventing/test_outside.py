"""One behaviour for the hubs and files in memory, and for those that are real."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from eventing.bus import declared
from eventing.clients import Clients
from eventing.errors import Conflict
from eventing.event import Event
from eventing.files import Claim, Files, Gone
from eventing.wire import Received, to_event
from tests.eventing.memory import MemoryBus, MemoryFiles

EVENT = Event(
    id="",
    type="product.product.updated",
    source="/product/product",
    subject="home",
    time=datetime(2026, 5, 1, tzinfo=UTC),
    sequence=1,
    partition_key="07",
    correlation_id="c",
    causation_id="f",
    traceparent=None,
    content_type="avro/binary+1",
    data_schema="",
    body=b"\x00\xff",
)


@dataclass
class Outside:
    """What the app reaches: the hubs, and the files."""

    hubs: Any
    files: Any

    async def read(self, hub: str, partition: str, first: int, last: int) -> list[Received]:
        return [
            message
            async for part in self.hubs.read(hub, partition, first, last)
            for message in part
        ]


@pytest.fixture(params=["memory", pytest.param("servers", marks=pytest.mark.stack)])
async def outside(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Outside]:
    if request.param == "memory":
        yield Outside(MemoryBus(), MemoryFiles())
        return
    environment = request.getfixturevalue("servers").environment()
    for name in ("EVENTS", "FILES"):
        monkeypatch.setenv(name, environment[name])
    clients = Clients()
    try:
        yield Outside(clients.hubs, Files(clients.blobs))
    finally:
        await clients.close()


def some(count: int, key: str) -> list[Event]:
    return [replace(EVENT, id=str(uuid4()), partition_key=key) for _ in range(count)]


async def test_events_of_a_key_lie_in_their_order_in_one_partition(outside: Outside) -> None:
    partitions = [str(number) for number in range(declared().hubs["product"].partitions)]
    ended = {each: await outside.hubs.ends("product", each) for each in partitions}
    assert await outside.hubs.all_ends("product") == ended
    mine, others = some(5, "07"), some(3, "11")
    await outside.hubs.publish(
        [event for pair in zip(mine, others, strict=False) for event in pair]
    )
    await outside.hubs.publish(mine[3:])
    found: dict[str, list[str]] = {}
    for each, last in ended.items():
        now = await outside.hubs.ends("product", each)
        messages = await outside.read("product", each, last + 1, now) if now > last else []
        assert [message.sequence_number for message in messages] == list(range(last + 1, now + 1))
        for message in messages:
            event = to_event(message)
            found.setdefault(f"{event.partition_key}@{each}", []).append(event.id)
            assert event.body == EVENT.body
    assert len(found) == 2
    assert sorted(found.values(), key=len) == [
        [event.id for event in others],
        [event.id for event in mine],
    ]


async def test_a_partition_that_was_never_used_ends_before_it_begins(outside: Outside) -> None:
    extents = [
        (
            await outside.hubs.begins("account", partition),
            await outside.hubs.ends("account", partition),
        )
        for partition in ("0", "1", "2", "3")
    ]
    assert (0, -1) in extents
    assert all(0 <= first <= last + 1 for first, last in extents)


async def test_a_range_is_read_from_its_first_to_its_last(outside: Outside) -> None:
    await outside.hubs.publish(some(6, "07"))
    partition = "0"
    for number in range(declared().hubs["product"].partitions):
        if await outside.hubs.ends("product", str(number)) >= 5:
            partition = str(number)
    first = await outside.hubs.begins("product", partition)
    numbers = [
        message.sequence_number
        for message in await outside.read("product", partition, first + 1, first + 4)
    ]
    assert numbers == [first + number for number in range(1, 5)]


async def listed(files: Any, container: str, limit: int) -> list[Claim]:
    """Every file of a container, page by page."""
    claims, mark = await files.page(container, "", limit)
    while mark:
        more, mark = await files.page(container, mark, limit)
        assert 0 < len(more) <= limit
        claims += more
    return claims  # type: ignore[no-any-return]  # files are memory or Azurite


async def test_pages_hold_every_file_once_in_the_order_of_their_names(outside: Outside) -> None:
    partner = f"p{uuid4().hex}"
    names = [f"{partner}/{number}.csv" for number in range(7)]
    for name in reversed(names):
        await outside.files.store("lead-files", name, b"")
    for limit in (1, 3, 7, 100):
        found = [each.name for each in await listed(outside.files, "lead-files", limit)]
        assert [name for name in found if name.startswith(partner)] == names
        assert found == sorted(set(found))


async def test_a_page_goes_on_behind_its_mark_whatever_came_and_went(outside: Outside) -> None:
    partner = f"p{uuid4().hex}"
    for name in ("b", "d", "f"):
        await outside.files.store("lead-files", f"{partner}/{name}", b"")
    mark, seen = "", [""]
    while seen[-1] != f"{partner}/d":
        claims, mark = await outside.files.page("lead-files", mark, 1)
        seen += [each.name for each in claims]
    await outside.files.store("lead-files", f"{partner}/c", b"")
    await outside.files.store("lead-files", f"{partner}/e", b"")
    claims, _ = await outside.files.page("lead-files", mark, 2)
    assert [each.name for each in claims] == [f"{partner}/e", f"{partner}/f"]


async def test_files_after_a_name_are_listed_in_their_order_folder_by_folder(
    outside: Outside,
) -> None:
    root = f"n{uuid4().hex}"
    names = [f"{root}/{place}" for place in ("a/1/x", "a/1/y", "a/2/x", "a.b/1/z", "b/1/a")]
    for name in reversed(names):
        await outside.files.store("lake", name, b"")
    for before, name in enumerate(sorted(["", *names])):
        found = [each async for each in outside.files.after("lake", f"{root}/", name)]
        assert found == sorted(names)[before:]
    assert await outside.files.folders("lake", f"{root}/") == [
        f"{root}/{name}/" for name in ("a.b", "a", "b")
    ]
    assert f"{root}/" in await outside.files.folders("lake")


async def test_a_whole_file_is_there_or_gone(outside: Outside) -> None:
    name = f"{uuid4()}.json"
    with pytest.raises(Gone):
        await outside.files.content("lake", name)
    await outside.files.store("lake", name, b"{}")
    assert await outside.files.content("lake", name) == b"{}"


async def test_a_file_is_read_as_it_was_claimed_or_not_at_all(outside: Outside) -> None:
    name = f"acme/{uuid4()}.csv"
    await outside.files.store("sales-files", name, b"one")
    claim: Claim = await outside.files.claim("sales-files", name)
    assert b"".join([chunk async for chunk in outside.files.read(claim)]) == b"one"
    assert b"".join([chunk async for chunk in outside.files.read(claim, 2)]) == b"e"
    assert name in [each.name for each in await listed(outside.files, "sales-files", 100)]
    await outside.files.store("sales-files", name, b"two")
    with pytest.raises(Gone):
        [chunk async for chunk in outside.files.read(claim)]
    with pytest.raises(Gone):
        await outside.files.claim("sales-files", f"acme/{uuid4()}.csv")


async def test_a_report_is_written_only_by_who_knows_its_newest_version(outside: Outside) -> None:
    files, place = outside.files, ("sales-rejects", f"acme/{uuid4()}.csv")
    assert await files.version(*place) is None
    await files.append_report(*place, 0, b"0", None)
    first = await files.version(*place)
    with pytest.raises(Conflict):
        await files.append_report(*place, 0, b"late", None)
    await files.append_report(*place, 0, b"again", first)
    second = await files.version(*place)
    await files.append_report(*place, 1, b"1", second)
    third = await files.version(*place)
    for blocks in (0, 1, 2, 3):
        with pytest.raises(Conflict):
            await files.append_report(*place, blocks, b"late", second)
    with pytest.raises(Conflict):
        await files.forget_report(*place, second)
    assert await files.version(*place) == third
    await files.forget_report(*place, third)
    assert await files.version(*place) is None
    await files.forget_report(*place, None)
