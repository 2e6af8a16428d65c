"""Bodies of HTTP requests → commands, or problem details; never the 500 of what nobody foresaw."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import azure.functions as func

from domains.conversions.fail_lead import FailLead
from domains.conversions.generate_lead import GenerateLead
from domains.customer.open_account import OpenAccount
from domains.product.configure_product import ConfigureProduct
from eventing.http import LARGEST_BODY, document, endpoint, message
from tests.fuzz.target import Target

_ID = UUID("00000000-0000-4000-8000-000000000001")
_NOW = datetime(2026, 5, 1, tzinfo=UTC)
_GIVEN: tuple[tuple[type[Any], dict[str, Any]], ...] = (
    (ConfigureProduct, {"product_id": "fibre-500", "occurred_at": _NOW}),
    (OpenAccount, {"account_id": _ID, "occurred_at": _NOW}),
    (GenerateLead, {"lead_id": _ID, "occurred_at": _NOW}),
    (FailLead, {"lead_id": _ID, "occurred_at": _NOW}),
)
REFUSALS = {400, 413, 415, 422}


class Requests(Target):
    """The commands in turn, each with the fields that its route and its door give."""

    seeds = (
        (b'{"name": "Fibre 500", ', b'"category": "internet", "price": "39.90", ',
         b'"currency": "EUR", "term_months": 24}'),
        (b'{"name": "Ada Lovelace", ', b'"email": "ada@example.com"}'),
        (b'{"contact_id": "00000000-0000-4000-8000-000000000001", ',
         b'"product_id": "fibre-500", ', b'"partner": "acme"}'),
        (b'{"reason": ', b'"declined"', b"}"),
        (b"[", b"1, ", b"null", b"]"),
    )  # fmt: skip
    tokens = (
        *(b'"', b"{", b"}", b"[", b"]", b":", b",", b"null", b"true", b"NaN", b"-Infinity", b"-0"),
        *(b"1e999", b"1" * 5000, b"0.1e-400", b"\\ud800", b"\\u0000", b"\xed\xa0\x80", b"\xff"),
        *(b"[" * 20_000, b'{"a":' * 9000, b'"name": 1,', b'"price": "1e3",', b'"price": 1.5,'),
        *("e\u0301\u202e".encode(), b" " * 70_000, b"' or PartitionKey ne '", b"../", b"%00"),
        b",".join(b'"%d":0' % number for number in range(6000)) + b',"1":0',
    )

    def __init__(self) -> None:
        own = {kind: set(kind.__dataclass_fields__) for kind, _ in _GIVEN}
        self._doors = [
            _door(kind, {name: value for name, value in given.items() if name in own[kind]})
            for kind, given in _GIVEN
        ]

    async def put(self, parts: list[bytes], chance: Random) -> str:
        media_type = chance.choice(("application/json",) * 9 + ("text/csv", "", "a/b+json;c=\xff"))
        answer = await chance.choice(self._doors)(
            func.HttpRequest(
                "POST", "/", headers={"content-type": media_type}, body=b"".join(parts)
            )
        )
        assert len(answer.get_body()) < 20 * LARGEST_BODY
        if answer.status_code == 200:
            return "command"
        problem = json.loads(answer.get_body())
        assert answer.status_code in REFUSALS, problem
        assert problem["status"] == answer.status_code
        return f"problem {answer.status_code}"


def _door(
    kind: type[Any], given: dict[str, Any]
) -> Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]:
    async def handler(req: func.HttpRequest) -> func.HttpResponse:
        message(kind, document(req), **given)
        return func.HttpResponse("")

    return endpoint(handler)
