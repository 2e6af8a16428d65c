"""One behaviour for the table and for the store in memory."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from azure.data.tables.aio import TableServiceClient

from eventing.errors import Conflict, TooLarge
from eventing.event import now
from eventing.parked import Parked
from eventing.position import Position
from eventing.rows import Key, from_state, partition, row_key
from eventing.store import LARGEST_STATE, Change, Held, Store, TableStore, measured
from eventing.wire import Received
from local.ports import free_ports
from tests.eventing.memory import MemoryStore

type Keeper = MemoryStore | TableStore

KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Box:
    kind: ClassVar[str] = "box"
    due: ClassVar[tuple[str, ...]] = ("opens_at",)
    id: str
    content: str
    opens_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Boxer:
    """Its kind begins as another's does."""

    kind: ClassVar[str] = "boxer"
    due: ClassVar[tuple[str, ...]] = ("opens_at",)
    id: str
    opens_at: datetime | None = None


def change(key: Key, held: Held[Any], content: str) -> Change:
    return Change(key, held, Box(key.id, content), held.version + 1)


@pytest.fixture(scope="module")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    blob, queue, table = free_ports(3)
    root = Path(__file__).parents[2]
    arguments = [str(root / "node_modules/.bin/azurite"), "--disableTelemetry", "--silent"]
    arguments += ["--skipApiVersionCheck", "--location", str(tmp_path_factory.mktemp("azurite"))]
    for service, port in (("blob", blob), ("queue", queue), ("table", table)):
        arguments += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
    process = subprocess.Popen(arguments, start_new_session=True)
    try:
        for _ in range(300):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", table)) == 0:
                    break
            time.sleep(0.1)
        yield (
            f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};"
            f"TableEndpoint=http://127.0.0.1:{table}/devstoreaccount1;"
        )
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(params=["memory", pytest.param("table", marks=pytest.mark.stack)])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Keeper]:
    if request.param == "memory":
        yield MemoryStore()
        return
    name = f"t{uuid4().hex}"
    azurite = request.getfixturevalue("azurite")
    async with TableServiceClient.from_connection_string(azurite) as service:
        await service.create_table(name)
        async with service.get_table_client(name) as table:
            yield TableStore(table)


async def test_what_is_committed_is_loaded_with_its_version(store: Store) -> None:
    key = Key(Box, "a")
    await store.commit(key.bucket, [change(key, Held(None), "one")], [])
    held = await store.load(Box, "a")
    assert held.state == Box("a", "one")
    assert held.version == 1


async def test_all_of_a_kind_are_found_and_nothing_else(store: Keeper) -> None:
    for id_ in ("a", "b", "c"):
        key = Key(Box, id_)
        await store.commit(key.bucket, [change(key, Held(None), id_)], [b"events"])
    await store.advance("box", "0", Position(1, now()))
    found = [held.state.id async for held in store.all_of(Box) if held.state]
    assert sorted(found) == ["a", "b", "c"]


async def test_what_is_not_there_is_version_zero(store: Store) -> None:
    assert await store.load(Box, "nobody") == Held(None, 0, None)


async def test_ids_of_any_characters_are_kept_apart(store: Store) -> None:
    for id_ in ("a/b", "a\\b", "a#b", "a?b", "a%b", "a=2Fb", "ä", "a'b", "a!b"):
        key = Key(Box, id_)
        await store.commit(key.bucket, [change(key, Held(None), id_)], [])
    for id_ in ("a/b", "a\\b", "a#b", "a?b", "a%b", "a=2Fb", "ä", "a'b", "a!b"):
        assert (await store.load(Box, id_)).state == Box(id_, id_)


async def test_a_state_longer_than_a_property_comes_back_whole(store: Store) -> None:
    key = Key(Box, "long")
    content = "é" * 200_000
    await store.commit(key.bucket, [change(key, Held(None), content)], [])
    assert (await store.load(Box, "long")).state == Box("long", content)


async def test_the_second_of_two_writers_conflicts_and_changes_nothing(store: Store) -> None:
    key = Key(Box, "a")
    await store.commit(key.bucket, [change(key, Held(None), "one")], [])
    held = await store.load(Box, "a")
    await store.commit(key.bucket, [change(key, held, "two")], [])
    with pytest.raises(Conflict):
        await store.commit(key.bucket, [change(key, held, "three")], [b"events"])
    assert (await store.load(Box, "a")).state == Box("a", "two")
    assert await store.outbox(key.bucket, 100) == []


@pytest.mark.parametrize("outbox", [[], [b"events"]])
async def test_changing_what_was_deleted_meanwhile_conflicts(
    store: Store, outbox: list[bytes]
) -> None:
    key = Key(Box, "a")
    await store.commit(key.bucket, [change(key, Held(None), "one")], [])
    held = await store.load(Box, "a")
    if isinstance(store, TableStore):
        await store.table.delete_entity(partition(key.bucket), row_key(key))
    elif isinstance(store, MemoryStore):
        del store.buckets[key.bucket][row_key(key)]
    with pytest.raises(Conflict):
        await store.commit(key.bucket, [change(key, held, "two")], outbox)
    assert await store.outbox(key.bucket, 100) == []


