"""Golden bytes: the traps of the official clients that a frame must avoid."""

import random

import pytest

from local.eventhubs import encode as e
from local.eventhubs import frames, lookup3, selector
from local.eventhubs.codec import NULL, CodecError, decode
from local.eventhubs.event import BATCH_FORMAT, read_publication
from local.eventhubs.performatives import read
from local.eventhubs.transfers import read_transfer

FIELDS = [
    (frames.open_("local"), 0x10, 10),
    (frames.begin(1), 0x11, 8),
    (frames.attach(0, "l", 0, sends=True, settle=NULL, source=NULL, target=NULL), 0x12, 14),
    (frames.flow(0, 1, 2), 0x13, 11),
    (frames.transfer(0, 1, 2, 0, settled=True), 0x14, 11),
    (frames.disposition(0, 1, 2), 0x15, 6),
    (frames.detach(0, 1), 0x16, 3),
    (frames.end(0), 0x17, 1),
    (frames.close(), 0x18, 1),
    (frames.sasl_mechanisms(), 0x40, 1),
    (frames.sasl_outcome(), 0x44, 2),
]


@pytest.mark.parametrize(("frame", "code", "count"), FIELDS)
def test_a_performative_has_its_full_field_count(frame: bytes, code: int, count: int) -> None:
    performative = read(frame[8:])
    assert (performative.code, len(performative.fields)) == (code, count)
    assert int.from_bytes(frame[:4], "big") == len(frame)


def test_an_error_has_three_fields() -> None:
    assert len(read(e.error("amqp:not-found", "no")).fields) == 3


@pytest.mark.parametrize(
    ("key", "expected"),
    [("device-1", 26788), ("FWfAT", -22341), ("é", -24812), ("日本", 27948)],
)
def test_a_key_hashes_as_in_the_service(key: str, expected: int) -> None:
    assert lookup3.key_hash(key) == expected


@pytest.mark.parametrize("text", ["'12'", "12"])
def test_a_filter_reads_with_and_without_quotes(text: str) -> None:
    parsed = selector.parse(f"amqp.annotation.x-opt-sequence-number >= {text}")
    assert parsed == selector.Selector("sequence-number", True, "12")


def test_garbage_raises_codec_errors_only() -> None:
    rng = random.Random(1)
    for _ in range(20000):
        frame = bytearray(rng.choice(FIELDS)[0][8:])
        frame[rng.randrange(len(frame))] = rng.randrange(256)
        for parse in (read, decode, read_transfer):
            try:
                parse(bytes(frame))
            except CodecError:
                continue


def test_an_annotation_whose_name_is_a_list_is_the_clients_own() -> None:
    annotations = e.described(0x72, e.mapping({e.sequence(()): e.string("v")}))
    described = e.described(0x72, e.mapping({e.described(0x70, e.sequence(())): e.string("v")}))
    for section in (annotations, described):
        (event,) = read_publication(section + b"\x00\x53\x75\xa0\x01x", 0).events
        assert event.annotation_count == 2


@pytest.mark.parametrize("message_format", [0, BATCH_FORMAT])
@pytest.mark.parametrize("payload", [b"", b"\x00", b"\x00S", b"\x00Su\xb0", b"\x00Su\xa0\x02\x00S"])
def test_a_message_that_is_cut_off_is_a_codec_error(payload: bytes, message_format: int) -> None:
    with pytest.raises(CodecError):
        read_publication(payload[:5] if message_format == 0 else payload, message_format)
