"""Schema id ⇄ schema, from Azure Schema Registry, kept: ids never change their meaning."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from azure.core.exceptions import AzureError, HttpResponseError
from azure.schemaregistry.aio import SchemaRegistryClient
from fastavro import parse_schema
from fastavro.schema import SchemaParseException, UnknownType

from eventing import schemas
from eventing.denied import denied
from eventing.errors import Transient, Undecodable

UNKNOWN_FOR = 60.0
"""Seconds for which an id that the registry does not know is refused without asking again."""


_ID = re.compile(r"[0-9a-zA-Z-]{1,64}")
# What fastavro raises on a text that is no Avro schema, such as one of a JSON schema group.
_NO_AVRO = (
    *(SchemaParseException, UnknownType, RecursionError),
    *(ValueError, LookupError, TypeError, AttributeError),
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A schema as the registry holds it."""

    id: str
    name: str
    schema: Any


class Registry(Protocol):
    """What the codec needs of a registry."""

    namespace: str

    async def id_of(self, event_type: str) -> str: ...

    async def by_id(self, schema_id: str) -> Registered: ...

    async def close(self) -> None: ...


class SchemaRegistry:
    """The registry's two read calls, cached for good; an unknown id is refused for a while."""

    def __init__(
        self,
        client: SchemaRegistryClient,
        *,
        namespace: str,
        group: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.namespace = namespace
        self._client = client
        self._group = group
        self._clock = clock
        self._ids: dict[str, str] = {}
        self._schemas: dict[str, Registered] = {}
        self._unknown: dict[str, float] = {}

    async def id_of(self, event_type: str) -> str:
        """The id under which this repository's schema of the type is registered.

        Raises LookupError when it is not, Transient when the registry does not answer.
        """
        if event_type not in self._ids:
            definition = schemas.definition(event_type)
            try:
                found = await self._client.get_schema_properties(
                    self._group, event_type, definition, "Avro"
                )
            except HttpResponseError as error:
                if error.status_code == 404:
                    raise LookupError(
                        f"the schema {event_type} of this version is not registered in group "
                        f"{self._group!r}: run `make schemas`"
                    ) from error
                raise _unanswered(error) from error
            except AzureError as error:
                raise Transient(f"schema registry: {error.message}") from error
            self._ids[event_type] = found.id
        return self._ids[event_type]

    async def by_id(self, schema_id: str) -> Registered:
        """The schema of an id. Raises Undecodable for an unknown id, Transient otherwise."""
        known = self._schemas.get(schema_id)
        if known:
            return known
        # What is no id is not asked for: it would be remembered, and a sender chooses its length.
        if not _ID.fullmatch(schema_id):
            raise Undecodable(f"{schema_id[:80]!r} is no schema id")
        if self._clock() < self._unknown.get(schema_id, 0.0):
            raise Undecodable(f"schema id {schema_id!r} is unknown to the registry")
        try:
            found = await self._client.get_schema(schema_id)
        except HttpResponseError as error:
            if error.status_code in (400, 404):
                self._refuse(schema_id)
                raise Undecodable(f"schema id {schema_id!r} is unknown to the registry") from error
            raise _unanswered(error) from error
        except AzureError as error:
            raise Transient(f"schema registry: {error.message}") from error
        try:
            schema = parse_schema(schemas.parsed(found.definition), named_schemas={})
        except _NO_AVRO as error:
            self._refuse(schema_id)
            raise Undecodable(f"schema id {schema_id!r} is of no Avro schema: {error}") from error
        self._schemas[schema_id] = Registered(schema_id, found.properties.name, schema)
        return self._schemas[schema_id]

    async def close(self) -> None:
        """Close the client."""
        await self._client.close()

    def _refuse(self, schema_id: str) -> None:
        # A flood of invented ids must not become a flood of memory.
        while len(self._unknown) >= 1000:
            del self._unknown[next(iter(self._unknown))]
        self._unknown[schema_id] = self._clock() + UNKNOWN_FOR


def _unanswered(error: HttpResponseError) -> Transient:
    if error.status_code in (401, 403):
        return denied("schema registry", error.message)
    return Transient(f"schema registry: {error.message}")
