"""Bytes of a CSV file in any pieces: the same records, each on its own line, in flat memory."""

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.conversions.records import HEAD, LONGEST, Record, Splitter


def split(*chunks: bytes, offset: int = 0, line: int = 1) -> list[Record]:
    splitter = Splitter(offset, line)
    records = [record for chunk in chunks for record in splitter.feed(chunk)]
    return records + list(splitter.feed(b"", final=True))


def told(*chunks: bytes) -> list[tuple[int, bytes]]:
    return [(record.line, record.content) for record in split(*chunks)]


BOM = b"\xef\xbb\xbf"
CELLS = st.text(st.sampled_from('ab",\r\n é='), max_size=6)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=6)
BYTES = st.lists(st.sampled_from([b'"', b",", b"\r", b"\n", b"a", b"\xff", BOM]))
CUTS = st.lists(st.integers(0, 200), max_size=8)


def pieces(content: bytes, cuts: list[int]) -> list[bytes]:
    ends = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    return [content[start:end] for start, end in pairwise(ends)]


@given(BYTES, CUTS)
def test_any_pieces_give_the_same_records(parts: list[bytes], cuts: list[int]) -> None:
    content = b"".join(parts)
    assert split(*pieces(content, cuts)) == split(content)


@given(BYTES)
def test_f84_records_cover_the_file_and_any_of_them_can_be_the_place_to_resume(
    parts: list[bytes],
) -> None:
    content = b"".join(parts)
    records = split(content)
    assert not content.removeprefix(BOM) or records[-1].end == len(content)
    for index, record in enumerate(records):
        again = split(content[record.end :], offset=record.end, line=record.next_line)
        assert again == records[index + 1 :]


@given(TABLES, st.sampled_from(["\r\n", "\n", "\r"]), CUTS)
def test_what_a_writer_wrote_is_what_is_read(
    table: list[list[str]], end: str, cuts: list[int]
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(table)
    records = split(*pieces(text.getvalue().encode(), cuts))
    read = [next(csv.reader([record.content.decode()], strict=True)) for record in records]
    assert read == table
    assert not [record for record in records if record.fault]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_f70_every_kind_of_line_end_ends_a_record(end: bytes) -> None:
    assert told(b"a,b" + end + b"c,d" + end) == [(1, b"a,b"), (2, b"c,d")]


def test_f69_f70_line_ends_may_be_mixed_and_the_last_may_be_missing() -> None:
    assert told(b"a\r\nb\nc\rd") == [(1, b"a"), (2, b"b"), (3, b"c"), (4, b"d")]


def test_f60_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert told(b"\xef", b"\xbb", b"\xbflead_id,purchase_date\n")[0] == (
        1,
        b"lead_id,purchase_date",
    )


def test_f60_a_byte_order_mark_further_on_is_data() -> None:
    assert told(b"a\n\xef\xbb\xbfb\n") == [(1, b"a"), (2, b"\xef\xbb\xbfb")]


def test_f63_quotes_hold_commas_quotes_and_line_ends_and_lines_stay_physical() -> None:
    content = b'1,"a, ""b""\r\nc"\r\n2,d\r\n'
    assert told(content) == [(1, b'1,"a, ""b""\r\nc"'), (3, b"2,d")]


def test_f69_blank_lines_are_records_without_content() -> None:
    assert told(b"a\n\n\nb\n") == [(1, b"a"), (2, b""), (3, b""), (4, b"b")]


def test_f63_a_lost_quote_costs_its_own_line_only() -> None:
    records = split(b'1,"open\n2,fine\n3,"also, fine"\n')
    assert [(record.line, record.fault) for record in records] == [
        (1, "malformed"),
        (2, None),
        (3, None),
    ]


@pytest.mark.parametrize("row", [b'a"b,c', b'"a"b,c', b'a, "b"', b'"a', b'a,"'])
def test_f63_quotes_where_rfc_4180_has_none_are_malformed(row: bytes) -> None:
    assert [record.fault for record in split(row + b"\nfine\n")] == ["malformed", None]


@pytest.mark.parametrize("size", [5000, LONGEST - 1, LONGEST, 10 * LONGEST])
def test_f72_a_line_that_is_too_long_costs_itself_only_whatever_the_pieces(size: int) -> None:
    content = b"a\n" + b"x" * (3 * LONGEST) + b"\r\nb\n"
    chunks = [content[start : start + size] for start in range(0, len(content), size)]
    assert split(*chunks) == [
        Record(b"a", 1, 2, 2),
        Record(b"x" * HEAD, 2, 4 + 3 * LONGEST, 3, "too_long"),
        Record(b"b", 3, 6 + 3 * LONGEST, 4),
    ]


def test_f72_a_line_that_is_too_long_may_be_the_last() -> None:
    content = b"x" * (2 * LONGEST)
    assert split(content) == [Record(b"x" * HEAD, 1, len(content), 1, "too_long")]


@pytest.mark.parametrize("length", range(LONGEST - 3, LONGEST + 3))
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_f72_the_longest_record_is_the_same_in_one_piece_and_in_two(
    length: int, end: bytes
) -> None:
    content = b"x" * length + end + b"b"
    halves = [split(content[:cut], content[cut:]) for cut in range(LONGEST - 4, LONGEST + 6)]
    assert halves == [split(content)] * len(halves)
    assert [(record.line, record.fault == "too_long") for record in halves[0]] == [
        (1, length >= LONGEST),
        (2, False),
    ]


def test_f73_no_more_than_one_record_is_held_while_a_long_line_passes() -> None:
    splitter = Splitter()
    for _ in range(50):
        assert list(splitter.feed(b"x" * LONGEST)) == []
    assert len(splitter._held) + len(splitter._head or b"") <= LONGEST
