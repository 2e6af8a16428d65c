"""`python -m tests.torture.large_file`: how much memory the host takes for a million rows."""

import argparse
import asyncio
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast
from uuid import UUID

from azure.data.tables.aio import TableClient
from azure.storage.blob import BlobServiceClient

from domains.conversions.sales_file import SalesFile
from eventing.store import TableStore
from local.command import STATE
from local.ports import Ports
from local.settings import chosen
from local.stack import Stack

PLACE = "large/rows.csv"
MOST = 300
"""MiB that the host may hold."""


def rows(count: int, kind: str) -> Iterator[bytes]:
    """A sales file whose rows are all refused: by their form, or because nobody knows the lead."""
    chance = random.Random(1)
    yield b"lead_id,purchase_date,reference\r\n"
    for number in range(count):
        lead = UUID(int=chance.getrandbits(128)) if kind == "unknown" else f"lead {number}"
        yield f"{lead},2026-01-31,order {number}\r\n".encode()


def memory(pid: int) -> int:
    """MiB that a process holds."""
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, check=True)
    return int(told.stdout) // 1024


async def ledger(stack: Stack) -> SalesFile | None:
    """What the team's table says of the file."""
    state = stack.environment()["STATE"]
    async with TableClient.from_connection_string(state, "conversions") as table:
        return cast("SalesFile | None", (await TableStore(table).load(SalesFile, PLACE)).state)


def drop(stack: Stack, path: Path) -> None:
    """Upload the file as a partner would, in blocks."""
    account = BlobServiceClient.from_connection_string(
        stack.environment()["FILES"], max_single_put_size=4 << 20, max_block_size=4 << 20
    )
    with account, account.get_blob_client("sales-files", PLACE) as blob, path.open("rb") as file:
        blob.upload_blob(cast("IO[bytes]", file), overwrite=True)


def measured(stack: Stack, path: Path) -> int:
    """The most MiB that the host held while it read the file, told every ten seconds."""
    pid = stack.pid("host")
    peak, began, said = memory(pid), time.monotonic(), 0.0
    print(f"{peak} MiB before, {path.stat().st_size / 2**20:.1f} MiB dropped", flush=True)
    drop(stack, path)
    while True:
        held = memory(pid)
        peak = max(peak, held)
        seconds = time.monotonic() - began
        if seconds >= said + 10:
            said = seconds
            file = asyncio.run(ledger(stack))
            ended = file.accepted + file.rejected if file else 0
            print(f"{seconds:4.0f} s: {ended} rows ended, {held} MiB", flush=True)
            if file and file.status not in ("received", "reading"):
                print(f"{file.status}: {file.accepted} accepted, {file.rejected} rejected")
                return peak
        time.sleep(0.1)


def main() -> int:
    """Exit code 1 when the host held too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--kind", choices=("malformed", "unknown"), default="malformed")
    parser.add_argument("--directory", type=Path, default=STATE / "large-file")
    given = parser.parse_args()
    shutil.rmtree(given.directory, ignore_errors=True)
    given.directory.mkdir(parents=True)
    path = given.directory / "rows.csv"
    with path.open("wb") as file:
        file.writelines(rows(given.rows, given.kind))
    with Stack(given.directory, Ports.free(), chosen()) as stack:
        os.environ.update(stack.environment())
        stack.start(app=True)
        peak = measured(stack, path)
    print(f"peak {peak} MiB resident for {given.rows} rows; {MOST} are allowed")
    return 0 if peak <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
