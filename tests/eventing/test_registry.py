"""A schema id unknown to the registry parks, a registry in trouble delays, what is known stays."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseTimeoutError,
)
from azure.schemaregistry.aio import SchemaRegistryClient

from domains.conversions.sale import SaleConfirmed
from eventing import schemas
from eventing.codec import Codec
from eventing.errors import Transient, Undecodable
from eventing.registry import UNKNOWN_FOR, SchemaRegistry
from tests.eventing.bench_codec import fact

TYPE = SaleConfirmed.type
KNOWN, UNKNOWN = "a" * 32, "f" * 32


def answered(status: int) -> HttpResponseError:
    kind = {404: ResourceNotFoundError, 401: ClientAuthenticationError}.get(
        status, HttpResponseError
    )
    response = SimpleNamespace(status_code=status, reason="", headers={}, content_type="text/plain")
    return kind(message=f"status {status}", response=cast(Any, response))


@dataclass
class Answers:
    """The registry's two reads as the SDK makes them; `trouble` is raised instead of an answer."""

    definitions: dict[str, tuple[str, str]] = field(
        default_factory=lambda: {KNOWN: (TYPE, schemas.definition(TYPE))}
    )
    trouble: Exception | None = None
    calls: int = 0

    async def get_schema_properties(self, _group: str, name: str, *_: Any) -> Any:
        self._asked()
        for schema_id, (held, _definition) in self.definitions.items():
            if held == name:
                return SimpleNamespace(id=schema_id)
        raise answered(404)

    async def get_schema(self, schema_id: str) -> Any:
        self._asked()
        if schema_id not in self.definitions:
            raise answered(404)
        name, definition = self.definitions[schema_id]
        return SimpleNamespace(definition=definition, properties=SimpleNamespace(name=name))

    def _asked(self) -> None:
        self.calls += 1
        if self.trouble:
            raise self.trouble


class Reading:
    """A codec over a registry whose answers and clock the test holds."""

    def __init__(self) -> None:
        self.answers = Answers()
        self.time = 0.0
        self.registry = SchemaRegistry(
            cast(SchemaRegistryClient, self.answers),
            namespace="registry.test",
            group="events",
            clock=lambda: self.time,
        )
        self.codec = Codec(self.registry)

    async def decode(self, schema_id: str, body: bytes | None = None) -> dict[str, Any]:
        if body is None:
            body = await self.body()
        return await self.codec.decode(TYPE, f"avro/binary+{schema_id}", body)

    async def body(self) -> bytes:
        """A good body, whatever the registry's trouble."""
        return (await Reading().codec.encode(fact(1)))[2]


@pytest.fixture
def reading() -> Reading:
    return Reading()


@pytest.mark.parametrize("status", [400, 404])
async def test_f35_an_unknown_schema_id_is_undecodable(reading: Reading, status: int) -> None:
    reading.answers.trouble = answered(status)
    with pytest.raises(Undecodable, match="unknown to the registry"):
        await reading.decode(UNKNOWN)


@pytest.mark.parametrize(
    "trouble",
    [
        *(answered(status) for status in (401, 403, 408, 429, 500, 503)),
        ServiceRequestError("refused"),
        ServiceResponseTimeoutError("too late"),
    ],
    ids=str,
)
async def test_f35_a_registry_in_trouble_is_tried_again(
    reading: Reading, trouble: Exception
) -> None:
    reading.answers.trouble = trouble
    with pytest.raises(Transient):
        await reading.decode(KNOWN)
    with pytest.raises(Transient):
        await reading.codec.encode(fact(1))
    reading.answers.trouble = None
    assert (await reading.decode(KNOWN))["currency"] == "EUR"
    assert (await reading.codec.encode(fact(1)))[0] == f"avro/binary+{KNOWN}"


async def test_f36_a_flood_of_one_unknown_id_asks_once_a_minute(reading: Reading) -> None:
    for _ in range(500):
        with pytest.raises(Undecodable):
            await reading.decode(UNKNOWN)
    assert reading.answers.calls == 1
    reading.answers.definitions[UNKNOWN] = (TYPE, schemas.definition(TYPE))
    reading.time += UNKNOWN_FOR + 1
    assert await reading.decode(UNKNOWN)
    assert reading.answers.calls == 2


async def test_f36_a_flood_of_many_unknown_ids_is_forgotten_again(reading: Reading) -> None:
    for number in range(3000):
        with pytest.raises(Undecodable):
            await reading.decode(f"{number:032x}")
    assert len(reading.registry._unknown) == 1000


