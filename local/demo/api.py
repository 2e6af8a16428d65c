"""The app's HTTP API as the demo's callers use it: patient with a projection that lags."""

import asyncio
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp

LAGGING = (404, 409, 503)


class Refused(Exception):
    """The API answered what the demo did not ask for."""


class Api:
    """Calls to one app. At most `at_once` run together."""

    def __init__(self, url: str, at_once: int = 16) -> None:
        self._url = url
        self._gate = asyncio.Semaphore(at_once)
        self._session: aiohttp.ClientSession | None = None
        self.retries = 0

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        key: str = "",
        seconds: float = 90.0,
    ) -> dict[str, Any]:
        """The JSON of a 2xx answer; `key` makes a repeated POST the same request.

        What comes with Retry-After is asked again. Raises Refused for anything else.
        """
        deadline = time.monotonic() + seconds
        while True:
            async with self._gate:
                status, wait, text = await self._once(method, path, body, key)
            if status < 300:
                return dict(text)
            if status not in LAGGING or wait is None or time.monotonic() > deadline:
                raise Refused(f"{method} {path} was answered {status}: {text}")
            self.retries += 1
            await asyncio.sleep(wait)

    async def find(self, path: str) -> dict[str, Any] | None:
        """The JSON at a path, or None while there is nothing."""
        status, _, text = await self._once("GET", path, None, "")
        if status == 404:
            return None
        if status != 200:
            raise Refused(f"GET {path} was answered {status}: {text}")
        return dict(text)

    async def _once(
        self, method: str, path: str, body: Mapping[str, Any] | None, key: str
    ) -> tuple[int, float | None, Any]:
        if self._session is None:
            raise RuntimeError("the API is used inside `async with`")
        headers = {"Idempotency-Key": key} if key else {}
        async with self._session.request(
            method, f"{self._url}/api/{path}", json=body, headers=headers
        ) as answer:
            wait = answer.headers.get("Retry-After")
            seconds = float(wait) if wait else None
            if "json" in answer.content_type:
                return answer.status, seconds, await answer.json(content_type=None)
            return answer.status, seconds, await answer.text()
