"""A team's routes, declared once: what binds them also tells them in the OpenAPI document."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import azure.functions as func
from pydantic import Field

from eventing import http, pages
from eventing.decision import State
from eventing.handle import Rule
from eventing.idempotency import new_id
from eventing.operation import (
    ABSENT,
    ALWAYS,
    COMMAND,
    FILE,
    HEADER,
    PARAMETER,
    Operation,
    body_of,
    path_of,
)  # fmt: skip
from eventing.preconditions import expected
from eventing.problem import Problem
from eventing.rebuild import Rebuilt
from eventing.refusals import refusals
from eventing.rows import LONGEST_KEY, Key, row_key
from eventing.team import Team
from eventing.values import FileName

type Prepare = Callable[[Any], Awaitable[Any]]

PAGE_QUERY = {"limit": Annotated[int, Field(ge=1, le=pages.LARGEST)], "cursor": str}


class Api:
    """A team's door over HTTP."""

    def __init__(self, blueprint: func.Blueprint, team: Team) -> None:
        self._blueprint = blueprint
        self._team = team

    def shows(self, route: str, state: type[State]) -> None:
        """GET of one aggregate by the id in the route."""
        path = path_of(route, state)

        async def get(req: func.HttpRequest) -> func.HttpResponse:
            place = _key(state, _values(req, path, 404), 404)
            return http.shown(req, await self._team.store.load(state, place))

        self.add(
            Operation(
                f"get_{state.kind}", "GET", route, f"One {_words(state)} as it is now",
                self._team.name, state, (200, 304), ALWAYS | ABSENT | HEADER, path,
                headers=("If-None-Match",),
            ),
            get,
        )  # fmt: skip

    def lists(self, route: str, state: type[State]) -> None:
        """GET of a page of aggregates, in no order that means anything."""

        async def get(req: func.HttpRequest) -> func.HttpResponse:
            return await pages.listed(req, self._team.store, state, route)

        self.add(
            Operation(
                f"list_{state.kind}s", "GET", route,
                f"A page of {_words(state)}s, and where the next one is",
                self._team.name, pages.page_of(state), (200,), ALWAYS | PARAMETER,
                query=PAGE_QUERY,
            ),
            get,
        )  # fmt: skip

    def commands(
        self,
        method: str,
        route: str,
        rule: Rule,
        *,
        creates: str = "",
        prepare: Prepare | None = None,
        prepared: tuple[str, ...] = (),
    ) -> None:
        """A command: the route and the door give some fields of its message, the body the others.

        `creates` names the id that a POST makes. `prepare` adds what the rule must know of others,
        the fields `prepared`.
        """
        operation = _command(self._team.name, method, route, rule, (creates, *prepared))
        unnamed = 422 if method == "PUT" else 404

        async def take(req: func.HttpRequest) -> func.HttpResponse:
            cause, expects = http.cause(), None if creates else expected(req.headers)
            given: dict[str, Any] = dict.fromkeys(prepared)
            given |= {"occurred_at": cause.time, **_values(req, operation.path, unnamed)}
            if creates:
                given[creates] = new_id(req, operation.name)
            message = http.message(rule.message, http.body(req, operation.needs_body), **given)
            if prepare:
                message = await prepare(message)
            outcome = await self._team.command(rule, message, cause, expects)
            if method == "DELETE":
                return func.HttpResponse(status_code=204)
            made = bool(creates) or (method == "PUT" and outcome.created)
            place = f"/{outcome.work.key.id}" if creates else ""
            location = http.address(route, given) + place
            return http.done(outcome, 201 if made else 200, location)

        self.add(operation, take)

    def stores(self, route: str, state: type[State], container: str) -> None:
        """POST of a partner's file: it is stored as a blob and then received as any other."""
        path = path_of(route, state) | {"name": FileName}

        async def post(req: func.HttpRequest) -> func.HttpResponse:
            values = _values(req, path, 422)
            place, content = _key(state, values, 422), http.file(req)
            await self._team.files.store(container, place, content)
            location = {"Location": http.address(route, values)}
            return func.HttpResponse(status_code=202, headers=location)

        summary = f"Store a {_words(state)}; it is then received as one that was uploaded"
        self.add(
            Operation(
                f"store_{state.kind}", "POST", route, summary, self._team.name, None, (202,),
                ALWAYS | PARAMETER | FILE, path, uploads=True,
            ),
            post,
        )  # fmt: skip

    def rebuilds(self, route: str, hub: str, state: type[State]) -> None:
        """POST that makes a projection again from the hub whose events it is of."""

        async def post(req: func.HttpRequest) -> func.HttpResponse:
            told = await self._team.rebuild(hub, state)
            return func.HttpResponse(json.dumps(asdict(told)), mimetype="application/json")

        summary = f"Make every {_words(state)} again from the events of the {hub} hub"
        name = f"rebuild_{state.kind}s"
        self.add(Operation(name, "POST", route, summary, self._team.name, Rebuilt), post)

    def add(self, operation: Operation, handler: http.Handler) -> None:
        """Bind a route, and tell of it."""
        self._team.operations.append(operation)
        bind(self._blueprint, operation, handler)


def bind(blueprint: func.Blueprint, operation: Operation, handler: http.Handler) -> None:
    """Register the function of an operation."""

    async def answer(req: func.HttpRequest) -> func.HttpResponse:
        return await handler(req)

    answer.__name__ = operation.name  # a span is named by it
    level = func.AuthLevel.ANONYMOUS if operation.anonymous else None
    route = blueprint.route(operation.route, methods=[operation.method], auth_level=level)
    blueprint.function_name(operation.name)(route(http.endpoint(answer)))


def _command(team: str, method: str, route: str, rule: Rule, given: tuple[str, ...]) -> Operation:
    path = path_of(route, rule.message)
    creates = given[0]
    headers = ("Idempotency-Key",) if creates else ("If-Match", "If-None-Match")
    problems = ALWAYS | COMMAND | refusals(rule.decide)
    if not creates:
        problems |= {(412, "stale")} | (PARAMETER if method == "PUT" else ABSENT)
    deletes = method == "DELETE"
    return Operation(
        rule.decide.__module__.rpartition(".")[2], method, route, str(rule.message.__doc__), team,
        None if deletes else rule.state,
        (201,) if creates else (200, 201) if method == "PUT" else (204,) if deletes else (200,),
        problems, path, body_of(rule.message, {*path, *given}), headers=headers,
    )  # fmt: skip


def _words(state: type[State]) -> str:
    return state.kind.replace("_", " ")


def _values(req: func.HttpRequest, path: Mapping[str, Any], status: int) -> dict[str, Any]:
    return {name: http.segment(req, name, kind, status) for name, kind in path.items()}


def _key(state: type[State], values: Mapping[str, Any], status: int) -> str:
    """The id that the path's values make. Raises Problem for one that no row can have."""
    found = "/".join(map(str, values.values()))
    if len(row_key(Key(state, found))) <= LONGEST_KEY:
        return found
    if status == 404:
        raise Problem(404, "not_found", "there is no such thing here")
    raise http.parameter("name", "it is too long")
