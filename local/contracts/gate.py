"""Two versions of a contract → whether each reads what the other wrote, by writing and reading.

The rules of compatibility tell only that reading ends; here the values that come out are compared
with those that went in, by the reader that the app uses.
"""

import io
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from fastavro import parse_schema, schemaless_writer
from fastavro.schema import SchemaParseException, UnknownType

from eventing.avro_read import record_reader
from eventing.avro_types import Misfit
from local.contracts.records import records


def broken(versions: Sequence[Any]) -> list[str]:
    """What goes wrong between any two versions, oldest first, each schema as parsed JSON."""
    found = []
    for (written, writer), (wanted, reader) in product(enumerate(versions, 1), repeat=2):
        if why := trouble(writer, reader):
            found.append(f"version {wanted} cannot read what version {written} wrote: {why}")
    return found


def trouble(writer: Any, reader: Any) -> str | None:
    """Why records of one schema are not read as they were by another; None when all are."""
    for schema in (writer, reader):
        if not isinstance(schema, dict) or schema.get("type") != "record":
            return f"{schema!r:.80} is no record"
    if _name(writer) != _name(reader):
        return f"{_name(writer)} is not {_name(reader)}"
    try:
        read, parsed = record_reader(writer, reader), parse_schema(writer, named_schemas={})
        for record in records(parsed):
            lost = next(_lost(read(_written(parsed, record)), record, reader, "$"), None)
            if lost:
                return lost
    except (Misfit, SchemaParseException, UnknownType) as error:
        return str(error)
    return None


def _name(schema: Any) -> str:
    return ".".join(part for part in (schema.get("namespace"), schema["name"]) if part)


def _written(schema: Any, record: Any) -> bytes:
    body = io.BytesIO()
    schemaless_writer(body, schema, record, strict=True)
    return body.getvalue()


def _lost(read: Any, wrote: Any, kind: Any, path: str) -> Iterator[str]:
    """Where what was read is not what was written, as the reader's schema would have it."""
    if isinstance(wrote, tuple):
        wrote = wrote[1]
    if isinstance(wrote, dict) and isinstance(read, dict):
        yield from _lost_within(read, wrote, kind, path)
    elif isinstance(wrote, list) and isinstance(read, list) and len(wrote) == len(read):
        for number, (one, other) in enumerate(zip(read, wrote, strict=True)):
            yield from _lost(one, other, _inside(kind, "array", "items"), f"{path}[{number}]")
    elif (read != wrote or isinstance(read, str) != isinstance(wrote, str)) and not _stands_in(
        read, wrote, kind
    ):
        yield f"{path}: {wrote!r} is read as {read!r}"


def _lost_within(
    read: dict[str, Any], wrote: dict[str, Any], kind: Any, path: str
) -> Iterator[str]:
    record = _inside(kind, "record", None)
    if record is None:
        items = _inside(kind, "map", "values")
        for name, value in wrote.items():
            yield from _lost(read[name], value, items, f"{path}{{{name}}}")
        return
    names = {field["name"] for field in record["fields"]}
    for field in record["fields"]:
        aliases = [alias for alias in field.get("aliases", ()) if alias not in names]
        source = next((n for n in (field["name"], *aliases) if n in wrote), None)
        if source is not None:
            name = field["name"]
            yield from _lost(read[name], wrote[source], field["type"], f"{path}.{name}")


def _inside(kind: Any, type_: str, part: str | None) -> Any:
    """The branch of a type that is a record, or what is within its array or map."""
    for branch in kind if isinstance(kind, list) else [kind]:
        if isinstance(branch, dict) and branch["type"] == type_:
            return branch[part] if part else branch
    return None


def _stands_in(read: Any, wrote: Any, kind: Any) -> bool:
    """Whether a symbol was read that stands for those the reader does not have."""
    return any(
        isinstance(branch, dict)
        and branch["type"] == "enum"
        and wrote not in branch["symbols"]
        and read == branch.get("default")
        for branch in (kind if isinstance(kind, list) else [kind])
    )
