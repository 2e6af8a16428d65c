"""The real runtime in this process: index an app, invoke its functions, log how each ended.

One process hosts one app: the runtime's registry and module cache are process-global.
"""

import asyncio
import logging
import os
import random
import sys
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import azure_functions_runtime as runtime
from azure_functions_runtime import handle_event

from local.host import protos
from local.host.config import ConfigurationError
from local.host.functions import Function, describe
from local.host.protos import Record, TypedData
from local.host.retry import Random

log = logging.getLogger("host")

current: ContextVar[str] = ContextVar("current", default="")
"""`<function> <invocation id>` of the running invocation; log lines carry it."""


class IndexingError(ConfigurationError):
    """The runtime refused the app; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Payload:
    """A trigger's argument and metadata; `about` says in the log what it is."""

    data: TypedData
    metadata: Mapping[str, TypedData] = field(default_factory=dict)
    about: str = ""
    trace_parent: str = ""
    trace_state: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an invocation, or the last of its attempts, ended."""

    ok: bool
    value: Any = None
    error: protos.RpcException | None = None
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """Retry context: retries so far, retries allowed, and what the last attempt raised."""

    number: int = 0
    allowed: int = 0
    error: protos.RpcException | None = None


class Worker:
    """Invokes functions on the caller's loop; `timeout` is functionTimeout in seconds or None.

    `on_stuck` is called when a function ran into the timeout and could not be cancelled
    (a synchronous one, or one that swallows its cancellation): only a new process helps.
    """

    def __init__(self, timeout: float | None, on_stuck: Callable[[str], None]) -> None:
        self._timeout = timeout
        self._on_stuck = on_stuck

    async def index(self, directory: Path) -> list[Function]:
        """Import `function_app.py` of `directory`; its functions, or an IndexingError."""
        sys.path.insert(0, str(directory))
        os.chdir(directory)
        runtime.start_threadpool_executor()
        request = Record(
            request=Record(
                worker_init_request=Record(capabilities={}, function_app_directory=str(directory))
            ),
            properties={"host": "127.0.0.1", "protos": protos},
        )
        answer = await runtime.worker_init_request(request)
        if answer.result.status != protos.StatusResult.Success:
            reason = answer.result.exception
            raise IndexingError(f"the app does not index: {reason.message}\n{reason.stack_trace}")
        found = await runtime.functions_metadata_request(None)
        if not found.function_metadata_results:
            raise IndexingError(f"no functions found in {directory}/function_app.py")
        registry = handle_event._functions
        kinds = {
            record.name: bool(registry.get_function(record.function_id).is_async)
            for record in found.function_metadata_results
        }
        return describe(found.function_metadata_results, kinds)

    async def invoke(
        self,
        function: Function,
        payload: Payload,
        attempt: Attempt | None = None,
        limit: float | None = None,
    ) -> Outcome:
        """Run a function once; one log line says how it ended. Never raises for what it does.

        `limit` is a shorter timeout in seconds than functionTimeout.
        """
        invocation_id = str(uuid.uuid4())
        request = _invocation(function, payload, invocation_id, attempt or Attempt())
        began = time.perf_counter()
        task = asyncio.create_task(_run(request, function.name, invocation_id))
        try:
            done, _ = await asyncio.wait({task}, timeout=limit or self._timeout)
        except asyncio.CancelledError:
            task.cancel()
            raise
        outcome = _outcome(task.result()) if done else await self._end(function, task, limit)
        _log_end(function, invocation_id, payload, outcome, time.perf_counter() - began)
        return outcome

    async def _end(
        self, function: Function, task: asyncio.Task[Any], limit: float | None
    ) -> Outcome:
        task.cancel()
        await asyncio.wait({task}, timeout=5.0 if function.is_async else 0.1)
        if not function.is_async or not task.done():
            self._on_stuck(function.name)
        text = f"timed out after {limit or self._timeout:g} s (functionTimeout)"
        return Outcome(False, error=protos.RpcException(message=text), timed_out=True)

    async def invoke_with_retries(
        self,
        function: Function,
        payload: Payload,
        stopping: asyncio.Event,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        uniform: Random = random.uniform,
    ) -> Outcome:
        """Attempts under the function's policy; none is begun once `stopping` is set."""
        policy = function.retry
        if policy is None:
            return await self.invoke(function, payload)
        outcome = await self.invoke(function, payload, Attempt(allowed=policy.count))
        for number, delay in enumerate(policy.delays(uniform), start=1):
            if outcome.ok or outcome.timed_out or stopping.is_set():
                break
            log.info("%s: retry %d in %.1f s", function.name, number, delay)
            await _unless(stopping, sleep(delay))
            if stopping.is_set():
                break
            outcome = await self.invoke(
                function, payload, Attempt(number, policy.count, outcome.error)
            )
        return outcome


async def _unless(stopping: asyncio.Event, pause: Awaitable[None]) -> None:
    tasks = {asyncio.ensure_future(pause), asyncio.create_task(stopping.wait())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _run(request: Record, name: str, invocation_id: str) -> Any:
    runtime.invocation_id_cv.set(invocation_id)
    current.set(f"{name} {invocation_id}")
    try:
        return await runtime.invocation_request(request)
    except (SystemExit, asyncio.CancelledError) as error:
        # Neither is an Exception, so the runtime lets them through; to the host they are failures.
        text = f"{type(error).__name__}: {error}"
        failure = protos.RpcException(message=text, stack_trace="")
        status = protos.StatusResult(status=protos.StatusResult.Failure, exception=failure)
        return protos.InvocationResponse(invocation_id=invocation_id, result=status)


def _invocation(
    function: Function, payload: Payload, invocation_id: str, attempt: Attempt
) -> Record:
    trace = payload.trace_parent or f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
    request = Record(
        invocation_id=invocation_id,
        function_id=function.function_id,
        input_data=[protos.ParameterBinding(name=function.argument, data=payload.data)],
        trigger_metadata=payload.metadata,
        trace_context=Record(trace_parent=trace, trace_state=payload.trace_state, attributes={}),
        retry_context=Record(
            retry_count=attempt.number,
            max_retry_count=attempt.allowed,
            exception=attempt.error,
        ),
    )
    return Record(request=Record(invocation_request=request))


def _outcome(response: Any) -> Outcome:
    if response.result.status == protos.StatusResult.Success:
        return Outcome(True, response.return_value)
    return Outcome(False, error=response.result.exception)


def _log_end(
    function: Function, invocation_id: str, payload: Payload, outcome: Outcome, seconds: float
) -> None:
    word = "ok" if outcome.ok else "failed"
    line = (
        f"{function.name} {invocation_id} {word} {seconds * 1000:.0f} ms {payload.about}".rstrip()
    )
    if outcome.ok or outcome.error is None:
        log.info("%s", line)
    else:
        log.error("%s: %s", line, outcome.error.message.replace("\n", " "))
        if outcome.error.stack_trace:
            log.error("%s", outcome.error.stack_trace.rstrip())
