"""A file's rows → decisions, slice by slice: streamed, and resumed where it stopped."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from eventing.decision import Rejected
from eventing.files import Claim, Files, Gone
from eventing.handle import Spine, Work
from eventing.rejects import Refusal

SLICE = 1000
"""Rows that are decided together and whose end the ledger then notes.

They fall into 64 buckets: the more rows, the more of them share a transaction.
"""

SLICE_BYTES = 4 * 1024 * 1024
"""Bytes of a slice, so that long rows do not fill the memory."""

AT_ONCE = 8


class Record(Protocol):
    """One record of a file, as its splitter cut it."""

    @property
    def content(self) -> bytes: ...
    @property
    def line(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def next_line(self) -> int: ...


class Splitter[R: Record](Protocol):
    """What cuts bytes into records."""

    def feed(self, chunk: bytes, *, final: bool = False) -> Iterator[R]: ...


@dataclass(frozen=True, slots=True)
class Slice:
    """What has ended: everything from byte `began` to byte `offset`."""

    began: int
    offset: int
    line: int
    columns: tuple[str, ...]
    accepted: int
    refusals: tuple[Refusal, ...]
    status: str
    reason: str | None = None


class Reading[R: Record](Protocol):
    """One kind of file: how it is cut and judged, and where its progress is kept."""

    @property
    def claim(self) -> Claim: ...

    @property
    def began(self) -> tuple[int, int, tuple[str, ...]]:
        """Offset, line and columns to go on from."""

    def splitter(self, offset: int, line: int) -> Splitter[R]: ...

    def columns(self, record: R) -> tuple[str, ...]:
        """The header's columns. Raises Rejected: the whole file is refused."""

    async def work(self, record: R, columns: Sequence[str]) -> Work:
        """The row's message. Raises Rejected: the row is refused."""

    async def ended(self, part: Slice) -> bool:
        """Keep a slice's end. Answers False when another reader went ahead or the file changed."""


async def ingest[R: Record](spine: Spine, files: Files, reading: Reading[R], until: float) -> bool:
    """Read the file from where it stopped; answers whether it has ended, now or before `until`.

    `until` is a time of the monotonic clock. Raises Transient or Conflict.
    """
    offset, line, columns = reading.began
    if not reading.claim.size:
        empty = Slice(0, 0, 1, (), 0, (), "quarantined", "empty: the file has no content")
        await reading.ended(empty)
        return True
    splitter = reading.splitter(offset, line)
    try:
        async for records, last in _slices(splitter, files.read(reading.claim, offset)):
            rows = [record for record in records if record.content.strip(b" \t\xef\xbb\xbf")]
            if rows and not columns:
                try:
                    columns = reading.columns(rows.pop(0))
                except Rejected as refused:
                    reason = f"{refused.code}: {refused}"
                    refusal = Slice(offset, offset, line, (), 0, (), "quarantined", reason)
                    await reading.ended(refusal)
                    return True
            accepted, refusals = await _settled(spine, reading, rows, columns)
            end, line = (records[-1].end, records[-1].next_line) if records else (offset, line)
            status = "done" if last else "reading"
            why: str | None = None
            if last and not columns:
                status, why = "quarantined", "empty: the file has no header"
            part = Slice(offset, end, line, columns, accepted, refusals, status, why)
            if not await reading.ended(part):
                return False
            offset = end
            if not last and time.monotonic() > until:
                return False
    except Gone as error:
        await reading.ended(Slice(offset, offset, line, columns, 0, (), "replaced", str(error)))
    return True


async def _slices[R: Record](
    splitter: Splitter[R], chunks: AsyncIterator[bytes]
) -> AsyncIterator[tuple[list[R], bool]]:
    waiting: list[R] = []
    size = 0
    async for chunk in chunks:
        for record in splitter.feed(chunk):
            waiting.append(record)
            size += len(record.content)
            if len(waiting) >= SLICE or size >= SLICE_BYTES:
                yield waiting, False
                waiting, size = [], 0
    waiting += splitter.feed(b"", final=True)
    yield waiting, True


async def _settled[R: Record](
    spine: Spine, reading: Reading[R], rows: Sequence[R], columns: Sequence[str]
) -> tuple[int, tuple[Refusal, ...]]:
    gate = asyncio.Semaphore(AT_ONCE)
    refusals: list[Refusal] = []
    buckets: dict[int, list[tuple[R, Work]]] = defaultdict(list)

    async def judged(record: R) -> tuple[R, Work | Rejected]:
        async with gate:
            try:
                return record, await reading.work(record, columns)
            except Rejected as refused:
                return record, refused

    for record, work in await asyncio.gather(*(judged(record) for record in rows)):
        if isinstance(work, Rejected):
            refusals.append(_refusal(record, work))
        else:
            buckets[work.key.bucket].append((record, work))

    async def settle(bucket: int, works: list[tuple[R, Work]]) -> None:
        async with gate:
            outcomes = await spine.settle(bucket, [work for _, work in works])
        for (record, _), outcome in zip(works, outcomes, strict=True):
            if outcome.refused:
                refusals.append(_refusal(record, outcome.refused))

    await asyncio.gather(*(settle(bucket, works) for bucket, works in buckets.items()))
    refusals.sort(key=lambda refusal: refusal.line)
    return len(rows) - len(refusals), tuple(refusals)


def _refusal(record: Record, refused: Rejected) -> Refusal:
    return Refusal(record.line, refused.code, str(refused), record.content)
