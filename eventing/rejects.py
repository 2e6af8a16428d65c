"""Rows that were refused → a report that is safe to open in a spreadsheet."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO

HEADER = "line,code,reason,row\r\n"
LARGEST = 5000
"""Blocks of a report; a blob takes 50,000, and each that is added costs naming all."""
# The last four are full-width: spreadsheets in East Asia take them for the first four.
_FORMULA = (*"=+-@\t\r\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was refused, and why."""

    line: int
    code: str
    reason: str
    row: bytes


def report(refusals: Iterable[Refusal], block: int) -> bytes:
    """Rows of the report as UTF-8. The first block begins with the header, the last one says so."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    for refusal in refusals:
        row = (
            refusal.row[:2000]
            .decode("utf-8", errors="replace")
            .replace("\x00", "\N{REPLACEMENT CHARACTER}")
        )
        writer.writerow([refusal.line, refusal.code, safe(refusal.reason), safe(row)])
    if block == LARGEST - 1:
        writer.writerow(["", "report_full", "further refused rows are counted only", ""])
    return (HEADER * (not block) + text.getvalue()).encode()


def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula (CWE-1236); numbers stay as they are."""
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text
