"""Aggregates ⇄ table rows: keys that any id fits into, and values longer than one property."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from eventing.decision import State
from eventing.event import bucket_of

PROPERTY = 60 * 1024
"""Bytes of one binary property; the service allows 64 KiB."""

TEXT = PROPERTY // 2
"""Bytes of UTF-8 that one text property takes; the service allows 64 KiB of UTF-16."""

_PLAIN, _SPECIAL = re.compile("[A-Za-z0-9._-]*"), re.compile(rb"[^A-Za-z0-9._-]")

LONGEST_KEY = 512
"""Characters of a row key: the service allows 1 KiB of UTF-16."""


@dataclass(frozen=True, slots=True)
class Key:
    """Where an aggregate lives."""

    kind: type[State]
    id: str

    @property
    def bucket(self) -> int:
        return bucket_of(self.id)


def partition(bucket: int) -> str:
    """The partition key of a bucket."""
    return f"{bucket:02d}"


def row_key(key: Key) -> str:
    """The row key of an aggregate: its kind and its id, escaped so that no two ids meet."""
    return f"{key.kind.kind}!{escaped(key.id)}"


def escaped(text: str) -> str:
    """Text as the service allows it in a key, reversibly: every other byte as `=XX`."""
    if _PLAIN.fullmatch(text):
        return text
    return _SPECIAL.sub(lambda found: b"=%02X" % found[0][0], text.encode()).decode("ascii")


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """Validation and JSON of a dataclass."""
    return TypeAdapter(kind)


def from_state(state: State) -> bytes:
    """A state as JSON."""
    return adapter(type(state)).dump_json(state)


def to_state(kind: type[State], text: bytes) -> Any:
    """The state in the JSON."""
    return adapter(kind).validate_json(text)


def chunks(name: str, value: bytes, *, text: bool = False) -> dict[str, bytes | str]:
    """A value over as many properties as it needs: `name`, `name_1`, …

    Short text stays text, for people who look at the table.
    """
    if text and len(value) <= TEXT:
        return {name: value.decode()}
    parts = [value[start : start + PROPERTY] for start in range(0, len(value), PROPERTY)] or [b""]
    return {f"{name}_{index}" if index else name: part for index, part in enumerate(parts)}


def joined(entity: Mapping[str, Any], name: str) -> bytes:
    """The value that `chunks` spread over an entity's properties; empty if there is none."""
    parts = [entity.get(name, b"")]
    while (more := f"{name}_{len(parts)}") in entity:
        parts.append(entity[more])
    return b"".join(part.encode() if isinstance(part, str) else part for part in parts)
