"""HTTP requests → messages, outcomes → answers: what every team's commands share at the door."""

import json
import logging
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from functools import wraps
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID, uuid4

import azure.functions as func
from pydantic import ValidationError

from eventing import telemetry
from eventing.decision import Different, Rejected, State, Unknown
from eventing.errors import Conflict, Transient
from eventing.event import Cause, now
from eventing.handle import Outcome, Stale
from eventing.preconditions import seen, tag
from eventing.problem import Problem, invalid, pointer
from eventing.rows import adapter
from eventing.store import Held

log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
RETRY_AFTER = {"Retry-After": "1"}
LARGEST_UPLOAD = 64 * 1024 * 1024
"""Bytes of a file over HTTP, which lies in memory whole; a storage client has no such limit."""

TOLD = 50
"""Unknown fields that an answer names."""

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


def endpoint(handler: Handler) -> Handler:
    """Answer every refusal as problem details; what nobody foresaw is a 500 without its trace."""

    @wraps(handler)
    async def answered(req: func.HttpRequest) -> func.HttpResponse:
        try:
            with telemetry.request(handler.__name__, req.headers.get("traceparent")):
                return await handler(req)
        except Problem as problem:
            return problem.response()
        except ValidationError as error:
            return invalid(error).response()
        except (Stale, Different) as refused:
            status = 412 if isinstance(refused, Stale) else 422
            return Problem(status, refused.code, str(refused)).response()
        except Unknown as refused:
            return Problem(404, refused.code, str(refused), headers=RETRY_AFTER).response()
        except Rejected as refused:
            status = 413 if refused.code == "too_large" else 409
            return Problem(status, refused.code, str(refused)).response()
        except Conflict as error:
            return Problem(409, "conflict", str(error), headers=RETRY_AFTER).response()
        except Transient as error:
            log.warning("command not carried out: %s", error)
            detail = "a service that this needs does not answer; try again"
            return Problem(503, "unavailable", detail, headers=RETRY_AFTER).response()
        except Exception:
            # The last line before the host, which would answer an empty 500.
            log.exception("command failed")
            return Problem(500, "defect", "this is a defect; it has been logged").response()

    return answered


def document(req: func.HttpRequest) -> dict[str, Any]:
    """The JSON object in the body. Raises Problem 400, 413 or 415."""
    body = req.get_body()
    if len(body) > LARGEST_BODY:
        detail = f"the body has {len(body)} bytes; {LARGEST_BODY} are the most"
        raise Problem(413, "body_too_large", detail)
    media_type = req.headers.get("content-type", "application/json").partition(";")[0].strip()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Problem(415, "not_json", f"the body's type is {media_type!r}, not application/json")
    try:
        found = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant
        )
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Problem(400, "malformed_json", f"the body is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise Problem(400, "malformed_json", "the body is no JSON object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        ((name, _),) = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the name {name!r} stands twice in one object")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")


def message[M](kind: type[M], body: Mapping[str, Any], **given: Any) -> M:
    """The command in a body, with what the route and the door give it.

    Raises Problem 422 for names the command does not have, ValidationError for values it refuses.
    """
    own = {field.name for field in fields(kind)} - set(given)  # type: ignore[arg-type]
    strange = [name for name in body if name not in own]
    if strange:
        detail = "there is no such field"
        errors = [{"pointer": pointer(name), "detail": detail} for name in strange[:TOLD]]
        raise Problem(422, "invalid_fields", "there are fields that are not known", errors=errors)
    values = {**body, **{name: _plain(value) for name, value in given.items()}}
    found: M = adapter(cast("Any", kind)).validate_json(json.dumps(values), strict=True)
    return found


def _plain(value: Any) -> Any:
    return adapter(cast("Any", type(value))).dump_python(value, mode="json")


def body(req: func.HttpRequest, needed: bool) -> dict[str, Any]:
    """The JSON object in the body; empty when there is none and none is needed."""
    return document(req) if needed or req.get_body() else {}


def cause() -> Cause:
    """A request as the cause of what it raises."""
    request_id = str(uuid4())
    return Cause(request_id, now(), request_id, telemetry.current())


def segment(req: func.HttpRequest, name: str, kind: Any, status: int = 404) -> Any:
    """A value of the path. Raises Problem 404, for what is no id names nothing, or 422."""
    text = req.route_params[name]
    try:
        if kind is UUID and not _UUID.fullmatch(text):
            raise ValueError(text)
        return adapter(kind).validate_python(text)
    except ValueError as error:
        if status == 404:
            raise Problem(404, "not_found", "there is no such thing here") from error
        told = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "it is no UUID"
        raise parameter(name, f"{text[:80]!r} will not do: {told}") from error


def whole_number(req: func.HttpRequest, name: str, usual: int, most: int) -> int:
    """A parameter of the query. Raises Problem 422."""
    text = req.params.get(name, str(usual))
    if not (re.fullmatch("[0-9]{1,6}", text) and 0 < int(text) <= most):
        raise parameter(name, f"it is a whole number from 1 to {most}")
    return int(text)


def parameter(name: str, detail: str) -> Problem:
    """What is wrong with a parameter of the path or the query."""
    errors = [{"parameter": name, "detail": detail}]
    return Problem(422, "invalid_parameter", f"not valid: {name}", errors=errors)


def file(req: func.HttpRequest) -> bytes:
    """The body as it is. Raises Problem 400 or 413."""
    found = req.get_body()
    if not found:
        detail = "the body is empty; the Functions host passes no chunked body on"
        raise Problem(400, "empty_body", detail)
    if len(found) > LARGEST_UPLOAD:
        detail = f"the body has {len(found)} bytes; above {LARGEST_UPLOAD}, store a blob"
        raise Problem(413, "body_too_large", detail)
    return found


def address(route: str, values: Mapping[str, Any]) -> str:
    """Where something is, by the route and the values of its path."""
    return "/api/" + route.format_map({name: quote(str(values[name]), "") for name in values})


def _state(
    state: State | None, version: int, *, status: int = 200, location: str = ""
) -> func.HttpResponse:
    if state is None:
        raise Problem(404, "not_found", "there is no such thing here")
    headers = {"ETag": tag(version)}
    if location:
        headers["Location"] = location
    return func.HttpResponse(
        adapter(type(state)).dump_json(state),
        status_code=status,
        mimetype="application/json",
        headers=headers,
    )


def done(outcome: Outcome, status: int, location: str) -> func.HttpResponse:
    """The answer to a command: the state that it left, and with 201 where that is."""
    where = location if status == 201 else ""
    return _state(outcome.state, outcome.version, status=status, location=where)


def shown(req: func.HttpRequest, held: Held[Any]) -> func.HttpResponse:
    """The answer to a GET: 304 to who holds this version. Raises Problem 404."""
    found = _state(held.state, held.version)
    if not seen(req.headers, held.version):
        return found
    return func.HttpResponse(status_code=304, headers={"ETag": found.headers["ETag"]})
