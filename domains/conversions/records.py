"""Bytes that arrive in any pieces → the records of a CSV file (RFC 4180), each with its line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

LONGEST = 64 * 1024
"""Bytes of one record with its line break; so much is held in memory and no more."""

HEAD = 200
"""Bytes that are kept of a line that is too long."""

_FIELD = rb'(?:"(?:[^"]++|"")*+"|[^",\r\n]*+)'
_FIELDS = re.compile(_FIELD + rb"(?:," + _FIELD + rb")*+")
_RECORD = re.compile(_FIELDS.pattern + rb"(\r\n|\r|\n)")
_BREAK = re.compile(rb"(\r\n|\r|\n)")
_BOM = b"\xef\xbb\xbf"

type Fault = Literal["malformed", "too_long"]


@dataclass(frozen=True, slots=True)
class Record:
    """The bytes of one record; the line it begins on; the offset and the line behind it."""

    content: bytes
    line: int
    end: int
    next_line: int
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class _Cut:
    stop: int
    behind: int
    fault: Fault | None = None


class Splitter:
    """Cuts bytes into records, the same ones however the bytes arrive.

    A record whose quotes do not pair up within LONGEST costs the line that it begins on; the next
    line is read as a record again. So a lost quote does not swallow the rest of the file.
    """

    def __init__(self, offset: int = 0, line: int = 1) -> None:
        self._offset = offset
        self._line = line
        self._held = b""
        self._head: bytes | None = None

    def feed(self, chunk: bytes, *, final: bool = False) -> Iterator[Record]:
        """The records that end in this chunk; with `final`, also the one that the end ends."""
        data = self._held + chunk
        start = 0
        if self._offset == 0 and data.startswith(_BOM):
            start = len(_BOM)
        elif self._offset == 0 and _BOM.startswith(data) and not final:
            self._held = data
            return
        while start < len(data) and (cut := self._cut(data, start, final=final)):
            yield self._record(data, start, cut)
            start = cut.behind
        self._keep(data, start)
        if final and self._head is not None:
            yield Record(self._head, self._line, self._offset, self._line, "too_long")

    def _record(self, data: bytes, start: int, cut: _Cut) -> Record:
        whole = data[start : cut.behind]
        lines = whole.count(b"\n") + whole.count(b"\r") - whole.count(b"\r\n")
        content = data[start : cut.stop] if self._head is None else self._head
        begun, self._line, self._head = self._line, self._line + lines, None
        return Record(content, begun, self._offset + cut.behind, self._line, cut.fault)

    def _keep(self, data: bytes, start: int) -> None:
        if self._head is not None and not data.endswith(b"\r"):
            start = len(data)
        elif self._head is not None:
            start = len(data) - 1  # a line feed may follow
        self._held = data[start:]
        self._offset += start

    def _cut(self, data: bytes, start: int, *, final: bool) -> _Cut | None:
        """Where the record that begins at `start` ends; None when that is not told yet."""
        if self._head is None:
            within = min(len(data), start + LONGEST)
            if found := _RECORD.match(data, start, within):
                return _ended(data, found, None, final=final)
            if within < start + LONGEST:
                if not final:
                    return None
                if _FIELDS.fullmatch(data, start):
                    return _Cut(len(data), len(data))
        return self._first_line(data, start, final=final)

    def _first_line(self, data: bytes, start: int, *, final: bool) -> _Cut | None:
        found = _BREAK.search(data, start)
        stop = found.start() if found else len(data)
        if self._head is None and stop - start >= LONGEST:
            self._head = data[start : start + HEAD]
        if found:
            fault: Fault = "malformed" if self._head is None else "too_long"
            return _ended(data, found, fault, final=final)
        if final and self._head is None:
            return _Cut(len(data), len(data), "malformed")
        return None


def _ended(data: bytes, found: re.Match[bytes], fault: Fault | None, *, final: bool) -> _Cut | None:
    stop, behind = found.span(1)
    if data[behind - 1] == 0x0D:
        if behind == len(data) and not final:
            return None  # a line feed may follow
        if data[behind : behind + 1] == b"\n":
            behind += 1
    return _Cut(stop, behind, fault)
