"""Lists, a page at a time, over a table that keeps its aggregates in buckets.

A page reads bucket after bucket from where the last one ended, more of them at once the emptier
they are: at most 64 range queries, in at most seven rounds, and few rows that it does not show.
"""

import asyncio
import json
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, make_dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

import azure.functions as func

from eventing import http
from eventing.decision import State
from eventing.event import BUCKETS
from eventing.rows import LONGEST_KEY, adapter
from eventing.store import Held

USUAL, LARGEST = 50, 500
"""Aggregates on a page: when nothing is asked, and at most."""

_PLACE = re.compile(r"([0-9]{2})([a-z_]+!)([A-Za-z0-9._=-]+)")


class Buckets(Protocol):
    """Aggregates of one bucket with their row keys, in the order of these."""

    async def in_bucket(
        self, kind: type[State], bucket: int, after: str, limit: int
    ) -> list[tuple[str, Held[Any]]]: ...


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the aggregates of a kind, and the cursor to go on with; empty at the end."""

    states: Sequence[Any]
    cursor: str


async def read(store: Buckets, kind: type[State], cursor: str, limit: int) -> Page:
    """The aggregates after a cursor. Raises Problem 422 for a cursor that is none of this list."""
    bucket, after = _place(cursor, kind) if cursor else (0, "")
    found: list[tuple[int, str, Any]] = []
    width = 1
    while bucket < BUCKETS and len(found) <= limit:
        buckets = range(bucket, min(bucket + width, BUCKETS))
        wanted = limit + 1 - len(found)
        parts = await asyncio.gather(
            *(
                store.in_bucket(kind, each, after if each == bucket else "", wanted)
                for each in buckets
            )
        )
        for each, part in zip(buckets, parts, strict=True):
            found += [(each, key, held.state) for key, held in part]
        bucket, width, after = buckets.stop, width * 2, ""
    shown = found[:limit]
    further = _cursor(*shown[-1][:2]) if len(found) > limit else ""
    return Page([state for _, _, state in shown], further)


async def listed(
    req: func.HttpRequest, store: Buckets, kind: type[State], route: str
) -> func.HttpResponse:
    """The answer with a page: its items, and the address of the next one or null."""
    limit = http.whole_number(req, "limit", USUAL, LARGEST)
    page = await read(store, kind, req.params.get("cursor", ""), limit)
    following = urlencode({"limit": limit, "cursor": page.cursor})
    items = adapter(list[kind]).dump_json(list(page.states))  # type: ignore[valid-type]  # a type made at run time
    further = json.dumps(f"/api/{route}?{following}" if page.cursor else None)
    answer = b'{"items":%b,"next":%b}' % (items, further.encode())
    return func.HttpResponse(answer, mimetype="application/json")


def page_of(kind: type[State]) -> Any:
    """The type of a page."""
    parts: list[Any] = [("items", list[kind]), ("next", str | None)]  # type: ignore[valid-type]  # a type made at run time
    return make_dataclass(f"{kind.__name__}Page", parts)


def _cursor(bucket: int, key: str) -> str:
    return urlsafe_b64encode(f"{bucket:02d}{key}".encode()).decode()


def _place(cursor: str, kind: type[State]) -> tuple[int, str]:
    refused = http.parameter("cursor", "it was not given by this list")
    try:
        text = b64decode(cursor.encode("ascii"), b"-_", validate=True).decode("ascii")
    except ValueError as error:
        raise refused from error
    place = _PLACE.fullmatch(text)
    if not place or int(place[1]) >= BUCKETS or place[2] != f"{kind.kind}!":
        raise refused
    if len(place[0]) > LONGEST_KEY + 2:
        raise refused
    return int(place[1]), place[2] + place[3]