async def test_creating_what_exists_conflicts_and_publishes_nothing(store: Store) -> None:
    key = Key(Box, "a")
    await store.commit(key.bucket, [change(key, Held(None), "one")], [])
    with pytest.raises(Conflict):
        await store.commit(key.bucket, [change(key, Held(None), "again")], [b"events"])
    assert await store.outbox(key.bucket, 100) == []


async def test_state_and_outbox_are_written_together_in_order(store: Store) -> None:
    key = Key(Box, "a")
    await store.commit(key.bucket, [change(key, Held(None), "one")], [b"1" * 150_000, b"2"])
    held = await store.load(Box, "a")
    last = await store.commit(key.bucket, [change(key, held, "two")], [b"3"])
    rows = await store.outbox(key.bucket, 100)
    assert [row.packed for row in rows] == [b"1" * 150_000, b"2", b"3"]
    assert rows[2:] == last


async def test_cleared_rows_are_gone_and_clearing_them_again_is_no_error(store: Store) -> None:
    key = Key(Box, "a")
    await store.commit(key.bucket, [change(key, Held(None), "one")], [b"1", b"2"])
    rows = await store.outbox(key.bucket, 100)
    await store.clear(key.bucket, rows[:1])
    await store.clear(key.bucket, rows)
    await store.clear(key.bucket, rows)
    assert await store.outbox(key.bucket, 100) == []


def fitting(bucket: int, content: str) -> list[Change]:
    """As many changes of this content as a transaction takes by our measure."""
    keys = [key for number in range(6000) if (key := Key(Box, f"b{number}")).bucket == bucket]
    changes: list[Change] = []
    for key in keys:
        more = [*changes, change(key, Held(None), content)]
        try:
            measured(more, [])
        except TooLarge:
            break
        changes = more
    return changes


LARGE_BODY = pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")


IN_BUCKET = [key for number in range(600) if (key := Key(Box, f"b{number}")).bucket == 7]


async def kept(store: Store, *boxes: Box) -> None:
    for box in boxes:
        key = Key(Box, box.id)
        held = await store.load(Box, box.id)
        await store.commit(key.bucket, [Change(key, held, box, held.version + 1)], [])


async def test_a_page_of_the_outbox_is_its_oldest_rows(store: Store) -> None:
    key = Key(Box, "a")
    packed = [b"%d" % number for number in range(7)]
    await store.commit(key.bucket, [change(key, Held(None), "one")], packed)
    rows = await store.outbox(key.bucket, 3)
    assert [row.packed for row in rows] == packed[:3]
    await store.clear(key.bucket, rows)
    assert [row.packed for row in await store.outbox(key.bucket, 100)] == packed[3:]


