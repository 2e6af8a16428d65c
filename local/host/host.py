"""A built host: the functions as a table, start, and stop."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from local.host.functions import Function
from local.host.http import HttpFront
from local.host.routes import Route
from local.host.storage import HOSTS, Account, Accounts, ensure_container, until_reachable

log = logging.getLogger("host")

CHECKPOINTS = "azure-webjobs-eventhub"


class Listener(Protocol):
    """What feeds a function. `stop` returns when nothing of it runs any more."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass(slots=True)
class Host:
    """A built host: `start` the listeners, later `stop` them."""

    functions: Mapping[str, Function]
    routes: list[Route]
    listeners: list[Listener]
    accounts: Accounts
    storage: Account | None
    grace: float
    notes: list[str]
    state: str = "Initializing"
    front: HttpFront = field(init=False)

    def banner(self) -> list[str]:
        """The functions as a table, and how to find the keys."""
        paths = {route.function.name: route for route in self.routes}
        rows = [
            (f.name, f.kind.removesuffix("trigger"), _what(f, paths.get(f.name)))
            for f in self.functions.values()
        ]
        wide = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
        table = [f"  {name:<{wide[0]}}  {kind:<{wide[1]}}  {what}" for name, kind, what in rows]
        return ["Functions:", *table, *self.notes]

    async def start(self) -> None:
        """Wait for storage and hubs, then start every listener."""
        if self.storage:
            account = self.storage
            for container in (HOSTS, CHECKPOINTS):
                await until_reachable(
                    f"storage at {account.blobs.url}",
                    partial(ensure_container, account, container),
                )
        await asyncio.gather(*(listener.start() for listener in self.listeners))
        self.state = "Running"

    async def stop(self, grace: float) -> bool:
        """Stop intake and let invocations end; False when the grace (seconds) was not enough."""
        self.state = "Stopping"
        tasks = {asyncio.create_task(listener.stop()) for listener in self.listeners}
        pending: set[asyncio.Task[None]] = set()
        if tasks:
            done, pending = await asyncio.wait(tasks, timeout=grace)
            for task in done:
                if error := task.exception():
                    log.warning("a listener did not stop cleanly: %r", error)
        await self.accounts.close()
        return not pending


def _what(function: Function, route: Route | None) -> str:
    if route:
        level = str(function.setting("authLevel", "FUNCTION")).lower()
        wanted = function.setting("methods") or ["*"]
        return f"{','.join(map(str, wanted))} /{route.template} ({level})"
    names = ("path", "queueName", "schedule", "eventHubName")
    what = next((str(function.setting(name)) for name in names if function.setting(name)), "")
    group = function.setting("consumerGroup")
    return f"{what} as {group}" if group else what
