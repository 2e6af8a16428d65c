"""The API of every team over stores in memory, called as the host calls it."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import azure.functions as func

from eventing.api_triggers import api_blueprint
from eventing.operation import Operation
from eventing.parked_operations import PARKED
from tests.eventing.memory import MemoryBus, MemoryStore, a_spine
from tests.rules import found

DOORS = [import_module(f"domains.{team}.triggers") for team in found.DOMAINS]
TEAMS = [door.team for door in DOORS]
OPERATIONS: tuple[Operation, ...] = (
    *PARKED,
    *(each for team in TEAMS for each in team.operations),
)
PRODUCT = {
    "name": "Fibre 500",
    "category": "internet",
    "price": "39.90",
    "currency": "EUR",
    "term_months": 24,
}
PERSON = {"name": "Ada Lovelace", "email": "ada@example.com"}
JSON = "application/json"


def _functions() -> dict[str, Any]:
    app = func.FunctionApp()
    for door in DOORS:
        app.register_functions(door.blueprint)
    app.register_functions(api_blueprint(OPERATIONS, "API"))
    return {str(each.get_function_name()): each.get_user_function() for each in app.get_functions()}


FUNCTIONS = _functions()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the caller sees."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The problem's type, less what all have in common."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.json["status"] == self.status
        return str(self.json["type"]).removeprefix("/problems/")


@dataclass
class Door:
    """What lies behind the routes, and the way in."""

    bus: MemoryBus = field(default_factory=MemoryBus)
    stores: Mapping[str, MemoryStore] = field(
        default_factory=lambda: {team.name: MemoryStore() for team in TEAMS}
    )

    async def call(
        self,
        method: str,
        path: str,
        body: Any = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; a body that is no bytes goes as JSON."""
        # A change in the same millisecond as the last one is refused as overtaken by it.
        await asyncio.sleep(0.002)
        address = urlsplit(path)
        operation, params = _routed(method, address.path)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = func.HttpRequest(
            method,
            f"http://localhost/api/{path}",
            headers={"content-type": JSON, **(headers or {})},
            params=dict(parse_qsl(address.query, keep_blank_values=True)),
            route_params=params,
            body=raw,
        )
        answer = await FUNCTIONS[operation.name](request)
        kind = {"content-type": answer.mimetype}
        return Answer(answer.status_code, {**kind, **answer.headers}, answer.get_body())


def _routed(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    segments = path.split("/")
    for operation in OPERATIONS:
        parts = operation.route.split("/")
        if operation.method != method or len(parts) != len(segments):
            continue
        pairs = list(zip(parts, segments, strict=True))
        if all(part == segment for part, segment in pairs if not part.startswith("{")):
            return operation, {
                part[1:-1]: unquote(segment) for part, segment in pairs if part.startswith("{")
            }
    raise AssertionError(f"no route for {method} {path}")


@contextmanager
def opened() -> Iterator[Door]:
    """The teams with stores and a bus in memory in place of theirs."""
    door = Door()
    for team in TEAMS:
        store = door.stores[team.name]
        team.__dict__.update(store=store, spine=a_spine(team.name, store, door.bus))
    try:
        yield door
    finally:
        for team in TEAMS:
            del team.__dict__["store"], team.__dict__["spine"]
