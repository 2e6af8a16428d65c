"""The broker without its process: bytes in, bytes out, thousands of conversations a second."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from local.eventhubs import bus, storage
from local.eventhubs.connection import Connection
from local.eventhubs.hub import Namespace
from tests.local.eventhubs.processes import HUBS


class Sink:
    """A transport that takes everything that is sent."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def get_extra_info(self, _name: str) -> Any:
        return ("127.0.0.1", 1)

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True


def opened(folder: Path) -> Namespace:
    """The hubs of the tests, with their logs in the folder."""
    (folder / "bus.json").write_text(json.dumps({"hubs": HUBS}))
    declared = bus.read_bus(folder / "bus.json")
    return storage.open_namespace(folder, declared, lambda _log, done: done(), 1 << 20)


def connected(namespace: Namespace, others: set[Connection]) -> tuple[Connection, Sink]:
    """A client's connection, and what it is sent."""
    connection, sink = Connection(namespace, others), Sink()
    connection.connection_made(cast(asyncio.BaseTransport, sink))
    return connection, sink


async def conversed(connection: Connection, chunks: Iterable[bytes]) -> int:
    """Say the chunks one after the other, and hang up; the bytes that were not read by then."""
    for chunk in chunks:
        connection.data_received(chunk)
        # deliveries are made in the loop's next turn
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    unread = len(connection._buffer) - connection._at
    connection.connection_lost(None)
    await asyncio.sleep(0)
    return unread
