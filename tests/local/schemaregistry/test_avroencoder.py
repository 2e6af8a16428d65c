"""The official AvroEncoder over a running registry."""

import json

import azure.schemaregistry.encoder.avroencoder as sync_encoder
import azure.schemaregistry.encoder.avroencoder.aio as aio_encoder
import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.schemaregistry import SchemaRegistryClient
from azure.schemaregistry.aio import SchemaRegistryClient as AioSchemaRegistryClient

from tests.local.schemaregistry.conftest import Server
from tests.local.schemaregistry.sdk import connected

pytestmark = pytest.mark.stack
FIRST = json.dumps(
    {
        "type": "record",
        "name": "purchased",
        "namespace": "customer.contact",
        "fields": [{"name": "amount", "type": "int"}],
    }
)
SECOND = json.dumps(
    {
        "type": "record",
        "name": "purchased",
        "namespace": "customer.contact",
        "fields": [
            {"name": "currency", "type": "string", "default": "EUR"},
            {"name": "amount", "type": "long"},
        ],
    }
)


@pytest.fixture(autouse=True)
def identity(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.identity.items():
        monkeypatch.setenv(name, value)


async def test_the_synchronous_encoder_registers_encodes_and_decodes(server: Server) -> None:
    async with connected("sync", server.namespace, server.ca) as sdk:
        assert isinstance(sdk.client, SchemaRegistryClient)
        encoder = sync_encoder.AvroEncoder(
            client=sdk.client, group_name="events", auto_register=True
        )
        message = encoder.encode({"amount": 5}, schema=FIRST)
        found = await sdk.properties("customer.contact.purchased", FIRST)
        assert message["content_type"] == f"avro/binary+{found.id}"
        assert encoder.decode(message) == {"amount": 5}
        # The writer's schema comes by id, so a reader with a newer one reads what is meant.
        newer = encoder.decode(message, readers_schema=SECOND)
        assert newer == {"amount": 5, "currency": "EUR"}


async def test_the_asynchronous_encoder_registers_encodes_and_decodes(server: Server) -> None:
    async with connected("aio", server.namespace, server.ca) as sdk:
        assert isinstance(sdk.client, AioSchemaRegistryClient)
        encoder = aio_encoder.AvroEncoder(
            client=sdk.client, group_name="events", auto_register=True
        )
        message = await encoder.encode({"amount": 5, "currency": "CHF"}, schema=SECOND)
        assert await encoder.decode(message) == {"amount": 5, "currency": "CHF"}


async def test_without_auto_register_an_unknown_schema_is_not_found(server: Server) -> None:
    unknown = FIRST.replace("purchased", "never_registered")
    async with connected("aio", server.namespace, server.ca) as sdk:
        encoder = aio_encoder.AvroEncoder(client=sdk.client, group_name="events")
        with pytest.raises(ResourceNotFoundError):
            await encoder.encode({"amount": 5}, schema=unknown)
