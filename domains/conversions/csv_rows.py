"""Records of a partner's CSV file → columns by name, cells, and values that every file may have."""

import csv
import re
from collections.abc import Mapping, Sequence
from uuid import UUID

from domains.conversions.records import LONGEST, Record
from eventing.decision import Rejected

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_KINDS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a ZIP archive or a workbook",
    b"\x1f\x8b": "compressed",
    b"%PDF": "a PDF",
}


class BadFile(Rejected):
    """The whole file is refused."""


class BadRow(Rejected):
    """One row is refused."""


def columns(header: Record, required: Sequence[str], optional: Sequence[str]) -> tuple[str, ...]:
    """The column names of a header. Raises BadFile."""
    names = tuple(name.strip().lower() for name in _header_cells(header))
    told = ", ".join(names)[:200]
    if len(names) == 1 and (found := re.search(r"[;\t|]", names[0])):
        raise BadFile("wrong_delimiter", f"columns are separated by {found[0]!r}, not ','")
    missing = [name for name in required if name not in names]
    if missing:
        raise BadFile("wrong_header", f"no column {', '.join(missing)} in {told!r}")
    # A misspelt column left out would silently change what a row says.
    known = (*required, *optional)
    strange = [name for name in names if name not in known]
    if strange or len(set(names)) < len(names):
        allowed = ", ".join(known)
        raise BadFile("wrong_header", f"the columns are {allowed}, each once; not {told!r}")
    return names


def _header_cells(header: Record) -> list[str]:
    for beginning, kind in _KINDS.items():
        if header.content.startswith(beginning):
            raise BadFile("not_text", f"the file is {kind}, not CSV in UTF-8")
    if b"\x00" in header.content:
        raise BadFile("not_text", "the header holds NUL bytes: it is no CSV in UTF-8")
    if header.fault:
        raise BadFile("wrong_header", f"the first line is no CSV header: {header.fault}")
    try:
        return _cells(header.content)
    except UnicodeDecodeError as error:
        raise BadFile("not_text", f"the header is not UTF-8 at byte {error.start}") from error


def _cells(content: bytes) -> list[str]:
    text = content.decode("utf-8")
    return next(csv.reader([text], strict=True)) if '"' in text else text.split(",")


def values(record: Record, names: Sequence[str]) -> Mapping[str, str]:
    """The cells of a row by column, free of white space round them. Raises BadRow."""
    cells = _row_cells(record)
    if len(cells) != len(names):
        code = "missing_column" if len(cells) < len(names) else "extra_column"
        raise BadRow(code, f"{len(cells)} fields, where the header has {len(names)}")
    return dict(zip(names, (cell.strip() for cell in cells), strict=True))


def _row_cells(record: Record) -> list[str]:
    if record.fault == "too_long":
        raise BadRow("too_long", f"the line has more than {LONGEST} bytes")
    if record.fault:
        raise BadRow("malformed", f"the quotes do not pair up within {LONGEST} bytes (RFC 4180)")
    if b"\x00" in record.content:
        raise BadRow("malformed", "the row holds a NUL byte")
    try:
        return _cells(record.content)
    except UnicodeDecodeError as error:
        raise BadRow("not_utf8", f"not UTF-8 at byte {error.start} of the row") from error


def identifier(column: str, text: str) -> UUID:
    """An id. Raises BadRow `bad_` and the column."""
    if not _UUID.fullmatch(text):
        raise BadRow(f"bad_{column}", f"{column} {text[:80]!r} is no UUID")
    return UUID(text)


def reference(text: str) -> str | None:
    """The partner's own word for a row. Raises BadRow."""
    if len(text) > 200 or _CONTROL.search(text):
        raise BadRow("bad_reference", "reference is longer than 200 or holds control characters")
    return text or None
