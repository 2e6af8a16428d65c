"""Events in code ⇄ contracts in schemas/, both ways: what is raised, read, and where it flows."""

import io
import json
from dataclasses import fields
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from types import ModuleType, NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    TypeAliasType,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)
from uuid import UUID

import pytest
from fastavro import schemaless_reader, schemaless_writer

from eventing import schemas
from eventing.bus import ROOT, declared
from eventing.rows import adapter
from eventing.values import Amount, Instant
from tests.rules.found import RULES, TEAMS, Found, modules
from tests.rules.messages import some

RESERVED = {"sequence": int, "occurred_at": Instant}
"""Fields of a message that come from the envelope of the event and not from its data."""

AVRO = {
    UUID: {"type": "string", "logicalType": "uuid"},
    date: {"type": "int", "logicalType": "date"},
    str: "string",
}
LONGS = {"size"}

CLOSED = {
    "product_id": "a slug",
    "partner": "a slug",
    "category": "a slug",
    "currency": "three capital letters",
    "status": "one of two words",
    "reason": "one of a few codes",
    "url": "where a file lies",
    "etag": "given by the storage",
    "sha256": "a digest",
}
"""Text fields that cannot tell of a person, and why not."""

OPEN = {
    ("product.product.updated", "name"): "a product's name",
    ("conversions.sales_file.received", "name"): "a file's name, below its partner's folder",
    ("conversions.sale.confirmed", "reference"): "the partner's own order number",
}


def is_event(kind: Any, module: ModuleType) -> bool:
    own = isinstance(kind, type) and kind.__module__ == module.__name__
    return own and isinstance(getattr(kind, "type", None), str)


def events() -> list[tuple[str, Any]]:
    """Team and class of every event that a noun declares."""
    return [
        (module.__name__.split(".")[1], kind)
        for module in modules()
        if not hasattr(module, "decide")
        for kind in vars(module).values()
        if is_event(kind, module)
    ]


EVENTS = {kind.type: (team, kind) for team, kind in events()}
READERS = [rule for rule in RULES if rule.reads_event]


def avro(kind: Any, name: str) -> Any:
    """The Avro type of a field."""
    if kind == Amount:
        return {"type": "bytes", "logicalType": "decimal", "precision": 15, "scale": 2}
    if kind == Instant:
        return {"type": "long", "logicalType": "timestamp-millis"}
    if isinstance(kind, TypeAliasType):
        return avro(kind.__value__, name)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (some_kind,) = [each for each in arguments if each is not NoneType]
        return ["null", avro(some_kind, name)]
    if origin is Annotated:
        return avro(arguments[0], name)
    if origin is Literal:
        return "string"
    if kind is int:
        return "long" if name in LONGS else "int"
    return AVRO[kind]


def hints(kind: type[Any]) -> dict[str, Any]:
    every = get_type_hints(kind, include_extras=True)
    return {each.name: every[each.name] for each in fields(kind)}


def schema_fields(event_type: str) -> list[dict[str, Any]]:
    return list(schemas.parsed(schemas.definition(event_type))["fields"])


EVERY_TYPE = pytest.mark.parametrize("event_type", schemas.event_types())
EVERY_READER = pytest.mark.parametrize("rule", READERS, ids=lambda rule: str(rule.name))


def test_every_event_has_its_contract_and_every_contract_its_event() -> None:
    assert sorted(EVENTS) == list(schemas.event_types())
    assert len(events()) == len(EVENTS)


@EVERY_TYPE
def test_a_contract_says_just_what_its_event_holds(event_type: str) -> None:
    _, kind = EVENTS[event_type]
    said = [(each["name"], each["type"]) for each in schema_fields(event_type)]
    assert said == [(name, avro(hint, name)) for name, hint in hints(kind).items()]


@EVERY_TYPE
def test_a_contract_is_filed_under_its_team_and_named_as_its_type(event_type: str) -> None:
    team, _ = EVENTS[event_type]
    schema = json.loads((ROOT / "schemas" / team / f"{event_type}.avsc").read_text())
    assert f"{schema['namespace']}.{schema['name']}" == event_type
    assert event_type.split(".")[0] == team


@EVERY_TYPE
def test_every_contract_and_every_field_of_it_is_explained(event_type: str) -> None:
    schema = schemas.parsed(schemas.definition(event_type))
    assert all(
        text.endswith(".") for text in [schema["doc"], *(f["doc"] for f in schema["fields"])]
    )


