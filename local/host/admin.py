"""Admin endpoints: status, ping, the functions, running one by hand, and faults for tests."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from aiohttp import web

from local.host.faults import Faults
from local.host.functions import Function
from local.host.http import key_of
from local.host.keys import Keys, Level

log = logging.getLogger("host")

Trigger = Callable[[Function, str], Coroutine[Any, Any, None]]
"""Runs a function with a text as its input."""


class Admin:
    """Handles paths below /admin; needs the master key, except for ping."""

    def __init__(
        self,
        functions: Mapping[str, Function],
        keys: Keys,
        host_id: str,
        run: Trigger,
        state: Callable[[], str],
        faults: Faults,
    ) -> None:
        self._functions = {name.lower(): function for name, function in functions.items()}
        self._keys, self._host_id, self._run, self._state = keys, host_id, run, state
        self._faults = faults
        self._began = time.monotonic()
        self._running: set[asyncio.Task[Any]] = set()

    async def __call__(self, request: web.Request) -> web.Response | None:
        """The answer, or None for a path that is none of these."""
        parts = request.rel_url.path.strip("/").split("/")[1:]
        if parts == ["host", "ping"] and request.method in ("GET", "POST"):
            return web.Response()
        if self._keys.level(key_of(request)) is not Level.ADMIN:
            return web.Response(status=401)
        if parts == ["host", "status"] and request.method == "GET":
            return web.json_response(self._status())
        if parts == ["faults"] and request.method == "POST":
            return await self._harm(request)
        if parts[:1] == ["functions"]:
            return await self._of_functions(request, parts[1:])
        return None

    def _status(self) -> dict[str, Any]:
        return {
            "id": self._host_id,
            "state": self._state(),
            "version": "local",
            "processUptime": int((time.monotonic() - self._began) * 1000),
        }

    async def _harm(self, request: web.Request) -> web.Response:
        try:
            self._faults.add(await request.text())
        except ValueError as error:
            return web.Response(status=400, text=str(error))
        return web.Response(status=202)

    async def _of_functions(self, request: web.Request, parts: list[str]) -> web.Response | None:
        if not parts and request.method == "GET":
            return web.json_response([_shown(f) for f in self._functions.values()])
        function = self._functions.get(parts[0].lower()) if parts else None
        if function is None:
            return web.Response(status=404)
        if len(parts) == 1 and request.method == "GET":
            return web.json_response(_shown(function))
        if parts[1:] == ["status"] and request.method == "GET":
            return web.json_response({"isDisabled": function.disabled})
        if len(parts) == 1 and request.method == "POST":
            return await self._start(request, function)
        return None

    async def _start(self, request: web.Request, function: Function) -> web.Response:
        try:
            document = json.loads(await request.text())
            text = document.get("input") or ""
        except (ValueError, AttributeError):
            return web.Response(status=400)
        task = asyncio.create_task(self._run(function, str(text)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return web.Response(status=202)


def _shown(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "language": "python",
        "isDisabled": function.disabled,
        "config": {"bindings": [dict(function.binding)]},
    }
