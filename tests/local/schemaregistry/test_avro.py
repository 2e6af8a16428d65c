"""Which texts are Avro schemas."""

import json
from typing import Any

import pytest

from local.schemaregistry.avro import InvalidSchema, Reference, parse


def record(type_: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": "R", "fields": [{"name": "a", "type": type_, **more}]}


DECIMAL = {"logicalType": "decimal", "precision": 4, "scale": 2}

VALID = [
    "string",
    {"type": "string"},
    ["null", "string", {"type": "array", "items": "string"}],
    {"type": {"type": "map", "values": "long"}},
    record(["null", "R"], default=None),
    record({"type": "long", "logicalType": "timestamp-millis"}, default=0),
    record({"type": "bytes", **DECIMAL}, default="\u00ff"),
    record({"type": "fixed", "name": "F", "size": 2, **DECIMAL}, default="ab"),
    record({"type": "array", "items": ["int", "null"]}, default=[1, 2]),
    record({"type": "map", "values": "double"}, default={"x": 1}),
    record({"type": "enum", "name": "E", "symbols": ["X"], "default": "X"}, default="X"),
    record(record("int", default=1) | {"name": "Inner"}, default={}),
    {"type": "record", "name": "R", "fields": []},
    {"type": "record", "name": "a.b.R", "namespace": "ignored", "fields": []},
]

INVALID: list[tuple[Any, str]] = [
    (None, "null is no type"),
    (5, "5 is no type"),
    ({}, "is no type"),
    ({"type": "array"}, "is no type"),
    ("Unknown", "'Unknown' is neither a primitive type nor a name defined before"),
    (record("Later"), "R.a: 'Later' is neither"),
    (record({"type": "enum", "name": "E", "symbols": []}), "R.a: enum E has no list of symbols"),
    (["null", ["int"]], "directly inside another union"),
    (["int", "string", "int"], "a union has 'int' more than once"),
    ({"type": "record", "name": "R"}, "record R has no list of fields"),
    ({"type": "record", "fields": []}, "a record has no name"),
    ({"type": "record", "name": "not-a-name", "fields": []}, "'not-a-name' is no name"),
    ({"type": "record", "name": "int", "fields": []}, "'int' is defined more than once"),
    ({"type": "record", "name": "R", "fields": ["a"]}, "a field without a type: 'a'"),
    (record(record("int")), "R.a: the name 'R' is defined more than once"),
    (record("int", aliases="b"), "the aliases 'b' are no list of names"),
    (record("int", default="x"), 'R.a: the default "x" is none of its type'),
    (record("int", default=True), "the default true is none"),
    (record("int", default=2**31), "the default 2147483648 is none"),
    (record(["null", "int"], default=1), "the default 1 is none"),
    (record({"type": "array", "items": "int"}, default=["x"]), "is none of its type"),
    (record("bytes", default="\u0100"), "is none of its type"),
    ({"type": "enum", "name": "E", "symbols": ["X", "X"]}, "a symbol more than once"),
    ({"type": "enum", "name": "E", "symbols": ["X"], "default": "Y"}, "'Y' is none of its symbols"),
    ({"type": "fixed", "name": "F", "size": True}, "the size True is no number of bytes"),
    ({"type": "bytes", **DECIMAL, "scale": 5}, "precision 4 and scale 5"),
    ({"type": "fixed", "name": "F", "size": 1, **DECIMAL}, "1 bytes do not hold 4 decimal digits"),
]


@pytest.mark.parametrize("schema", VALID, ids=json.dumps)
def test_a_schema_is_parsed(schema: Any) -> None:
    assert parse(json.dumps(schema)).root


@pytest.mark.parametrize(("schema", "why"), INVALID, ids=[json.dumps(case[0]) for case in INVALID])
def test_what_is_no_schema_is_refused_with_the_reason(schema: Any, why: str) -> None:
    with pytest.raises(InvalidSchema) as refused:
        parse(json.dumps(schema))
    assert why in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, '{"type":' * 50_000])
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(InvalidSchema):
        parse(text)


def test_a_name_is_resolved_in_the_namespace_around_it() -> None:
    inner = {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": "int"}]}
    schema = parse(
        json.dumps(
            {
                "type": "record",
                "name": "team.Outer",
                "fields": [{"name": "a", "type": inner}, {"name": "b", "type": "Inner"}],
            }
        )
    )
    assert set(schema.names) == {"team.Outer", "team.Inner"}
    assert schema.resolve(Reference("team.Inner")) is schema.names["team.Inner"]
