"""Indexes an app, checks all it needs, and puts listeners and the HTTP front together."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from local.host.admin import Admin
from local.host.config import Settings, function_timeout, lookup
from local.host.functions import Function
from local.host.host import Host
from local.host.http import HttpFront
from local.host.keys import Keys, load_keys
from local.host.listeners import Listeners
from local.host.routes import compile_route
from local.host.storage import host_id
from local.host.worker import Worker

log = logging.getLogger("host")


async def build(
    directory: Path,
    document: Mapping[str, Any],
    enforced: bool,
    on_stuck: Callable[[], None],
) -> Host:
    """Index the app and check everything it needs. Raises ConfigurationError, naming all of it."""
    settings = Settings()
    worker = Worker(function_timeout(document), lambda name: _stuck(name, on_stuck))
    functions = [_switched(f, settings) for f in await worker.index(directory)]
    listeners = Listeners(document, settings, worker, host_id(directory, settings))
    for function in functions:
        if function.kind != "httptrigger":
            listeners.plan(function)
    grace = settings.seconds("LOCAL_HOST_GRACE_SECONDS", 10.0)
    settings.check()
    prefix = lookup(document, "extensions", "http", "routePrefix")
    routes = [
        compile_route(function, "api" if prefix is None else str(prefix))
        for function in functions
        if function.kind == "httptrigger"
    ]
    keys, notes = _keys(directory, settings, enforced)
    by_name = {function.name: function for function in functions}
    host = Host(by_name, routes, listeners.make(), listeners.accounts, listeners.host, grace, notes)
    admin = Admin(
        by_name,
        keys,
        host_id(directory, settings),
        listeners.run_by_hand,
        lambda: host.state,
        listeners.faults,
    )
    homepage = (settings.get("AzureWebJobsDisableHomepage") or "").lower() != "true"
    host.front = HttpFront(routes, worker, keys, homepage, admin)
    return host


def _switched(function: Function, settings: Settings) -> Function:
    off = settings.get(f"AzureWebJobs.{function.name}.Disabled") or settings.get(
        f"AzureWebJobs_{function.name}_Disabled"
    )
    return replace(function, disabled=(off or "").lower() in ("true", "1"))


def _stuck(name: str, on_stuck: Callable[[], None]) -> None:
    log.error("%s cannot be stopped: the process has to be started again", name)
    # A moment for the listener to finish what the real host still does after a timeout.
    asyncio.get_running_loop().call_later(0.5, on_stuck)


def _keys(directory: Path, settings: Settings, enforced: bool) -> tuple[Keys, list[str]]:
    path = Path(settings.get("LOCAL_HOST_KEYS") or directory / ".local" / "host" / "keys.json")
    keys = load_keys(path, settings.environ, enforced)
    if not enforced:
        return keys, ["Keys: not asked for (--no-auth); Azure does ask for them"]
    if path.exists():
        where = f"in {path}: masterKey, functionKeys.default"
    else:
        where = "in LOCAL_HOST_MASTER_KEY and LOCAL_HOST_FUNCTION_KEY"
    return keys, [f"Keys: {where}; send one as header x-functions-key or query code"]
