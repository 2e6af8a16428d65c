"""HTTP triggers on aiohttp: routes, keys, and what the real host does to requests and answers."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from email.utils import formatdate
from typing import Any

from aiohttp import web

from local.host.functions import Function
from local.host.keys import Keys, Level, required
from local.host.protos import Record, TypedData
from local.host.routes import Route, find
from local.host.worker import Payload, Worker

log = logging.getLogger("host")

BODY_LIMIT = 100 * 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


class HttpFront:
    """Answers requests; `admin` sees those below /admin first."""

    def __init__(
        self,
        routes: Sequence[Route],
        worker: Worker,
        keys: Keys,
        homepage: bool,
        admin: Handler,
    ) -> None:
        self._routes, self._worker, self._keys = routes, worker, keys
        self._homepage, self._admin = homepage, admin

    def application(self) -> web.Application:
        application = web.Application(client_max_size=BODY_LIMIT)
        application.router.add_route("*", r"/{path:[\s\S]*}", self.handle)
        return application

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Route, authorize, invoke."""
        path = request.rel_url.raw_path.strip("/")
        if not path and request.method in ("GET", "HEAD"):
            return _home(self._homepage)
        if path.lower() == "admin" or path.lower().startswith("admin/"):
            return await self._admin(request) or web.Response(status=404)
        found = find(self._routes, request.method, path)
        if not found:
            return web.Response(status=404)
        route, values = found
        level = self._keys.level(key_of(request), route.function.name)
        if route.function.disabled and level is not Level.ADMIN:
            return web.Response(status=404)
        if level < required(str(route.function.setting("authLevel", "FUNCTION"))):
            return web.Response(status=401)
        return await self._invoke(route.function, request, values)

    async def _invoke(
        self, function: Function, request: web.Request, values: Mapping[str, str]
    ) -> web.StreamResponse:
        payload = Payload(
            TypedData(http=await _incoming(request, values)),
            about=f"{request.method} {request.rel_url.raw_path}",
            trace_parent=request.headers.get("traceparent", ""),
            trace_state=request.headers.get("tracestate", ""),
        )
        outcome = await self._worker.invoke(function, payload)
        if not outcome.ok:
            return web.Response(status=500)
        return answer(outcome.value)


def key_of(request: web.Request) -> str | None:
    """Header x-functions-key first, then query `code`."""
    return request.headers.get("x-functions-key") or request.query.get("code")


def _home(shown: bool) -> web.Response:
    if not shown:
        return web.Response(status=204)
    text = "<!doctype html><title>Functions</title><h1>The functions host is up and running.</h1>"
    return web.Response(text=text, content_type="text/html")


async def _incoming(request: web.Request, values: Mapping[str, str]) -> Record:
    """The request as the host forwards it: only a body of known length goes along."""
    length = request.content_length
    body = TypedData(bytes=await request.read()) if length else TypedData()
    query = {
        name: ",".join(texts)
        for name in request.query
        if (texts := [text for text in request.query.getall(name) if text])
    }
    headers = {name.lower(): ",".join(request.headers.getall(name)) for name in request.headers}
    return Record(
        method=request.method,
        url=str(request.url),
        headers=headers,
        body=body,
        params=dict(values),
        query=query,
    )


def answer(value: Any) -> web.Response:
    """The response of what a function returned; None is an empty 200."""
    kind = value.WhichOneof("data") if value is not None else None
    if kind == "http":
        return _response(value.http)
    if kind == "string":
        return _from_text(value.string)
    if kind == "bytes":
        return web.Response(body=value.bytes, content_type="application/octet-stream")
    return web.Response(status=200)


def _response(http: Any) -> web.Response:
    kind = http.body.WhichOneof("data") if http.body is not None else None
    body = b""
    if kind in ("string", "json"):
        body = str(getattr(http.body, kind)).encode()
    elif kind == "bytes":
        body = http.body.bytes
    response = web.Response(status=int(http.status_code), body=body)
    for name, text in (http.headers or {}).items():
        if name.lower() not in ("content-length", "transfer-encoding"):
            response.headers[name] = text
    for cookie in http.cookies or []:
        _set_cookie(response, cookie)
    return response


def _set_cookie(response: web.Response, cookie: Any) -> None:
    def of(name: str) -> Any:
        nullable = getattr(cookie, name, None)
        return getattr(nullable, "value", None)

    expires = of("expires")
    max_age = of("max_age")
    response.set_cookie(
        cookie.name,
        cookie.value,
        domain=of("domain") or None,
        path=of("path") or "/",
        secure=of("secure"),
        httponly=of("http_only"),
        max_age=int(max_age) if max_age is not None else None,
        expires=formatdate(expires.seconds, usegmt=True) if expires else None,
        samesite=cookie.same_site,
    )


def _from_text(text: str) -> web.Response:
    """A returned text: an object with `body` in it is a response object, as for script workers."""
    try:
        parsed = json.loads(text)
    except ValueError:
        return web.Response(text=text)
    if not isinstance(parsed, dict) or "body" not in parsed:
        return web.Response(text=text)
    body = parsed["body"]
    shown = body if isinstance(body, str) else json.dumps(body)
    status: Any = parsed.get("statusCode") or parsed.get("status") or 200
    response = web.Response(status=int(status), text=shown)
    for name, value in (parsed.get("headers") or {}).items():
        response.headers[name] = str(value)
    return response
