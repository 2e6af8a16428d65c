"""An Avro schema → records that together go through every branch, symbol, item and edge of it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

type Values = Mapping[Any, Sequence[Any]]

EDGES: Values = {
    "null": [None],
    "boolean": [True, False],
    "int": [0, 1, -1, 64, 2**31 - 1, -(2**31)],
    "long": [0, 1, -1, 2**31, 2**63 - 1, -(2**63)],
    "float": [0.0, 0.5, -1.0, 2.0**127],
    "double": [0.0, 0.25, -1.0, 1e308],
    "bytes": [b"", b"a", b"\xff\x00", b"x" * 64],
    "string": ["", "b", "Ärger 日本 👋", "=1+1", "x" * 64],
    ("string", "uuid"): [UUID(int=0), UUID(int=7, version=4), UUID(int=2**128 - 1)],
    ("int", "date"): [date(1970, 1, 1), date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31)],
    ("int", "time-millis"): [time(0), time(23, 59, 59, 999000)],
    ("long", "time-micros"): [time(0), time(23, 59, 59, 999999)],
    ("long", "timestamp-millis"): [
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2026, 1, 31, 12, 30, 0, 123000, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
    ],
    ("long", "timestamp-micros"): [datetime(2026, 1, 31, 12, 30, 0, 123456, tzinfo=UTC)],
}
"""Values of each primitive and logical type."""

_MIXED = 40


def records(schema: Any, values: Values = EDGES) -> list[Any]:
    """Records in which each field takes each of its values, then some in which they are mixed.

    The schema is as fastavro parses it, so that every name in it is a full one.
    """
    names = {schema["name"]: schema}
    columns = {field["name"]: _of(field["type"], values, names, 1) for field in schema["fields"]}
    chance = Random(len(columns))  # noqa: S311 - the same records every time
    mixed = [
        {name: chance.choice(column) for name, column in columns.items()} for _ in range(_MIXED)
    ]
    return [*_rows(columns), *mixed]


def samples(schema: Any, values: Values = EDGES) -> list[Any]:
    """Values of any schema that together go through all of it.

    A value of a union is tagged with its branch, as fastavro takes it: `(name, value)`.
    """
    return _of(schema, values, {}, 0)


def _rows(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    longest = max((len(column) for column in columns.values()), default=1)
    return [
        {name: column[number % len(column)] for name, column in columns.items()}
        for number in range(longest)
    ]


def _of(kind: Any, values: Values, names: dict[str, Any], depth: int) -> list[Any]:
    if isinstance(kind, list):
        return list(_union(kind, values, names, depth))
    if isinstance(kind, str):
        return list(values[kind]) if kind in values else _of(names[kind], values, names, depth + 1)
    if "name" in kind:
        names[kind["name"]] = kind
    match kind["type"]:
        case "array":
            return [_of(kind["items"], values, names, depth + 1), []]
        case "map":
            within = _of(kind["values"], values, names, depth + 1)
            return [{str(number): value for number, value in enumerate(within)}, {}]
        case "enum":
            return list(kind["symbols"])
        case "fixed":
            return [b"z" * kind["size"]]
        case "record":
            return list(
                _rows({f["name"]: _of(f["type"], values, names, depth + 1) for f in kind["fields"]})
            )
        case primitive:
            return _meant(primitive, kind, values)


def _union(kinds: list[Any], values: Values, names: dict[str, Any], depth: int) -> Iterator[Any]:
    # A type within itself ends at the union that allows for its absence.
    for branch in ["null"] if depth > 3 and "null" in kinds else kinds:
        for value in _of(branch, values, names, depth + 1):
            yield value if len(kinds) == 2 and "null" in kinds else (_name(branch), value)


def _meant(primitive: str, kind: Any, values: Values) -> list[Any]:
    name = kind.get("logicalType")
    if name == "decimal":
        scale, largest = kind.get("scale", 0), 10 ** kind["precision"] - 1
        return [Decimal(number).scaleb(-scale) for number in (0, 1, -1, largest, -largest)]
    return list(values.get((primitive, name), values[primitive]))


def _name(kind: Any) -> str:
    if isinstance(kind, str):
        return kind
    return str(kind.get("name", kind["type"]))
