"""The verdict on two schemas is what really happens to data."""

import io
import json
from decimal import Decimal
from typing import Any

import avro.io
import avro.schema
import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import HealthCheck, assume, event, given, settings

from local.schemaregistry.avro import InvalidSchema, parse
from local.schemaregistry.compatibility import obstacles
from tests.local.schemaregistry.avro_pairs import pairs, samples


def verdict(reader: Any, writer: Any) -> list[str]:
    return obstacles(reader=parse(json.dumps(reader)), writer=parse(json.dumps(writer)))


def decodes(reader: Any, writer: Any) -> bool:
    """Whether fastavro reads all that goes through every part of the writer's schema."""
    written, read = parse_schema(writer, named_schemas={}), parse_schema(reader, named_schemas={})
    for datum in samples(writer):
        body = io.BytesIO()
        schemaless_writer(body, written, datum)
        body.seek(0)
        try:
            schemaless_reader(body, written, read)
        except Exception:  # noqa: BLE001  many kinds of error, one meaning: not readable
            return False
    return True


@settings(
    max_examples=4 * settings().max_examples, suppress_health_check=[HealthCheck.filter_too_much]
)
@given(pairs())
def test_the_verdict_is_whether_all_data_decodes(pair: tuple[Any, Any]) -> None:
    writer, reader = pair
    try:
        found = verdict(reader, writer)
    except InvalidSchema:
        assume(False)
    # Refused on purpose although fastavro goes on: it takes whichever of the two came first.
    assume(not any("it could be each of" in obstacle for obstacle in found))
    event(f"compatible: {not found}")
    assert (not found) == decodes(reader, writer), found


@settings(
    max_examples=2 * settings().max_examples, suppress_health_check=[HealthCheck.filter_too_much]
)
@given(pairs())
def test_every_schema_reads_what_it_wrote_itself(pair: tuple[Any, Any]) -> None:
    for schema in pair:
        try:
            parse(json.dumps(schema))
        except InvalidSchema:
            continue
        # A field whose alias is another field's name is refused on purpose, even by itself.
        assert [found for found in verdict(schema, schema) if "could be each of" not in found] == []


