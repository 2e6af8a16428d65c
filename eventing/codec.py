"""Data ⇄ Avro body and schema id, byte for byte as the official AvroEncoder writes them.

Decoding always resolves the writer's schema, found by its id, to this version's schema of the type.
"""

from collections.abc import Callable
from dataclasses import fields
from functools import cache, partial
from io import BytesIO
from typing import Any

from fastavro import schemaless_writer

from eventing import schemas
from eventing.avro_read import record_reader
from eventing.avro_types import Misfit
from eventing.avro_write import Write, record_writer
from eventing.decision import Fact
from eventing.errors import Undecodable
from eventing.registry import Registry

MIME_TYPE = "avro/binary"

type _Reader = tuple[str, Callable[[bytes], dict[str, Any]]]


class Codec:
    """Encodes the facts we raise and decodes every event we read."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._readers: dict[str, _Reader] = {}

    async def encode(self, fact: Fact) -> tuple[str, str, bytes]:
        """Content type, data schema URI and body of a fact.

        Raises ValueError when the fact does not fit its own schema, which is a defect of ours.
        """
        schema_id = await self._registry.id_of(fact.type)
        write = _writer(type(fact))
        uri = f"https://{self._registry.namespace}/$schemaGroups/$schemas/{schema_id}"
        return f"{MIME_TYPE}+{schema_id}", uri, write(fact)

    async def decode(self, event_type: str, content_type: str, body: bytes) -> dict[str, Any]:
        """The data of an event as this version's schema of its type describes it.

        Raises Undecodable, or Transient while the registry does not answer.
        """
        if not schemas.is_event_type(event_type):
            raise Undecodable(f"event type {event_type!r} has no contract here")
        mime_type, plus, schema_id = content_type.partition("+")
        if mime_type != MIME_TYPE or not plus or not schema_id:
            raise Undecodable(f"content type {content_type!r} is not {MIME_TYPE}+<schema id>")
        name, read = self._readers.get(schema_id) or await self._reader(schema_id)
        if name != event_type:
            raise Undecodable(f"schema id {schema_id} is of {name}, not of {event_type}")
        try:
            return read(body)
        except Misfit as error:
            raise Undecodable(f"the body is no {event_type}: {error}") from error

    async def _reader(self, schema_id: str) -> _Reader:
        """What reads the bytes of a schema id, made once: ids never change their meaning."""
        written = await self._registry.by_id(schema_id)
        if not schemas.is_event_type(written.name):
            raise Undecodable(f"schema id {schema_id} is of {written.name}, which is no contract")
        try:
            read = record_reader(written.schema, schemas.reader(written.name))
        except Misfit as error:
            raise Undecodable(f"schema id {schema_id} is no {written.name}: {error}") from error
        self._readers[schema_id] = written.name, read
        return self._readers[schema_id]

    async def close(self) -> None:
        """Close the registry's client."""
        await self._registry.close()


@cache
def _writer(kind: type[Fact]) -> Write:
    schema = schemas.reader(kind.type)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]  # a fact is a dataclass
    if sorted(names) != sorted(field["name"] for field in schema["fields"]):
        raise ValueError(f"{kind.__name__} has not the fields of {kind.type}: {', '.join(names)}")
    try:
        return record_writer(schema)
    except LookupError:
        return partial(_any_record, schema, names)


def _any_record(schema: Any, names: list[str], fact: Fact) -> bytes:
    body = BytesIO()
    schemaless_writer(body, schema, {name: getattr(fact, name) for name in names}, strict=True)
    return body.getvalue()
