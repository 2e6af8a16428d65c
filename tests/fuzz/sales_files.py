"""Bytes of a sales file → rows, or a row's or the file's own refusal; the same in any pieces."""

from collections.abc import Sequence
from datetime import date
from random import Random

from domains.conversions.csv_rows import BadFile, BadRow
from domains.conversions.records import LONGEST, Record, Splitter
from domains.conversions.sales_rows import columns, parsed
from tests.fuzz.target import Target, brief

_HEADER = b"lead_id,purchase_date,amount,currency,reference\n"
_LEAD = b"00000000-0000-4000-8000-000000000001"


class SalesFiles(Target):
    """Files of a few lines."""

    seeds = (
        (_HEADER, _LEAD + b",2026-01-31,19.90,EUR,order 1\n", _LEAD + b",2026-01-30,,,\n"),
        (b"\xef\xbb\xbflead_id,purchase_date\r\n", _LEAD + b",2026-01-31\r\n"),
        (b'"purchase_date","lead_id"\r', b'2024-02-29,"' + _LEAD + b'"\r', b"\r"),
        (_HEADER, _LEAD + b',2026-01-31,5,SEK,"a ""quoted"",\nreference"\n'),
        (_HEADER, _LEAD + "2026-01-31,5,SEK,Ärger 日本\n".encode(), b"\n", b" ,\n"),
    )
    tokens = (
        *(b'"', b'""', b",", b"\n", b"\r", b"\r\n", b"\x00", b";", b"\t", b"=1+1", b"\xef\xbb\xbf"),
        *(b"\xff\xfe", b"PK\x03\x04", b"NaN", b"1e400", b"1_000", "٣".encode(), b"9" * 40),
        *(b'"' * 300, b"x" * LONGEST, b'"' + b"y" * (LONGEST - 2), b"," * 500),
        *("\u202e\u200b".encode(), b"\xed\xa0\x80", b"0000-00-00", b"-1", b"+5", b"2026-02-30"),
    )

    async def put(self, parts: list[bytes], chance: Random) -> str:
        data = b"".join(parts)
        whole = list(_cut([data]))
        if chance.random() < 0.3:
            assert whole == list(_cut(_pieces(data, chance))), "other pieces gave other records"
        assert sum(len(record.content) for record in whole) <= len(data) + len(whole)
        ends = [record.end for record in whole]
        assert ends == sorted(ends)
        assert not ends or ends[-1] <= len(data)
        return _told(whole)


def _cut(chunks: Sequence[bytes]) -> list[Record]:
    splitter = Splitter()
    found: list[Record] = []
    for chunk in chunks:
        found += splitter.feed(chunk)
    return [*found, *splitter.feed(b"", final=True)]


def _pieces(data: bytes, chance: Random) -> list[bytes]:
    size = chance.choice((1, 2, 3, 7, 64)) if len(data) < 2000 else LONGEST // 3
    return [data[start : start + size] for start in range(0, len(data), size)]


def _told(records: list[Record]) -> str:
    rows = [record for record in records if record.content.strip(b" \t\xef\xbb\xbf")]
    if not rows:
        return "empty"
    try:
        names = columns(rows[0])
    except BadFile:
        return "BadFile"
    good = 0
    for row in rows[1:]:
        try:
            parsed(row, names, date(2026, 6, 1))
            good += 1
        except BadRow as refused:
            brief(refused)
    return "all rows good" if good == len(rows) - 1 else "BadRow"
