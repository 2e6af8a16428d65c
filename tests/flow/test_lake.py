"""From the hubs into the lake: every event once, by its id, though capture and host are killed."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from azure.storage.blob import BlobServiceClient

from eventing.bus import declared
from eventing.clients import Clients
from local.lake import read
from local.ports import Ports
from local.settings import ROOT, example
from local.stack import Stack
from tests.flow.test_parked import ask, bad, eventually, publish
from tests.flow.test_story import PRODUCT

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

QUICK = {"LOCAL_CAPTURE_SECONDS": "0.3", "LAKE_SCHEDULE": "*/1 * * * * *"}

ID = "cloudEvents_id"

type Place = tuple[str, str, int, str]
"""Hub, partition and sequence number of an event, and its id."""


async def on_the_hubs() -> list[Place]:
    clients = Clients()

    async def of(hub: str, number: str) -> list[Place]:
        if (last := await clients.hubs.ends(hub, number)) < 0:
            return []
        return [
            (hub, number, each.sequence_number, each.properties[ID])
            async for part in clients.hubs.read(hub, number, 0, last)
            for each in part
        ]

    try:
        hubs = declared().hubs.values()
        partitions = [(hub.name, str(n)) for hub in hubs for n in range(hub.partitions)]
        found = await asyncio.gather(*(of(*each) for each in partitions))
    finally:
        await clients.close()
    return sorted(place for places in found for place in places)


def in_the_lake(stack: Stack) -> list[Place]:
    with BlobServiceClient.from_connection_string(stack.environment()["FILES"]) as account:
        tables = read(account.get_container_client("lake"))
    aside = [row for rows in tables.pop("undecodable", []) for row in rows]
    places = [
        (*row["captured_file"].split("/")[1:3], row["SequenceNumber"], row["Properties"][ID])
        for row in aside
    ]
    for row in (row for files in tables.values() for rows in files for row in rows):
        place = row["eh_hub"], row["eh_partition"], row["eh_sequence_number"], row["ce_id"]
        places.append(place)
    return sorted(places)


def raise_events(stack: Stack, number: int) -> None:
    for each in range(8):
        assert ask(stack, "PUT", f"products/p{number}-{each}", PRODUCT)[0] in (200, 201)
        status, _ = ask(stack, "POST", "accounts", {"name": "Ada", "email": "ada@example.com"})
        assert status == 201


def test_the_lake_ends_with_every_event_of_every_hub_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Stack(tmp_path, Ports.free(), example() | QUICK) as stack:
        stack.start(app=True)
        for number, victim in enumerate(("capture", "host", "capture", "")):
            raise_events(stack, number)
            publish(stack, "lead", bad(str(uuid4())))
            if victim:
                stack.kill(victim)
                stack.restart(victim)
        for name, value in stack.environment().items():
            monkeypatch.setenv(name, value)

        eventually(lambda: len(in_the_lake(stack)) >= 4 * (8 + 8 + 8 + 1))
        # A host that was killed publishes again what it had not ticked off: that comes late.
        eventually(lambda: in_the_lake(stack) == asyncio.run(on_the_hubs()))
        told = subprocess.run(
            [sys.executable, "-m", "local.lake", "--directory", str(tmp_path)],
            env={**os.environ, "COLUMNS": "120"},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    rows = {words[1]: words[3::2] for line in told.splitlines() if len(words := line.split()) > 5}
    # Rows are held to the hubs above, where an event may lie twice; here events are counted.
    assert rows["undecodable"][1] == "4"
    assert rows["product.product.updated"][2] == "32"
