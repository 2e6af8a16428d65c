"""One worker process of a team's app: the real triggers over things that may fail, till it dies."""

import asyncio
import contextvars
import importlib
import inspect
import json
import re
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import azure.functions as func

import domains
from eventing.codec import Codec
from eventing.errors import Conflict, Transient
from eventing.event import Event
from eventing.registry import Registered
from eventing.team import Team
from tests.eventing.memory import MemoryBus, MemoryRegistry
from tests.faults.plan import Fault, Plan

RUNNING: contextvars.ContextVar["Process"] = contextvars.ContextVar("RUNNING")


class Died(Exception):
    """The process was killed before it answered."""


def task(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
    """A task that belongs to the process that made it, and dies with it."""
    made = asyncio.Task(coroutine, loop=loop, **options)
    context = options.get("context") or contextvars.copy_context()
    process = context.get(RUNNING)
    if process:
        process.tasks[made] = None
        made.add_done_callback(process.ended)
    return made


def _loaded(name: str) -> Any:
    """A team's triggers with all that they import of the team, apart from every other copy."""
    package = f"domains.{name}"
    kept = {each: sys.modules.pop(each) for each in _modules(package)}
    try:
        return importlib.import_module(f"{package}.triggers")
    finally:
        for each in _modules(package):
            del sys.modules[each]
        sys.modules.update(kept)
        if package in kept:
            setattr(domains, name, kept[package])


def _modules(package: str) -> list[str]:
    return [each for each in sys.modules if each == package or each.startswith(f"{package}.")]


class App:
    """A team's triggers, loaded for one process alone: another process has another copy."""

    def __init__(self, name: str) -> None:
        module = _loaded(name)
        self.team: Team = module.team
        self.bound = (self.team.reactions, self.team.blobs, self.team.operations)
        functions = func.FunctionApp()
        functions.register_functions(module.blueprint)
        self.routes: list[tuple[str, re.Pattern[str], Any]] = []
        self.timers: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {}
        for each in functions.get_functions():
            self._bind(each)

    def _bind(self, function: Any) -> None:
        trigger = function.get_trigger()
        if trigger.type == "httpTrigger":
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", trigger.route)
            for method in trigger.methods:
                route = (method.value, re.compile(pattern), function.get_user_function())
                self.routes.append(route)
        elif trigger.type == "timerTrigger":
            call = partial(function.get_user_function(), **{trigger.name: None})
            self.timers[function.get_function_name()] = call

    def found(self, method: str, path: str) -> tuple[Any, dict[str, str]] | None:
        """The function of a route, and the values of the route's parts."""
        for verb, pattern, function in self.routes:
            if verb == method and (match := pattern.fullmatch(path)):
                return function, match.groupdict()
        return None


_SPARE: dict[str, list[App]] = defaultdict(list)


@dataclass(eq=False)
class Process:
    """A process of a team. What it holds in memory is lost with it."""

    name: str
    outside: Any
    dead: bool = False
    tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict)
    """In their order, so that a seed ends them in the same one every time."""

    def __post_init__(self) -> None:
        self.app = _SPARE[self.name].pop() if _SPARE[self.name] else App(self.name)
        world = self.outside
        bus = _Bus(self, "bus", world.bus)
        codec = Codec(_Registry(self, world.registry))
        team = self.app.team
        team.__dict__.clear()
        Team.__init__(team, self.name, _Clients(bus, codec))  # type: ignore[arg-type]  # the clients in memory
        team.reactions, team.blobs, team.operations = self.app.bound
        team.store = Port(self, self.name, world.stores[self.name])  # type: ignore[assignment]  # the store in memory
        team.files = Port(self, "files", world.files)  # type: ignore[assignment]  # the files in memory
        self.team = team

    def free(self) -> None:
        """Give the copy of the triggers to a later process."""
        _SPARE[self.name].append(self.app)

    def ended(self, task: asyncio.Task[Any]) -> None:
        self.tasks.pop(task, None)

    def crash(self) -> None:
        """End at once: nothing that it was doing goes on."""
        self.dead = True
        for each in list(self.tasks):
            each.cancel()

    async def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Do something in this process. Raises Died when it was killed meanwhile."""
        context = contextvars.copy_context()
        context.run(RUNNING.set, self)
        doing = asyncio.get_running_loop().create_task(work, context=context)
        await asyncio.wait({doing})
        if doing.cancelled() or self.dead:
            raise Died(self.name)
        return doing.result()

    async def step[T](self, label: str, effect: Callable[[], Awaitable[T]]) -> T:
        """Reach out of the process, as the plan has it."""
        plan: Plan | None = self.outside.plan
        if self.dead:
            await self._never()
        if plan is None:
            return await effect()
        fault, there, back = plan.next(label)
        if there:
            await asyncio.sleep(there)
        if fault is Fault.CRASH_BEFORE:
            self.crash()
        if self.dead:
            await self._never()
        if fault is Fault.FAIL_BEFORE:
            raise Transient(f"{label} does not answer")
        result = await effect()
        if back:
            await asyncio.sleep(back)
        if fault is Fault.CRASH_AFTER:
            self.crash()
        if self.dead:
            await self._never()
        if fault is Fault.FAIL_AFTER:
            raise Transient(f"the answer of {label} was lost")
        if fault is Fault.CONFLICT_AFTER:
            raise Conflict(f"{label} met its own write")
        return result

    async def _never(self) -> None:
        # A task outlives its cancellation when what it waits for fails at the same moment.
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await asyncio.get_running_loop().create_future()


class Port:
    """Something outside a process, each call of which is a step."""

    def __init__(self, process: Process, name: str, inner: Any) -> None:
        self._process = process
        self._name = name
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._inner, name)
        label = f"{self._name}.{name}"
        streams = inspect.isasyncgenfunction(inner)
        step = partial(self._stream if streams else self._call, label, inner)
        setattr(self, name, step)
        return step

    async def _call(self, label: str, inner: Any, *given: Any, **named: Any) -> Any:
        if self._process.outside.plan is None and not self._process.dead:
            return await inner(*given, **named)
        return await self._process.step(label, partial(inner, *given, **named))

    async def _stream(
        self, label: str, inner: Any, *given: Any, **named: Any
    ) -> AsyncIterator[Any]:
        await self._process.step(label, _nothing)
        async for each in inner(*given, **named):
            yield each
            await self._process.step(label, _nothing)


async def _nothing() -> None:
    return None


class _Bus(Port):
    """The bus: what one call publishes may be cut off between two of its batches."""

    async def publish(self, events: Sequence[Event]) -> None:
        bus: MemoryBus = self._inner
        for batch in bus.batches(events):
            await self._process.step("bus.publish", partial(bus.publish, batch))


class _Registry:
    """The registry, asked once by each process for each schema."""

    namespace = "registry.test"

    def __init__(self, process: Process, inner: MemoryRegistry) -> None:
        self._port = Port(process, "registry", inner)
        self._ids: dict[str, str] = {}
        self._schemas: dict[str, Registered] = {}

    async def id_of(self, event_type: str) -> str:
        if event_type not in self._ids:
            self._ids[event_type] = await self._port.id_of(event_type)
        return self._ids[event_type]

    async def by_id(self, schema_id: str) -> Registered:
        if schema_id not in self._schemas:
            self._schemas[schema_id] = await self._port.by_id(schema_id)
        return self._schemas[schema_id]

    async def close(self) -> None:
        return None


@dataclass(frozen=True)
class _Clients:
    hubs: Any
    codec: Codec


@dataclass(frozen=True)
class Answer:
    """What a client got from the door."""

    status: int
    body: Any
    again: bool
    """Whether it says: try again."""


async def asked(
    process: Process, method: str, path: str, body: Any, headers: Mapping[str, str]
) -> Answer:
    """One HTTP request to a process."""
    found = process.app.found(method, path)
    if not found:
        raise LookupError(f"no function of {process.name} answers {method} {path}")
    function, parts = found
    content = b"" if body is None else json.dumps(body).encode()
    request = func.HttpRequest(
        method, f"/api/{path}", headers=headers, route_params=parts, body=content
    )
    response = await process.run(function(request))
    again = response.status_code >= 500 or "Retry-After" in (response.headers or {})
    text = response.get_body()
    return Answer(response.status_code, json.loads(text) if text else None, again)
