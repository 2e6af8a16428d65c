"""Values ⇄ Avro binary: any library's bytes, and nothing that does not fit passes."""

import io
from dataclasses import asdict, dataclass, make_dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from fastavro import parse_schema, schemaless_reader, schemaless_writer
from hypothesis import given
from hypothesis import strategies as st

from eventing.avro_read import record_reader
from eventing.avro_types import Misfit
from eventing.avro_write import record_writer

DECIMAL = {"type": "bytes", "logicalType": "decimal", "precision": 15, "scale": 2}
UUID_TEXT = {"type": "string", "logicalType": "uuid"}
DAY = {"type": "int", "logicalType": "date"}
INSTANT = {"type": "long", "logicalType": "timestamp-millis"}
COLOUR = {"type": "enum", "name": "Colour", "symbols": ["red", "green"]}

_INSTANTS = st.datetimes(timezones=st.just(UTC)).map(
    lambda found: found.replace(microsecond=found.microsecond // 1000 * 1000)
)
KINDS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    ("null", st.none()),
    ("boolean", st.booleans()),
    ("int", st.integers(-(2**31), 2**31 - 1)),
    ("long", st.integers(-(2**63), 2**63 - 1)),
    ("double", st.floats(allow_nan=False)),
    ("float", st.floats(allow_nan=False, width=32)),
    ("bytes", st.binary()),
    ("string", st.text()),
    (COLOUR, st.sampled_from(["red", "green"])),
    (DECIMAL, st.decimals("-9999999999999.99", "9999999999999.99", places=2)),
    (UUID_TEXT, st.uuids()),
    (DAY, st.dates()),
    (INSTANT, _INSTANTS),
]


def record(*kinds: Any, **defaults: Any) -> dict[str, Any]:
    fields = [{"name": f"f{number}", "type": kind} for number, kind in enumerate(kinds)]
    for field in fields:
        if field["name"] in defaults:
            field["default"] = defaults[field["name"]]
    return {"type": "record", "name": "R", "fields": fields}


def ours(schema: Any, *values: Any) -> bytes:
    named = {f"f{number}": value for number, value in enumerate(values)}
    return record_writer(schema)(SimpleNamespace(**named))


def theirs(schema: Any, *values: Any) -> bytes:
    body = io.BytesIO()
    named = {f"f{number}": value for number, value in enumerate(values)}
    schemaless_writer(body, parse_schema(schema, named_schemas={}), named, strict=True)
    return body.getvalue()


def optional(kind: Any, name: str) -> Any:
    """The type or null; a named type is named anew, for a schema defines each name once."""
    if kind == "null":
        return kind
    return ["null", {**kind, "name": name} if "name" in kind else kind]


@pytest.mark.parametrize(("kind", "values"), KINDS, ids=lambda case: str(case)[:40])
@given(data=st.data())
def test_every_type_has_the_librarys_bytes_and_comes_back(
    kind: Any, values: st.SearchStrategy[Any], data: st.DataObject
) -> None:
    schema = record(kind, optional(kind, "A"), optional(kind, "B"))
    one, other = data.draw(values), data.draw(values)
    body = ours(schema, one, other, None)
    assert body == theirs(schema, one, other, None)
    assert record_reader(schema, schema)(body) == {"f0": one, "f1": other, "f2": None}
    stream = io.BytesIO(body)
    assert schemaless_reader(stream, parse_schema(schema, named_schemas={}), None) == {
        "f0": one, "f1": other, "f2": None,
    }  # fmt: skip


MISFITS: list[tuple[Any, Any]] = [
    ("int", 2**31),
    ("int", -(2**31) - 1),
    ("int", True),
    ("int", 1.0),
    ("long", 2**63),
    ("string", b"a"),
    ("string", None),
    ("string", "\ud800"),
    ("bytes", "a"),
    ("boolean", 1),
    ("double", 1),
    ("null", 0),
    (COLOUR, "blue"),
    (DECIMAL, Decimal("1.234")),
    (DECIMAL, Decimal("10000000000000.00")),
    (DECIMAL, Decimal("NaN")),
    (DECIMAL, Decimal("Infinity")),
    (DECIMAL, Decimal("1e400")),
    (DECIMAL, Decimal("1." + "0" * 40 + "1")),
    (DECIMAL, 1.5),
    (UUID_TEXT, str(UUID(int=7))),
    (DAY, datetime(2026, 1, 1, tzinfo=UTC)),
    (DAY, 20000),
    (INSTANT, datetime(2026, 1, 1)),  # noqa: DTZ001  without an offset, on purpose
    (INSTANT, date(2026, 1, 1)),
]


@pytest.mark.parametrize(("kind", "value"), MISFITS, ids=str)
def test_a_value_that_does_not_fit_is_refused_by_the_name_of_its_field(
    kind: Any, value: Any
) -> None:
    with pytest.raises(Misfit, match=r"^f1: "):
        ours(record("int", kind), 1, value)


