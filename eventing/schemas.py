"""The contracts in schemas/: this version's Avro schema of every event type."""

import json
from functools import cache
from typing import Any

from fastavro import parse_schema

from eventing.bus import ROOT

SCHEMAS = ROOT / "schemas"


@cache
def event_types() -> tuple[str, ...]:
    """Every event type that has a contract."""
    return tuple(sorted(path.stem for path in SCHEMAS.glob("*/*.avsc")))


@cache
def _known() -> frozenset[str]:
    return frozenset(event_types())


def is_event_type(event_type: str) -> bool:
    """Whether the type has a contract."""
    return event_type in _known()


@cache
def definition(event_type: str) -> str:
    """The text that is registered for a type, free of insignificant white space."""
    team = event_type.partition(".")[0]
    path = SCHEMAS / team / f"{event_type}.avsc"
    if not path.is_file():
        raise LookupError(f"there is no schemas/{team}/{event_type}.avsc")
    return json.dumps(json.loads(path.read_text()), separators=(",", ":"))


@cache
def reader(event_type: str) -> Any:
    """The schema we read a type with, as fastavro takes it."""
    return parse_schema(parsed(definition(event_type)), named_schemas={})


def parsed(text: str) -> Any:
    """An Avro schema's JSON as Python values."""
    return json.loads(text)
