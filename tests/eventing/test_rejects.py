"""A report of refused rows: safe in a spreadsheet, whatever the row holds."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from eventing.rejects import LARGEST, Refusal, report, safe


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@given(st.text(st.sampled_from('=+-@\t\r\n\uff1d\uff20 1.a"'), max_size=6), st.binary(max_size=40))
def test_f85_no_cell_begins_as_a_formula_unless_it_is_a_number(reason: str, row: bytes) -> None:
    reason = reason.replace("\x00", "")
    (_, *cells) = read(report([Refusal(7, "code", reason, row)], 0))[1]
    for cell in cells:
        number = cell.removeprefix("-").replace(".", "", 1)
        digits = bool(number) and set(number) <= set("0123456789")
        assert not cell.startswith(tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")) or digits


@given(st.text(st.sampled_from("-0123456789."), max_size=6))
def test_f85_a_number_is_not_mangled(text: str) -> None:
    if text.strip("-") and text.removeprefix("-").replace(".", "", 1).isdecimal():
        assert safe(text) in (text, "'" + text)
    assert safe("-12.50") == "-12.50"


def test_a_report_is_one_table_in_however_many_blocks() -> None:
    parts = [report([Refusal(line, "bad", "x", b"a,b")], line) for line in range(3)]
    assert [cells[0] for cells in read(b"".join(parts))] == ["line", "0", "1", "2"]


def test_f73_the_last_block_of_a_report_says_that_it_is_the_last() -> None:
    *_, row, last = read(report([Refusal(9, "bad", "x", b"y" * 5000)], LARGEST - 1))
    assert len(row[3]) == 2000
    assert last[1] == "report_full"