@pytest.mark.parametrize("schema_id", ["a" * 65, "../groups", "a b", "é", "a?b=c", "a+b", "\n"])
async def test_f36_what_is_no_id_is_not_asked_for(reading: Reading, schema_id: str) -> None:
    with pytest.raises(Undecodable):
        await reading.decode(schema_id)
    assert reading.answers.calls == 0


@pytest.mark.parametrize("body", [b"", b"\x48", b"\xff" * 40])
async def test_f37_a_body_that_is_cut_off_or_empty_is_undecodable(
    reading: Reading, body: bytes
) -> None:
    with pytest.raises(Undecodable, match="the body is no"):
        await reading.decode(KNOWN, body)


async def test_f37_every_beginning_of_a_body_is_undecodable(reading: Reading) -> None:
    body = await reading.body()
    for length in range(len(body)):
        with pytest.raises(Undecodable):
            await reading.decode(KNOWN, body[:length])
    with pytest.raises(Undecodable, match="1 bytes follow"):
        await reading.decode(KNOWN, body + b"\x00")


@pytest.mark.parametrize(
    "content_type",
    ["", "application/json", "avro/binary", "avro/binary+", "AVRO/BINARY+" + KNOWN, "avro/binary;"],
)
async def test_f39_a_content_type_that_names_no_schema_is_undecodable(
    reading: Reading, content_type: str
) -> None:
    with pytest.raises(Undecodable, match="content type"):
        await reading.codec.decode(TYPE, content_type, await reading.body())
    assert reading.answers.calls == 0


async def test_f40_json_is_not_avro(reading: Reading) -> None:
    with pytest.raises(Undecodable):
        await reading.decode(KNOWN, json.dumps({"sale_id": "1", "lead_id": "2"}).encode())


async def test_f42_text_that_is_not_utf8_is_undecodable(reading: Reading) -> None:
    body = await reading.body()
    with pytest.raises(Undecodable):
        await reading.decode(KNOWN, body.replace(b"fibre-500", b"fibre-\xff\xfe0"))


async def test_f45_a_good_body_of_another_type_is_undecodable(reading: Reading) -> None:
    other = "conversions.lead.failed"
    reading.answers.definitions = {KNOWN: (other, schemas.definition(other))}
    with pytest.raises(Undecodable, match=r"is of .*, not of"):
        await reading.decode(KNOWN)


async def test_f46_an_event_of_the_retired_preamble_format_is_undecodable(
    reading: Reading,
) -> None:
    body = b"\x00\x00\x00\x00" + KNOWN.encode() + await reading.body()
    with pytest.raises(Undecodable, match="content type"):
        await reading.codec.decode(TYPE, "avro/binary", body)
    with pytest.raises(Undecodable):
        await reading.decode(KNOWN, body)


async def test_f55_a_cold_registry_delays_and_a_warm_cache_goes_on(reading: Reading) -> None:
    reading.answers.trouble = ServiceRequestError("refused")
    with pytest.raises(Transient):
        await reading.decode(KNOWN)
    reading.answers.trouble = None
    before = await reading.decode(KNOWN), await reading.codec.encode(fact(1))
    reading.answers.trouble = ServiceRequestError("refused")
    calls = reading.answers.calls
    assert (await reading.decode(KNOWN), await reading.codec.encode(fact(1))) == before
    assert reading.answers.calls == calls


NOT_OURS: list[Callable[[], str]] = [
    lambda: "{",
    lambda: "[" * 100_000,
    lambda: '{"type": "object", "properties": {}}',
    lambda: '{"type": "record", "name": "x"}',
    lambda: '{"type": "record", "name": "confirmed", "fields": [{"name": "a", "type": "Later"}]}',
    lambda: '"string"',
    lambda: "5",
    lambda: json.dumps(
        json.loads(schemas.definition(TYPE))
        | {"fields": json.loads(schemas.definition(TYPE))["fields"][1:]}
    ),
]


@pytest.mark.parametrize("definition", NOT_OURS)
async def test_a_schema_that_we_cannot_read_with_parks_and_does_not_stop_the_hub(
    reading: Reading, definition: Callable[[], str]
) -> None:
    reading.answers.definitions = {KNOWN: (TYPE, definition())}
    for _ in range(3):
        with pytest.raises(Undecodable):
            await reading.decode(KNOWN)
    assert reading.answers.calls == 1


async def test_a_version_that_is_not_registered_is_told_with_what_to_do(reading: Reading) -> None:
    reading.answers.definitions = {}
    with pytest.raises(LookupError, match="run `make schemas`"):
        await reading.codec.encode(fact(1))
