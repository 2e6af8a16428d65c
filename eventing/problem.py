"""Refusals over HTTP as problem details (RFC 9457)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import azure.functions as func
from pydantic import ValidationError


class Problem(Exception):
    """An answer that is no success. `code` is stable and names the problem's type."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def response(self) -> func.HttpResponse:
        """The answer to send."""
        body: dict[str, object] = {
            "type": problem_type(self.code),
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = list(self.errors)
        return func.HttpResponse(
            json.dumps(body, ensure_ascii=False).encode(),
            status_code=self.status,
            mimetype="application/problem+json",
            headers=self.headers,
        )


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def problem_type(code: str) -> str:
    """The stable name of a kind of problem."""
    return f"/problems/{code.replace('_', '-')}"


def invalid(error: ValidationError) -> Problem:
    """What is wrong with the fields of a message, each by its JSON pointer (RFC 6901)."""
    errors = [
        {
            "pointer": pointer(*found["loc"]),
            "detail": found["msg"].removeprefix("Value error, "),
        }
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    ]
    places = ", ".join(found["pointer"] for found in errors)
    return Problem(422, "invalid_fields", f"not valid: {places}", errors=errors)
