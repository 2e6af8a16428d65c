"""The durable log: what is confirmed stays, what is torn is cut and said so."""

import logging
from pathlib import Path

import pytest

from local.eventhubs.cache import BatchCache
from local.eventhubs.event import Event
from local.eventhubs.log import PartitionLog
from local.eventhubs.segment import CorruptSegmentError

BODY = b"\x00\x53\x75\xa0\x01x"


def opened(folder: Path, segment_bytes: int = 1 << 20) -> PartitionLog:
    return PartitionLog(folder, BatchCache(), segment_bytes)


def filled(folder: Path, batches: int, segment_bytes: int = 1 << 20) -> PartitionLog:
    log = opened(folder, segment_bytes)
    for number in range(batches):
        log.append([Event(b"", b"", 0, BODY)] * 3, 1000 + number)
    return log


def test_events_numbers_and_offsets_survive_a_restart(tmp_path: Path) -> None:
    before = filled(tmp_path, 4)
    after = opened(tmp_path)
    assert (after.next_sequence, after.next_offset) == (12, before.next_offset)
    assert after.last_offset == before.last_offset
    assert after.batch_at(7).blobs == before.batch_at(7).blobs


def test_a_torn_last_record_is_cut_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = filled(tmp_path, 3)
    path, cut_at = log.segments[0].path, log.segments[0].positions[2]
    path.write_bytes(path.read_bytes()[:-5])
    with caplog.at_level(logging.WARNING):
        after = opened(tmp_path)
    assert after.next_sequence == 6
    assert path.stat().st_size == cut_at
    assert f"{path} at byte {cut_at}" in caplog.text


def test_damage_before_good_records_is_refused_not_cut(tmp_path: Path) -> None:
    path = filled(tmp_path, 3).segments[0].path
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    with pytest.raises(CorruptSegmentError, match="damaged at byte 0"):
        opened(tmp_path)
    assert path.read_bytes() == data


def test_retention_deletes_whole_segments_and_the_count_goes_on(tmp_path: Path) -> None:
    log = filled(tmp_path, 5, segment_bytes=1)
    assert log.drop_before(1003) == 3
    assert log.first_sequence == 9
    log.drop_before(9999)
    assert log.is_empty
    assert opened(tmp_path).next_sequence == 15


def test_every_offset_and_time_finds_its_event(tmp_path: Path) -> None:
    log = filled(tmp_path, 4, segment_bytes=300)
    offset = 0
    for sequence in range(12):
        batch = log.batch_at(sequence)
        assert log.sequence_after_offset(offset, inclusive=True) == sequence
        assert log.sequence_after_offset(offset, inclusive=False) == sequence + 1
        offset += len(batch.blobs[sequence - batch.first_sequence])
    assert log.sequence_after_time(1001, inclusive=True) == 3
    assert log.sequence_after_time(1001, inclusive=False) == 6
