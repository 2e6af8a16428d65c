"""The OpenAPI document of this app's operations, and its readable page: open to everybody."""

import json
from collections.abc import Sequence
from functools import cache

import azure.functions as func

from eventing.api import bind
from eventing.api_page import page
from eventing.openapi import document
from eventing.operation import Operation


def api_blueprint(operations: Sequence[Operation], title: str) -> func.Blueprint:
    """The functions that tell of these operations."""
    blueprint = func.Blueprint()

    @cache
    def text() -> tuple[bytes, bytes]:
        told = document(operations, title)
        return json.dumps(told, ensure_ascii=False).encode(), page(told).encode()

    async def get_document(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(text()[0], mimetype="application/json")

    async def get_page(req: func.HttpRequest) -> func.HttpResponse:
        headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return func.HttpResponse(text()[1], mimetype="text/html", headers=headers)

    for name, handler in (("openapi.json", get_document), ("docs", get_page)):
        known = f"get_{name.partition('.')[0]}"
        bind(blueprint, Operation(known, "GET", name, "", "api", anonymous=True), handler)
    return blueprint
