"""Timer triggers: one invocation at a time, a status blob, past due once at start."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from azure.core.exceptions import AzureError, ResourceNotFoundError

from local.host.functions import Function
from local.host.protos import TypedData
from local.host.schedule import Schedule
from local.host.storage import HOSTS, Account
from local.host.worker import Payload, Worker

log = logging.getLogger("host")


def local_now() -> datetime:
    """Now in the process's time zone, which schedules are written in."""
    return datetime.now().astimezone()


@dataclass(frozen=True, slots=True)
class Status:
    """What the status blob says: the last run, the one to come, and when it was written."""

    last: datetime | None
    next: datetime
    updated: datetime

    def as_json(self) -> dict[str, Any]:
        return {
            "Last": self.last.isoformat() if self.last else "0001-01-01T00:00:00",
            "Next": self.next.isoformat(),
            "LastUpdated": self.updated.isoformat(),
        }


class StatusBlob:
    """`azure-webjobs-hosts/timers/{host id}/{function}/status`."""

    def __init__(self, account: Account, host_id: str, function: str) -> None:
        name = f"timers/{host_id}/Host.Functions.{function}/status"
        self._blob = account.blobs.get_blob_client(HOSTS, name)

    async def read(self) -> Status | None:
        try:
            stream = await self._blob.download_blob()
            document = json.loads(await stream.readall())
            last = datetime.fromisoformat(document["Last"])
            return Status(
                last if last.year > 1 else None,
                datetime.fromisoformat(document["Next"]),
                datetime.fromisoformat(document["LastUpdated"]),
            )
        except ResourceNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            log.warning("timer status %s cannot be read; starting afresh", self._blob.blob_name)
            return None

    async def write(self, status: Status) -> None:
        try:
            await self._blob.upload_blob(json.dumps(status.as_json()), overwrite=True)
        except AzureError as error:
            log.warning("timer status not written: %s", str(error).splitlines()[0])


class TimerListener:
    """Runs one function at its times; the next time is found after the invocation has ended."""

    def __init__(
        self,
        function: Function,
        schedule: Schedule,
        worker: Worker,
        status: StatusBlob,
        clock: Callable[[], datetime] = local_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.function = function
        self._schedule, self._worker, self._blob = schedule, worker, status
        self._clock, self._sleep = clock, sleep
        often = schedule.shortest(clock()) < timedelta(minutes=1)
        self._monitored = bool(function.setting("useMonitor", True)) and not often
        self._stopping = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._loop())

    async def stop(self) -> None:
        """Start nothing more; let a running invocation end."""
        self._stopping.set()
        async with self._turn:
            if self._task:
                self._task.cancel()
                await asyncio.wait({self._task})

    async def run_once(self, past_due: bool = False) -> None:
        """Invoke now."""
        async with self._turn:
            if self._stopping.is_set():
                return
            known = await self._blob.read() if self._monitored else None
            now = self._clock()
            shown = known or Status(None, self._schedule.after(now), now)
            timer = {
                "Schedule": {"AdjustForDST": True},
                "ScheduleStatus": shown.as_json() if self._monitored else None,
                "IsPastDue": past_due,
            }
            metadata = {"TimerTrigger": TypedData(string=now.isoformat())}
            about = "timer past due" if past_due else "timer"
            payload = Payload(TypedData(json=json.dumps(timer)), metadata, about)
            await self._worker.invoke_with_retries(self.function, payload, self._stopping)
            if self._monitored and not self._stopping.is_set():
                ended = self._clock()
                await self._blob.write(Status(now, self._schedule.after(ended), ended))

    async def _loop(self) -> None:
        if await self._past_due():
            await self.run_once(past_due=True)
        elif self.function.setting("runOnStartup", False):
            await self.run_once()
        while not self._stopping.is_set():
            due = self._schedule.after(self._clock())
            while (left := (due - self._clock()).total_seconds()) > 0:
                await self._sleep(min(left, 60.0))
            await self.run_once()

    async def _past_due(self) -> bool:
        """Whether an occurrence passed while no host ran; the first start only notes the next."""
        if not self._monitored:
            return False
        now = self._clock()
        known = await self._blob.read()
        if known is None:
            await self._blob.write(Status(None, self._schedule.after(now), now))
            return False
        return known.next < now
