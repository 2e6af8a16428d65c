"""The broker's folder: what the namespace remembers beside the logs, and who may use it."""

import fcntl
import json
import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from local.eventhubs.bus import BusError, HubDeclaration
from local.eventhubs.cache import BatchCache
from local.eventhubs.hub import Hub, Namespace, Partition
from local.eventhubs.log import PartitionLog

log = logging.getLogger("eventhubs")
Commit = Callable[[PartitionLog, Callable[[], None]], None]


class FolderInUseError(RuntimeError):
    """Another broker writes to the folder."""


def lock(folder: Path) -> int:
    """Keep the folder for this process until it ends; the descriptor of the lock."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        text = f"{folder} is in use by another broker: stop it, or give this one its own --data"
        raise FolderInUseError(text) from None
    return descriptor


def open_namespace(
    folder: Path, declared: tuple[HubDeclaration, ...], commit: Commit, max_segment_bytes: int
) -> Namespace:
    """The declared hubs with what the folder holds of them. Raises BusError, or
    CorruptSegmentError when a log is damaged other than at its end."""
    created = _created(folder, declared)
    cache = BatchCache()
    hubs: list[Hub] = []
    for hub in declared:
        partitions = [
            Partition(str(n), PartitionLog(_place(folder, hub, n), cache, max_segment_bytes))
            for n in range(hub.partitions)
        ]
        hubs.append(Hub(hub.name, created[hub.name], hub.groups, partitions, commit))
        events = sum(p.log.next_sequence - p.log.first_sequence for p in partitions)
        log.info("hub %s: %d partitions, %d events", hub.name, hub.partitions, events)
    return Namespace(hubs)


def _place(folder: Path, hub: HubDeclaration, partition: int) -> Path:
    return folder / "hubs" / hub.name / str(partition)


def _created(folder: Path, declared: tuple[HubDeclaration, ...]) -> dict[str, int]:
    """When each hub was first declared (ms); kept in namespace.json."""
    path = folder / "namespace.json"
    known: dict[str, dict[str, int]] = {}
    if path.exists():
        known = json.loads(path.read_text(encoding="utf-8"))
    for hub in declared:
        entry = known.setdefault(
            hub.name, {"createdAt": time.time_ns() // 1_000_000, "partitions": hub.partitions}
        )
        if entry["partitions"] > hub.partitions:
            raise BusError(
                f"hub {hub.name!r} has {entry['partitions']} partitions with events in {folder}, "
                f"and now declares {hub.partitions}: partitions can't be taken away, delete the "
                "folder to start anew"
            )
        entry["partitions"] = hub.partitions
    temporary = path.with_suffix(".new")
    temporary.write_text(json.dumps(known, indent=1), encoding="utf-8")
    temporary.replace(path)
    return {name: entry["createdAt"] for name, entry in known.items()}
