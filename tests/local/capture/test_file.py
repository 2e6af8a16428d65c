"""Captured files: the documented form, every event of the log once, and names that follow."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
import pytest

from local.capture import file
from local.capture.log import Lost, Place, read_on
from local.eventhubs import encode as e
from local.eventhubs.cache import BatchCache
from local.eventhubs.codec import NULL
from local.eventhubs.event import BATCH_FORMAT, read_publication
from local.eventhubs.log import PartitionLog
from local.settings import ROOT

# 2026-11-26 16:44:11.250 UTC
AT = 1_795_711_451_250
MOST = 1 << 20
FORM = json.loads((ROOT / "bus.json").read_text())["capture"]["nameFormat"]


def message(body: bytes) -> bytes:
    """An event as a client sends it: partition key, content type, properties of each kind."""
    return b"".join((
        e.described(0x72, e.mapping({e.symbol("x-opt-partition-key"): e.string("7")})),
        e.described(0x73, e.sequence((*[NULL] * 6, e.symbol("avro/binary+abc")))),
        e.described(0x74, e.mapping({
            e.string("text"): e.string("ä"), e.string("number"): e.uint(7),
            e.string("truth"): e.boolean(True), e.string("raw"): e.binary(b"\xff"),
        })),
        e.described(0x75, e.binary(body)),
    ))  # fmt: skip


def opened(folder: Path, segment_bytes: int = MOST) -> PartitionLog:
    return PartitionLog(folder, BatchCache(), segment_bytes)


def append(log: PartitionLog, *bodies: bytes, at: int = AT) -> None:
    payload = b"".join(e.described(0x75, e.binary(message(body))) for body in bodies)
    log.append(read_publication(payload, BATCH_FORMAT).events, at)


def read(content: bytes) -> list[dict[str, Any]]:
    return [dict(each) for each in fastavro.reader(BytesIO(content)) if isinstance(each, dict)]


def test_an_event_is_captured_as_documented(tmp_path: Path) -> None:
    log = opened(tmp_path)
    append(log, b"one", b"two")
    batches, place = read_on(tmp_path, Place(-1), MOST)
    first, second = read(file.content(batches))
    assert first == {
        "SequenceNumber": 0,
        "Offset": "0",
        "EnqueuedTimeUtc": "11/26/2026 4:44:11 PM",
        "SystemProperties": {"x-opt-partition-key": "7", "content-type": "avro/binary+abc"},
        "Properties": {"text": "ä", "number": 7, "truth": "True", "raw": b"\xff"},
        "Body": b"one",
    }
    assert (second["SequenceNumber"], second["Body"]) == (1, b"two")
    assert second["Offset"] == str(log.last_offset)
    assert place.last == 1


def test_bytes_that_are_no_message_are_kept(tmp_path: Path) -> None:
    log = opened(tmp_path)
    append(log, b"one")
    (batch,) = read_on(tmp_path, Place(-1), MOST)[0]
    batch.blobs[0] = batch.blobs[0][:-2]
    (record,) = file.records(batch)
    assert (record["Body"], record["Properties"]) == (batch.blobs[0], {})


@pytest.mark.parametrize("segment_bytes", [1, 700, MOST])
@pytest.mark.parametrize("most", [1, 600, MOST])
def test_reading_on_takes_every_event_once(tmp_path: Path, segment_bytes: int, most: int) -> None:
    log, place, got = opened(tmp_path, segment_bytes), Place(-1), []
    for number in range(12):
        append(log, b"a", b"b")
        if number % 4 == 3:
            batches, place = read_on(tmp_path, place, most)
            while batches:
                got += [each["SequenceNumber"] for each in read(file.content(batches))]
                batches, place = read_on(tmp_path, place, most)
            # What was captured is known only by its last number after a restart.
            place = Place(place.last)
    assert got == list(range(24))


def test_a_batch_that_is_being_written_is_left_for_later(tmp_path: Path) -> None:
    log = opened(tmp_path)
    append(log, b"one")
    append(log, b"two")
    path = log.segments[0].path
    whole = path.read_bytes()
    path.write_bytes(whole[:-3])
    batches, place = read_on(tmp_path, Place(-1), MOST)
    assert ([batch.first_sequence for batch in batches], place.last) == ([0], 0)
    path.write_bytes(whole)
    batches, place = read_on(tmp_path, place, MOST)
    assert ([batch.first_sequence for batch in batches], place.last) == ([1], 1)


def test_events_that_the_broker_dropped_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = opened(tmp_path, 1)
    for at in (1000, 1000, AT):
        append(log, b"a", at=at)
    log.drop_before(AT)
    batches, _ = read_on(tmp_path, Place(0), MOST)
    assert [batch.first_sequence for batch in batches] == [2]
    assert "events 1 to 1 are gone" in caplog.text


def test_a_log_that_ends_before_what_was_captured_is_refused(tmp_path: Path) -> None:
    append(opened(tmp_path), b"one")
    with pytest.raises(Lost, match="ends with event 0, and 5 was captured"):
        read_on(tmp_path, Place(5), MOST)


def test_a_file_is_named_by_its_first_event_and_after_the_file_before(tmp_path: Path) -> None:
    append(opened(tmp_path), b"one")
    batches, _ = read_on(tmp_path, Place(-1), MOST)
    begun = file.begins(batches, None)
    name = file.name(FORM, "localhost", "sale", "3", begun)
    assert name == "localhost/sale/3/2026/11/26/16/44/11.avro"
    later = file.name(FORM, "localhost", "sale", "3", file.begins(batches, name))
    assert later == "localhost/sale/3/2026/11/26/16/44/12.avro"
    before = "localhost/sale/3/2026/11/26/16/43/59.avro"
    assert file.begins(batches, before) == datetime(2026, 11, 26, 16, 44, 11, tzinfo=UTC)
