"""A captured file is sorted by event type; what goes in comes out, or lies aside with a reason."""

from datetime import UTC, datetime

import pytest

from domains.lake.captured_file import captured_file
from domains.lake.sort_captured_file import Sorted, sort
from eventing import schemas
from eventing.codec import Codec
from eventing.errors import Transient
from local.examples import values
from tests.eventing.memory import MemoryRegistry
from tests.lake.captures import CODEC, an_event, content, record, rows

FILE = captured_file("bus/sale/3/2026/05/01/12/30/16.avro")
assert FILE
SOLD = "conversions.sale.confirmed"
PLACE = f"{SOLD}/2026/05/01/sale-3-123016.avro"
ASIDE = "undecodable/2026/05/01/sale-3-123016.avro"


async def sorted_(file: bytes, codec: Codec = CODEC) -> Sorted:
    assert FILE
    return await sort(FILE, file, codec.decode)


@pytest.mark.parametrize("event_type", schemas.event_types())
async def test_an_event_of_every_type_becomes_a_flat_row(event_type: str) -> None:
    event = await an_event(event_type)
    done = await sorted_(content([record(event, 7)]))
    (row,) = rows(done.files[f"{event_type}/2026/05/01/sale-3-123016.avro"])
    assert row == {
        "ce_id": event.id,
        "ce_source": "/team/aggregate",
        "ce_type": event_type,
        "ce_subject": "one",
        "ce_time": event.time,
        "ce_sequence": 3,
        "ce_partitionkey": "07",
        "ce_correlationid": "c",
        "ce_causationid": "f",
        "ce_traceparent": None,
        "ce_dataschema": event.data_schema,
        "eh_hub": "sale",
        "eh_partition": "3",
        "eh_sequence_number": 7,
        "eh_enqueued": datetime(2026, 5, 1, 12, 30, 16, tzinfo=UTC),
        **values(event_type),
    }
    assert (done.rows, done.first, done.last) == ({event_type: 1}, 7, 7)


async def test_what_cannot_be_read_lies_aside_as_it_was_with_the_reason() -> None:
    event = await an_event(SOLD)
    bad = {
        "is unknown to the registry": record(
            event, 1, SystemProperties={"content-type": f"avro/binary+{'f' * 32}"}
        ),
        "attributes are missing": record(event, 2, Properties={"raw": b"\xff", "number": 7}),
        "the body is no": record(event, 3, Body=event.body[:-1]),
        "the body is no ": record(event, 4, Body=None),
        "is not avro/binary": record(event, 5, SystemProperties={"content-type": "text/csv"}),
        "is no time": record(event, 6, EnqueuedTimeUtc="yesterday"),
    }
    done = await sorted_(content([record(event, 0), *bad.values(), record(event, 7)]))
    assert done.rows == {SOLD: 2, "undecodable": len(bad)}
    aside = rows(done.files[ASIDE])
    for found, (reason, given) in zip(aside, bad.items(), strict=True):
        assert reason in found.pop("reason")
        assert found.pop("captured_file") == "bus/sale/3/2026/05/01/12/30/16.avro"
        assert found == given
    assert [row["eh_sequence_number"] for row in rows(done.files[PLACE])] == [0, 7]


async def test_a_content_type_that_capture_dropped_is_known_by_the_schema() -> None:
    event = await an_event(SOLD)
    given = record(event, SystemProperties={}, EnqueuedTimeUtc="2026-05-01T12:30:16.5Z")
    done = await sorted_(content([given]))
    (row,) = rows(done.files[PLACE])
    assert row["eh_enqueued"] == datetime(2026, 5, 1, 12, 30, 16, 500000, tzinfo=UTC)


async def test_a_file_without_events_makes_none() -> None:
    done = await sorted_(content([]))
    assert (done.files, done.rows, done.first, done.broken) == ({}, {}, None, None)


async def test_a_broken_file_lies_whole_in_the_lake_beside_what_could_be_read_of_it() -> None:
    event = await an_event(SOLD)
    whole = content(record(event, number) for number in range(3))
    for length in range(0, len(whole), 97):
        done = await sorted_(whole[:length])
        kept = {place: file for place, file in done.files.items() if place.endswith(".broken")}
        # It may also end just behind a block, and is a shorter file then.
        assert kept == ({ASIDE.replace(".avro", ".broken"): whole[:length]} if done.broken else {})
        read = sum(done.rows.values())
        numbers = [row["eh_sequence_number"] for row in rows(done.files[PLACE])] if read else []
        assert numbers == list(range(read))
    assert (await sorted_(b"")).broken
    assert (await sorted_(b"no Avro")).broken
    assert (await sorted_(content([])[:-1])).broken


async def test_a_repeat_makes_the_same_bytes() -> None:
    event = await an_event(SOLD)
    file = content([record(event, 0), record(event, 1, Body=b"")])
    assert (await sorted_(file)).files == (await sorted_(file, Codec(MemoryRegistry()))).files


async def test_a_registry_that_is_down_sets_nothing_aside() -> None:
    with pytest.raises(Transient):
        await sorted_(content([record(await an_event(SOLD))]), Codec(MemoryRegistry(down=True)))


@pytest.mark.parametrize("name", ["a.avro", "bus/sale/3/2026/05/01/12/30/16.parquet", ""])
def test_a_name_that_capture_does_not_give_is_no_captured_file(name: str) -> None:
    assert captured_file(name) is None
