"""timer → captured files that are not in the lake yet are sorted into it"""

import json
import time
from collections.abc import Mapping
from typing import Any

from domains.lake.captured_file import CapturedFile, captured_file
from domains.lake.sort_captured_file import Sorted, sort
from eventing import telemetry
from eventing.captured import UNDECODABLE
from eventing.errors import Transient
from eventing.files import Gone
from eventing.team import Team

CAPTURED, LAKE = "captured-events", "lake"

PER_RUN = 50
"""Files of one partition that one run sorts."""

SORTING_TIME = 90.0
"""Seconds after which a run leaves other partitions to the next."""

log = telemetry.logger(__name__)


class Sweep:
    """Goes through each partition's files in their order.

    Up to where is kept in the lake, in `cursors/`. Without that it goes through all again, and
    writes the same.
    """

    def __init__(self, team: Team) -> None:
        self._team = team
        self._runs = 0

    async def run(self) -> None:
        """Sort what is new. One partition's trouble keeps no other waiting; it is raised last."""
        partitions = await self._partitions()
        begin = self._runs % max(1, len(partitions))  # the first is not always the same
        self._runs += 1
        until, trouble = time.monotonic() + SORTING_TIME, None
        for folder in partitions[begin:] + partitions[:begin]:
            try:
                await self._sort_partition(folder, until)
            except (Transient, Gone) as error:
                log.warning("captured files are left to the next run: %s", error)
                trouble = error
        if trouble:
            raise trouble

    async def _partitions(self) -> list[str]:
        """The folders `{namespace}/{hub}/{partition}/`."""
        folders = [""]
        for _ in range(3):
            below = [await self._team.files.folders(CAPTURED, folder) for folder in folders]
            folders = [folder for found in below for folder in found]
        return folders

    async def _sort_partition(self, folder: str, until: float) -> None:
        place = f"cursors/{folder.rstrip('/')}.json"
        cursor = await self._cursor(place)
        count = 0
        async for name in self._team.files.after(CAPTURED, folder, cursor.get("file", "")):
            if count == PER_RUN or time.monotonic() > until:
                break
            if file := captured_file(name):
                done = await self._sort(file, cursor.get("last"))
                cursor = {"file": name, "last": cursor.get("last") if done is None else done}
                await self._team.files.store(LAKE, place, json.dumps(cursor).encode())
                count += 1
        telemetry.looked(self._team.name, CAPTURED, count, 0)

    async def _cursor(self, place: str) -> Mapping[str, Any]:
        try:
            found: dict[str, Any] = json.loads(await self._team.files.content(LAKE, place))
        except Gone:
            return {}
        return found

    async def _sort(self, file: CapturedFile, before: int | None) -> int | None:
        """Sort one file; answers the last sequence number in it."""
        content = await self._team.files.content(CAPTURED, file.name)
        done = await sort(file, content, self._team.codec.decode)
        for place, made in done.files.items():
            await self._team.files.store(LAKE, place, made)
        _tell(file, before, done)
        return done.last


def _tell(file: CapturedFile, before: int | None, done: Sorted) -> None:
    told = {"file": file.name, "rows": dict(done.rows)}
    log.info("captured file sorted", extra=told)
    if done.broken:
        log.error("captured file is broken: %s", done.broken, extra=told)
    if UNDECODABLE in done.rows:
        log.error("captured events set aside", extra=told)
    if before is not None and done.first is not None and done.first != before + 1:
        log.error("events %d to %d were not captured", before + 1, done.first - 1, extra=told)
