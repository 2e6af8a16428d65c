"""`make lake`: what has arrived in the lake of the running stack, by event type.

python -m local.lake           files, rows, different events, and from when to when
python -m local.lake TEXT      the rows of the tables whose name has the text, as JSON
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import fastavro
from azure.storage.blob import BlobServiceClient, ContainerClient
from rich.console import Console
from rich.table import Table

from local.command import STATE
from local.running import settings_of_running

type Rows = list[dict[str, Any]]


def main() -> int:
    """0; 1 when no stack runs."""
    asked = _options()
    settings = settings_of_running(asked.directory)
    with BlobServiceClient.from_connection_string(settings["FILES"]) as account:
        tables = read(account.get_container_client("lake"), asked.of)
    if asked.of:
        for row in (row for files in tables.values() for file in files for row in file):
            print(json.dumps(row, default=str, ensure_ascii=False))
    else:
        Console().print(_summary(tables))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.lake",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("of", nargs="?", default="", help="print rows of these tables")
    parser.add_argument("--directory", type=Path, default=STATE, help="state of the stack")
    return parser.parse_args()


def read(lake: ContainerClient, of: str = "") -> dict[str, list[Rows]]:
    """The rows of each file, by table, for tables whose name has the text."""
    tables: dict[str, list[Rows]] = defaultdict(list)
    for name in lake.list_blob_names():
        table = name.partition("/")[0]
        if name.endswith(".avro") and of in table:
            tables[table].append(list(_rows(lake.download_blob(name).readall())))
    return tables


def _rows(content: bytes) -> Iterator[dict[str, Any]]:
    for row in fastavro.reader(BytesIO(content)):
        if isinstance(row, dict):
            yield row


def _summary(tables: dict[str, list[Rows]]) -> Table:
    shown = Table("table", "files", "rows", "events", "first", "last")
    for name, files in tables.items():
        rows = [row for file in files for row in file]
        events = {(row.get("ce_source"), row.get("ce_id")) for row in rows}
        times = sorted(f"{row['ce_time']:%Y-%m-%d %H:%M:%S}" for row in rows if "ce_time" in row)
        different = str(len(events)) if times else ""
        shown.add_row(
            name, str(len(files)), str(len(rows)), different, *(times[:1] + times[-1:] or ["", ""])
        )
    return shown


if __name__ == "__main__":
    sys.exit(main())
