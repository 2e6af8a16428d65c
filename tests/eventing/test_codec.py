"""Our codec and the official AvroEncoder write the same bytes and read each other's."""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from azure.identity import ManagedIdentityCredential
from azure.schemaregistry import SchemaRegistryClient
from azure.schemaregistry.encoder.avroencoder import AvroEncoder, MessageContent
from fastavro import parse_schema

from domains.conversions.sale import SaleConfirmed
from eventing import schemas
from eventing.codec import Codec
from eventing.errors import Undecodable
from eventing.registry import Registered
from local.stack import Stack
from tests.eventing.memory import MemoryRegistry

pytestmark = pytest.mark.stack


class LiveRegistry(MemoryRegistry):
    """The running registry, through the SDK's synchronous client."""

    def __init__(self, client: SchemaRegistryClient) -> None:
        super().__init__()
        self.client = client

    async def id_of(self, event_type: str) -> str:
        definition = schemas.definition(event_type)
        return self.client.get_schema_properties("events", event_type, definition, "Avro").id

    async def by_id(self, schema_id: str) -> Registered:
        found = self.client.get_schema(schema_id)
        schema = parse_schema(schemas.parsed(found.definition), named_schemas={})
        return Registered(schema_id, found.properties.name, schema)


@pytest.fixture
def registry(servers: Stack, monkeypatch: pytest.MonkeyPatch) -> SchemaRegistryClient:
    for name, value in servers.environment().items():
        monkeypatch.setenv(name, value)
    namespace = servers.environment()["SCHEMAS__fullyQualifiedNamespace"]
    return SchemaRegistryClient(namespace, ManagedIdentityCredential())


@pytest.fixture
def encoder(registry: SchemaRegistryClient) -> AvroEncoder:
    return AvroEncoder(client=registry, group_name="events")


def a_fact(reference: str | None) -> SaleConfirmed:
    values = {
        "sale_id": uuid4(),
        "lead_id": uuid4(),
        "contact_id": uuid4(),
        "product_id": "home",
        "partner": "acme",
        "purchased_on": date(2026, 2, 28),
        "amount": Decimal("1234567890123.45"),
        "currency": "EUR",
        "term_months": 12,
        "reference": reference,
    }
    return SaleConfirmed(**values)  # type: ignore[arg-type]


def with_text_ids(values: dict[str, Any]) -> dict[str, Any]:
    """The values as the official encoder takes them: its uuids are strings."""
    return {
        name: str(value) if isinstance(value, UUID) else value for name, value in values.items()
    }


@pytest.mark.parametrize("reference", [None, "Ärger 日本"])
async def test_both_codecs_write_the_same_bytes_and_read_each_others(
    registry: SchemaRegistryClient, encoder: AvroEncoder, reference: str | None
) -> None:
    codec = Codec(LiveRegistry(registry))
    fact = a_fact(reference)
    content_type, _, body = await codec.encode(fact)
    theirs = encoder.encode(with_text_ids(asdict(fact)), schema=schemas.definition(fact.type))
    assert (theirs["content"], theirs["content_type"]) == (body, content_type)
    assert await codec.decode(fact.type, content_type, body) == asdict(fact)
    ours = MessageContent(content=body, content_type=content_type)
    read = with_text_ids(dict(encoder.decode(ours)))
    assert read == with_text_ids(asdict(fact))


async def test_a_schema_of_another_type_is_refused(registry: SchemaRegistryClient) -> None:
    codec = Codec(LiveRegistry(registry))
    content_type, _, body = await codec.encode(a_fact(None))
    with pytest.raises(Undecodable, match=r"is of conversions\.sale\.confirmed"):
        await codec.decode("conversions.lead.generated", content_type, body)


def test_every_contract_is_registered(registry: SchemaRegistryClient) -> None:
    for event_type in schemas.event_types():
        definition = schemas.definition(event_type)
        assert registry.get_schema_properties("events", event_type, definition, "Avro").version