def record(*fields: dict[str, Any], name: str = "R", **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def field(type_: Any, name: str = "a", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


def enum(*symbols: str, **more: Any) -> dict[str, Any]:
    return {"type": "enum", "name": "E", "symbols": list(symbols), **more}


def decimal(precision: int, scale: int, **more: Any) -> dict[str, Any]:
    more.setdefault("type", "bytes")
    return {"logicalType": "decimal", "precision": precision, "scale": scale, **more}


LIST = record(field("int"), field(["null", "R"], "next"))

READABLE = {
    "int as double": ("int", "double"),
    "bytes as string": ("bytes", "string"),
    "a field dropped": (record(field("int"), field("int", "b")), record(field("int"))),
    "a field with a default": (
        record(field("int")),
        record(field("int"), field("int", "b", default=0)),
    ),
    "fields reordered": (
        record(field("int"), field("string", "b")),
        record(field("string", "b"), field("int")),
    ),
    "a field renamed with an alias": (
        record(field("int")),
        record(field("int", "b", aliases=["a"])),
    ),
    "a record renamed with an alias": (
        record(field("int"), name="old.R"),
        record(field("int"), name="new.S", aliases=["old.R"]),
    ),
    "a record moved to another namespace": (
        record(field("int"), name="old.R"),
        record(field("int"), name="new.R"),
    ),
    "a symbol added": (enum("X"), enum("X", "Y")),
    "a symbol removed, with a default": (enum("X", "Y"), enum("X", default="X")),
    "a union widened": (["null", "int"], ["string", "long", "null"]),
    "a value made optional": ("int", ["null", "int"]),
    "a union whose every branch is readable": (["int", "float"], "double"),
    "a list of itself": (LIST, record(field("long"), field(["null", "R"], "next"))),
    "a decimal unchanged": (decimal(9, 2), decimal(9, 2)),
    "a decimal as its bytes": (decimal(9, 2), "bytes"),
}

UNREADABLE = {
    "long as int": ("long", "int", "$: long cannot be read as int"),
    "a field without a default": (
        record(field("int")),
        record(field("int"), field("int", "b")),
        "$.b: it is not written and has no default",
    ),
    "a field renamed": (
        record(field("int")),
        record(field("int", "b")),
        "$.b: it is not written and has no default",
    ),
    "a record renamed": (
        record(field("int")),
        record(field("int"), name="S"),
        "$: record R cannot be read as record S",
    ),
    "a type inside a list inside a map": (
        {"type": "map", "values": {"type": "array", "items": "string"}},
        {"type": "map", "values": {"type": "array", "items": ["int", "null"]}},
        "${}[]: string is none of the union [int, null]",
    ),
    "a symbol removed": (
        enum("X", "Y"),
        enum("X"),
        "$: enum E lacks Y and has no default",
    ),
    "a union narrowed": (["null", "int"], "int", "$: null cannot be read as int"),
    "another size": (
        {"type": "fixed", "name": "F", "size": 2},
        {"type": "fixed", "name": "F", "size": 3},
        "$: fixed F of 2 bytes cannot be read as fixed F of 3 bytes",
    ),
    "another scale": (
        decimal(9, 2),
        decimal(9, 3),
        "$: bytes decimal(9, 2) cannot be read as bytes decimal(9, 3)",
    ),
    "another precision": (
        decimal(9, 2, type="fixed", name="F", size=8),
        decimal(10, 2, type="fixed", name="F", size=8),
        "$: fixed F of 8 bytes decimal(9, 2) cannot be read as fixed F of 8 bytes decimal(10, 2)",
    ),
    "deep in a list of itself": (
        LIST,
        record(field("int"), field(["null", "R"], "next"), field("int", "b")),
        "$.b: it is not written and has no default",
    ),
    "two fields that both may be meant": (
        record(field("int"), field("int", "b")),
        record(field("int", "b", aliases=["a"])),
        "$.b: by name and aliases it could be each of a, b",
    ),
    "the first matching branch of a union is the wrong one": (
        record(field("int", "b"), name="x.R"),
        [record(field("int", "c"), name="y.R"), record(field("int", "b"), name="x.R")],
        "$.c: it is not written and has no default",
    ),
}


@pytest.mark.parametrize(("writer", "reader"), READABLE.values(), ids=READABLE)
def test_a_change_that_is_readable_is_no_obstacle(writer: Any, reader: Any) -> None:
    assert verdict(reader, writer) == []


@pytest.mark.parametrize(("writer", "reader", "why"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_change_that_is_unreadable_is_named_with_its_path(
    writer: Any, reader: Any, why: str
) -> None:
    assert verdict(reader, writer) == [why]


def test_every_obstacle_is_named_and_each_once() -> None:
    inner = record(field("int"), name="S")
    writer = record(field(inner), field("S", "b"), field("string", "c"))
    changed = record(field("boolean"), name="S")
    reader = record(field(changed), field("S", "b"), field("int", "c"))
    assert verdict(reader, writer) == [
        "$.a.a: int cannot be read as boolean",
        "$.c: string cannot be read as int",
    ]


@pytest.mark.parametrize("read", [0, 1, 2, 3])
def test_a_decimals_scale_may_not_change_because_decoders_ignore_the_readers(read: int) -> None:
    written = 2
    writer, reader = record(field(decimal(9, written))), record(field(decimal(9, read)))
    body = io.BytesIO()
    schemaless_writer(body, parse_schema(writer, named_schemas={}), {"a": Decimal("1.25")})
    for decoded in (_by_fastavro(body, reader, writer), _by_apache_avro(body, reader, writer)):
        # Neither refuses: a reader that declares another scale gets a value it does not allow.
        of_readers_scale = decoded["a"].as_tuple().exponent == -read
        assert of_readers_scale == (verdict(reader, writer) == [])


def _by_fastavro(body: io.BytesIO, reader: Any, writer: Any) -> Any:
    body.seek(0)
    written, read = parse_schema(writer, named_schemas={}), parse_schema(reader, named_schemas={})
    return schemaless_reader(body, written, read)


def _by_apache_avro(body: io.BytesIO, reader: Any, writer: Any) -> Any:
    """As the official AvroEncoder decodes."""
    body.seek(0)
    written, read = (avro.schema.parse(json.dumps(schema)) for schema in (writer, reader))
    return avro.io.DatumReader(written, read).read(avro.io.BinaryDecoder(body))
