"""A captured file's content → files of the lake, one for each event type; nothing is dropped."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from domains.lake.captured_file import CapturedFile
from eventing import captured
from eventing.captured import UNDECODABLE, Broken, Table
from eventing.errors import Undecodable
from eventing.wire import to_event

type Decode = Callable[[str, str, bytes], Awaitable[Mapping[str, Any]]]
"""The data of an event, of its type, content type and body. Raises Undecodable or Transient."""


class Unbalanced(Exception):
    """What was read and what was written differ: a defect, and nothing of the file is kept."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """What a captured file becomes: files by their place in the lake, and rows by table.

    `first` and `last` are sequence numbers of the hub's partition; None without a record.
    """

    files: Mapping[str, bytes]
    rows: Mapping[str, int]
    first: int | None
    last: int | None
    broken: str | None


async def sort(file: CapturedFile, content: bytes, decode: Decode) -> Sorted:
    """Sort the records of a file. One that is broken lies whole in the lake, too.

    Raises Transient or Unbalanced.
    """
    tables: dict[str, Table] = {}
    numbers: list[int] = []
    broken = None
    try:
        for record in captured.records(content):
            numbers.append(record["SequenceNumber"])
            name, row = await _row(file, record, decode)
            if name not in tables:
                tables[name] = Table(name, file.name)
            tables[name].add(row)
    except Broken as error:
        broken = str(error)
    files = {file.place(name): table.content() for name, table in tables.items()}
    rows = {name: table.rows for name, table in tables.items()}
    if sum(rows.values()) != len(numbers):
        raise Unbalanced(f"{file.name}: {len(numbers)} records read, {rows} rows written")
    if broken:
        files[file.place(UNDECODABLE, "broken")] = content
    return Sorted(files, rows, min(numbers, default=None), max(numbers, default=None), broken)


async def _row(
    file: CapturedFile, record: Mapping[str, Any], decode: Decode
) -> tuple[str, dict[str, Any]]:
    """The table of a record, and its row there."""
    try:
        received = captured.received(record, file.hub, file.partition)
        event = to_event(received)
        data = await decode(event.type, event.content_type, event.body)
    except Undecodable as error:
        return UNDECODABLE, {**record, "reason": str(error), "captured_file": file.name}
    return event.type, captured.columns(event, received, data)