@EVERY_TYPE
def test_a_field_that_may_be_missing_has_a_default(event_type: str) -> None:
    for field in schema_fields(event_type):
        if isinstance(field["type"], list):
            assert field["type"][0] == "null"
            assert field["default"] is None


@EVERY_TYPE
def test_a_hub_of_its_team_carries_every_event(event_type: str) -> None:
    assert declared().hub_of(event_type).owner == EVENTS[event_type][0]


def test_every_aggregate_of_the_bus_raises_something() -> None:
    raising = {tuple(event_type.split(".")[:2]) for event_type in EVENTS}
    assert raising == {
        (hub.owner, aggregate) for hub in declared().hubs.values() for aggregate in hub.aggregates
    }


@EVERY_TYPE
def test_some_rule_says_in_its_first_line_that_it_raises_the_event(event_type: str) -> None:
    raised = [rule.name for rule in RULES if event_type in arrow(rule)[1]]
    assert raised
    assert {name.split(".")[0] for name in raised} == {event_type.split(".")[0]}


def arrow(rule: Found) -> tuple[str, str]:
    left, arrow, right = str(rule.module.__doc__).partition("→")
    assert arrow, f"{rule.name} does not say what it is between"
    return left, right


@EVERY_READER
def test_what_a_rule_reads_is_part_of_the_contract(rule: Found) -> None:
    contract = {each["name"]: each["type"] for each in schema_fields(rule.message.type)}
    for name, hint in hints(rule.message).items():
        if name in RESERVED:
            assert hint == RESERVED[name]
        else:
            assert avro(hint, name) == contract[name], name


@EVERY_READER
def test_a_rule_that_reads_an_event_is_named_after_it_and_says_so(rule: Found) -> None:
    _, aggregate, event = rule.message.type.split(".")
    assert rule.name.split(".")[1] == f"on_{aggregate}_{event}"
    assert arrow(rule)[0].startswith(rule.message.type)


@EVERY_READER
def test_a_team_that_reads_an_event_is_a_consumer_group_of_its_hub(rule: Found) -> None:
    assert rule.name.split(".")[0] in declared().hub_of(rule.message.type).consumer_groups


def example(event_type: str, number: int) -> Any:
    return some(EVENTS[event_type][1], Random(number))


def through_avro(event: Any) -> dict[str, Any]:
    body = io.BytesIO()
    record = {field.name: getattr(event, field.name) for field in fields(event)}
    schemaless_writer(body, schemas.reader(event.type), record, strict=True)
    body.seek(0)
    decoded = schemaless_reader(body, schemas.reader(event.type), schemas.reader(event.type))
    assert isinstance(decoded, dict)
    return decoded


@EVERY_TYPE
def test_an_event_comes_back_from_its_bytes_as_it_was(event_type: str) -> None:
    for number in range(10):
        event = example(event_type, number)
        assert adapter(EVENTS[event.type][1]).validate_python(through_avro(event)) == event


@EVERY_READER
def test_every_reader_understands_what_is_raised(rule: Found) -> None:
    own = {field.name for field in fields(rule.message)}
    for number in range(10):
        data = through_avro(example(rule.message.type, number))
        read = {name: value for name, value in data.items() if name in own}
        read |= {name: value for name, value in ENVELOPE.items() if name in own}
        adapter(rule.message).validate_python(read)


ENVELOPE = {"sequence": 7, "occurred_at": some(Instant, Random(0))}


def test_money_on_the_bus_is_exact_to_the_largest_amount() -> None:
    event = example("product.product.updated", 1)
    largest = adapter(EVENTS[event.type][1]).validate_python(
        through_avro(event) | {"price": Decimal("9999999999999.99")}
    )
    assert through_avro(largest)["price"] == Decimal("9999999999999.99")


@EVERY_TYPE
def test_no_field_of_an_event_can_hold_personal_data(event_type: str) -> None:
    for field in schema_fields(event_type):
        if "string" in field["type"]:
            assert field["name"] in CLOSED or (event_type, field["name"]) in OPEN


def test_the_names_of_personal_data_are_in_no_contract_of_the_customer_team() -> None:
    personal = {"name", "email", "phone", "address", "birthday", "gender"}
    for path in Path(ROOT / "schemas" / "customer").glob("*.avsc"):
        assert personal.isdisjoint({field["name"] for field in schema_fields(path.stem)})


def test_every_team_has_contracts_and_nobody_else() -> None:
    assert sorted(path.name for path in (ROOT / "schemas").iterdir()) == TEAMS
