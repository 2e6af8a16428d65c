"""Operations → an OpenAPI 3.1 document: what binds a route also tells it, so they cannot differ."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from eventing.api_about import LEAD, RULES
from eventing.idempotency import LONGEST_KEY
from eventing.operation import Operation
from eventing.problem import problem_type

PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457).",
    "properties": {
        "type": {"type": "string", "description": "Names the kind of problem; stable."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong this time, for people."},
        "errors": {
            "type": "array",
            "description": "Each field by its JSON pointer, or parameter by its name.",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "parameter": {"type": "string"},
                    "detail": {"type": "string"},
                },
                "required": ["detail"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
HEADERS: Mapping[str, Mapping[str, Any]] = {
    "Idempotency-Key": {
        "description": "The same key names the same thing.",
        "schema": {"type": "string", "pattern": f"^[!-~]{{1,{LONGEST_KEY}}}$"},
    },
    "If-Match": {
        "description": "ETags of versions that may be changed, or *.",
        "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,18}")$'},
    },
    "If-None-Match": {
        "description": "An ETag that the caller has; * for anything that is there.",
        "schema": {"type": "string", "pattern": r'^(\*|"[0-9]{1,18}")$'},
    },
}
CREATED_ONLY = {
    "description": "* asks that there be nothing yet.",
    "schema": {"type": "string", "enum": ["*"]},
}
SECURITY: Mapping[str, Any] = {
    "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
    "entra": {"type": "http", "scheme": "bearer", "description": "App Service authentication."},
}
SHOWN_HEADERS = {
    "ETag": {"schema": {"type": "string"}, "description": "The version."},
    "Location": {"schema": {"type": "string"}, "description": "Where it is."},
    "Retry-After": {"schema": {"type": "string"}, "description": "Seconds."},
}

LATER = (404, 409, 429, 503)
"""Problems that may be none when asked again."""

type Schemas = Mapping[tuple[str, str], Mapping[str, Any]]


def document(operations: Sequence[Operation], title: str) -> dict[str, Any]:
    """The document of these operations."""
    schemas, definitions = _schemas(operations)
    about = "\n\n".join([LEAD, *(f"**{term}.** {text}" for term, text in RULES)])
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for operation in sorted(operations, key=lambda each: (each.tag, each.route)):
        paths[f"/{operation.route}"][operation.method.lower()] = _operation(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1", "description": about},
        "servers": [{"url": "/api"}],
        "paths": dict(paths),
        "components": {
            "schemas": {**definitions, "Problem": PROBLEM},
            "securitySchemes": SECURITY,
        },
    }


def _schemas(operations: Sequence[Operation]) -> tuple[Schemas, Mapping[str, Any]]:
    """Of every type that comes in or goes out, by operation and place; and what they refer to."""
    wanted: list[tuple[tuple[str, str], JsonSchemaMode, TypeAdapter[Any]]] = []
    for each in operations:
        for name, kind in {**each.path, **each.query}.items():
            wanted.append(((each.name, name), "validation", TypeAdapter(kind)))
        if each.takes:
            wanted.append(((each.name, "<body"), "validation", TypeAdapter(each.takes)))
        if each.answers is not None:
            wanted.append(((each.name, ">body"), "serialization", TypeAdapter(each.answers)))
    found, rest = TypeAdapter.json_schemas(wanted, ref_template="#/components/schemas/{model}")
    return {name: schema for (name, _), schema in found.items()}, rest.get("$defs", {})


def _operation(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": _parameters(operation, schemas),
        "responses": _successes(operation, schemas) | _problems(operation),
        "security": [] if operation.anonymous else [{name: []} for name in SECURITY],
    }
    if operation.uploads:
        content: dict[str, Any] = {"text/csv": {"schema": {"type": "string", "minLength": 1}}}
        told["requestBody"] = {"required": True, "content": content}
    elif operation.takes:
        content = {"application/json": {"schema": schemas[operation.name, "<body"]}}
        told["requestBody"] = {"required": operation.needs_body, "content": content}
    return told


def _parameters(operation: Operation, schemas: Schemas) -> list[dict[str, Any]]:
    found = [
        {"name": name, "in": place, "required": place == "path",
         "schema": schemas[operation.name, name]}
        for place, names in (("path", operation.path), ("query", operation.query))
        for name in names
    ]  # fmt: skip
    for name in operation.headers:
        whole = HEADERS[name]
        if name == "If-None-Match" and operation.method != "GET":
            whole = CREATED_ONLY
        found.append({"name": name, "in": "header", "required": False, **whole})
    return found


def _successes(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    found: dict[str, Any] = {}
    tagged = "Idempotency-Key" in operation.headers or "If-None-Match" in operation.headers
    for status in operation.statuses:
        names = ["ETag"] if tagged and status != 204 else []
        names += ["Location"] if status in (201, 202) else []
        told: dict[str, Any] = {
            "description": HTTPStatus(status).phrase,
            "headers": {name: {**SHOWN_HEADERS[name], "required": True} for name in names},
        }
        if operation.answers is not None and status in (200, 201):
            schema = schemas[operation.name, ">body"]
            told["content"] = {"application/json": {"schema": schema}}
        found[str(status)] = told
    return found


def _problems(operation: Operation) -> dict[str, Any]:
    codes: dict[int, list[str]] = defaultdict(list)
    for status, code in sorted(operation.problems):
        codes[status].append(problem_type(code))
    later = {"Retry-After": SHOWN_HEADERS["Retry-After"]}
    found: dict[str, Any] = {
        str(status): {
            "description": " · ".join(types),
            "headers": later if status in LATER else {},
            "content": {
                "application/problem+json": {
                    "schema": {
                        "allOf": [{"$ref": "#/components/schemas/Problem"}],
                        "properties": {"type": {"enum": types}},
                    }
                }
            },
        }
        for status, types in codes.items()
    }
    if not operation.anonymous:
        found["401"] = {"description": "No key, or none that is known; without a body"}
    return found