def test_an_instant_with_another_offset_is_the_same_instant() -> None:
    here = datetime(2026, 5, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    schema = record(INSTANT)
    assert record_reader(schema, schema)(ours(schema, here)) == {"f0": here}


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (UUID_TEXT, "urn:uuid:00000000-0000-4000-8000-000000000001"),
        (UUID_TEXT, "00000000000040008000000000000001"),
        (UUID_TEXT, "0000000-00000-4000-8000-000000000001"),
        (UUID_TEXT, "00000000 0000 4000 8000 000000000001"),
        (UUID_TEXT, "00000000-0000-4000-8000-00000000000g"),
        (UUID_TEXT, ""),
        (DECIMAL, b"\x7f" * 8),
        (DAY, 2**31 - 1),
        (INSTANT, 2**62),
    ],
)
def test_bytes_that_mean_no_value_are_refused(kind: Any, raw: Any) -> None:
    body = ours(record(kind["type"]), raw)
    with pytest.raises(Misfit):
        record_reader(record(kind), record(kind))(body)


def test_f31_bytes_of_another_version_are_never_read_as_ours() -> None:
    v1 = record("int")
    v2 = {**v1, "fields": [{"name": "new", "type": "int"}, *v1["fields"]]}
    body = record_writer(v2)(SimpleNamespace(new=2, f0=5))
    assert record_reader(v2, v1)(body) == {"f0": 5}
    with pytest.raises(Misfit, match="1 bytes follow"):
        record_reader(v1, v1)(body)


def test_f32_a_reader_of_version_1_drops_what_version_2_added() -> None:
    v1, v2 = record("string", UUID_TEXT), record("string", UUID_TEXT, DECIMAL, ["null", "string"])
    sale = UUID(int=7)
    body = ours(v2, "a", sale, Decimal("1.10"), "more")
    assert record_reader(v2, v1)(body) == {"f0": "a", "f1": sale}


@pytest.mark.parametrize(
    ("kind", "default", "value"),
    [
        ("int", 7, 7),
        (["null", "string"], None, None),
        (["null", UUID_TEXT], None, None),
        ("bytes", "\u00ff", b"\xff"),
        (DECIMAL, "\u0001\u0000", Decimal("2.56")),
        (DAY, 1, date(1970, 1, 2)),
        (UUID_TEXT, "00000000-0000-4000-8000-000000000001", UUID(int=1, version=4)),
    ],
)
def test_f33_a_reader_of_version_2_has_the_default_for_what_version_1_did_not_write(
    kind: Any, default: Any, value: Any
) -> None:
    v1 = record("string")
    assert record_reader(v1, record("string", kind, f1=default))(ours(v1, "a")) == {
        "f0": "a", "f1": value,
    }  # fmt: skip
    with pytest.raises(Misfit, match="f1 is not written and has no default"):
        record_reader(v1, record("string", kind))


def test_f34_a_field_that_means_something_else_is_refused_and_not_read_wrongly() -> None:
    for written, wanted in [
        (DECIMAL, {**DECIMAL, "scale": 3}),
        (DECIMAL, "bytes"),
        (DAY, "int"),
        ("string", UUID_TEXT),
        (["null", DECIMAL], ["null", {**DECIMAL, "precision": 12}]),
    ]:
        with pytest.raises(Misfit, match="is written as"):
            record_reader(record(written), record(wanted))


def test_f34_versions_that_cannot_be_resolved_are_refused() -> None:
    more = {**COLOUR, "symbols": ["red", "green", "blue"]}
    with pytest.raises(Misfit, match="blue"):
        record_reader(record(more), record(COLOUR))(ours(record(more), "blue"))
    with pytest.raises(Misfit):
        record_reader(record("string"), record("int"))(ours(record("string"), "a"))


def test_a_renamed_field_is_read_by_its_alias() -> None:
    renamed = record(DECIMAL)
    renamed["fields"][0] |= {"name": "price", "aliases": ["f0"]}
    body = ours(record(DECIMAL), Decimal("1.10"))
    assert record_reader(record(DECIMAL), renamed)(body) == {"price": Decimal("1.10")}


@pytest.mark.parametrize("schema", ["string", ["null", "string"], None, 5, {"type": "int"}])
def test_a_schema_that_is_no_record_is_refused(schema: Any) -> None:
    with pytest.raises(Misfit, match="no record"):
        record_reader(schema, record("int"))


def test_types_that_no_event_has_are_left_to_the_library() -> None:
    for kind in ({"type": "array", "items": "int"}, ["string", "int"], "R"):
        with pytest.raises(LookupError):
            record_writer(record(kind))
    nested = record({"type": "array", "items": UUID_TEXT}, DECIMAL)
    ids = [UUID(int=7), UUID(int=8)]
    body = theirs(nested, ids, Decimal("1.10"))
    assert record_reader(nested, nested)(body) == {"f0": ids, "f1": Decimal("1.10")}


@dataclass(frozen=True)
class Point:
    f0: int
    f1: str


def test_what_is_written_are_an_objects_attributes() -> None:
    schema = record("int", "string")
    assert record_reader(schema, schema)(record_writer(schema)(Point(1, "a"))) == asdict(
        Point(1, "a")
    )
    with pytest.raises(Misfit, match=r"^f1: "):
        record_writer(schema)(make_dataclass("Half", ["f0"])(1))