async def test_the_outbox_keeps_an_aggregates_order_whatever_the_writers_clocks_say(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Key(Box, "a")
    clock = time.time_ns()
    for number, ahead in enumerate((0, 300, -300, 0, -600)):
        monkeypatch.setattr(time, "time_ns", lambda ahead=ahead: clock + ahead * 10**9)
        held = await store.load(Box, "a")
        await store.commit(key.bucket, [change(key, held, str(number))], [b"%d" % number])
    rows = await store.outbox(key.bucket, 100)
    assert [row.packed for row in rows] == [b"0", b"1", b"2", b"3", b"4"]


async def test_what_is_due_is_found_by_its_column_in_one_bucket_and_no_more_than_asked(
    store: Keeper,
) -> None:
    first, second, third, later, none, *_ = (key.id for key in IN_BUCKET)
    times = {first: NOON, second: NOON - 400 * MOMENT, third: NOON - MOMENT, later: NOON + MOMENT}
    await kept(store, *(Box(name, "", at) for name, at in times.items()), Box(none, ""))
    elsewhere = next(name for name in "abc" if Key(Box, name).bucket != 7)
    await kept(store, Box(elsewhere, "", NOON))
    other = Key(Boxer, first)
    await store.commit(7, [Change(other, Held(None), Boxer(first, NOON), 1)], [])
    found = await store.due(Box, "opens_at", NOON, 7, 100)
    assert sorted(held.state.id for held in found if held.state) == sorted([first, second, third])
    assert [held.version for held in found] == [1, 1, 1]
    assert len(await store.due(Box, "opens_at", NOON, 7, 2)) == 2


async def test_what_is_due_is_found_wherever_its_time_was_told(store: Keeper) -> None:
    east = NOON.astimezone(timezone(timedelta(hours=9)))
    await kept(store, Box(IN_BUCKET[0].id, "", east))
    assert len(await store.due(Box, "opens_at", NOON, 7, 9)) == 1
    assert await store.due(Box, "opens_at", NOON - MOMENT, 7, 9) == []


async def test_what_is_no_longer_due_is_not_found(store: Keeper) -> None:
    name = IN_BUCKET[0].id
    await kept(store, Box(name, "", NOON))
    (held,) = await store.due(Box, "opens_at", NOON, 7, 9)
    change = Change(IN_BUCKET[0], held, Box(name, "done"), held.version + 1)
    await store.commit(7, [change], [])
    assert await store.due(Box, "opens_at", NOON, 7, 9) == []


async def test_a_bucket_is_read_by_pages_in_the_order_of_its_keys(store: Keeper) -> None:
    keys = IN_BUCKET[:7]
    await kept(store, *(Box(key.id, "") for key in keys))
    other = Key(Boxer, keys[0].id)
    await store.commit(7, [Change(other, Held(None), Boxer(other.id), 1)], [b"events"])
    wanted = sorted(row_key(key) for key in keys)
    found, after = [], ""
    while page := await store.in_bucket(Box, 7, after, 3):
        assert len(page) <= 3
        assert [held.state and held.state.id for _, held in page] == [
            name.split("!")[1] for name, _ in page
        ]
        found += [name for name, _ in page]
        after = found[-1]
    assert found == wanted
    assert await store.in_bucket(Box, 8, "", 3) == []


@pytest.mark.parametrize("name", ["outbox!", "outbox!x!000!y", "outbox!00000000000000000001!000!z"])
async def test_f09_a_row_of_the_outbox_is_read_however_it_was_damaged(
    store: Keeper, name: str
) -> None:
    if isinstance(store, TableStore):
        await store.table.create_entity({"PartitionKey": "07", "RowKey": name})
        (row,) = await store.outbox(7, 9)
        assert (row.row_key, row.packed) == (name, b"")
        await store.clear(7, [row])
        assert await store.outbox(7, 9) == []


async def test_a_sweep_goes_on_at_its_own_mark(store: Keeper) -> None:
    assert await store.mark("sales-files") == ""
    await store.keep_mark("sales-files", "2!92!MDAw/#?")
    await store.keep_mark("lead-files", "x")
    assert await store.mark("sales-files") == "2!92!MDAw/#?"
    await store.keep_mark("sales-files", "")
    assert await store.mark("sales-files") == ""
    assert await store.mark("lead-files") == "x"


@LARGE_BODY
@pytest.mark.parametrize("character", ["x", "\u0416"])
async def test_the_largest_state_fits_whatever_its_characters(store: Store, character: str) -> None:
    key = Key(Box, "a")
    largest = Box("a", character * ((LARGEST_STATE - 100) // len(character.encode())))
    assert LARGEST_STATE - 200 < len(from_state(largest)) <= LARGEST_STATE
    await store.commit(key.bucket, [Change(key, Held(None), largest, 1)], [b"e" * 800_000])
    assert (await store.load(Box, "a")).state == largest


@LARGE_BODY
@pytest.mark.parametrize("character", ['"', "\u0416", "\U0001f600"])
@pytest.mark.parametrize("size", [29_000, 300_000])
async def test_what_is_not_too_large_by_our_measure_is_taken(
    store: Store, character: str, size: int
) -> None:
    changes = fitting(7, character * (size // len(character.encode())))
    assert len(changes) > 1
    await store.commit(7, changes, [])


async def test_what_is_too_large_is_refused_before_anything_is_sent(store: Store) -> None:
    key = Key(Box, "a")
    with pytest.raises(TooLarge, match="box a would hold 10000"):
        await store.commit(key.bucket, [change(key, Held(None), "x" * 1_000_000)], [])
    keys = [key for number in range(9000) if (key := Key(Box, f"b{number}")).bucket == 7]
    for content, count in (("x", 101), ("x" * 900_000, 4)):
        with pytest.raises(TooLarge):
            await store.commit(7, [change(k, Held(None), content) for k in keys[:count]], [])
    assert await store.load(Box, keys[0].id) == Held(None)


async def test_a_position_moves_only_from_where_it_was_read(store: Store) -> None:
    assert await store.position("sale", "0") is None
    await store.advance("sale", "0", Position(2**40, now()))
    read = await store.position("sale", "0")
    assert read is not None
    assert read.sequence_number == 2**40
    await store.advance("sale", "0", Position(2**40 + 1, now(), read.etag))
    with pytest.raises(Conflict):
        await store.advance("sale", "0", Position(2**40 + 2, now(), read.etag))


@pytest.mark.parametrize("size", [0, 10, 500_000, 1_000_000])
async def test_a_parked_message_of_any_size_is_kept_and_may_be_parked_again(
    store: Store, size: int
) -> None:
    message = Received("sale", "1", 7, "70", now(), "x/y", {"a": 1}, os.urandom(size))
    for reason in ("one", "two"):
        await store.park(Parked(message, reason, "detail", now()))
    if isinstance(store, TableStore):
        found = await store.parked.item(Parked(message, "", "", now()).id)
        assert found is not None
        assert found.parked.reason == "two"
        assert found.parked.received.body == message.body
