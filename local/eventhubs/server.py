"""The broker process: listens, keeps the logs trimmed, stops cleanly."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.eventhubs import bus, storage
from local.eventhubs.connection import Connection
from local.eventhubs.hub import Namespace
from local.eventhubs.log import PartitionLog

log = logging.getLogger("eventhubs")
PORT_TAKEN = 98
RETENTION_CHECK_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How the broker runs; `fsync` also survives the machine's death, not only the process's."""

    port: int
    data: Path
    bus: Path
    fsync: bool
    retention_hours: float
    max_segment_bytes: int


class GroupCommit:
    """With fsync: all batches of one turn of the loop are forced to disk together."""

    def __init__(self) -> None:
        self._waiting: dict[PartitionLog, list[Callable[[], None]]] = {}

    def __call__(self, written: PartitionLog, done: Callable[[], None]) -> None:
        """Run `done` when what was written to the log is on the disk."""
        if not self._waiting:
            asyncio.get_running_loop().call_soon(self._flush)
        self._waiting.setdefault(written, []).append(done)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for written, dones in waiting.items():
            try:
                written.sync()
            except OSError:
                # not confirmed, so the client sends again; what the disk kept is unknown
                log.exception("%s could not be forced to disk", written.folder)
                continue
            for done in dones:
                done()


def _at_once(_written: PartitionLog, done: Callable[[], None]) -> None:
    done()


def _trim(namespace: Namespace, hours: float) -> None:
    before = int((time.time() - hours * 3600) * 1000)
    for hub in namespace.hubs():
        for partition in hub.partitions:
            dropped = partition.log.drop_before(before)
            if dropped:
                log.info(
                    "retention: hub %s partition %s dropped %d segments, begins at %d",
                    hub.name, partition.id, dropped, partition.log.first_sequence,
                )  # fmt: skip


async def _keep_trimmed(namespace: Namespace, hours: float) -> None:
    while True:
        _trim(namespace, hours)
        await asyncio.sleep(min(RETENTION_CHECK_SECONDS, max(0.2, hours * 3600 / 2)))


def _bound(port: int) -> socket.socket | None:
    """The port, taken before the data is touched; None when another process has it."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        listening.close()
        if error.errno != errno.EADDRINUSE:
            raise
        print(
            f"port {port} is taken: stop what listens there, or move the broker with --port",
            file=sys.stderr,
        )
        return None
    return listening


async def serve(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; the process's exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    declared = bus.read_bus(settings.bus)
    listening = _bound(settings.port)
    if listening is None:
        return PORT_TAKEN
    storage.lock(settings.data)
    commit = GroupCommit() if settings.fsync else _at_once
    namespace = storage.open_namespace(settings.data, declared, commit, settings.max_segment_bytes)
    connections: set[Connection] = set()
    server = await loop.create_server(lambda: Connection(namespace, connections), sock=listening)
    port = server.sockets[0].getsockname()[1]
    print(f"ready: eventhubs on 127.0.0.1:{port}", flush=True)
    trimming = asyncio.create_task(_keep_trimmed(namespace, settings.retention_hours))
    await stop.wait()
    log.info("stopping: %d connections", len(connections))
    server.close()
    trimming.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await trimming
    for connection in tuple(connections):
        connection.fail("amqp:connection:forced", "The broker stops.")
    # the last words are still to be sent
    for _ in range(20):
        if not connections:
            break
        await asyncio.sleep(0.01)
    for hub in namespace.hubs():
        for partition in hub.partitions:
            partition.log.close()
    return 0
